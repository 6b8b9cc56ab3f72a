"""How dark the posterior bank of the precentral gyrus is on a susceptibility-weighted series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.brain.cortex.bank_profile import CORTEX_MM, across_cortex, profile_of, smoothed
from processors.brain.cortex.motor_band_limits import MIN_VOXELS
from processors.brain.cortex.motor_band_map import Bank, BankMap, Sulci, map_banks
from processors.brain.cortex.motor_band_voxels import Voxels, voxels_of
from processors.brain.cortex.sulcus import Seen, signal_at
from processors.brain.cortex.sulcus_prior import STEP_MM, Sheet
from processors.brain.cortex.tissue_matching import Shown, matched
from processors.brain.signal_quality import signal_to_noise
from processors.depiction import CortexStrip
from processors.findings import MOTOR_BAND_REGIONS, Region, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

REFERENCE = (Bank.POSTCENTRAL, Bank.POSTERIOR_POSTCENTRAL, Bank.FRONTAL)
COMPARED = (Bank.POSTCENTRAL, Bank.FRONTAL)
"""The comparison cortex without the back of the postcentral gyrus, where large veins are usual."""
NEIGHBOURHOOD_MM = 10.0
"""Standard deviation along the gyrus of what a position is compared with: about the same slices."""
INDEPENDENT_MM = 4.0
"""Length along the gyrus that counts as one independent measurement."""
MIN_POSITIONS = 4
LEAST_ERROR = 0.004
"""Of a region's darkness, however even it is."""


@dataclass(frozen=True, slots=True)
class RegionSignal:
    """One region of one side.

    Attributes
    ----------
    darkness
        1 − the posterior bank's deep layers over those of the reference, the median of the positions;
        ``None`` where it cannot be told.
    standard_error
        Of the darkness.
    anterior_difference, postcentral_difference
        By how much the posterior bank is darker than the anterior bank and than the postcentral cortex.
    postcentral_darkness
        Of the postcentral cortex in the central sulcus, beside cortex in the sulci in front and behind.
    voxels, coverage, clear, excluded
        In the posterior bank, without what was left out; share of the region inside the images; share of it
        along which the sulcus shows; share of the voxels that are veins or blood, or beside a signal void.
    beside_void
        Share of the voxels in a signal void or beside one.
    volume_mm3
        Of the voxels that are left: the more of the bank is measured, the less one place weighs in it.
    """

    region: Region
    darkness: float | None
    standard_error: float
    anterior_difference: float | None
    postcentral_difference: float | None
    postcentral_darkness: float | None
    voxels: int
    coverage: float
    clear: float
    excluded: float
    beside_void: float
    volume_mm3: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """One region's part of a comparison bank.

    Attributes
    ----------
    darkness
        Beside the reference that all comparison banks make together.
    volume_mm3
        Of the voxels it was measured in.
    """

    darkness: float
    volume_mm3: float


@dataclass(frozen=True, slots=True, eq=False)
class SideSignal:
    """One side's precentral gyrus.

    Attributes
    ----------
    others
        Per comparison bank, each region that was measured: how much cortex without a band differs in this
        person.
    others_excluded
        Share of the voxels of the comparison cortex that are veins or blood, or beside a signal void.
    along
        Shape (positions,): darkness of the posterior bank's deep layers; NaN where it was not measured.
    excluded
        Shape (n,), voxels of the map that are left out: veins, blood or calcium, what borders on veins, and
        what lies beside a signal void.
    snr
        Of the white matter below the bank.
    """

    regions: tuple[RegionSignal, ...]
    others: tuple[tuple[Stretch, ...], ...]
    others_excluded: float
    along: FloatArray
    strip: CortexStrip
    banks: BankMap
    excluded: BoolArray
    snr: float


def measure_side(
    volume: Volume, to_anchor: FloatArray, sulci: Sulci, side: Side, seen: Sequence[Seen]
) -> SideSignal:
    """Measure one side in the voxels of a series; the first other series of those seen shows its tissues."""
    banks = map_banks(volume, to_anchor, sulci, side)
    voxels = voxels_of(volume, to_anchor, banks)
    others = [one for one in seen if one.volume is not volume]
    shown = _shown(others[0], voxels.points) if others else None
    snr = signal_to_noise(volume.array, banks.indices[banks.bank == 0])
    return signal_of(banks, voxels, shown, sulci.central.sheet, snr)


def signal_of(banks: BankMap, voxels: Voxels, shown: Shown | None, sheet: Sheet, snr: float) -> SideSignal:
    """What the voxels of one side's banks say; ``shown`` is what another series shows of them."""
    side, names = banks.side, np.array(sheet.regions)
    inside = np.array([MOTOR_BAND_REGIONS.index(name) for name in sheet.regions])[banks.position]
    level = np.where(banks.bank > 0, (banks.bank - 1) * len(MOTOR_BAND_REGIONS) + inside, -1)
    signal = np.where(voxels.left_out, np.nan, voxels.signal)
    even = matched(signal, voxels.points, banks.away_mm, level, shown)
    usable = np.isfinite(even)
    layers = _layers(banks, even, usable, len(sheet.position_mm))
    regions = tuple(
        _region(Region(name, side), banks, layers, voxels, names == name) for name in MOTOR_BAND_REGIONS
    )
    strip = CortexStrip(
        side,
        sheet.position_mm,
        sheet.depth_mm,
        _unfolded(banks, even, usable, layers.reference, len(sheet.depth_mm)),
        sheet.regions,
    )
    compared = np.isin(banks.bank, COMPARED)
    return SideSignal(
        regions,
        layers.others(names, banks, voxels),
        float(voxels.dark[compared].mean()) if compared.any() else 0.0,
        layers.darkness,
        strip,
        banks,
        voxels.left_out,
        snr,
    )


