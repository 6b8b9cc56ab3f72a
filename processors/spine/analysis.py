"""A study's series of the neck in, one finding for each sign of the cord out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from catalogue.texts import TEXTS
from processors.acquisition import Contrast, Plane
from processors.depiction import CordProfile, RegionMap
from processors.findings import CORD_SIGNS, READS, Algorithm, Finding, Reason, Sign, not_evaluated
from processors.norms import Norms, default_norms
from processors.saturation import saturated
from processors.spine.agreement import disagreeing
from processors.spine.cord import Cord, CordNotFoundError, find_cord
from processors.spine.cord_map import cord_voxels, shape_map, signal_map
from processors.spine.levels import Levels, LevelsNotFoundError, find_levels
from processors.spine.limits import ATROPHY_GROUPS, LARGEST_EXTENT_MM, LARGEST_VOXEL_MM
from processors.spine.measurement import (
    CordMeasurement,
    breadth_known,
    has_cavity,
    looks_thoracic,
    measure_cord,
    near_stenosis,
    same_frame,
    without_levels,
)
from processors.spine.shape_sign import CROSS_SECTION, shape_findings
from processors.spine.signal_sign import COLUMNS, concordant, cord_profile, signal_finding, used_slices
from processors.volume import Volume

BoolArray = npt.NDArray[np.bool_]
Key = tuple[Contrast, Plane]

NEEDED = TEXTS["series_needed"]
"""How a radiologist would ask for the series that a sign is read from."""

ALGORITHMS: Mapping[Sign, Algorithm] = {
    Sign.CORD_T1: COLUMNS,
    Sign.CORD_T2: COLUMNS,
    Sign.CORD_ATROPHY: CROSS_SECTION,
    Sign.CORD_FLATTENING: CROSS_SECTION,
}

SIGNAL_PLANES = (Plane.AXIAL, Plane.OBLIQUE, Plane.THREE_D, Plane.SAGITTAL)
SHAPE_PLANES = (Plane.THREE_D, Plane.AXIAL, Plane.OBLIQUE, Plane.SAGITTAL)
"""In the order in which they serve; coronal slices show no cross-section."""

SHAPE_CONTRASTS = (Contrast.T2, Contrast.T1)
LEVEL_PLANES = (Plane.SAGITTAL, Plane.THREE_D)
LEVEL_CONTRASTS = (Contrast.T2, Contrast.T1, Contrast.T1_POST_CONTRAST, Contrast.T2_STAR)


@dataclass(frozen=True, slots=True, eq=False)
class SpineAnalysis:
    """What the spine series of a study say.

    Attributes
    ----------
    findings
        One for each of :data:`~processors.findings.CORD_SIGNS`, in that order.
    region_maps
        Where each sign was measured.
    profiles
        What was measured along the cord, for each sign of its signal.
    """

    findings: tuple[Finding, ...]
    region_maps: tuple[RegionMap, ...] = ()
    profiles: tuple[CordProfile, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Study:
    """The cord on every series on which it was looked for: what was measured, or why nothing was."""

    volumes: Mapping[Key, Volume]
    measured: Mapping[Key, CordMeasurement]
    obstacles: Mapping[Key, Reason]

    def stenotic(self, measured: CordMeasurement) -> BoolArray:
        """Sections of a series at a stenosis that some series shows, or beside it."""
        return near_stenosis(measured, self.measured)

    @property
    def cavity(self) -> tuple[Reason, ...]:
        """The reason to decide nothing where some series shows a cavity, which swells and thins the cord."""
        shown = any(has_cavity(one) for one in self.measured.values())
        return (Reason.of("central-cavity"),) if shown else ()


def analyse_spine(volumes: Mapping[Key, Volume], norms: Norms | None = None) -> SpineAnalysis:
    """Find the cord on the series of the neck, count its levels, and evaluate every sign.

    Parameters
    ----------
    volumes
        By contrast and plane.
    norms
        What the measurements are compared with; the shipped norms by default.
    """
    norms = default_norms() if norms is None else norms
    study = _measured(volumes)
    reading = {
        Sign.CORD_T1: _first(study, READS[Sign.CORD_T1], SIGNAL_PLANES),
        Sign.CORD_T2: _first(study, READS[Sign.CORD_T2], SIGNAL_PLANES),
    }
    found: dict[Sign, Finding] = {}
    maps: list[RegionMap] = []
    profiles: list[CordProfile] = []
    for sign, key in reading.items():
        if key is None:
            found[sign] = not_evaluated(sign, COLUMNS, _obstacle(sign, study))
            continue
        measured = study.measured[key]
        stenotic = study.stenotic(measured)
        found[sign] = signal_finding(sign, measured, stenotic, norms, _signal_faults(measured) + study.cavity)
        used = used_slices(measured, stenotic)
        maps.append(signal_map(sign, measured, cord_voxels(measured), used))
        profiles.append(cord_profile(sign, measured, stenotic, norms))
    found[Sign.CORD_T1], found[Sign.CORD_T2] = concordant(found[Sign.CORD_T1], found[Sign.CORD_T2])
    key = _for_shape(study)
    if key is None:
        for sign in (Sign.CORD_ATROPHY, Sign.CORD_FLATTENING):
            found[sign] = not_evaluated(sign, CROSS_SECTION, _obstacle(sign, study))
    else:
        measured = study.measured[key]
        stenotic = study.stenotic(measured)
        faults = _shape_faults(measured.volume) + study.cavity
        both = shape_findings(measured, stenotic, norms, faults)
        found |= {finding.sign: finding for finding in both}
        voxels = cord_voxels(measured)
        used = measured.outlined & ~stenotic
        maps += [shape_map(finding.sign, measured, voxels, used) for finding in both]
    return SpineAnalysis(
        tuple(found[sign] for sign in CORD_SIGNS),
        tuple(one for one in maps if len(one.indices)),
        tuple(profiles),
    )


def _measured(volumes: Mapping[Key, Volume]) -> _Study:
    """Find and measure the cord on every series that a sign, the levels or the canal is read from."""
    obstacles: dict[Key, Reason] = {}
    cords: dict[Key, Cord] = {}
    usable: dict[Key, Volume] = {}
    for (contrast, plane), volume in volumes.items():
        given = contrast is Contrast.T1 and volume.acquisition.contrast_agent
        key = (Contrast.T1_POST_CONTRAST if given else contrast, plane)
        if (obstacle := _unfit(plane, volume)) is not None:
            obstacles[key] = obstacle
            continue
        usable[key] = replace(volume, contrast=key[0], array=_finite(volume))
        try:
            cords[key] = find_cord(usable[key])
        except CordNotFoundError as error:
            obstacles[key] = error.reason
    for key in disagreeing(cords, {key: volume.frame_of_reference_uid for key, volume in usable.items()}):
        del cords[key]
        obstacles[key] = Reason.of("cord-conflict")
    levels = _levels(usable, cords)
    measured = {
        key: measure_cord(usable[key], cord, _levels_at(usable[key], cord, levels))
        for key, cord in cords.items()
        if np.isfinite(cord.contour).all(axis=(1, 2)).any()
    }
    judges = [one for one in measured.values() if breadth_known(one.volume)] or list(measured.values())
    if any(looks_thoracic(one) for one in judges):
        measured = {key: without_levels(one) for key, one in measured.items()}
    obstacles |= {key: Reason.of("cord-not-found") for key in cords if key not in measured}
    return _Study(usable, measured, obstacles)


def _levels(volumes: Mapping[Key, Volume], cords: Mapping[Key, Cord]) -> tuple[tuple[Volume, Levels], ...]:
    """The levels by every series that they can be counted on, the surest first."""
    found: list[tuple[Volume, Levels]] = []
    for plane in LEVEL_PLANES:
        for contrast in LEVEL_CONTRASTS:
            if (contrast, plane) not in cords:
                continue
            volume = volumes[contrast, plane]
            try:
                found.append((volume, find_levels(volume, cords[contrast, plane])))
            except LevelsNotFoundError:
                continue
    return tuple(sorted(found, key=lambda one: -one[1].confidence))


def _levels_at(volume: Volume, cord: Cord, found: Sequence[tuple[Volume, Levels]]) -> tuple[str, ...]:
    """Level of each station, from a series with the same patient coordinates; empty without one."""
    for known, levels in found:
        if known.series_instance_uid == volume.series_instance_uid or same_frame(known, volume):
            return levels.level_of(cord.centre)
    return ("",) * len(cord.centre)


def _first(study: _Study, contrasts: Sequence[Contrast], planes: Sequence[Plane]) -> Key | None:
    """The best series on which the cord was found and that serves for the purpose."""
    keys = [(contrast, plane) for plane in planes for contrast in contrasts]
    fine = [key for key in keys if key in study.measured and not _coarse(study.volumes[key])]
    return next(iter(fine), None)


def _for_shape(study: _Study) -> Key | None:
    """The series that shows the most levels well, and among equals the one that serves best."""
    keys = [(contrast, plane) for plane in SHAPE_PLANES for contrast in SHAPE_CONTRASTS]
    found = [key for key in keys if key in study.measured]
    decided = set(chain(*ATROPHY_GROUPS))

    def merit(key: Key) -> tuple[bool, int]:
        measured = study.measured[key]
        seen = {level for level, sound in zip(measured.levels, measured.outlined, strict=True) if sound}
        return not _shape_faults(measured.volume), len(seen & decided)

    return max(found, key=merit, default=None)


def _coarse(volume: Volume) -> bool:
    """Whether a 3-D series' voxels are too large to tell anything in the cord's cross-section."""
    return volume.plane is Plane.THREE_D and max(volume.spacing) > 2 * LARGEST_VOXEL_MM


def _signal_faults(measured: CordMeasurement) -> tuple[Reason, ...]:
    volume = measured.volume
    faults = []
    if looks_thoracic(measured):
        faults.append(Reason.of("no-cervical-cord"))
    if volume.plane is Plane.SAGITTAL:
        faults.append(Reason.of("sagittal-only"))
    elif volume.plane is Plane.THREE_D and max(volume.spacing) > LARGEST_VOXEL_MM:
        faults.append(Reason.of("thick-voxels"))
    return tuple(faults)


def _shape_faults(volume: Volume) -> tuple[Reason, ...]:
    across = sorted(volume.spacing)
    if volume.plane is Plane.SAGITTAL or across[1] > LARGEST_VOXEL_MM:
        return (Reason.of("thick-voxels"),)
    return ()


def _obstacle(sign: Sign, study: _Study) -> Reason:
    """Why a sign cannot be evaluated in this study at all."""
    failed = [study.obstacles[key] for key in study.obstacles if key[0] in READS[sign]]
    if failed:
        return failed[0]
    after = any(contrast is Contrast.T1_POST_CONTRAST for contrast, _ in study.volumes)
    if sign is Sign.CORD_T1 and after:
        return Reason.of("post-contrast")
    return Reason.of("missing-series", needed=NEEDED[sign.value])


def _unfit(plane: Plane, volume: Volume) -> Reason | None:
    """Why a series cannot be measured at all."""
    if plane is Plane.CORONAL:
        return Reason.of("missing-series", needed=NEEDED["any_of_cord"])
    affine = volume.affine
    if not np.all(np.isfinite(affine)) or np.linalg.det(affine[:3, :3]) == 0:
        return Reason.of("missing-geometry")
    extents = [count * step for count, step in zip(volume.array.shape, volume.spacing, strict=True)]
    if max(extents) > LARGEST_EXTENT_MM:
        return Reason.of("implausible-extent", low=min(extents), high=max(extents))
    return Reason.of("saturated") if saturated(volume.array) else None


def _finite(volume: Volume) -> npt.NDArray[np.float32]:
    return np.nan_to_num(np.asarray(volume.array, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
