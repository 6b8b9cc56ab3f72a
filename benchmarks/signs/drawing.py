"""What the figures of the benchmark share."""

from collections.abc import Iterable
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.signs.statistics import Share


def draw_bar(axes: Axes, place: float, share: Share, width: float, colour: str, label: str | None) -> None:
    """A share as a bar with its interval."""
    low, high = share.interval
    whiskers = [[max(0.0, share.value - low)], [max(0.0, high - share.value)]]
    axes.bar(place, share.value, width, color=colour, label=label, alpha=0.85)
    axes.errorbar(place, share.value, yerr=whiskers, color="#333333", linewidth=0.9, capsize=2)


def draw_false_presents(axes: Axes, shares: Iterable[tuple[str, Share]]) -> None:
    """How often each thing that was not drawn was called present, with the upper end of the interval."""
    labels = []
    for place, (label, share) in enumerate(shares):
        _, high = share.interval
        axes.plot([share.value, high], [place, place], color="#333333", linewidth=1.2)
        axes.plot(share.value, place, "o", color="#b03030" if share.hits else "#2c8a4b")
        axes.text(high + 0.01, place, f"{share.hits}/{share.of}", va="center", fontsize=8)
        labels.append(label)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1)


def save_figure(figure: Figure, path: Path, what: str) -> None:
    """Write a figure with its footnote, and forget it."""
    figure.text(0.01, 0.01, f"{what}, 95 % intervals after Wilson", fontsize=8, color="#555555")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