def _shown(seen: Seen, points: FloatArray) -> Shown:
    tissues = (seen.fluid, seen.grey, seen.white)
    return Shown(signal_at(seen.volume, seen.to_anchor, points), tissues)


@dataclass(frozen=True, slots=True, eq=False)
class _Layers:
    """Signal of the deep layers along the gyrus, shape (positions,) each; NaN where it is not known."""

    banks: Mapping[Bank, FloatArray]
    reference: FloatArray

    @property
    def darkness(self) -> FloatArray:
        return 1 - self.banks[Bank.POSTERIOR_PRECENTRAL] / self.reference

    def beyond(self, bank: Bank) -> FloatArray:
        """By how much the posterior bank is darker than another one, over the reference."""
        other = smoothed(self.banks[bank], NEIGHBOURHOOD_MM)
        return np.asarray((other - self.banks[Bank.POSTERIOR_PRECENTRAL]) / self.reference)

    def others(
        self, names: npt.NDArray[np.str_], banks: BankMap, voxels: Voxels
    ) -> tuple[tuple[Stretch, ...], ...]:
        """Each comparison bank in each region."""
        return tuple(
            tuple(
                Stretch(value, _volume(bank, names == name, banks, voxels))
                for name in MOTOR_BAND_REGIONS
                if (value := _middle(darkness[names == name])) is not None
            )
            for bank, darkness in ((bank, 1 - self.banks[bank] / self.reference) for bank in REFERENCE)
        )


def _volume(bank: Bank, inside: BoolArray, banks: BankMap, voxels: Voxels) -> float:
    """Of what was measured of a bank at some positions, mm³."""
    own = (banks.bank == bank) & inside[banks.position] & ~voxels.left_out
    return float(np.count_nonzero(own) * voxels.volume_mm3)


def _layers(banks: BankMap, signal: FloatArray, usable: BoolArray, positions: int) -> _Layers:
    layers = {}
    for bank in Bank:
        own = usable & (banks.bank == bank)
        layers[bank] = across_cortex(
            profile_of(signal[own], banks.position[own], banks.away_mm[own], positions)
        )
    sensory = _mean_of([layers[Bank.POSTCENTRAL], layers[Bank.POSTERIOR_POSTCENTRAL]])
    both = [smoothed(values, NEIGHBOURHOOD_MM) for values in (sensory, layers[Bank.FRONTAL])]
    return _Layers(layers, _mean_of(both))


def _mean_of(values: Sequence[FloatArray]) -> FloatArray:
    """The mean of what is known."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / known.sum(axis=0))


def _region(
    region: Region, banks: BankMap, layers: _Layers, measured: Voxels, inside: BoolArray
) -> RegionSignal:
    own = (banks.bank == Bank.POSTERIOR_PRECENTRAL) & inside[banks.position]
    excluded, void = (
        float(kind[own].mean()) if own.any() else 0.0 for kind in (measured.dark, measured.void)
    )
    voxels = int(np.count_nonzero(own & ~measured.left_out))
    volume = voxels * measured.volume_mm3
    coverage, clear = float(banks.reached[inside].mean()), float(banks.sound[inside].mean())
    darkness = layers.darkness[inside]
    known = darkness[np.isfinite(darkness)]
    if voxels < MIN_VOXELS or len(known) < MIN_POSITIONS:
        return RegionSignal(
            region, None, 0.0, None, None, None, voxels, coverage, clear, excluded, void, volume
        )
    independent = max(1.0, len(known) * STEP_MM / INDEPENDENT_MM)
    apart = [
        smoothed(layers.banks[bank], NEIGHBOURHOOD_MM) for bank in (Bank.FRONTAL, Bank.POSTERIOR_POSTCENTRAL)
    ]
    return RegionSignal(
        region,
        float(np.median(known)),
        max(float(np.std(known)) / np.sqrt(independent), LEAST_ERROR),
        _middle(layers.beyond(Bank.ANTERIOR_PRECENTRAL)[inside]),
        _middle(layers.beyond(Bank.POSTCENTRAL)[inside]),
        _middle((1 - layers.banks[Bank.POSTCENTRAL] / _mean_of(apart))[inside]),
        voxels,
        coverage,
        clear,
        excluded,
        void,
        volume,
    )


def _middle(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) >= MIN_POSITIONS else None


def _unfolded(
    banks: BankMap, signal: FloatArray, usable: BoolArray, reference: FloatArray, depths: int
) -> FloatArray:
    """Darkness of the posterior bank's cortex by position and depth; NaN where nothing was measured."""
    cortex = (banks.away_mm >= CORTEX_MM[0]) & (banks.away_mm <= CORTEX_MM[1])
    own = usable & cortex & (banks.bank == Bank.POSTERIOR_PRECENTRAL)
    shape = (len(reference), depths)
    cell = np.ravel_multi_index((banks.position[own], banks.depth[own]), shape)
    size = int(np.prod(shape))
    total = np.bincount(cell, signal[own], size).reshape(shape)
    count = np.bincount(cell, minlength=size).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - total / count / reference[:, None])
