"""The benchmark's result as one picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.signs.cord_summary import (
    Said,
    change_pairs,
    false_presents,
    labels_of,
    of_sign,
    sensitivity,
    strengths,
)
from benchmarks.signs.drawing import draw_bar, draw_false_presents, save_figure
from processors.findings import CORD_SIGNS, Sign

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

COLOURS = {
    Sign.CORD_T1: "#3b6fb6",
    Sign.CORD_T2: "#e8743b",
    Sign.CORD_ATROPHY: "#19a0aa",
    Sign.CORD_FLATTENING: "#8a5fbf",
}


def draw_figure(said: Sequence[Said], path: Path) -> None:
    """Sensitivity, false presents and measured against drawn change, side by side."""
    figure, (found, false, change) = plt.subplots(
        1, 3, figsize=(14, 4.8), facecolor="white", gridspec_kw={"width_ratios": [1.2, 1.2, 1]}
    )
    _draw_sensitivity(found, said)
    draw_false_presents(false, [(label, false_presents(said, label)) for label in labels_of(said)])
    false.set_title("not drawn, called present (all four signs)")
    _draw_change(change, said)
    save_figure(figure, path, "Synthetic necks")


def _draw_sensitivity(axes: Axes, said: Sequence[Said]) -> None:
    drawn = [(sign, change, sensitivity(said, sign, change)) for sign, change in strengths()]
    drawn = [(sign, change, share) for sign, change, share in drawn if share.of]
    for place, (sign, _, share) in enumerate(drawn):
        draw_bar(axes, place, share, 0.7, COLOURS[sign], None)
        axes.text(place, 1.07, f"{share.hits}/{share.of}", ha="center", fontsize=8)
    names = [f"{sign.value.removeprefix('cord_')} {100 * change:+.0f} %" for sign, change, _ in drawn]
    axes.set_xticks(range(len(drawn)), names, fontsize=8, rotation=35, ha="right")
    axes.set_ylim(0, 1.15)
    axes.set_title("drawn on both sides, called present")


def _draw_change(axes: Axes, said: Sequence[Said]) -> None:
    ends = [0.0, 0.0]
    for sign in CORD_SIGNS:
        pairs = change_pairs(of_sign(said, sign), sign)
        if pairs:
            drawn, measured = [p.drawn for p in pairs], [p.measured for p in pairs]
            axes.plot(drawn, measured, ".", color=COLOURS[sign], alpha=0.4, label=sign.value)
            ends = [min(ends[0], *drawn), max(ends[1], *drawn)]
    axes.plot(ends, ends, color="#333333", linewidth=0.8)
    axes.set_xlabel("drawn change")
    axes.set_ylabel("measured, against the same person without")
    axes.set_title("change at each level")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
