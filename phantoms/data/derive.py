"""Derive the shipped maps of the synthetic head from Colin27, once.

Run as ``python phantoms/data/derive.py TEMPLATES`` where ``TEMPLATES`` is the folder
``/usr/share/mricron/templates`` of the Debian package ``mricron-data``. Only ``ch2.nii.gz`` (Colin27 with the
skull) and ``ch2bet.nii.gz`` (its brain) are read. The deep nuclei, the eyes and the central sulcus were read
off those images for this project; no labelled atlas is used, so that what is drawn does not depend on what a
detector believes. Coordinates are those of the template: millimetres, +x right, +y anterior, +z superior.
"""

import gzip
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy import ndimage as ndi

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

CSF, GREY, WHITE = 45.0, 106.0, 143.0
"""Modes of the bias-corrected Colin27 intensity histogram inside the brain."""

TISSUE_STEPS = 16
"""Grey levels of the shipped head per tissue step (CSF 0, grey matter 1, white matter 2)."""

EXTRACRANIAL_STEP = 10
"""Colin27 intensities outside the skull are shipped in steps of this size."""

LABELS = {
    "background": 0,
    "extracranial": 1,
    "intracranial": 2,
    "eye": 3,
    "putamen": 4,
    "caudate": 5,
    "pallidum": 6,
    "thalamus": 7,
    "substantia_nigra": 8,
    "red_nucleus": 9,
    "dentate": 10,
    "precentral_bank": 11,
    "precentral": 12,
    "postcentral_bank": 13,
}

# Centres and half-axes (mm) of ellipsoids, |x| y z, with the rotation about z in degrees (head of the long
# axis turned medially with positive values) and the tissue values that belong to the structure inside them.
ELLIPSOIDS: tuple[
    tuple[str, tuple[float, float, float], tuple[float, float, float], float, float, float], ...
] = (
    ("thalamus", (11.5, -18.5, 7.0), (8.0, 14.0, 8.5), 25.0, 0.45, 2.1),
    ("caudate", (13.0, 14.0, 6.0), (6.0, 10.0, 10.0), 0.0, 0.55, 1.65),
    ("caudate", (16.5, -4.0, 19.5), (4.5, 15.0, 5.5), -8.0, 0.55, 1.65),
    ("putamen", (26.0, 2.0, 1.0), (6.0, 15.5, 10.5), 14.0, 0.55, 1.75),
    ("pallidum", (19.5, -3.5, -0.5), (4.0, 8.5, 5.5), 28.0, 0.9, 2.1),
    ("substantia_nigra", (9.5, -17.5, -11.5), (2.6, 5.0, 4.5), 35.0, 0.5, 2.1),
    ("red_nucleus", (5.0, -20.5, -8.5), (2.6, 3.0, 3.2), 0.0, 0.5, 2.1),
    ("dentate", (15.0, -57.0, -34.0), (5.0, 7.5, 4.0), -30.0, 0.9, 2.1),
)

EYES = ((-32.0, 61.0, -34.0), (32.0, 61.0, -34.0))
EYE_RADIUS = 12.0

# The fundus line of the central sulcus in axial slices of Colin27: z -> (x, y) of points on it.
CENTRAL_SULCUS: dict[str, dict[int, tuple[tuple[int, int], ...]]] = {
    "left": {
        26: ((-66, 3), (-60, 0), (-54, -5), (-46, -7)),
        32: ((-66, 2), (-60, -3), (-54, -8), (-44, -8)),
        36: ((-64, 1), (-56, -6), (-48, -6), (-40, -10)),
        40: ((-62, 0), (-56, -2), (-50, -7), (-44, -10), (-36, -13)),
        44: ((-62, 0), (-56, -3), (-50, -8), (-42, -10), (-36, -14), (-32, -18)),
        48: ((-60, -2), (-52, -6), (-44, -9), (-40, -15), (-36, -19), (-31, -21)),
        52: ((-58, -4), (-50, -7), (-44, -10), (-40, -17), (-36, -20), (-30, -23)),
        56: ((-55, -5), (-48, -8), (-44, -12), (-40, -21), (-36, -27), (-31, -31), (-24, -28)),
        60: ((-51, -10), (-48, -13), (-44, -20), (-40, -26), (-35, -31), (-28, -29), (-18, -28)),
        64: ((-49, -15), (-44, -22), (-40, -29), (-34, -31), (-26, -29), (-18, -28)),
        68: ((-47, -19), (-44, -23), (-40, -29), (-34, -29), (-26, -27), (-18, -24)),
        74: ((-42, -24), (-36, -29), (-30, -27), (-24, -25), (-18, -28)),
    },
    "right": {
        26: ((66, 3), (60, -1), (54, -1), (48, -4)),
        32: ((66, 3), (60, 2), (54, -1), (48, -7), (43, -8)),
        36: ((64, 2), (58, 2), (52, -5), (46, -12), (39, -16)),
        40: ((63, 0), (58, -3), (54, -8), (48, -14), (42, -17), (35, -18)),
        44: ((63, -2), (58, -11), (52, -17), (46, -19), (40, -19), (35, -19)),
        48: ((61, -6), (56, -13), (50, -18), (44, -19), (38, -19), (31, -20)),
        52: ((60, -8), (54, -13), (48, -17), (42, -19), (36, -25), (31, -28)),
        56: ((57, -10), (52, -12), (48, -16), (44, -18), (40, -26), (34, -30), (27, -26)),
        60: ((54, -10), (50, -15), (46, -21), (42, -26), (36, -30), (30, -27), (23, -25)),
        64: ((50, -12), (46, -21), (42, -27), (36, -31), (30, -28), (24, -33), (14, -32)),
        68: ((48, -20), (44, -24), (40, -29), (36, -30), (28, -28), (22, -33), (11, -33)),
        74: ((42, -25), (36, -31), (28, -30), (22, -32), (11, -33)),
    },
}


