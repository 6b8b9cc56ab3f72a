"""The benchmark's result as one picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.signs.brain_summary import (
    SEVERITIES,
    Said,
    change_pairs,
    false_presents,
    labels_of,
    of_sign,
    sensitivity,
    signs_in,
)
from benchmarks.signs.statistics import Share
from processors.findings import Sign

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

COLOURS = {
    Sign.CST_T1: "#3b6fb6",
    Sign.CST_T2: "#e8743b",
    Sign.CST_FLAIR: "#19a0aa",
    Sign.CST_T1_MTC: "#8a5fbf",
    Sign.CST_DIFFUSION: "#7f7f7f",
}


def draw_figure(said: Sequence[Said], path: Path) -> None:
    """Sensitivity, false presents and measured against drawn change, side by side."""
    figure, (found, false, change) = plt.subplots(
        1, 3, figsize=(14, 4.6), facecolor="white", gridspec_kw={"width_ratios": [1.2, 1.2, 1]}
    )
    _draw_sensitivity(found, said)
    _draw_false_presents(false, said)
    _draw_change(change, said)
    figure.text(0.01, 0.01, "Synthetic heads, 95 % intervals after Wilson", fontsize=8, color="#555555")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _bar(axes: Axes, place: float, share: Share, width: float, colour: str, label: str | None) -> None:
    low, high = share.interval
    whiskers = [[max(0.0, share.value - low)], [max(0.0, high - share.value)]]
    axes.bar(place, share.value, width, color=colour, label=label, alpha=0.85)
    axes.errorbar(place, share.value, yerr=whiskers, color="#333333", linewidth=0.9, capsize=2)


def _draw_sensitivity(axes: Axes, said: Sequence[Said]) -> None:
    signs = signs_in(said)
    width = 0.8 / max(len(signs), 1)
    for i, sign in enumerate(signs):
        own = of_sign(said, sign)
        label: str | None = sign.value
        for place, severity in enumerate(SEVERITIES):
            share = sensitivity(own, severity)
            if share.of:
                _bar(axes, place + (i + 0.5) * width - 0.4, share, width, COLOURS[sign], label)
                label = None
    axes.axhline(0.95, color="#999999", linewidth=0.8, linestyle=":")
    axes.set_xticks(range(len(SEVERITIES)), SEVERITIES)
    axes.set_xlim(-0.6, len(SEVERITIES) - 0.4)
    axes.set_ylim(0, 1.05)
    axes.set_title("drawn on both sides, called present")
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_false_presents(axes: Axes, said: Sequence[Said]) -> None:
    labels = labels_of(said)
    for place, label in enumerate(labels):
        share = false_presents(said, label)
        _, high = share.interval
        axes.plot([share.value, high], [place, place], color="#333333", linewidth=1.2)
        axes.plot(share.value, place, "o", color="#b03030" if share.hits else "#2c8a4b")
        axes.text(high + 0.01, place, f"{share.hits}/{share.of}", va="center", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1)
    axes.set_title("not drawn, called present")


def _draw_change(axes: Axes, said: Sequence[Said]) -> None:
    pairs = change_pairs(said)
    for sign in signs_in(said):
        own = [pair for pair in pairs if pair.sign == sign.value]
        axes.plot([p.drawn for p in own], [p.measured for p in own], ".", color=COLOURS[sign], alpha=0.4)
    ends = [min((p.drawn for p in pairs), default=0.0), max((p.drawn for p in pairs), default=0.4)]
    axes.plot(ends, ends, color="#333333", linewidth=0.8)
    axes.set_xlabel("drawn change")
    axes.set_ylabel("measured, against the same person without")
    axes.set_title("change of each region's ratio")
