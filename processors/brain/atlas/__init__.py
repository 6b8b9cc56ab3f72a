"""The atlas: ICBM 2009a brain, Colin27 head, and the corticospinal tract's centreline drawn on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.ndimage import gaussian_filter1d

from processors.findings import TRACT_SEGMENTS, Side

FOLDER = Path(__file__).parent
NODE_SPACING_MM = 3.5

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Centreline:
    """The corticospinal tract of one side, from the pons up.

    Attributes
    ----------
    points
        Shape (nodes, 3), atlas LPS millimetres.
    radii
        Shape (nodes,), millimetres.
    segments
        Name of the segment of each node.
    position_mm
        Shape (nodes,), along the line from its lowest node.
    tangents
        Shape (nodes, 3), unit vectors along the tract, upwards.
    """

    points: FloatArray
    radii: FloatArray
    segments: tuple[str, ...]
    position_mm: FloatArray
    tangents: FloatArray


@cache
def _document() -> Mapping[str, Mapping[str, list[list[float]]]]:
    document: Mapping[str, Mapping[str, list[list[float]]]] = json.loads(
        (FOLDER / "centreline.json").read_text(encoding="utf-8")
    )
    return document


def image(name: str) -> sitk.Image:
    """One image of the atlas as float32.

    ``icbm_t1``, ``icbm_grey_matter``, ``icbm_white_matter`` (brain only) or ``colin27_head``.
    """
    return sitk.ReadImage(str(FOLDER / f"{name}.nii.gz"), sitk.sitkFloat32)


def centreline(side: Side) -> Centreline:
    """The tract's centreline at nodes :data:`NODE_SPACING_MM` apart."""
    drawn = [
        (*control, index)
        for index, segment in enumerate(reversed(TRACT_SEGMENTS))
        for control in _document()["segments"][segment]
    ]
    control = np.array(drawn, dtype=np.float64)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(control[:, :3], axis=0), axis=1))])
    at = np.arange(0, length[-1], NODE_SPACING_MM)
    x, y, z, radii, segment = (np.interp(at, length, column) for column in control.T)
    outward = 1.0 if side is Side.LEFT else -1.0
    names = tuple(TRACT_SEGMENTS[len(TRACT_SEGMENTS) - 1 - round(number)] for number in segment)
    points = np.stack([outward * x, -y, z], axis=1)
    smooth = gaussian_filter1d(np.gradient(points, axis=0), 1.0, axis=0, mode="nearest")
    tangents = smooth / np.linalg.norm(smooth, axis=1, keepdims=True)
    return Centreline(points, radii, names, at, tangents)


def in_boxes(name: str, points: FloatArray, margin: float = 0.0) -> npt.NDArray[np.bool_]:
    """Whether atlas points lie in the boxes of reference white matter, or in that of the splenium.

    Parameters
    ----------
    name
        ``reference_boxes`` or ``splenium_box``.
    points
        Shape (n, 3), atlas LPS millimetres.
    margin
        Millimetres by which the boxes are widened.
    """
    folded = np.stack([np.abs(points[:, 0]), -points[:, 1], points[:, 2]], axis=1)
    inside = np.zeros(len(points), dtype=bool)
    for key, box in _document()[name].items():
        if key != "note":
            low, high = np.array(box).T
            inside |= np.all((folded >= low - margin) & (folded <= high + margin), axis=1)
    return inside
