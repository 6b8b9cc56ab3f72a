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
from benchmarks.signs.drawing import draw_bar, draw_false_presents, save_figure
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
    draw_false_presents(false, [(label, false_presents(said, label)) for label in labels_of(said)])
    false.set_title("not drawn, called present")
    _draw_change(change, said)
    save_figure(figure, path, "Synthetic heads")


def _draw_sensitivity(axes: Axes, said: Sequence[Said]) -> None:
    signs = signs_in(said)
    width = 0.8 / max(len(signs), 1)
    for i, sign in enumerate(signs):
        own = of_sign(said, sign)
        label: str | None = sign.value
        for place, severity in enumerate(SEVERITIES):
            share = sensitivity(own, severity)
            if share.of:
                draw_bar(axes, place + (i + 0.5) * width - 0.4, share, width, COLOURS[sign], label)
                label = None
    axes.axhline(0.95, color="#999999", linewidth=0.8, linestyle=":")
    axes.set_xticks(range(len(SEVERITIES)), SEVERITIES)
    axes.set_xlim(-0.6, len(SEVERITIES) - 0.4)
    axes.set_ylim(0, 1.05)
    axes.set_title("drawn on both sides, called present")
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=3)


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
