"""How dark the posterior bank of the precentral gyrus is on a susceptibility-weighted series."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, label

from processors.brain.motor_band_limits import DARK, MIN_REFERENCE_VOXELS, MIN_VOXELS
from processors.brain.motor_band_map import Bank, BankMap, Sulci, map_banks
from processors.brain.signal_quality import signal_to_noise
from processors.brain.sulcus_prior import STEP_MM
from processors.brain.veins import veins
from processors.depiction import CortexStrip
from processors.findings import MOTOR_BAND_REGIONS, Region, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

REFERENCE = (Bank.POSTCENTRAL, Bank.POSTERIOR_POSTCENTRAL, Bank.FRONTAL)
SENSORY = (Bank.POSTCENTRAL, Bank.POSTERIOR_POSTCENTRAL)
NEIGHBOURHOOD_MM = 8.0
"""How far beyond a region's ends along the gyrus its reference reaches: about the same slices."""
ALONG_MM = 3.0
"""Standard deviation of the weights that the darkness of one position is averaged with."""
BRIDGED_MM = 4.0
"""A shorter gap does not end a band."""
INDEPENDENT_MM = 4.0
"""Length along the gyrus that counts as one independent measurement."""
VEIN_MARGIN = 3


@dataclass(frozen=True, slots=True)
class RegionSignal:
    """One region of one side.

    Attributes
    ----------
    darkness
        1 − median of the posterior bank over the reference; ``None`` where it cannot be told.
    standard_error
        Of the darkness.
    anterior_difference, postcentral_difference
        By how much the posterior bank is darker than the anterior bank and than the postcentral cortex.
    postcentral_darkness
        Of the postcentral cortex beside frontal cortex.
    voxels, coverage, clear, excluded
        In the posterior bank, without what was left out; share of the region inside the images; share of it
        along which the sulcus shows; share of the voxels left out.
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


@dataclass(frozen=True, slots=True, eq=False)
class SideSignal:
    """One side's precentral gyrus.

    Attributes
    ----------
    length_mm
        Of the longest stretch of the posterior bank that is dark.
    dark_share
        Share of that stretch that is dark by itself.
    excluded
        Shape (n,), voxels of the map that are veins, blood or calcium.
    snr
        Of the white matter below the bank.
    """

    regions: tuple[RegionSignal, ...]
    length_mm: float
    dark_share: float
    strip: CortexStrip
    banks: BankMap
    excluded: BoolArray
    snr: float


def measure_side(volume: Volume, to_anchor: npt.NDArray[np.float64], sulci: Sulci, side: Side) -> SideSignal:
    """Measure one side in the voxels of a series."""
    banks = map_banks(volume, to_anchor, sulci, side)
    signal = volume.array[tuple(banks.indices.T)].astype(np.float64)
    left_out = _veins(volume, banks, signal)
    sheet = sulci.central.sheet
    usable = ~left_out & (signal > 0)
    references = {
        name: _reference(banks, signal, usable, _reach(sheet.regions, name)) for name in MOTOR_BAND_REGIONS
    }
    regions = tuple(
        _region(
            Region(name, side), banks, signal, left_out, np.array(sheet.regions) == name, references[name]
        )
        for name in MOTOR_BAND_REGIONS
    )
    reference = np.array([references[name] for name in sheet.regions])
    strip = _strip(banks, signal, usable, reference, sheet.depth_mm, sheet.position_mm, sheet.regions)
    length, share = band_length(_along(banks, signal, usable, reference))
    white = banks.indices[banks.bank == 0]
    return SideSignal(regions, length, share, strip, banks, left_out, signal_to_noise(volume.array, white))


def band_length(darkness: FloatArray) -> tuple[float, float]:
    """Length (mm) of the longest dark stretch, short gaps bridged, and the share of it that is dark.

    Parameters
    ----------
    darkness
        Shape (positions,), of each position along the gyrus; NaN where it was not measured.
    """
    dark = np.nan_to_num(darkness, nan=-1.0) >= DARK
    bridged = dark.copy()
    gap = round(BRIDGED_MM / STEP_MM)
    gaps, count = label(~dark)
    for number in range(1, count + 1):
        where = np.flatnonzero(gaps == number)
        if len(where) <= gap and where[0] > 0 and where[-1] < len(dark) - 1:
            bridged[where] = True
    runs, count = label(bridged)
    if not count:
        return 0.0, 0.0
    sizes = np.bincount(runs)[1:]
    longest = runs == 1 + int(np.argmax(sizes))
    return float(sizes.max() * STEP_MM), float(dark[longest].mean())


def _veins(volume: Volume, banks: BankMap, signal: FloatArray) -> BoolArray:
    """Which voxels of the banks are a vein's, or too dark for cortex."""
    cortex = signal[banks.bank > 0]
    if not len(cortex) or not (usual := float(np.median(cortex))) > 0:
        return np.zeros(len(signal), dtype=bool)
    low = np.maximum(banks.indices.min(axis=0) - VEIN_MARGIN, 0)
    high = banks.indices.max(axis=0) + VEIN_MARGIN + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    found = veins(volume.array[box], volume.spacing, usual)
    return np.asarray(found[tuple((banks.indices - low).T)])


