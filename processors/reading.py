"""A stack of MR images as a volume in patient space.

Classic MR instances, and frames of Enhanced and Legacy Converted Enhanced MR, in any order and orientation.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from processors.acquisition import Contrast, Plane
from processors.attributes import integer, text
from processors.findings import Reason
from processors.frames import Frame, frames_of
from processors.parameters import acquisition_of
from processors.pixels import read_pixels
from processors.volume import Volume, VolumeError

FEWEST_SLICES = 3
"""Fewer slices have no interior, and no spacing that could be checked."""

SAME_DIRECTION = 2e-3
"""Largest difference of direction cosines between slices of one stack: 0.1°, half a voxel in 256 mm."""

SPACING_TOLERANCE = 0.1
"""Deviation from the stack's own step, as a fraction of it, that is still the same step."""


def read_volume(
    datasets: Sequence[Dataset],
    frames: Mapping[str, Sequence[int]] | None = None,
    *,
    contrast: Contrast = Contrast.OTHER,
    plane: Plane = Plane.OBLIQUE,
) -> Volume:
    """Read one stack of a series.

    Slices are sorted along their normal. Where two lie at one position the one of the lower instance number
    is kept. Where the stack has a gap or changes its step, the longest evenly spaced part is read, so that
    the affine is right for every voxel, and the volume's problems say so.

    Parameters
    ----------
    datasets
        Instances of one series, with their file meta information, in any order.
    frames
        Frame numbers, from 1, of each SOP Instance UID; an instance that is not named gives all its frames.
    contrast, plane
        What the stack was classified as.

    Raises
    ------
    VolumeError
        ``no-pixel-data``, ``unreadable-pixels``, ``colour-images``, ``inverted-grey-scale``, ``too-large``,
        ``mosaic``, ``missing-geometry``, ``orientation-conflict``, ``mixed-geometry`` or ``too-few-slices``.
    """
    found = frames_of(datasets, frames)
    if len(found) < FEWEST_SLICES:
        raise VolumeError(Reason.of("too-few-slices", slices=len(found)))
    _check_one_geometry(found)
    stack, problems = _even_stack(found)
    first = stack[0].dataset
    return Volume(
        array=read_pixels(stack),
        affine=_affine(stack),
        series_instance_uid=text(first, "SeriesInstanceUID") or "",
        sources=tuple(frame.source for frame in stack),
        frame_of_reference_uid=text(first, "FrameOfReferenceUID"),
        contrast=contrast,
        plane=plane,
        acquisition=acquisition_of(first, stack[0].index),
        problems=problems,
        series_number=integer(first, "SeriesNumber"),
    )


def _check_one_geometry(frames: Sequence[Frame]) -> None:
    first = frames[0]
    normal = first.normal
    for frame in frames[1:]:
        shift = frame.position - first.position
        in_plane = shift - (shift @ normal) * normal
        if (
            frame.shape != first.shape
            or not np.allclose(frame.pixel_spacing, first.pixel_spacing, rtol=1e-3, atol=0)
            or not np.allclose(frame.along_row, first.along_row, rtol=0, atol=SAME_DIRECTION)
            or not np.allclose(frame.along_column, first.along_column, rtol=0, atol=SAME_DIRECTION)
            or np.linalg.norm(in_plane) > min(first.pixel_spacing) / 2
            or text(frame.dataset, "FrameOfReferenceUID") != text(first.dataset, "FrameOfReferenceUID")
        ):
            raise VolumeError(Reason.of("mixed-geometry"))


def _even_stack(frames: Sequence[Frame]) -> tuple[tuple[Frame, ...], tuple[Reason, ...]]:
    normal = frames[0].normal
    ordered = sorted(
        frames, key=lambda f: (f.order, f.source.sop_instance_uid, f.source.frame or 0, f.position @ normal)
    )
    heights = np.array([frame.position @ normal for frame in ordered])
    by_height = np.argsort(heights, kind="stable")
    gaps = np.diff(heights[by_height])
    distinct = gaps > SPACING_TOLERANCE * (np.median(gaps[gaps > 0.01]) if (gaps > 0.01).any() else 1.0)
    kept = by_height[np.concatenate([[True], distinct])]
    problems = []
    if duplicates := len(frames) - len(kept):
        problems.append(Reason.of("duplicate-slices", duplicates=duplicates))
    stack = [ordered[place] for place in kept]
    if len(stack) < FEWEST_SLICES:
        raise VolumeError(Reason.of("too-few-slices", slices=len(stack)))
    steps = np.diff(heights[kept])
    step = np.median(steps)
    even = np.abs(steps - step) <= SPACING_TOLERANCE * step
    if not even.all():
        wholes = np.round(steps / step)
        if (np.abs(steps - wholes * step) <= SPACING_TOLERANCE * step).all() and (wholes >= 1).all():
            problems.append(Reason.of("missing-slices", missing=int(wholes.sum()) - len(steps)))
        else:
            problems.append(Reason.of("uneven-spacing"))
        start, stop = _longest_run(even)
        stack = stack[start : stop + 1]
        if len(stack) < FEWEST_SLICES:
            raise VolumeError(Reason.of("too-few-slices", slices=len(stack)))
    return tuple(stack), tuple(problems)


def _longest_run(even: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """First and last slice of the longest run of even steps, the earlier of two that are equally long."""
    edges = [-1, *np.flatnonzero(~even), len(even)]
    start, stop = max(pairwise(edges), key=lambda run: run[1] - run[0])
    return int(start) + 1, int(stop)


def _affine(stack: Sequence[Frame]) -> npt.NDArray[np.float64]:
    first, last = stack[0], stack[-1]
    between_rows, between_columns = first.pixel_spacing
    affine = np.eye(4)
    affine[:3, 0] = first.normal * ((last.position - first.position) @ first.normal / (len(stack) - 1))
    affine[:3, 1] = first.along_column * between_rows
    affine[:3, 2] = first.along_row * between_columns
    affine[:3, 3] = first.position
    return affine
