"""Tract, segments and reference drawn on every real head, to be looked at: ``python -m benchmarks overlays``.

What is drawn is what the analysis measured. Pictures show no face: the field is the part of the head around
the tract, and what the atlas does not call brain is black.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Annotated

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import typer
from matplotlib.axes import Axes
from rich.console import Console
from scipy.spatial import cKDTree

from benchmarks.real_data import ROOT, RealStudy, brain_studies
from processors.acquisition import Contrast
from processors.brain.alignment.study import Alignment, align_study
from processors.brain.alignment.tissue_model import brain_mask
from processors.brain.patient_space import points_of, sample
from processors.brain.tract.measurement import LABELS, TractMeasurement, measure_study
from processors.findings import TRACT_SEGMENTS, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

HEIGHTS_MM = {"pons": -36.0, "peduncle": -14.0, "capsule": 8.0, "corona radiata": 28.0, "subcortical": 54.0}
CORONAL_LPS_MM = 17.0
FIELD_LPS_MM = ((-62.0, 62.0), (-44.0, 62.0), (-58.0, 74.0))
"""Part of the atlas that is drawn: from right to left, front to back, low to high."""
PIXEL_MM = 1.0
REACH_MM = 4.0
"""How far a pixel may be from the nearest voxel's centre."""
COLOURS = ("#d070ff", "#33bbee", "#3ddc84", "#ffb000", "#ff4d4d")
OTHERS = {"reference": "#a8c8ff", "splenium": "#f0f0a0", "lesion": "#ff00ff"}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=130)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, and how well the atlas fits the series in it.

    Attributes
    ----------
    fit
        Correlation of the brain's signal with what the atlas' tissues explain of it.
    refused
        Whether the analysis itself says that the atlas could not be carried over.
    """

    name: str
    fit: float
    refused: bool
    path: Path


@app.command()
def main(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")] = Path("overlays"),
    study: Annotated[list[str] | None, typer.Option(help="Only these.")] = None,
) -> None:
    """Draw, and say how well the atlas fits; the best and the worst that the analysis accepts are copied."""
    mpl.use("Agg")
    studies = [one for one in brain_studies() if not study or one.name in study]
    if not studies:
        console.print(f"No real heads: {ROOT} is not there. BETZ_REAL_DATA names another folder.")
        raise typer.Exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [picture for one in studies for picture in draw_study(one, folder)]
    for picture in sorted(drawn, key=lambda d: d.fit, reverse=True):
        console.print(f"{picture.fit:6.3f}  {picture.name:28} {'refused' if picture.refused else ''}")
    accepted = [picture for picture in drawn if not picture.refused]
    if accepted:
        copy(max(accepted, key=lambda d: d.fit).path, folder / "validation-overlay-best.png")
        copy(min(accepted, key=lambda d: d.fit).path, folder / "validation-overlay-worst.png")


def draw_study(study: RealStudy, folder: Path) -> list[Drawn]:
    """A picture of every series of a study."""
    volumes = study.read()
    return draw_aligned(study.name, volumes, align_study(volumes), folder)


def draw_aligned(
    name: str, volumes: Mapping[Contrast, Volume], alignments: Mapping[Contrast, Alignment], folder: Path
) -> list[Drawn]:
    """A picture of every series of a study that has been aligned."""
    drawn = []
    registered = {c: a for c, a in alignments.items() if a.registration is not None}
    measured = measure_study({c: (volumes[c], a.to_atlas) for c, a in registered.items()})
    for contrast, volume in volumes.items():
        if contrast not in registered:
            console.print(f"{name} {contrast}: not registered")
            continue
        alignment, measurement = registered[contrast], measured[contrast]
        path = folder / f"{name} {contrast}.png".replace(" ", "-")
        draw(f"{name}, {contrast}", volume, alignment, measurement, path)
        refused = alignment.problem is not None
        drawn.append(Drawn(f"{name} {contrast}", alignment.assessment.agreement, refused, path))
    return drawn


def draw(title: str, volume: Volume, alignment: Alignment, measurement: TractMeasurement, path: Path) -> None:
    """Planes of the atlas through a series, with what was measured outlined in its voxels' own place."""
    signal, labels, tree = _voxels(volume, alignment, measurement)
    (right, left), (front, back), (low, high) = FIELD_LPS_MM
    x, y, z = (np.arange(a, b, PIXEL_MM) for a, b in ((right, left), (front, back), (low, high)))
    planes = {
        name: np.stack(np.broadcast_arrays(x[None, :], y[:, None], height), axis=-1)
        for name, height in HEIGHTS_MM.items()
    }
    planes["coronal"] = np.stack(np.broadcast_arrays(x[None, :], CORONAL_LPS_MM, z[::-1][:, None]), axis=-1)
    figure, axes = plt.subplots(2, 3, figsize=(12, 8.4), facecolor="black", layout="tight")
    brightest = float(np.percentile(signal, 99))
    for axis, (name, points) in zip(axes.flat, planes.items(), strict=True):
        distance, nearest = tree.query(points.reshape(-1, 3), distance_upper_bound=REACH_MM)
        seen = np.isfinite(distance) & (sample(brain_mask(), points.reshape(-1, 3)) > 0.5)
        voxel = np.where(seen, nearest, 0)
        picture = np.where(seen, signal[voxel], 0).reshape(points.shape[:2])
        axis.imshow(picture, cmap="gray", vmin=0, vmax=brightest)
        _outline(axis, np.where(seen, labels[voxel], 0).reshape(points.shape[:2]))
        axis.set_title(name, color="white")
        axis.text(0.02, 0.5, "R", color="white", transform=axis.transAxes)
        axis.text(0.95, 0.5, "L", color="white", transform=axis.transAxes)
        axis.axis("off")
    figure.suptitle(title, color="white")
    figure.savefig(path, dpi=80, facecolor="black")
    plt.close(figure)


def _outline(axis: Axes, labels: npt.NDArray[np.uint8]) -> None:
    for value, region in LABELS:
        colour = (
            COLOURS[TRACT_SEGMENTS.index(region.name)]
            if region.name in TRACT_SEGMENTS
            else OTHERS.get(region.name, "#ffffff")
        )
        if (labels == value).any():
            style = "solid" if region.side is not Side.RIGHT else "dashed"
            axis.contour(labels == value, [0.5], colors=[colour], linewidths=1.2, linestyles=style)


def _voxels(
    volume: Volume, alignment: Alignment, measurement: TractMeasurement
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8], cKDTree]:
    """Signal and label of the voxels in the field, and a search tree of their places in the atlas."""
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[tuple(measurement.indices.T)] = measurement.labels
    indices = np.indices(volume.array.shape).reshape(3, -1).T
    at = alignment.to_atlas(points_of(volume.affine, indices.astype(np.float64)))
    low, high = np.array(FIELD_LPS_MM).T
    near = np.all((at > low - REACH_MM) & (at < high + REACH_MM), axis=1)
    return volume.array.ravel()[near], labels.ravel()[near], cKDTree(at[near])


if __name__ == "__main__":
    app()
