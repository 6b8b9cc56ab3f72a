"""From what was said of every patient to the figures of the benchmark."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.signs.brain_groups import SIGNS
from benchmarks.signs.resuming import Row
from benchmarks.signs.statistics import ChangePair, Criterion, Share, median_error, median_shift
from processors.findings import Sign, State

SEVERITIES = ("mild", "moderate", "severe")
NEVER_PRESENT = ("strong posterior limb", "Wallerian", "after gadolinium")
DECIDABLE = ("healthy", "moderate", "severe", "strong posterior limb")
"""Labels of studies of good quality in which nothing forbids a decision."""

UNDECIDED = ("severe, poor images", "band with iron of age")
"""Labels of people with a sign on both sides that the images cannot show: neither positives nor negatives."""

LATERAL = (Sign.CST_T2.value, Sign.CST_FLAIR.value)
"""Signs whose images show the side of a degenerated tract, whatever its age."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one sign of one patient, beside what was drawn."""

    group: str
    label: str
    seed: int
    sign: str
    change: float
    side: str | None
    state: str
    confidence: str | None
    reasons: tuple[str, ...]
    ratios: dict[str, float]
    scores: dict[str, float]
    age: float | None = None

    @property
    def severity(self) -> str | None:
        """Of a sign drawn on both sides that the images can show; ``None`` for a negative."""
        drawn = self.change != 0 and self.side is None and self.label in SEVERITIES
        return self.label if drawn else None

    @property
    def negative_as(self) -> str | None:
        """What a negative is an example of; ``None`` where the sign is drawn on both sides and visible."""
        if self.severity or (self.change and self.label in UNDECIDED):
            return None
        return "another sign" if self.label in SEVERITIES else self.label

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
            sign,
            said["change"],
            said["side"],
            said["state"],
            said["confidence"],
            tuple(said["reasons"]),
            {key: r["ratio"] for key, r in said["regions"].items() if r["ratio"] is not None},
            {key: r["z"] for key, r in said["regions"].items() if r["z"] is not None},
            row.get("age"),
        )
        for row in rows
        for sign, said in row["signs"].items()
    )


def sensitivity(said: Iterable[Said], severity: str) -> Share:
    """Of signs drawn this strong, the share called present."""
    return _present(s for s in said if s.severity == severity)


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


def indeterminate(said: Iterable[Said]) -> Share:
    """Of signs that good images without a trap should decide, the share left open."""
    open_ = [s.state == State.INDETERMINATE for s in said if s.label in DECIDABLE]
    return Share(sum(open_), len(open_))


def reasons(said: Iterable[Said]) -> Counter[str]:
    """How often each reason was given for leaving a sign of a decidable study open."""
    return Counter(
        reason
        for s in said
        if s.label in DECIDABLE and s.state == State.INDETERMINATE
        for reason in s.reasons
    )


def change_pairs(said: Sequence[Said]) -> tuple[ChangePair, ...]:
    """Every region that was measured in a patient with a sign drawn and in their healthy twin."""
    healthy = {(s.seed, s.sign): s for s in said if s.label == "healthy"}
    return tuple(
        ChangePair(s.sign, region, s.change, ratio / twin.ratios[region] - 1)
        for s in said
        if s.severity and (twin := healthy.get((s.seed, s.sign)))
        for region, ratio in s.ratios.items()
        if twin.ratios.get(region) and region != "splenium"
    )


def laterality_errors(said: Iterable[Said]) -> Share:
    """Of one-sided changes, how many stand out more on the side that was not drawn."""
    wrong = []
    for s in said:
        degenerated = s.label in ("Wallerian", "infarct") and s.sign in LATERAL
        if s.side is None or not (s.change or degenerated):
            continue
        mean = {side: _mean_score(s, side) for side in ("left", "right")}
        if None not in mean.values():
            other = "left" if s.side == "right" else "right"
            wrong.append((mean[other] or 0) > (mean[s.side] or 0))
    return Share(sum(wrong), len(wrong))


def confidences(said: Iterable[Said], severity: str) -> Counter[str]:
    """Confidence of the signs drawn this strong that were called present."""
    return Counter(str(s.confidence) for s in said if s.present and s.severity == severity)


def criteria(said: Sequence[Said]) -> tuple[Criterion, ...]:
    """Every figure that the software is held to, over all signs, and whether it is met."""
    pairs = change_pairs(said)
    error = median_error(pairs)
    at_least = [
        ("sensitivity to moderate signs ≥ .95", sensitivity(said, "moderate"), 0.95),
        ("sensitivity to severe signs ≥ .99", sensitivity(said, "severe"), 0.99),
        ("specificity ≥ .98", specificity(said), 0.98),
    ]
    at_most = [
        *((f"none present: {label}", false_presents(said, label), 0.0) for label in NEVER_PRESENT),
        ("no laterality error", laterality_errors(said), 0.0),
        ("indeterminate ≤ .10 of decidable signs", indeterminate(said), 0.10),
    ]
    return (
        *(Criterion(name, str(s), s.value >= limit if s.of else None) for name, s, limit in at_least),
        *(Criterion(name, str(s), s.value <= limit if s.of else None) for name, s, limit in at_most),
        Criterion(
            "median error of the measured change ≤ .01",
            f"{error:.4f} (shift {median_shift(pairs):+.4f}) over {len(pairs)} regions",
            error <= 0.01 if pairs else None,
        ),
    )


def of_sign(said: Iterable[Said], sign: Sign) -> tuple[Said, ...]:
    """What was said of one sign."""
    return tuple(s for s in said if s.sign == sign.value)


def signs_in(said: Sequence[Said]) -> tuple[Sign, ...]:
    """The signs that anything was said of, in their usual order."""
    return tuple(sign for sign in SIGNS if of_sign(said, sign))


def _present(said: Iterable[Said]) -> Share:
    found = [s.present for s in said]
    return Share(sum(found), len(found))


def _mean_score(s: Said, side: str) -> float | None:
    scores = [z for region, z in s.scores.items() if region.endswith(f"/{side}")]
    return sum(scores) / len(scores) if scores else None
