"""Which slices show a finding best: those where it is strongest."""

from dataclasses import dataclass

import numpy as np

from processors.depiction import RegionMap
from processors.findings import Finding, Quantity, RegionMeasurements, Sign
from processors.volume import Volume

FULL_ENOUGH = 0.6
"""A slice is looked at where it holds at least so much of a region as the fullest slice."""

DARK = frozenset({Sign.MOTOR_BAND, Sign.CST_DIFFUSION, Sign.CORD_ATROPHY, Sign.PRECENTRAL_ATROPHY})
"""Signs that are the stronger the smaller the number is."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A slice along an axis of the volume's array, and the region it was chosen for."""

    index: int
    region: str


def strongest_slices(
    finding: Finding, volume: Volume, regions: RegionMap, axis: int, most: int, apart_mm: float
) -> tuple[Chosen, ...]:
    """The best slice of each of the regions in which a finding is strongest, at some distance of each other.

    Parameters
    ----------
    axis
        Of the volume's array, across which it is cut.
    most
        So many slices at the most; there are fewer where the regions lie in fewer.
    apart_mm
        Smallest distance of two slices.
    """
    step = volume.spacing[axis]
    chosen: list[Chosen] = []
    for name in _ranked(finding, regions):
        for index in _slices_of(finding.sign, volume, regions, axis, name):
            if all(abs(index - other.index) * step >= apart_mm for other in chosen):
                chosen.append(Chosen(index, name))
                break
        if len(chosen) == most:
            break
    return tuple(chosen)


def strongest_region(finding: Finding) -> str | None:
    """The region in which a finding is strongest; ``None`` where nothing was measured."""
    names = list(dict.fromkeys(one.region.name for one in finding.regions))
    return max(names, key=lambda name: _mean_strength(finding, name)) if names else None


def _ranked(finding: Finding, regions: RegionMap) -> list[str]:
    """The regions that were measured, the one where the finding is strongest first."""
    drawn = set(np.unique(regions.labels).tolist())
    mapped = dict.fromkeys(region.name for number, region in regions.regions.items() if number in drawn)
    return sorted(mapped, key=lambda name: -_mean_strength(finding, name))


def _mean_strength(finding: Finding, name: str) -> float:
    found = [_strength(finding.sign, one) for one in finding.regions if one.region.name == name]
    return float(np.mean(found)) if found else -np.inf


def _strength(sign: Sign, region: RegionMeasurements) -> float:
    z_score, ratio = region.value(Quantity.Z_SCORE), region.value(Quantity.RATIO)
    value = z_score if z_score is not None else 0.0 if ratio is None else ratio - 1.0
    return -value if sign in DARK else value


def _slices_of(sign: Sign, volume: Volume, regions: RegionMap, axis: int, name: str) -> list[int]:
    """The slices with enough of a region on every side it has, that with the strongest signal first."""
    numbers = [number for number, region in regions.regions.items() if region.name == name]
    length = volume.array.shape[axis]
    counts, sums = [], np.zeros(length)
    for number in numbers:
        places = regions.indices[regions.labels == number]
        if len(places):
            signal = volume.array[tuple(places.T)].astype(np.float64)
            counts.append(np.bincount(places[:, axis], minlength=length))
            sums += np.bincount(places[:, axis], weights=signal, minlength=length)
    fewest, all_of_them = np.min(counts, axis=0), np.sum(counts, axis=0)
    least = fewest if fewest.any() else all_of_them
    full = np.flatnonzero((least >= FULL_ENOUGH * least.max()) & (least > 0))
    means = sums[full] / all_of_them[full]
    return [int(index) for index in full[np.argsort(means if sign in DARK else -means, kind="stable")]]
