"""One synthetic patient: draw the neck, have it analysed, and keep what was said beside what was drawn."""

import time

import numpy as np
import numpy.typing as npt
from matplotlib.path import Path as Outline

from benchmarks.signs.cord_groups import BY_NAME, Series
from benchmarks.signs.resuming import Row
from phantoms.neck_imaging import CordTruth, cord_truth
from phantoms.neck_variety import drawn_neck_plan
from phantoms.patient import PhantomPatient
from phantoms.protocol import SeriesPlan
from phantoms.series import series_volume
from processors.acquisition import Contrast, Plane
from processors.depiction import CordProfile
from processors.findings import CERVICAL_LEVELS, CORD_SIGNS, Finding, Quantity, Sign
from processors.spine.analysis import analyse_spine
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

READ = (Quantity.RATIO, Quantity.CROSS_SECTIONAL_AREA, Quantity.FLATNESS)
"""What the signs read; each region of a sign has one of them."""

BRIGHT = 0.6
"""Signal of fluid over that of the cord from which a slice is one of inflow, as the truth has it."""


def run_case(group_name: str, seed: int) -> Row:
    """Analyse one patient of a group.

    Returns
    -------
    dict
        ``group``, ``label``, ``seed``; ``acquisition`` in words; ``signs``: per sign ``change`` (the fraction
        drawn), ``side`` (drawn on one side only), ``state``, ``confidence``, ``reasons``, and per region
        its ``value`` and ``z``; ``cord``: per axial series what :func:`_compared` says; CPU seconds for
        ``drawing`` and ``analysis``.
    """
    group = BY_NAME[group_name]
    patient = group.patient(seed)
    started = time.process_time()
    plans: dict[Series, SeriesPlan] = {
        (contrast, plane): drawn_neck_plan(patient, contrast, plane, group.coverage)
        for contrast, plane in group.series
    }
    volumes: dict[Series, Volume] = {}
    for (_, plane), plan in plans.items():
        volume = series_volume(patient, plan)
        volumes[volume.contrast, plane] = volume
    drawn = time.process_time()
    analysis = analyse_spine(volumes)
    done = time.process_time()
    words = [
        f"{plan.key} {plan.geometry.slice_thickness:g}/{plan.geometry.spacing[1]:.2f} mm"
        for plan in plans.values()
    ]
    words.append(
        f"{patient.field_strength:g} T {patient.vendor}, SNR {patient.snr:.0f}, bias {patient.bias:.2f}, "
        f"k-space {patient.truncation:.2f}"
    )
    findings = {finding.sign: finding for finding in analysis.findings}
    by_uid = {volume.series_instance_uid: volume for volume in volumes.values()}
    return {
        "group": group.name,
        "label": group.label,
        "seed": seed,
        "acquisition": ", ".join(words),
        "signs": {sign.value: _said(patient, sign, findings[sign]) for sign in CORD_SIGNS},
        "cord": {
            profile.sign.value: _compared(patient, by_uid[profile.series_instance_uid], plans, profile)
            for profile in analysis.profiles
            if by_uid[profile.series_instance_uid].plane is Plane.AXIAL
        },
        "drawing_s": round(drawn - started, 2),
        "analysis_s": round(done - drawn, 2),
    }


def _said(patient: PhantomPatient, sign: Sign, finding: Finding) -> Row:
    return {
        "change": patient.change(sign),
        "side": patient.one_sided.get(sign),
        "state": finding.state,
        "confidence": finding.confidence,
        "reasons": [reason.key for reason in finding.reasons],
        "regions": {
            measured.region.key: {
                "value": next((v for q in READ if (v := measured.value(q)) is not None), None),
                "z": measured.value(Quantity.Z_SCORE),
            }
            for measured in finding.regions
        },
    }


