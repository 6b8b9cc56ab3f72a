"""From what was said of every neck to the figures of the benchmark."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.signs.cord_groups import STRENGTHS, label_of
from benchmarks.signs.resuming import Row
from benchmarks.signs.statistics import ChangePair, Criterion, Share, median_error, median_shift
from processors.findings import CORD_SIGNS, Sign, State

GADOLINIUM = "after gadolinium"
DECIDED = (State.PRESENT, State.ABSENT)
SIGNAL_SIGNS = (Sign.CORD_T1, Sign.CORD_T2)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one sign of one patient, beside what was drawn.

    Attributes
    ----------
    values
        Per region the ratio of signals, the area, or the ratio of diameters, as reported.
    along
        Per level of the truth (and side) the same along the cord on axial images, whether or not the levels
        were found; empty for flattening.
    scores
        Per region the z-score.
    """

    group: str
    label: str
    seed: int
    sign: Sign
    change: float
    side: str | None
    state: str
    confidence: str | None
    reasons: tuple[str, ...]
    values: dict[str, float]
    along: dict[str, float]
    scores: dict[str, float]

    @property
    def positive(self) -> bool:
        """Whether the sign was drawn on both sides, where the images can show it."""
        hidden = self.label == GADOLINIUM and self.sign is Sign.CORD_T1
        return self.change != 0 and self.side is None and not hidden

    @property
    def negative_as(self) -> str | None:
        """What a negative is an example of; ``None`` for a positive."""
        if self.positive:
            return None
        return "another sign" if self.label.startswith(tuple(CORD_SIGNS)) else self.label

    @property
    def present(self) -> bool:
        """Whether the sign was called present."""
        return self.state == State.PRESENT


def said_of(rows: Iterable[Row]) -> tuple[Said, ...]:
    """Every sign of every patient."""
    return tuple(
        Said(
            row["group"],
            row["label"],
            row["seed"],
            Sign(sign),
            said["change"],
            said["side"],
            said["state"],
            said["confidence"],
            tuple(said["reasons"]),
            {key: r["value"] for key, r in said["regions"].items() if r["value"]},
            _along(row, Sign(sign)),
            {key: r["z"] for key, r in said["regions"].items() if r["z"] is not None},
        )
        for row in rows
        for sign, said in row["signs"].items()
    )


def _along(row: Row, sign: Sign) -> dict[str, float]:
    if sign in SIGNAL_SIGNS:
        return dict(row["cord"].get(sign.value, {}).get("ratios", {}))
    if sign is Sign.CORD_ATROPHY:
        found = row["cord"].get(Sign.CORD_T2.value) or row["cord"].get(Sign.CORD_T1.value) or {}
        return dict(found.get("areas", {}))
    return {}


def of_sign(said: Iterable[Said], sign: Sign) -> tuple[Said, ...]:
    """What was said of one sign."""
    return tuple(s for s in said if s.sign is sign)


def states(said: Iterable[Said]) -> Counter[str]:
    """How often each state was given."""
    return Counter(s.state for s in said)


def drawn_so(said: Iterable[Said], sign: Sign, change: float) -> tuple[Said, ...]:
    """What was said of a sign where it was drawn so strong and nothing else was the matter."""
    return tuple(s for s in of_sign(said, sign) if s.label == label_of(sign, change))


def sensitivity(said: Iterable[Said], sign: Sign, change: float) -> Share:
    """Of a sign drawn so strong, the share called present."""
    return _present(drawn_so(said, sign, change))


def false_presents(said: Iterable[Said], label: str | None = None) -> Share:
    """Of negatives, all or those of one label, the share called present."""
    return _present(s for s in said if s.negative_as and label in (None, s.negative_as))


def specificity(said: Iterable[Said]) -> Share:
    """Of negatives, the share that is not called present."""
    wrong = false_presents(said)
    return Share(wrong.of - wrong.hits, wrong.of)


def labels_of(said: Iterable[Said]) -> tuple[str, ...]:
    """What negatives are examples of, in the order of the groups."""
    return tuple(dict.fromkeys(s.negative_as for s in said if s.negative_as))


def undecided(said: Iterable[Said]) -> Share:
    """Of every sign of healthy necks in good images, the share that is neither present nor absent."""
    open_ = [s.state in (State.INDETERMINATE, State.NOT_EVALUATED) for s in said if s.label == "healthy"]
    return Share(sum(open_), len(open_))


def reasons(said: Iterable[Said]) -> Counter[str]:
    """How often each reason was given where a sign of a healthy neck or a drawn one was left open."""
    return Counter(
        reason
        for s in said
        if s.state in (State.INDETERMINATE, State.NOT_EVALUATED) and (s.label == "healthy" or s.positive)
        for reason in s.reasons
    )


def change_pairs(said: Sequence[Said], sign: Sign, change: float | None = None) -> tuple[ChangePair, ...]:
    """Every level that was measured in a patient with the sign drawn and in their healthy twin."""
    own = of_sign(said, sign)
    healthy = {s.seed: s for s in own if s.label == "healthy"}
    return tuple(
        ChangePair(sign.value, region, s.change, value / twin.along[region] - 1)
        for s in own
        if s.positive and change in (None, s.change) and (twin := healthy.get(s.seed))
        for region, value in s.along.items()
        if twin.along.get(region)
    )


