"""Some of the necks that the benchmark draws, to be looked at."""

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

from phantoms.cord import draw_cord
from phantoms.geometry import Geometry, stack
from phantoms.neck_curve import draw_curve
from phantoms.neck_imaging import neck_volume
from phantoms.neck_options import NeckOptions
from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

mpl.use("Agg")
import matplotlib.pyplot as plt

SEED = 31
NECKS: dict[str, PhantomPatient] = {
    "healthy": PhantomPatient(SEED),
    "T1 +12 %, T2 +30 %": PhantomPatient(SEED, {Sign.CORD_T1: 0.12, Sign.CORD_T2: 0.3}),
    "the same, left only": PhantomPatient(
        SEED,
        {Sign.CORD_T1: 0.12, Sign.CORD_T2: 0.3},
        {Sign.CORD_T1: Side.LEFT, Sign.CORD_T2: Side.LEFT},
    ),
    "flattened": PhantomPatient(SEED, {Sign.CORD_FLATTENING: -0.3}),
    "dorsal columns": PhantomPatient(SEED, neck=NeckOptions(dorsal_columns=0.35)),
    "stenosis": PhantomPatient(SEED, neck=NeckOptions(stenosis="C5")),
    "syrinx": PhantomPatient(SEED, neck=NeckOptions(syrinx=True)),
    "bright fluid": PhantomPatient(SEED, neck=NeckOptions(bright_fluid=True)),
}
COLUMNS = {"T1": (Contrast.T1, 0.3, 1.3), "T2": (Contrast.T2, 0.4, 2.0), "T2*": (Contrast.T2_STAR, 0.4, 2.0)}
"""Contrast, and the signal that is black and that is white."""

HALF_MM = 14


def draw_panel(path: Path) -> None:
    """Each neck at the disc C5/6 on T1, T2 and T2*, and its middle on sagittal T2."""
    figure, axes = plt.subplots(
        len(NECKS), 4, figsize=(7.2, 1.75 * len(NECKS)), facecolor="white", squeeze=False
    )
    for row, (name, patient) in zip(axes, NECKS.items(), strict=True):
        clear = replace(patient, snr=60.0, bias=0.05)
        for place, (title, (contrast, black, white)) in zip(row, COLUMNS.items(), strict=False):
            image = neck_volume(clear, contrast, _across(clear)).array[1]
            place.imshow(image, cmap="gray", vmin=black, vmax=white, interpolation="bicubic")
            place.set_title(title, fontsize=8)
        row[3].imshow(_middle(clear), cmap="gray", vmin=0, vmax=3)
        row[0].set_ylabel(name, fontsize=8)
        for place in row:
            place.set_xticks([])
            place.set_yticks([])
    figure.tight_layout(pad=0.4)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _across(patient: PhantomPatient) -> Geometry:
    """Slices across the canal at the disc C5/6."""
    curve, height = draw_curve(patient), draw_cord(patient).discs[4]
    middle, up = curve.to_patient(np.array([[0.0, 0.0, height]]))[0], curve.up(height)
    return stack(
        Plane.AXIAL,
        centre=(float(middle[0]), float(middle[1]), float(middle[2])),
        slices=3,
        slice_thickness=3.0,
        pixel=0.5,
        matrix=(4 * HALF_MM, 4 * HALF_MM),
        tilt=float(np.rad2deg(np.arctan2(-up[1], up[2]))),
    )


def _middle(patient: PhantomPatient) -> npt.NDArray[np.float32]:
    geometry = PROTOCOL["cervical_t2_sag"].geometry
    affine = geometry.affine.copy()
    affine[0, 3] = draw_curve(patient).origin[0]
    thin = replace(geometry, shape=(1, *geometry.shape[1:]), affine=affine)
    return neck_volume(patient, Contrast.T2, thin).array[0, 20:220, 40:220]
