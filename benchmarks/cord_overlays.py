"""Outlines of the cord on every real neck, to be looked at: ``python -m benchmarks cord_overlays FOLDER``.

Where somebody has outlined the cord by hand, the two are compared. Hands leave out the voxels at the edge
that are cord in part; so the area by signal is given too: every voxel near the edge counts as far as its
signal lies between that of the fluid beside it and that of the cord.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import typer
from pydicom import dcmread
from rich.console import Console
from scipy.ndimage import distance_transform_edt

from benchmarks.real_data import ROOT, read_nifti
from processors.acquisition import Contrast
from processors.reading import read_volume
from processors.spine.cord import ANGLES, Cord, CordNotFoundError, find_cord
from processors.spine.levels import LevelsNotFoundError, find_levels
from processors.spine.planes import sampled
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

NECKS = {
    "t1w": (Contrast.T1, "t1w_seg-manual"),
    "t2": (Contrast.T2, "t2_seg-manual"),
    "t2_full": (Contrast.T2, ""),
    "t2s_uncropped": (Contrast.T2_STAR, ""),
}
HEADS = ("siemens_prisma_flash", "siemens_xa30_enhanced")
FIELD_MM, PIXEL_MM, PICTURES = 16.0, 0.25, 12
SUBVOXELS = 3

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Found outline beside a hand's: overlap, and mean area of the three ways, mm² a millimetre of height."""

    dice: float
    found_mm2: float
    manual_mm2: float
    signal_mm2: float


@app.command()
def main(folder: Annotated[Path, typer.Argument(help="Where the pictures go.")]) -> None:
    """Draw every neck at hand and compare with outlines made by hand."""
    mpl.use("agg")
    folder.mkdir(parents=True, exist_ok=True)
    console = Console()
    for name, volume in necks():
        try:
            cord = find_cord(volume)
        except CordNotFoundError as error:
            console.print(f"{name}: {error}")
            continue
        draw(name, volume, cord, folder / f"{name}.png")
        console.print(
            f"{name}: {len(cord.centre)} stations over {cord.position_mm[-1]:.0f} mm; {levels(volume, cord)}"
        )
        manual = _manual(name)
        if manual is not None:
            c = compare(volume, cord, manual)
            console.print(
                f"  Dice {c.dice:.3f}; area {c.found_mm2:.1f} mm², by hand {c.manual_mm2:.1f} "
                f"({c.found_mm2 / c.manual_mm2 - 1:+.1%}), by signal {c.signal_mm2:.1f} "
                f"({c.found_mm2 / c.signal_mm2 - 1:+.1%})"
            )


def necks() -> list[tuple[str, Volume]]:
    """Every series that shows a neck."""
    cords = ROOT / "cord" / "sct_testing_data"
    found = [
        (name, read_nifti(cords / f"{name}.nii.gz", contrast))
        for name, (contrast, _) in NECKS.items()
        if (cords / f"{name}.nii.gz").exists()
    ]
    for name in HEADS:
        files = sorted((ROOT / "dicom" / name).glob("*.dcm"))
        if files:
            found.append((name, read_volume([dcmread(file) for file in files], contrast=Contrast.T1)))
    return found


def _manual(name: str) -> npt.NDArray[np.bool_] | None:
    file = NECKS.get(name, (None, ""))[1]
    if not file:
        return None
    return np.asarray(read_nifti(ROOT / "cord" / "sct_testing_data" / f"{file}.nii.gz").array > 0)


def levels(volume: Volume, cord: Cord) -> str:
    """The discs in words."""
    try:
        found = find_levels(volume, cord)
    except LevelsNotFoundError as error:
        return str(error)
    places = ", ".join(f"{disc} at z {at[2]:.0f}" for disc, at in found.discs.items())
    return f"{places} (confidence {found.confidence:.2f})"


def compare(volume: Volume, cord: Cord, manual: npt.NDArray[np.bool_]) -> Comparison:
    """Overlap and areas over the heights that the hand outlined."""
    share = inside(volume, cord)
    axis = int(np.argmax(np.abs(volume.affine[2, :3])))
    masks, shares, signal = (np.moveaxis(a, axis, 0) for a in (manual, share, volume.array))
    outlined = masks.any(axis=(1, 2)) & (shares.sum(axis=(1, 2)) > 0)
    masks, shares, signal = masks[outlined], shares[outlined], signal[outlined]
    voxel = abs(float(np.linalg.det(volume.affine[:3, :3]))) / volume.spacing[axis]
    by_signal = np.mean([_area_by_signal(s, m) for s, m in zip(signal, masks, strict=True)])
    whole = shares > 0.5
    return Comparison(
        dice=2 * float((whole & masks).sum()) / float(whole.sum() + masks.sum()),
        found_mm2=float(shares.sum(axis=(1, 2)).mean()) * voxel,
        manual_mm2=float(masks.sum(axis=(1, 2)).mean()) * voxel,
        signal_mm2=float(by_signal) * voxel,
    )


