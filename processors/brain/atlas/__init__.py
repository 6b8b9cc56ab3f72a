"""The atlas: ICBM 2009a brain, Colin27 head, and the corticospinal tract's centreline drawn on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.findings import TRACT_SEGMENTS, Side

FOLDER = Path(__file__).parent
NODE_SPACING_MM = 3.0

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
    """

    points: FloatArray
    radii: FloatArray
    segments: tuple[str, ...]


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
    """The tract's centreline at nodes about 3 mm apart."""
    points: list[FloatArray] = []
    names: list[str] = []
    for segment in reversed(TRACT_SEGMENTS):
        control = np.array(_document()["segments"][segment], dtype=np.float64)
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(control[:, :3], axis=0), axis=1))])
        at = np.linspace(0, length[-1], round(length[-1] / NODE_SPACING_MM) + 1)
        points.append(np.stack([np.interp(at, length, column) for column in control.T], axis=1))
        names += [segment] * len(at)
    nodes = np.concatenate(points)
    left_positive = nodes[:, :3] * ((1.0 if side is Side.LEFT else -1.0), -1.0, 1.0)
    return Centreline(left_positive, nodes[:, 3], tuple(names))


def in_reference_boxes(points: FloatArray, margin: float = 0.0) -> npt.NDArray[np.bool_]:
    """Whether atlas points lie in the boxes of reference white matter.

    Parameters
    ----------
    points
        Shape (n, 3), atlas LPS millimetres.
    margin
        Millimetres by which the boxes are widened.
    """
    folded = np.stack([np.abs(points[:, 0]), -points[:, 1], points[:, 2]], axis=1)
    inside = np.zeros(len(points), dtype=bool)
    for name, box in _document()["reference_boxes"].items():
        if name != "note":
            low, high = np.array(box).T
            inside |= np.all((folded >= low - margin) & (folded <= high + margin), axis=1)
    return inside