def laterality_errors(said: Iterable[Said]) -> Share:
    """Of one-sided changes of the signal, how many stand out more on the side that was not drawn."""
    wrong = []
    for s in said:
        if s.side is None or s.sign not in SIGNAL_SIGNS:
            continue
        mean = {side: _mean(v for k, v in s.along.items() if k.endswith(side)) for side in ("left", "right")}
        other = "left" if s.side == "right" else "right"
        if mean[s.side] is not None and mean[other] is not None:
            wrong.append((mean[other] or 0.0) > (mean[s.side] or 0.0))
    return Share(sum(wrong), len(wrong))


@dataclass(frozen=True, slots=True)
class Geometry:
    """How well the cord was found on axial series.

    Attributes
    ----------
    outlined
        Of slices that cross the cord between C1 and C7.
    dice
        Of each series, median over its slices.
    area
        Relative error of the area, of each series.
    misnamed
        Of slices that were given a level.
    furthest
        In vertebrae; ``None`` where no slice was given a level.
    """

    series: int
    outlined: Share
    dice: tuple[float, ...]
    area: tuple[float, ...]
    misnamed: Share
    furthest: float | None


def geometry_of(rows: Iterable[Row], sign: Sign) -> Geometry:
    """How well the cord was found on the axial series that a sign of the signal was read from."""
    found = [row["cord"][sign.value] for row in rows if sign.value in row["cord"]]
    return Geometry(
        len(found),
        Share(sum(f["outlined"] for f in found), sum(f["slices"] for f in found)),
        tuple(f["dice"] for f in found if f["dice"] is not None),
        tuple(f["area"] for f in found if f["area"] is not None),
        Share(sum(f["misnamed"] for f in found), sum(f["levelled"] for f in found)),
        max((f["furthest"] for f in found if f["furthest"] is not None), default=None),
    )


def inflow_reported(rows: Iterable[Row]) -> Share:
    """Of studies with slices of inflow on the axial T1 that was measured, those in which it is reported."""
    told = [
        "entry-slice-inflow" in row["signs"][Sign.CORD_T1.value]["reasons"]
        for row in rows
        if row["cord"].get(Sign.CORD_T1.value, {}).get("bright")
        and row["signs"][Sign.CORD_T1.value]["state"] != State.NOT_EVALUATED
    ]
    return Share(sum(told), len(told))


def inflow_counted(rows: Iterable[Row]) -> Share:
    """Of slices of inflow, those that a decision (present or absent) was made on."""
    found = [
        (row["cord"][Sign.CORD_T1.value], row["signs"][Sign.CORD_T1.value]["state"] in DECIDED)
        for row in rows
        if Sign.CORD_T1.value in row["cord"]
    ]
    return Share(sum(f["counted"] for f, decided in found if decided), sum(f["bright"] for f, _ in found))


def criteria(said: Sequence[Said], rows: Sequence[Row]) -> tuple[Criterion, ...]:
    """Every figure that the software is held to, and whether it is met."""
    t1 = of_sign(said, Sign.CORD_T1)
    ratio, area = change_pairs(said, Sign.CORD_T1), change_pairs(said, Sign.CORD_ATROPHY, -0.10)
    dice = [d for sign in SIGNAL_SIGNS for d in geometry_of(rows, sign).dice]
    reported, counted, sides = inflow_reported(rows), inflow_counted(rows), laterality_errors(said)
    return (
        _at_least("cord_t1 +12 %: sensitivity ≥ .90", sensitivity(said, Sign.CORD_T1, 0.12), 0.90),
        _at_least("cord_t1 +20 %: sensitivity ≥ .98", sensitivity(said, Sign.CORD_T1, 0.20), 0.98),
        _at_least("cord_t1: specificity ≥ .98", specificity(t1), 0.98),
        _error("change of the ratio on T1: median error ≤ .02", ratio),
        _error("area -10 %: median error ≤ .02", area),
        Criterion("no laterality error", str(sides), sides.hits == 0 if sides.of else None),
        Criterion(
            "inflow always reported", str(reported), reported.hits == reported.of if reported.of else None
        ),
        Criterion("inflow never counted", str(counted), counted.hits == 0 if counted.of else None),
        Criterion(
            "Dice with the drawn cord, median ≥ .88",
            f"{median(dice):.3f}, least {min(dice):.3f}, over {len(dice)} series" if dice else "–",
            median(dice) >= 0.88 if dice else None,
        ),
    )


def strengths() -> tuple[tuple[Sign, float], ...]:
    """Every sign with every change that is drawn."""
    return tuple((sign, change) for sign, changes in STRENGTHS.items() for change in changes)


def _at_least(name: str, share: Share, limit: float) -> Criterion:
    return Criterion(name, str(share), share.value >= limit if share.of else None)


def _error(name: str, pairs: Sequence[ChangePair]) -> Criterion:
    error = median_error(pairs)
    figure = f"{error:.4f} (shift {median_shift(pairs):+.4f}) over {len(pairs)} regions"
    return Criterion(name, figure, error <= 0.02 if pairs else None)


def _present(said: Iterable[Said]) -> Share:
    found = [s.present for s in said]
    return Share(sum(found), len(found))


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
