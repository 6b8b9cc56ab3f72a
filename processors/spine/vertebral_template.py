"""Which disc is which: the distances between discs, the body of C2 above them, and the cord's own size."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

BELOW_C23_MM = (18.5, 18.5, 16.5, 15.5, 17.0, 19.0, 21.0, 22.0, 23.0)
"""From each disc to the next along the cord, from C2/3 down (PAM50-normalized metrics; (p) below T1)."""

C12_ABOVE_C23_MM = 15.5

SCALES = np.arange(0.85, 1.181, 0.03)
"""How much longer than the average a neck may be."""

SPREAD = 0.09
"""Standard deviation of one distance, as a share of it."""

AXIS_MM, DENS_MM = 9.0, 27.0
"""Above the disc C2/3 there is none between these heights: the body of C2 and the dens."""

AREA_AT_MM = (-10.0, 9.0, 28.0, 45.0, 61.0, 77.0, 96.0, 116.0, 138.0)
AREA_MM2 = (72.0, 72.0, 77.0, 76.0, 69.0, 57.0, 50.0, 46.0, 44.0)
"""Cross-sectional area of the cord at heights below C2/3 (PAM50-normalized metrics; below C7 (p))."""

AREA_SPREAD, AREA_EVERY_MM = 0.15, 18.0
"""Standard deviation of the logarithm of an area, between people (0.09) and by the error of outlines on
sagittal slices of 3 or 4 mm; distance over which areas say something new (p)."""

MOST_MISFIT = 4.0
"""Limit of what one area may say, in squared standard deviations: the brainstem is larger than any cord."""

STRONGEST, WEAKEST = 2.0, -1.2
"""Limits of what one place may say for or against a disc."""

MOST_ABOVE_MM = 60.0
"""Length of cord and medulla above the disc C2/3 at most."""

AXIS_UNSEEN = 2.5
"""What speaks against images of a neck that do not show the body of C2 (p): hardly anybody plans such."""

CORD_BEGINS_MM, BEGINS_SPREAD_MM, MOST_BEGINS = 37.0, 9.0, 8.0
"""Height above the disc C2/3 at which the cord begins below the medulla, and its standard deviation (p): the
foramen magnum, and as far above or below it as the two are told apart; 39 and 45 mm in two real heads, 26 to
36 in drawn ones. What it may say at most."""

HEAD_SEEN_MM = 12.0
"""Of images above the beginning of the cord, from which it begins there, and not where the images do."""

BODY, BODY_WEIGHT = (0.3, 0.7), 2.0
"""Part of the way from one disc to the next that is body alone, and what its evenness is worth beside a disc
(p). Without it a count of too many discs, some of them in the middle of bodies, gathers the most."""

ENOUGH_DISCS = 5
"""With fewer in view a count is less sure."""

APART_MM = 9.0
"""Half a vertebra: places of a disc this far apart are two counts of the vertebrae."""

NAMED = 6
"""Discs from C2/3 to C7/T1; the template goes on below them."""


@dataclass(frozen=True, slots=True, eq=False)
class TemplateFit:
    """Places of the discs C1/2 ... C7/T1, and how sure they are.

    Attributes
    ----------
    discs_mm
        Shape (7,), in the profile's millimetres; NaN for those that lie below it.
    confidence
        0 to 1.
    """

    discs_mm: FloatArray
    confidence: float


def fit_template(profile: FloatArray, area_mm2: FloatArray) -> TemplateFit | None:
    """Fit the discs to a profile by dynamic programming, over all lengths of neck.

    Parameters
    ----------
    profile
        Shape (m,): likeness to a disc per millimetre, from the top; NaN where nothing is seen.
    area_mm2
        Shape (m,): of the cord; NaN where it was not found.
    """
    if np.isfinite(profile).sum() < 30:
        return None
    likeness = np.nan_to_num(np.clip(profile, WEAKEST, STRONGEST))
    fits = [_fit(likeness, profile, area_mm2, float(scale)) for scale in SCALES]
    totals = np.stack([total for total, _ in fits])
    best_scale, first = np.unravel_index(int(totals.argmax()), totals.shape)
    ways = fits[best_scale][1]
    at = [int(first)]
    for way in ways:
        at.append(int(way[at[-1]]))
    top = float(first) - C12_ABOVE_C23_MM * float(SCALES[best_scale])
    best = float(totals[best_scale, first])
    far = np.abs(np.arange(totals.shape[1]) - first) > APART_MM
    others = totals.max(axis=0)[far]
    peaks = _local_maxima(others)
    doubt, spread = (float(np.exp(np.clip(v - best, -50, 0)).sum()) for v in (peaks, others))
    doubt = max(doubt, spread / C12_ABOVE_C23_MM)
    ends = np.stack([_last_disc(ways) for _, ways in fits])
    slipped = totals[(np.abs(ends - ends[best_scale, first]) > APART_MM) & ~far]
    doubt += float(np.exp(np.clip(slipped.max(initial=-np.inf) - best, -50, 0)))
    discs = np.array([top, *at[:NAMED]])
    discs[1:][np.diff(discs) <= 0] = np.nan
    visible = sum(0 <= d < len(profile) and np.isfinite(profile[int(d)]) for d in discs if np.isfinite(d))
    return TemplateFit(discs, min(1.0, visible / ENOUGH_DISCS) / (1 + doubt))


def _last_disc(ways: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    """For each place of C2/3 that of C7/T1, along the best way."""
    at = np.arange(len(ways[0]))
    for way in ways[: NAMED - 1]:
        at = way[at]
    return at


def _local_maxima(values: FloatArray) -> FloatArray:
    padded = np.pad(values, 1, constant_values=-np.inf)
    return values[(padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:])]


def _fit(
    likeness: FloatArray, profile: FloatArray, area_mm2: FloatArray, scale: float
) -> tuple[FloatArray, list[npt.NDArray[np.intp]]]:
    """For each place of C2/3 the best total, and for each disc from there the best place of the next."""
    places = np.arange(len(likeness))
    body = BODY_WEIGHT * _bodies(likeness)
    total = np.zeros(len(likeness))
    ways: list[npt.NDArray[np.intp]] = []
    for distance in reversed(BELOW_C23_MM):
        wanted = scale * distance
        gap = places[None, :] - places[:, None]
        cost = 0.5 * ((gap - wanted) / (SPREAD * wanted)) ** 2
        option = np.where(gap > 0, likeness[None] + total[None] - cost - body, -np.inf)
        beyond = places + wanted > places[-1]
        way = np.where(beyond, places, option.argmax(axis=1))
        total = np.where(beyond, 0.0, option.max(axis=1))
        ways.append(way)
    ways.reverse()
    total = total + likeness - 0.5 * ((scale - 1.0) / 0.07) ** 2
    place = total + _above(profile, scale) + _sizes(area_mm2, scale) + _reach(profile, area_mm2)
    return place, ways


def _bodies(likeness: FloatArray) -> FloatArray:
    """Mean likeness to a disc between two discs at each pair of places (upper, lower)."""
    summed = np.concatenate([[0.0], np.cumsum(np.clip(likeness, -1.0, 1.5))])
    places = np.arange(len(likeness))
    gap = places[None] - places[:, None]
    first, last = (np.round(places[:, None] + share * gap).astype(np.intp) for share in BODY)
    count = np.maximum(last + 1 - first, 1)
    return np.where(gap > 0, (summed[np.minimum(first + count, len(likeness))] - summed[first]) / count, 0.0)


def _reach(profile: FloatArray, area_mm2: FloatArray) -> FloatArray:
    """For each place of C2/3, whether there is as much of the cord above as there should be."""
    places = np.arange(len(profile))
    cord = np.flatnonzero(np.isfinite(area_mm2))
    if not len(cord):
        return np.zeros(len(profile))
    too_long = np.clip(places - cord[0] - MOST_ABOVE_MM, 0, None)
    no_cord = np.isfinite(profile) & (places < cord[0])
    seen = np.flatnonzero(np.isfinite(profile))
    no_axis = AXIS_UNSEEN * (places - seen[0] < AXIS_MM + 6)
    medulla = np.zeros(len(profile))
    if cord[0] - seen[0] >= HEAD_SEEN_MM:
        off = (places - cord[0] - CORD_BEGINS_MM) / BEGINS_SPREAD_MM
        medulla = np.minimum(0.5 * off**2, MOST_BEGINS)
    return np.where(no_cord, -20.0, -0.2 * too_long - no_axis - medulla)


def _above(profile: FloatArray, scale: float) -> FloatArray:
    """For each place of C2/3, what the absence of discs above it says."""
    score = np.zeros(len(profile))
    low, high = round(scale * AXIS_MM), round(scale * DENS_MM)
    for place in range(len(profile)):
        zone = profile[max(0, place - high) : max(0, place - low)]
        zone = zone[np.isfinite(zone)]
        if len(zone) >= 5:
            share = len(zone) / (high - low)
            score[place] = -share * 2.0 * float(np.clip(zone, -1.0, 1.0).mean())
    return score


def _sizes(area_mm2: FloatArray, scale: float) -> FloatArray:
    """For each place of C2/3, how well the cord's size along it fits."""
    known = np.flatnonzero(np.isfinite(area_mm2))
    if len(known) < AREA_EVERY_MM:
        return np.zeros(len(area_mm2))
    size = np.log(area_mm2[known])
    below = (known[None] - np.arange(len(area_mm2))[:, None]) / scale
    expected = np.log(np.interp(below, AREA_AT_MM, AREA_MM2))
    within = (below > -25) & (below < AREA_AT_MM[-1])
    difference = np.where(within, size - expected, 0.0)
    count = np.maximum(within.sum(axis=1, keepdims=True), 1)
    mean = difference.sum(axis=1, keepdims=True) / count
    misfit = np.where(within, ((size - expected - mean) / AREA_SPREAD) ** 2, 1.0)
    return np.asarray(-0.5 * np.minimum(misfit, MOST_MISFIT).sum(axis=1) / AREA_EVERY_MM)