def _reach(names: tuple[str, ...], name: str) -> BoolArray:
    """Positions of a region, and those around it that its reference is taken from."""
    inside = np.flatnonzero(np.array(names) == name)
    margin = round(NEIGHBOURHOOD_MM / STEP_MM)
    reach = np.zeros(len(names), dtype=bool)
    reach[max(0, inside[0] - margin) : inside[-1] + margin + 1] = True
    return reach


def _median(
    banks: BankMap, signal: FloatArray, usable: BoolArray, which: tuple[Bank, ...], reach: BoolArray
) -> float:
    values = signal[usable & np.isin(banks.bank, which) & reach[banks.position]]
    return float(np.median(values)) if len(values) >= MIN_REFERENCE_VOXELS // 2 else float("nan")


def _reference(banks: BankMap, signal: FloatArray, usable: BoolArray, reach: BoolArray) -> float:
    """Usual signal of postcentral and frontal cortex, each counting alike; NaN where too little is there."""
    both = [_median(banks, signal, usable, which, reach) for which in (SENSORY, (Bank.FRONTAL,))]
    found = [value for value in both if np.isfinite(value)]
    return float(np.mean(found)) if found else float("nan")


def _region(
    region: Region,
    banks: BankMap,
    signal: FloatArray,
    left_out: BoolArray,
    inside: BoolArray,
    reference: float,
) -> RegionSignal:
    usable = ~left_out & (signal > 0)
    reach = _reach(tuple("in" if one else "out" for one in inside), "in")
    own = (banks.bank == Bank.POSTERIOR_PRECENTRAL) & inside[banks.position]
    values = signal[own & usable]
    excluded = float(left_out[own].mean()) if own.any() else 0.0
    coverage, clear = float(banks.reached[inside].mean()), float(banks.sound[inside].mean())
    if len(values) < MIN_VOXELS or not np.isfinite(reference) or reference <= 0:
        return RegionSignal(region, None, 0.0, None, None, None, len(values), coverage, clear, excluded)
    middle = float(np.median(values))
    places = banks.position[own & usable]
    each = [np.median(values[places == place]) for place in np.unique(places)]
    independent = max(1.0, len(each) * STEP_MM / INDEPENDENT_MM)
    error = 1.4826 * float(np.median(np.abs(each - np.median(each)))) / np.sqrt(independent) / reference

    def beside(*which: Bank) -> float | None:
        other = _median(banks, signal, usable, which, reach)
        return (other - middle) / reference if np.isfinite(other) else None

    frontal = _median(banks, signal, usable, (Bank.FRONTAL,), reach)
    sensory = _median(banks, signal, usable, SENSORY, reach)
    spared = 1 - sensory / frontal if np.isfinite(frontal) and np.isfinite(sensory) else None
    return RegionSignal(
        region,
        1 - middle / reference,
        max(error, 1e-3),
        beside(Bank.ANTERIOR_PRECENTRAL),
        beside(Bank.POSTCENTRAL),
        spared,
        len(values),
        coverage,
        clear,
        excluded,
    )


def _along(banks: BankMap, signal: FloatArray, usable: BoolArray, reference: FloatArray) -> FloatArray:
    """Darkness of each position, shape (positions,), averaged with its neighbours."""
    own = usable & (banks.bank == Bank.POSTERIOR_PRECENTRAL)
    count = len(reference)
    with np.errstate(invalid="ignore"):
        dark = 1 - signal[own] / reference[banks.position[own]]
    known = np.isfinite(dark)
    place = banks.position[own][known]
    middles = np.array(
        [np.median(dark[known][place == p]) if (place == p).any() else 0.0 for p in range(count)]
    )
    weight = np.minimum(np.bincount(place, minlength=count), 8).astype(np.float64)
    spread = ALONG_MM / STEP_MM
    total = gaussian_filter(weight, spread)
    with np.errstate(invalid="ignore", divide="ignore"):
        smooth = gaussian_filter(middles * weight, spread) / total
    return np.asarray(np.where(total > 1.0, smooth, np.nan))


def _strip(
    banks: BankMap,
    signal: FloatArray,
    usable: BoolArray,
    reference: FloatArray,
    depth_mm: FloatArray,
    position_mm: FloatArray,
    regions: tuple[str, ...],
) -> CortexStrip:
    own = usable & (banks.bank == Bank.POSTERIOR_PRECENTRAL)
    shape = (len(position_mm), len(depth_mm))
    cell = np.ravel_multi_index((banks.position[own], banks.depth[own]), shape)
    size = int(np.prod(shape))
    total = np.bincount(cell, signal[own], size).reshape(shape)
    count = np.bincount(cell, minlength=size).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        darkness = 1 - total / count / reference[:, None]
    return CortexStrip(banks.side, position_mm, depth_mm, darkness, regions)


def darkness_of(sides: Mapping[Side, SideSignal]) -> dict[Region, RegionSignal]:
    """Every region of both sides."""
    return {signal.region: signal for side in sides.values() for signal in side.regions}