def _compared(
    patient: PhantomPatient, volume: Volume, plans: dict[Series, SeriesPlan], profile: CordProfile
) -> Row:
    """A profile beside the truth of its series.

    Returns
    -------
    dict
        ``slices`` that cross the cord between C1 and C7, and how many of them were ``outlined``; ``dice``:
        of the outline with the cord, median over slices; ``area``: relative error of the area, median over
        slices that count; ``levelled`` slices with a name, and how far off the ``furthest`` of them is and
        how many are ``misnamed``, in vertebrae; ``bright`` slices of inflow that cross the cord there or were
        outlined, and how many of them ``counted``; ``ratios``: per level of the truth and side the mean of
        the slices that count, and ``areas``: per level of the truth, mm².
    """
    contrast = volume.contrast
    plan = next(plan for plan in plans.values() if np.allclose(plan.geometry.affine, volume.affine))
    truth = cord_truth(patient, contrast, plan.geometry, plan.family)
    at = _slices_of(profile, volume)
    overlaps, areas, off = [], [], []
    for station, index in at.items():
        if not truth.levels[index]:
            continue
        overlaps.append(_dice(profile.contours[station], volume, index, truth))
        if profile.used[station] and np.isfinite(profile.area_mm2[station]):
            areas.append(float(profile.area_mm2[station] / truth.area_mm2[index] - 1))
        if profile.levels[station]:
            off.append(_levels_off(profile.levels[station], truth, index))
    bright = (truth.fluid > BRIGHT) & (contrast is Contrast.T1)
    counted = sum(bool(bright[index] and profile.used[station]) for station, index in at.items())
    crossing = [index for index, level in enumerate(truth.levels) if level]
    return {
        "slices": len(crossing),
        "outlined": len(overlaps),
        "dice": _median(overlaps),
        "area": _median(areas),
        "levelled": len(off),
        "furthest": max(off, default=None),
        "misnamed": sum(value > 0 for value in off),
        "bright": int(bright[sorted({*crossing, *at.values()})].sum()),
        "counted": counted,
        "ratios": {
            f"{level}/{side}": value
            for side, along in profile.ratio.items()
            for level, value in _by_level(along, profile, truth, at).items()
        },
        "areas": _by_level(profile.area_mm2, profile, truth, at),
    }


def _by_level(
    along: FloatArray, profile: CordProfile, truth: CordTruth, at: dict[int, int]
) -> dict[str, float]:
    """Mean over the slices of each level of the truth that count."""
    found = {}
    for level in CERVICAL_LEVELS:
        here = [along[s] for s, index in at.items() if truth.levels[index] == level and profile.used[s]]
        known = np.array(here)[np.isfinite(here)]
        if len(known):
            found[level] = round(float(known.mean()), 5)
    return found


def _slices_of(profile: CordProfile, volume: Volume) -> dict[int, int]:
    """The slice of each station of a profile that has an outline."""
    to_index = np.linalg.inv(volume.affine)
    found = {}
    for station, contour in enumerate(profile.contours):
        if np.isfinite(contour).all():
            middle = contour.mean(axis=0)
            index = round(float(to_index[0, :3] @ middle + to_index[0, 3]))
            if 0 <= index < len(volume.array):
                found[station] = index
    return found


def _dice(contour: FloatArray, volume: Volume, index: int, truth: CordTruth) -> float:
    to_index = np.linalg.inv(volume.affine)
    outline = (contour @ to_index[:3, :3].T + to_index[:3, 3])[:, 1:]
    cord = truth.inside[index] > 0.5
    low = np.clip(np.floor(outline.min(axis=0)).astype(int) - 2, 0, None)
    high = np.ceil(outline.max(axis=0)).astype(int) + 3
    rows, columns = np.mgrid[low[0] : high[0], low[1] : high[1]]
    found = Outline(outline).contains_points(np.stack([rows.ravel(), columns.ravel()], axis=1))
    mine = np.zeros_like(cord)
    part = mine[low[0] : high[0], low[1] : high[1]]
    part[...] = found.reshape(rows.shape)[: part.shape[0], : part.shape[1]]
    return float(2 * (mine & cord).sum() / max(mine.sum() + cord.sum(), 1))


def _levels_off(name: str, truth: CordTruth, index: int) -> float:
    """How far a slice lies outside of the level it was said to be of, in vertebrae; 0 within."""
    if name not in CERVICAL_LEVELS:
        return 1.0
    first = CERVICAL_LEVELS.index(name)
    place = float(truth.place[index])
    return round(max(first - place, place - first - 1, 0.0), 3)


def _median(values: list[float]) -> float | None:
    return round(float(np.median(values)), 4) if values else None
