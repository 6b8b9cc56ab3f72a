"""Which slices show a finding best: those where it is strongest."""

from collections.abc import Sequence

import numpy as np

from processors.depiction import CordProfile, RegionMap
from processors.findings import Finding, Sign
from processors.volume import Volume
from reports.key_images.measured import along_cord, counts, region_names, sided, strength

FULL_ENOUGH = 0.6
"""A slice is looked at where it holds at least so much of a region as the fullest slice."""

DARK = frozenset({Sign.MOTOR_BAND, Sign.CST_DIFFUSION})
"""Signs of a low signal."""
SHAPES = frozenset({Sign.PRECENTRAL_ATROPHY, Sign.CORD_ATROPHY, Sign.CORD_FLATTENING})
"""Signs that no signal tells: the middle of the region shows them."""


def strongest_slices(
    finding: Finding, volume: Volume, regions: RegionMap, axis: int, most: int, apart_mm: float
) -> tuple[int, ...]:
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
    chosen: list[int] = []
    if finding.sign is Sign.MOTOR_BAND:
        for index in _darkest_bands(finding, volume, regions, axis):
            chosen.extend(_farther([index], chosen, apart_mm / step))
        return tuple(chosen[:most])
    for name in _ranked(finding, regions):
        candidates = _slices_of(finding.sign, volume, regions, axis, name)
        chosen.extend(_farther(candidates, chosen, apart_mm / step)[:1])
        if len(chosen) == most:
            break
    return tuple(chosen)


def strongest_stations(
    sign: Sign, profile: CordProfile, indices: Sequence[int], most: int, apart: float
) -> tuple[int, ...]:
    """The slices of a cord that was outlined where its columns are brightest, or it is thinnest or flattest.

    Parameters
    ----------
    indices
        The slice that each station of the profile lies on.
    apart
        Smallest distance of two slices, in slices.
    """
    outlined = np.asarray(np.isfinite(profile.contours).all(axis=(1, 2)))
    good = np.asarray(outlined & profile.used)
    good = good if good.any() else outlined
    if sign in SHAPES:
        _, size = along_cord(sign, profile)
        order = np.argsort(np.where(good & np.isfinite(size), size, np.inf), kind="stable")
    else:
        ratio = np.mean(list(profile.ratio.values()), axis=0)
        order = np.argsort(-np.where(good & np.isfinite(ratio), ratio, -np.inf), kind="stable")
    chosen: list[int] = []
    for station in order:
        if good[station] and len(chosen) < most:
            chosen.extend(_farther([indices[station]], chosen, apart))
    return tuple(chosen)


def strongest_region(finding: Finding) -> str | None:
    """The region in which a finding is strongest; ``None`` where no region that was measured counts.

    One that counts on every side comes before one that does on one side only.
    """
    counted = [name for name in region_names(finding) if np.isfinite(strength(finding, name))]
    return max(counted, key=lambda name: (_whole(finding, name), strength(finding, name)), default=None)


def _whole(finding: Finding, name: str) -> bool:
    return all(counts(finding, one) for one in sided(finding, name))


def _darkest_bands(finding: Finding, volume: Volume, regions: RegionMap, axis: int) -> list[int]:
    """The slices by how much is missing of the reference's signal in the regions, on the lesser side.

    Of the regions that count, or of all where none does.
    """
    counted = {one.region for one in finding.regions if counts(finding, one)}
    shown = {n: r for n, r in regions.regions.items() if r in counted} or dict(regions.regions)
    signal = volume.array[tuple(regions.indices.T)].astype(np.float64)
    own = np.isin(regions.labels, list(regions.regions))
    usual = np.median(signal[~own]) if not own.all() else np.percentile(signal, 75)
    missing = np.clip(usual - signal, 0.0, None)
    sides = {region.side for region in shown.values()}
    totals = []
    for side in sides:
        labels = [number for number, region in shown.items() if region.side is side]
        here = np.isin(regions.labels, labels)
        places = regions.indices[here, axis]
        totals.append(np.bincount(places, weights=missing[here], minlength=volume.array.shape[axis]))
    least = np.min(totals, axis=0)
    least = least if least.any() else np.sum(totals, axis=0)
    return [int(index) for index in np.argsort(-least, kind="stable") if least[index] > 0]


def _farther(candidates: Sequence[int], chosen: Sequence[int], apart: float) -> list[int]:
    return [index for index in candidates if all(abs(index - other) >= apart for other in chosen)]


def _ranked(finding: Finding, regions: RegionMap) -> list[str]:
    """The regions that were mapped, the one where the finding is strongest first."""
    drawn = set(np.unique(regions.labels).tolist())
    mapped = dict.fromkeys(region.name for number, region in regions.regions.items() if number in drawn)
    return sorted(mapped, key=lambda name: -strength(finding, name))


def _slices_of(sign: Sign, volume: Volume, regions: RegionMap, axis: int, name: str) -> list[int]:
    """The slices with enough of a region on every side it has, the best first."""
    length = volume.array.shape[axis]
    counts, sums = [], np.zeros(length)
    for number in [number for number, region in regions.regions.items() if region.name == name]:
        places = regions.indices[regions.labels == number]
        if len(places):
            signal = volume.array[tuple(places.T)].astype(np.float64)
            counts.append(np.bincount(places[:, axis], minlength=length))
            sums += np.bincount(places[:, axis], weights=signal, minlength=length)
    fewest, all_of_them = np.min(counts, axis=0), np.sum(counts, axis=0)
    least = fewest if fewest.any() else all_of_them
    full = np.flatnonzero((least >= FULL_ENOUGH * least.max()) & (least > 0))
    if sign in SHAPES:
        order = np.abs(full - np.median(full))
    else:
        order = sums[full] / all_of_them[full] * (1 if sign in DARK else -1)
    return [int(index) for index in full[np.argsort(order, kind="stable")]]
