"""The README's pictures: the end of the demo, and the tract measured in a synthetic head.

``python -m benchmarks pictures`` writes ``docs/images/demo.svg`` and ``docs/images/tract.png``.
"""

import re
import tempfile
from collections.abc import Container
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console

from listener.demo.cases import SEED
from listener.demo.run import run_demo
from phantoms.patient import seed_patient
from phantoms.protocol import PROTOCOL
from phantoms.series import series_volume
from processors.acquisition import Contrast
from processors.brain.analysis import analyse_brain
from processors.brain.tract_profile import LABELS, TractMeasurement
from processors.findings import TRACT_SEGMENTS, Finding, Quantity, Region, RegionMeasurements, Side, Sign
from processors.volume import Volume

mpl.use("Agg")
import matplotlib.pyplot as plt

app = typer.Typer(rich_markup_mode=None)

_WEB_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)
IMAGES = Path(__file__).parent.parent / "docs" / "images"
COLOURS = {Side.LEFT: "#e8743b", Side.RIGHT: "#19a0aa"}
SHOWN_SEGMENTS = ("cerebral_peduncle", "internal_capsule", "corona_radiata", "subcortical")


@app.command()
def pictures() -> None:
    """Make the README's pictures anew."""
    tract_picture(IMAGES / "tract.png")
    raise typer.Exit(demo_picture(IMAGES / "demo.svg"))


def demo_picture(path: Path) -> int:
    """Run the demo and keep what it prints; its exit status."""
    console = Console(
        record=True, width=100, force_terminal=False, color_system="truecolor", force_interactive=False
    )
    folder = Path(tempfile.gettempdir()) / "betz-demo"
    folder.mkdir()
    status = run_demo(console, folder, None)
    text = console.export_svg(title="./run demo", clear=False)
    path.write_text(_WEB_FONT.sub("", text))
    return status


def tract_picture(path: Path) -> None:
    """Slices with the measured tract outlined, plain above, and each segment's ratio against its norm."""
    volume = series_volume(seed_patient(SEED), PROTOCOL["t1"])
    analysis = analyse_brain({Contrast.T1: volume})
    finding = next(f for f in analysis.findings if f.sign is Sign.CST_T1)
    tract = analysis.measurements[Sign.CST_T1]
    figure = plt.figure(figsize=(12, 3.9), facecolor="white")
    grid = figure.add_gridspec(2, 6, width_ratios=[1, 1, 1, 1, 0.35, 2.4], wspace=0.03, hspace=0.02)
    for column, segment in enumerate(SHOWN_SEGMENTS):
        index = _best_slice(tract, segment)
        for row, outlined in enumerate((False, True)):
            axes = figure.add_subplot(grid[row, column])
            _draw_slice(axes, volume, tract, index, outlined=outlined)
            if row == 0:
                axes.set_title(segment.replace("_", " "), fontsize=9)
    _draw_ratios(figure.add_subplot(grid[:, 5]), finding)
    figure.text(0.125, 0.03, "Synthetic head. RESEARCH USE — NOT FOR DIAGNOSIS", fontsize=8, color="#a03030")
    figure.savefig(path, dpi=110, bbox_inches="tight", pad_inches=0.15)
    plt.close(figure)


def _voxels(tract: TractMeasurement, regions: Container[Region]) -> npt.NDArray[np.intp]:
    """Slice, row and column of each voxel measured in these regions."""
    wanted = [value for value, region in LABELS if region in regions]
    return tract.indices[np.isin(tract.labels, wanted)]


def _best_slice(tract: TractMeasurement, segment: str) -> int:
    """The slice that holds most of a segment."""
    return int(np.bincount(_voxels(tract, [Region(segment, side) for side in Side])[:, 0]).argmax())


def _draw_slice(
    axes: plt.Axes, volume: Volume, tract: TractMeasurement, index: int, *, outlined: bool
) -> None:
    image = volume.array[index]
    _, height, width = volume.spacing
    axes.imshow(image, cmap="gray", vmin=0, vmax=float(np.percentile(image, 99.3)), aspect=height / width)
    rows, columns = np.nonzero(image > 0.25 * np.percentile(image, 99))
    axes.set_xlim(columns.min() + 18, columns.max() - 18)
    axes.set_ylim(rows.max() - 18, rows.min() + 18)
    if outlined:
        for side, colour in COLOURS.items():
            mask = _mask(volume.array.shape, tract, side)[index]
            if mask.any():
                axes.contour(mask, levels=[0.5], colors=[colour], linewidths=1.1)
        axes.text(0.02, 0.5, "R", color="white", fontsize=8, transform=axes.transAxes)
        axes.text(0.93, 0.5, "L", color="white", fontsize=8, transform=axes.transAxes)
    axes.set_anchor("N")
    axes.set_axis_off()


def _mask(shape: tuple[int, ...], tract: TractMeasurement, side: Side) -> npt.NDArray[np.float64]:
    mask = np.zeros(shape)
    mask[tuple(_voxels(tract, [Region(segment, side) for segment in TRACT_SEGMENTS]).T)] = 1.0
    return mask


def _draw_ratios(axes: plt.Axes, finding: Finding) -> None:
    measured = {region.region: region for region in finding.regions}
    segments = tuple(reversed(TRACT_SEGMENTS))
    for place, segment in enumerate(segments):
        mean, sd = (
            _number(measured[Region(segment, Side.LEFT)], q) for q in (Quantity.NORM_MEAN, Quantity.NORM_SD)
        )
        axes.fill_between(
            [place - 0.45, place + 0.45], mean - 2 * sd, mean + 2 * sd, color="#dfe5ec", linewidth=0
        )
    for side, colour in COLOURS.items():
        ratios = [_number(measured[Region(segment, side)], Quantity.RATIO) for segment in segments]
        axes.plot(range(len(segments)), ratios, "o-", color=colour, linewidth=1.4, label=side.value)
    axes.set_xticks(range(len(segments)), [s.replace("_", "\n") for s in segments], fontsize=7)
    state = f"{finding.state}, {finding.confidence} confidence" if finding.confidence else str(finding.state)
    axes.set_title(f"T1 signal, tract / white matter: {state}\n(grey: norm ± 2 SD)", fontsize=9)
    axes.tick_params(axis="y", labelsize=8)
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)


def _number(region: RegionMeasurements, quantity: Quantity) -> float:
    value = region.value(quantity)
    if value is None:
        raise ValueError(f"{quantity} of {region.region.key} was not measured")
    return value
