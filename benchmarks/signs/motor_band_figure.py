"""The result for the cortical signs as one picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.signs.brain_summary import Said, false_presents, labels_of, of_sign, sensitivity
from benchmarks.signs.drawing import draw_false_presents, save_figure
from benchmarks.signs.motor_band_summary import NAMES, SEVERITIES, signs_in
from processors.findings import Sign, State

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

COLOURS = {State.PRESENT: "#b03030", State.INDETERMINATE: "#d9a441", State.ABSENT: "#2c8a4b"}


def draw_figure(said: Sequence[Said], path: Path) -> None:
    """Sensitivity, false presents and measured darkness of each group, side by side."""
    figure, (found, false, dark) = plt.subplots(
        1, 3, figsize=(15, 5.2), facecolor="white", gridspec_kw={"width_ratios": [0.8, 1.1, 1.3]}
    )
    band = of_sign(said, Sign.MOTOR_BAND)
    _draw_sensitivity(found, said)
    draw_false_presents(false, [(label, false_presents(band, label)) for label in labels_of(band)])
    false.set_xlim(-0.02, 1.1)
    false.set_title("motor band not drawn on both sides, called present", fontsize=10)
    _draw_darkness(dark, band)
    save_figure(figure, path, "Synthetic heads")


def _draw_sensitivity(axes: Axes, said: Sequence[Said]) -> None:
    names: list[str] = []
    for sign in signs_in(said):
        for severity in SEVERITIES:
            share = sensitivity(of_sign(said, sign), severity)
            if not share.of:
                continue
            low, high = share.interval
            place = len(names)
            axes.bar(place, share.value, 0.7, color="#3b6fb6" if sign is Sign.MOTOR_BAND else "#8a5fbf")
            axes.plot([place, place], [low, high], color="#333333", linewidth=1)
            axes.text(place, 1.02, f"{share.hits}/{share.of}", ha="center", fontsize=8)
            names.append(NAMES[sign][severity])
    axes.set_xticks(range(len(names)), names, fontsize=8, rotation=35, ha="right")
    axes.set_ylim(0, 1.1)
    axes.set_title("drawn on both sides, called present:\nmotor band (blue), atrophy (violet)", fontsize=10)


def _draw_darkness(axes: Axes, band: Sequence[Said]) -> None:
    groups = tuple(dict.fromkeys(s.group for s in band))
    for place, group in enumerate(groups):
        own = [s for s in band if s.group == group and s.ratios]
        for number, one in enumerate(own):
            shift = 0.5 * ((number + 0.5) / len(own) - 0.5)
            darkness = [1 - ratio for ratio in one.ratios.values()]
            colour = COLOURS.get(State(one.state), "#888888")
            axes.plot(darkness, [place + shift] * len(darkness), ".", color=colour, markersize=3)
    axes.set_yticks(range(len(groups)), groups, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("each region; red present, yellow indeterminate, green absent", fontsize=9)
    axes.set_title("posterior bank, 1 − signal over reference", fontsize=10)
