"""Derive the central sulcus of the atlas from points read off the ICBM T1; run once, by hand.

    python -m processors.brain.atlas.derive_sulcus ICBM_T1 OUTPUT_FOLDER

``ICBM_T1`` is ``mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz`` of nilearn's ``datasets/data``. In each of
its axial planes the points below lie near the sulcus; the line between them is drawn to the darkest valley
of both halves' mean. The Harvard-Oxford labels were looked at to tell the sulcus from its neighbours; no
voxel of theirs is in the result. Coordinates are RAS millimetres with x positive on both sides.
"""

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.ndimage import gaussian_filter1d

from processors.brain.alignment.tissue_model import brain_mask
from processors.brain.patient_space import sample

FloatArray = npt.NDArray[np.float64]

TRACED: dict[int, tuple[tuple[int, int], ...]] = {
    20: ((46, -2), (56, -5), (67, -4)),
    24: ((44, -4), (55, -6), (67, -4)),
    28: ((42, -8), (50, -8), (60, -7), (66, -2)),
    32: ((40, -12), (48, -12), (58, -8), (66, -2)),
    36: ((36, -17), (45, -15), (55, -9), (65, -3)),
    40: ((30, -20), (40, -17), (50, -15), (64, -5)),
    44: ((28, -23), (36, -19), (45, -17), (55, -11), (62, -6)),
    48: ((26, -26), (36, -23), (45, -17), (55, -12), (62, -7)),
    52: ((24, -30), (30, -28), (40, -24), (50, -18), (58, -11)),
    56: ((20, -31), (30, -30), (38, -26), (45, -21), (50, -15), (56, -11)),
    60: ((10, -33), (20, -31), (30, -27), (40, -24), (48, -16), (50, -11)),
    64: ((8, -33), (20, -29), (30, -26), (40, -23), (47, -15)),
    68: ((6, -33), (15, -30), (25, -26), (35, -25), (44, -19)),
    72: ((4, -32), (15, -28), (25, -26), (37, -22)),
    76: ((3, -31), (12, -28), (20, -26), (27, -23)),
}
"""Height z: points (|x|, y), from the depth of the sulcus outwards."""

REACH_MM = 4.0
STEP_MM = 0.5
VALLEY = 40.0
"""T1 intensity that weighs as much as a bend of 1 mm²."""
BEND = 2.0
AWAY = 0.08
EVERY_MM = 3.0
CENTRE = (12.0, 22.0)
"""(|x|, z) towards which depth is counted: straight into the convexity anywhere along the gyrus."""
DEGREES = (-8.0, 88.0, 4.0)
"""From the vertical outwards: from the margin of the hemisphere to the Sylvian fissure."""
SULCI_CLOSED_VOXELS = 6


def snapped(t1: sitk.Image, height: int) -> FloatArray:
    """The line of one plane, shape (n, 2), drawn to the valley by dynamic programming."""
    points = np.array(TRACED[height], dtype=np.float64)
    x = np.arange(points[0, 0], points[-1, 0] + 1)
    start = np.interp(x, *points.T)
    offsets = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    y = start[:, None] + offsets
    away = np.broadcast_to(x[:, None], y.shape)
    both = [
        np.stack([side * away, -y, np.full(y.shape, float(height))], -1).reshape(-1, 3) for side in (1, -1)
    ]
    cost = np.add(*(sample(t1, half) for half in both)).reshape(y.shape) / 2 / VALLEY + AWAY * offsets**2
    bend = BEND * (offsets[:, None] - offsets) ** 2
    best, back = cost[0], []
    for row in cost[1:]:
        total = best + bend
        back.append(total.argmin(axis=1))
        best = row + total.min(axis=1)
    at = [int(best.argmin())]
    for before in reversed(back):
        at.append(int(before[at[-1]]))
    kept = np.unique(np.append(np.arange(x[0], x[-1], EVERY_MM), x[-1]))
    return np.stack([kept, np.interp(kept, x, start + offsets[at[::-1]])], axis=1)


def crown(lines: dict[int, FloatArray]) -> FloatArray:
    """From the centre to the surface of the brain where the sulcus opens, shape (n, 2): degrees, mm."""
    closed = sitk.BinaryFillhole(sitk.BinaryMorphologicalClosing(brain_mask(), [SULCI_CLOSED_VOXELS] * 3))
    inside = sitk.Cast(closed, sitk.sitkFloat32)
    heights = np.array(sorted(lines))
    found = []
    degrees = np.arange(DEGREES[0], DEGREES[1] + 1)
    for angle in np.deg2rad(degrees):
        radius = np.arange(10.0, 80.0, STEP_MM)
        x, z = CENTRE[0] + radius * np.sin(angle), CENTRE[1] + radius * np.cos(angle)
        columns = np.array([np.interp(x, *lines[height].T) for height in heights])
        y = [np.interp(height, heights, column) for height, column in zip(z, columns.T, strict=True)]
        found.append(radius[sample(inside, np.stack([x, -np.array(y), z], axis=1)) > 0.5].max())
    smooth = gaussian_filter1d(np.array(found), 3.0, mode="nearest")
    return np.stack([degrees, smooth], axis=1)[:: int(DEGREES[2])]


def main(t1: str, folder: str) -> None:
    """Write the sulcus."""
    image = sitk.ReadImage(t1, sitk.sitkFloat32)
    smooth = sitk.SmoothingRecursiveGaussian(image[:, :, :, 0] if image.GetDimension() == 4 else image, 1.0)
    lines = {height: snapped(smooth, height) for height in TRACED}
    document = {
        "note": "Central sulcus of ICBM 152 2009a: see derive_sulcus.py and PROVENANCE.md. "
        "RAS mm, x positive on both sides. lines: height z: (|x|, y). crown: degrees from the vertical, "
        "distance from the centre (|x|, z) to the surface.",
        "centre": list(CENTRE),
        "crown": crown(lines).round(1).tolist(),
        "lines": {str(height): line.round(1).tolist() for height, line in lines.items()},
    }
    text = json.dumps(document, separators=(",", ":"))
    (Path(folder) / "central_sulcus.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