def _area_by_signal(signal: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> float:
    """Voxels of a slice's cord, those at the edge in parts; the fluid's signal is taken two voxels off."""
    distance = distance_transform_edt(~mask)
    depth = distance_transform_edt(mask)
    cord = float(np.median(signal[depth >= 1.5]))
    fluid = float(np.median(signal[(distance >= 1.5) & (distance <= 2.3)]))
    edge = (distance > 0) & (distance < 1.5)
    return float(mask.sum() + np.clip((signal[edge] - fluid) / (cord - fluid), 0, 1).sum())


def inside(volume: Volume, cord: Cord) -> FloatArray:
    """How far each voxel lies within the outlines, 0 to 1, of the volume's shape."""
    index = np.indices(volume.array.shape).reshape(3, -1).T.astype(np.float64)
    at = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    low, high = cord.centre.min(axis=0) - 14, cord.centre.max(axis=0) + 14
    near = np.flatnonzero(((at > low) & (at < high)).all(axis=1))
    steps = (np.arange(SUBVOXELS) + 0.5) / SUBVOXELS - 0.5
    share = np.zeros(len(index))
    for shift in np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3):
        points = at[near] + volume.affine[:3, :3] @ shift
        share[near] += _within(points, cord) / SUBVOXELS**3
    return share.reshape(volume.array.shape)


def _within(points: FloatArray, cord: Cord) -> npt.NDArray[np.bool_]:
    """Whether points of shape (n, 3) lie within the outline of the station whose plane is nearest."""
    normal = np.cross(cord.left, cord.front)
    off_plane = np.abs(points @ normal.T - (cord.centre * normal).sum(axis=1))
    far = np.linalg.norm(points[:, None] - cord.centre[None], axis=2) > 16
    off_plane[far] = np.inf
    station = off_plane.argmin(axis=1)
    spoke = points - cord.centre[station]
    left, front = ((spoke * axis[station]).sum(axis=1) for axis in (cord.left, cord.front))
    turn = np.rad2deg(np.arctan2(left, front)) % 360 / (ANGLES[1] - ANGLES[0])
    first = turn.astype(int) % len(ANGLES)
    radius = np.linalg.norm(cord.drawn - cord.centre[:, None], axis=2)
    share = turn - np.floor(turn)
    edge = (1 - share) * radius[station, first] + share * radius[station, (first + 1) % len(ANGLES)]
    thick = 0.6 * float(np.median(np.diff(cord.position_mm)))
    close = off_plane[np.arange(len(points)), station] <= max(thick, 0.6)
    return np.asarray((np.hypot(left, front) <= edge) & close)


def draw(name: str, volume: Volume, cord: Cord, path: Path) -> None:
    """Stations along the cord with their outlines."""
    stations = np.unique(np.linspace(0, len(cord.centre) - 1, PICTURES).astype(int))
    offset = np.arange(-FIELD_MM, FIELD_MM + PIXEL_MM / 2, PIXEL_MM)
    figure, axes = plt.subplots(2, len(stations), figsize=(1.7 * len(stations), 3.9), facecolor="black")
    for column, station in zip(axes.T, stations, strict=True):
        points = (
            cord.centre[station]
            + offset[None, :, None] * cord.left[station]
            - offset[:, None, None] * cord.front[station]
        )
        picture = np.nan_to_num(sampled(volume.array, volume.affine, points))
        spoke = np.vstack([cord.drawn[station], cord.drawn[station, :1]]) - cord.centre[station]
        for axis in column:
            limits = (-FIELD_MM, FIELD_MM, FIELD_MM, -FIELD_MM)
            axis.imshow(picture, cmap="gray", extent=limits, vmin=0, vmax=np.percentile(picture, 99.5))
            axis.axis("off")
        column[1].plot(spoke @ cord.left[station], -(spoke @ cord.front[station]), color="#ff4d4d", lw=1)
        title = f"{cord.position_mm[station]:.0f} mm, {cord.quality[station]:.2f}"
        column[0].set_title(title, color="white", fontsize=8)
    figure.suptitle(name, color="white")
    figure.savefig(path, dpi=80, facecolor="black")
    plt.close(figure)


if __name__ == "__main__":
    app()