def grids(affine: npt.NDArray[np.float64], shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Template coordinates of the voxels of an axis-aligned image, broadcastable, in mm."""
    axes = [np.arange(n, dtype=np.float32) + np.float32(affine[i, 3]) for i, n in enumerate(shape)]
    return axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :]


def bias_corrected(image: Array, brain: Mask) -> Array:
    """The image with N4's field removed; outside the brain the field of the nearest brain voxel counts."""
    itk, mask = sitk.GetImageFromArray(image + 1), sitk.GetImageFromArray(brain.astype(np.uint8))
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([30, 30, 20])
    n4.Execute(sitk.Shrink(itk, [4] * 3), sitk.Shrink(mask, [4] * 3))
    field = sitk.GetArrayFromImage(sitk.Exp(n4.GetLogBiasFieldAsImage(itk)))
    nearest = ndi.distance_transform_edt(~brain, return_distances=False, return_indices=True)
    corrected = image / ndi.gaussian_filter(field[tuple(nearest)], 3)
    return np.asarray(corrected, dtype=np.float32)


def tissue_coordinate(image: Array) -> Array:
    """0 for CSF, 1 for grey and 2 for white matter, and in between where a voxel holds two of them."""
    return np.interp(image, (CSF, GREY - 6, GREY + 6, WHITE - 6), (0, 0.97, 1.08, 2)).astype(np.float32)


def intracranial(image: Array, brain: Mask, xyz: tuple[Array, Array, Array]) -> Mask:
    """The brain and the fluid around it, down to the foramen magnum; bone and air are left out."""
    ball = ndi.generate_binary_structure(3, 1)
    closed = ndi.binary_closing(np.pad(brain, 12), ball, iterations=5)[12:-12, 12:-12, 12:-12]
    near = ndi.binary_dilation(closed | brain, ball, iterations=3)
    fluid = near & ~brain & (ndi.gaussian_filter(image, 0.8) > 32) & (image < 75)
    whole = ndi.gaussian_filter((brain | ndi.binary_opening(fluid)).astype(np.float32), 1.1) > 0.5
    x, y, z = xyz
    canal = (x**2 + (y - (-43 + 0.38 * (z + 70))) ** 2 <= 12.0**2) & (z < -54)
    return np.asarray(ndi.binary_fill_holes(_largest(whole | canal)))


def _largest(mask: Mask) -> Mask:
    parts, count = ndi.label(mask)
    sizes = ndi.sum_labels(mask, parts, range(1, count + 1))
    return np.asarray(parts == 1 + int(np.argmax(sizes)))


def in_ellipsoid(
    xyz: tuple[Array, Array, Array],
    centre: tuple[float, float, float],
    axes: tuple[float, float, float],
    degrees: float,
) -> Mask:
    """Voxels of both sides in an ellipsoid, given for the right side, that is turned about z."""
    x, y, z = np.abs(xyz[0]) - centre[0], xyz[1] - centre[1], xyz[2] - centre[2]
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    along, across = c * y - s * x, s * y + c * x
    return np.asarray((across / axes[0]) ** 2 + (along / axes[1]) ** 2 + (z / axes[2]) ** 2 <= 1)


def sulcus_surface(
    image: Array, xyz: tuple[Array, Array, Array], traced: dict[int, tuple[tuple[int, int], ...]]
) -> Mask:
    """The central sulcus of one side as a sheet of voxels y = f(x, z), snapped to the darkest valley."""
    xs, ys, zs = (axis.ravel() for axis in xyz)
    levels = sorted(traced)
    sheet = np.full((xs.size, zs.size), np.nan)
    columns = {z: np.array(sorted(traced[z])) for z in levels}
    for k, z in enumerate(zs):
        if not levels[0] <= z <= levels[-1]:
            continue
        low = max(level for level in levels if level <= z)
        high = min(level for level in levels if level >= z)
        share = 0.0 if high == low else (z - low) / (high - low)
        ends = [(1 - share) * columns[low][i, 0] + share * columns[high][i, 0] for i in (0, -1)]
        at = (xs >= ends[0]) & (xs <= ends[1])
        y_low, y_high = (np.interp(xs[at], columns[i][:, 0], columns[i][:, 1]) for i in (low, high))
        sheet[at, k] = (1 - share) * y_low + share * y_high
    smooth = ndi.gaussian_filter(image, 0.7)
    drawn: Mask = np.zeros(image.shape, dtype=np.bool_)
    for i, k in np.argwhere(np.isfinite(sheet)):
        j0 = round(float(sheet[i, k] - ys[0]))
        window = smooth[i, j0 - 3 : j0 + 4, k] + 2.0 * np.abs(np.arange(-3, 4))
        drawn[i, j0 - 3 + int(window.argmin()), k] = True
    return drawn


def label_sulcal_banks(labels: npt.NDArray[np.uint8], image: Array, xyz: tuple[Array, Array, Array]) -> None:
    """Write the banks of the central sulcus and the rest of the precentral gyrus into the labels."""
    y = np.broadcast_to(xyz[1], image.shape)
    for traced in CENTRAL_SULCUS.values():
        sheet = sulcus_surface(image, xyz, traced)
        distance, nearest = ndi.distance_transform_edt(~sheet, return_indices=True)
        anterior = y >= y[tuple(nearest)]
        free = labels == LABELS["intracranial"]
        labels[free & anterior & (distance <= 14)] = LABELS["precentral"]
        labels[free & anterior & (distance <= 4.5)] = LABELS["precentral_bank"]
        labels[free & ~anterior & (distance <= 4.5)] = LABELS["postcentral_bank"]


def derive(templates: Path, out: Path) -> None:
    """Write ``head.nii.gz`` and ``labels.nii.gz``."""
    source = nib.Nifti1Image.from_filename(templates / "ch2.nii.gz")
    image = np.asanyarray(source.dataobj).astype(np.float32)
    extracted = nib.Nifti1Image.from_filename(templates / "ch2bet.nii.gz")
    brain = ndi.binary_fill_holes(np.asanyarray(extracted.dataobj) > 0)
    image = bias_corrected(image, brain)
    xyz = grids(source.affine, image.shape)
    inside = intracranial(image, brain, xyz)
    tissue = tissue_coordinate(image)

    labels = np.full(image.shape, LABELS["extracranial"], dtype=np.uint8)
    outside, _ = ndi.label(image < 12)
    labels[outside == outside[0, -1, -1]] = LABELS["background"]
    labels[inside] = LABELS["intracranial"]
    for name, centre, axes, degrees, low, high in ELLIPSOIDS:
        member = in_ellipsoid(xyz, centre, axes, degrees) & (tissue >= low) & (tissue <= high)
        labels[ndi.binary_opening(member & inside) & (labels == LABELS["intracranial"])] = LABELS[name]
    for centre in EYES:
        distance = sum((axis - c) ** 2 for axis, c in zip(xyz, centre, strict=True))
        labels[(distance <= EYE_RADIUS**2) & ~inside] = LABELS["eye"]
    label_sulcal_banks(labels, image, xyz)

    coded = np.where(
        inside,
        np.round(tissue * TISSUE_STEPS),
        np.round(np.clip(image, 0, 250) / EXTRACRANIAL_STEP),
    ).astype(np.uint8)
    coded[labels == LABELS["background"]] = 0
    for name, array in (("head", coded), ("labels", labels)):
        packed = gzip.compress(nib.Nifti1Image(array, source.affine).to_bytes(), 9, mtime=0)
        (out / f"{name}.nii.gz").write_bytes(packed)


if __name__ == "__main__":
    derive(Path(sys.argv[1]), Path(__file__).parent)
