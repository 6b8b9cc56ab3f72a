"""The signal along the tract beside its norm, as numbers that a template can draw."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

WIDTH = 840.0
HEIGHT = 250.0
_LEFT, _RIGHT, _TOP, _FOOT = 48.0, 12.0, 12.0, 40.0
_BAND = 2.0
"""Standard deviations on each side of the norm's mean."""
_MARGIN = 0.06
"""Of the range of the values, above and below."""
_MOST_TICKS = 6

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment's norm: a box two standard deviations up and down, and its mean."""

    name: str
    x: float
    width: float
    y: float
    height: float
    mean: float


@dataclass(frozen=True, slots=True)
class Line:
    """One side's signal: a path with gaps where it was not measured, and where its name is written.

    Attributes
    ----------
    above
        Segments, or parts of them, that lie above the norm's band.
    """

    side: str
    path: str
    x: float
    y: float
    above: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfilePicture:
    """A picture of :data:`WIDTH` × :data:`HEIGHT`, y downwards; ``ticks`` are ratios with their height."""

    segments: tuple[Segment, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, float], ...]
    left: float
    right: float
    top: float
    foot: float


def profile_picture(profiles: Sequence[Mapping[str, Any]]) -> ProfilePicture | None:
    """Lay out the profiles of a sign; ``None`` where nothing was measured.

    Parameters
    ----------
    profiles
        As the database keeps them: side, and for each node its position, segment, ratio and norm.
    """
    drawn = [p for p in profiles if any(ratio is not None for ratio in p["ratio"])]
    if not drawn:
        return None
    positions: list[float] = [x for profile in drawn for x in profile["position_mm"]]
    first, length = min(positions), (max(positions) - min(positions)) or 1.0
    values: list[float] = [v for p in drawn for v in (*_measured(p), *_edges(p))]
    margin = _MARGIN * (max(values) - min(values) or 1.0)
    lowest, highest = min(values) - margin, max(values) + margin

    def across(position: float) -> float:
        return _LEFT + (position - first) / length * (WIDTH - _LEFT - _RIGHT)

    def up(value: float) -> float:
        return _TOP + (highest - value) / (highest - lowest) * (HEIGHT - _TOP - _FOOT)

    return ProfilePicture(
        segments=_segments(drawn[0], across, up),
        lines=tuple(_line(profile, across, up) for profile in drawn),
        ticks=tuple((tick, up(tick)) for tick in _ticks(lowest, highest)),
        left=_LEFT,
        right=WIDTH - _RIGHT,
        top=_TOP,
        foot=HEIGHT - _FOOT,
    )


def _measured(profile: Mapping[str, Any]) -> list[float]:
    return [ratio for ratio in profile["ratio"] if ratio is not None]


def _edges(profile: Mapping[str, Any]) -> list[float]:
    norms = list(zip(profile["norm_mean"], profile["norm_sd"], strict=True))
    return [mean + sign * _BAND * sd for mean, sd in norms for sign in (-1, 1)]


def _segments(profile: Mapping[str, Any], across: Scale, up: Scale) -> tuple[Segment, ...]:
    """A box for each run of nodes of one segment, to halfway to the next node."""
    nodes = list(
        zip(
            profile["position_mm"], profile["segments"], profile["norm_mean"], profile["norm_sd"], strict=True
        )
    )
    runs = [list(run) for _, run in groupby(nodes, key=lambda node: node[1])]
    starts = [run[0][0] for run in runs]
    ends = [run[-1][0] for run in runs]
    borders = [
        starts[0],
        *((end + start) / 2 for end, start in zip(ends, starts[1:], strict=False)),
        ends[-1],
    ]
    boxes = []
    for place, run in enumerate(runs):
        _, name, mean, sd = run[0]
        left, right = sorted((across(borders[place]), across(borders[place + 1])))
        top = up(mean + _BAND * sd)
        height = up(mean - _BAND * sd) - top
        boxes.append(Segment(name, left, right - left, top, height, up(mean)))
    return tuple(boxes)


def _line(profile: Mapping[str, Any], across: Scale, up: Scale) -> Line:
    path, pen = [], "M"
    x = y = 0.0
    for position, ratio in zip(profile["position_mm"], profile["ratio"], strict=True):
        if ratio is None:
            pen = "M"
            continue
        x, y = across(position), up(ratio)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        if pen == "M":
            path.append("h0.1")
        pen = "L"
    above = dict.fromkeys(
        name
        for name, ratio, mean, sd in zip(
            profile["segments"], profile["ratio"], profile["norm_mean"], profile["norm_sd"], strict=True
        )
        if ratio is not None and ratio > mean + _BAND * sd
    )
    return Line(str(profile["side"]), " ".join(path), x, y, tuple(above))


def _ticks(lowest: float, highest: float) -> list[float]:
    """Round values between two, at most six of them."""
    rough = (highest - lowest) / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(lowest / step)
    return [round(step * number, 10) for number in range(first, math.floor(highest / step) + 1)]
