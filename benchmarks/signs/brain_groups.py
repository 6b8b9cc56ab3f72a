"""The synthetic patients whose brains are analysed, in groups drawn alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from phantoms.patient import PhantomPatient
from phantoms.severity import Severity
from phantoms.variety import GOOD, POOR, Quality, in_a_clinic
from processors.acquisition import Contrast
from processors.findings import Side, Sign

TRIO = (Contrast.T1, Contrast.T2, Contrast.FLAIR)
WITH_TRANSFER = (Contrast.T1, Contrast.T1_MTC)
WITH_DIFFUSION = (Contrast.T1, Contrast.ADC, Contrast.DWI)

SIGNS = (Sign.CST_T1, Sign.CST_T2, Sign.CST_FLAIR, Sign.CST_T1_MTC, Sign.CST_DIFFUSION)
TRIO_SIGNS = SIGNS[:3]

SEEDS_A_GROUP = 50

Draw = Callable[[int], PhantomPatient]


@dataclass(frozen=True, slots=True)
class Group:
    """Patients drawn alike.

    Attributes
    ----------
    label
        How figures of the group are put together: a severity, or what is the matter instead of a sign.
    place
        Which fifty seeds of a block are theirs. Groups of one place are the same people, with a sign and
        without: twins, by whose comparison the measured change is known.
    contrasts
        The series of each study.
    """

    name: str
    label: str
    place: int
    patients: int
    draw: Draw
    contrasts: tuple[Contrast, ...] = TRIO
    quality: Quality = GOOD

    def seed(self, block: int, number: int) -> int:
        """Of a patient, from 0, in a block of seeds that begins where it says."""
        return block + SEEDS_A_GROUP * self.place + number

    def patient(self, seed: int) -> PhantomPatient:
        """The patient of a seed, on a scanner drawn for them."""
        return in_a_clinic(self.draw(seed), self.quality)


def _with(severity: Severity, *signs: Sign) -> Draw:
    drawn: Mapping[Sign, Severity | float] = dict.fromkeys(signs or TRIO_SIGNS, severity)
    return lambda seed: PhantomPatient(seed, signs=drawn)


def _one_side(seed: int) -> PhantomPatient:
    severity = (Severity.MODERATE, Severity.SEVERE)[seed // 2 % 2]
    side = tuple(Side)[seed % 2]
    return replace(_with(severity)(seed), one_sided=dict.fromkeys(TRIO_SIGNS, side))


def _wallerian(seed: int) -> PhantomPatient:
    return PhantomPatient(
        seed,
        wallerian=tuple(Side)[seed % 2],
        wallerian_t1_bright=seed // 2 % 2 == 0,
        wallerian_shrinkage=seed // 2 % 2 == 1,
    )


def _plaques(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, ms_lesions=6 + seed % 4 * 6, ms_on_tract=(0, 1, 3)[seed % 3])


def _infarct(seed: int) -> PhantomPatient:
    side = tuple(Side)[seed % 2]
    return PhantomPatient(seed, infarct=side, wallerian=side if seed // 2 % 2 else None)


def _small_vessels(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, leukoaraiosis=1 + seed % 3, atrophy=0.3 * (1 + seed % 3))


def _after_gadolinium(seed: int) -> PhantomPatient:
    drawn = {Sign.CST_T1: Severity.SEVERE} if seed % 2 else {}
    return PhantomPatient(seed, signs=drawn, post_contrast=True)


def _strong_posterior_limb(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, strong_posterior_limb=True)


def _transfer(severity: Severity) -> Draw:
    def draw(seed: int) -> PhantomPatient:
        signs = (Sign.CST_T1_MTC, Sign.CST_T1) if seed % 2 else (Sign.CST_T1_MTC,)
        return _with(severity, *signs)(seed)

    return draw


def _with_and_without(
    name: str, place: int, patients: int, contrasts: tuple[Contrast, ...], draw: Callable[[Severity], Draw]
) -> tuple[Group, ...]:
    """Healthy, moderate and severe: the same people, and as many with a sign again without a healthy twin.

    Of the severe signs one in a hundred may be missed, which less than a hundred cannot show; of the moderate
    ones one in twenty, which on half as many hung on a single head.
    """
    moderate, severe = draw(Severity.MODERATE), draw(Severity.SEVERE)
    return (
        Group(f"healthy, {name}", "healthy", place, patients, PhantomPatient, contrasts),
        Group(f"moderate, {name}", "moderate", place, 2 * patients, moderate, contrasts),
        Group(f"healthy too, {name}", "healthy", place + 1, patients, PhantomPatient, contrasts),
        Group(f"severe, {name}", "severe", place + 1, 2 * patients, severe, contrasts),
    )


GROUPS = (
    *_with_and_without("T1 T2 FLAIR", 0, 12, TRIO, _with),
    Group("mild, T1 T2 FLAIR", "mild", 2, 8, _with(Severity.MILD)),
    Group("strong posterior limb", "strong posterior limb", 3, 14, _strong_posterior_limb),
    Group("Wallerian", "Wallerian", 4, 13, _wallerian),
    Group("multiple sclerosis", "multiple sclerosis", 5, 12, _plaques),
    Group("infarct", "infarct", 6, 8, _infarct),
    Group("leukoaraiosis", "leukoaraiosis", 7, 8, _small_vessels),
    Group("one side", "one side", 8, 8, _one_side),
    Group("after gadolinium", "after gadolinium", 9, 8, _after_gadolinium, (Contrast.T1, Contrast.FLAIR)),
    Group("poor images, healthy", "poor images", 10, 6, PhantomPatient, TRIO, POOR),
    Group("poor images, severe", "severe, poor images", 11, 2, _with(Severity.SEVERE), TRIO, POOR),
    *_with_and_without("T1 alone", 12, 4, (Contrast.T1,), lambda s: _with(s, Sign.CST_T1)),
    *_with_and_without("T2 alone", 14, 4, (Contrast.T2,), lambda s: _with(s, Sign.CST_T2)),
    *_with_and_without("FLAIR alone", 16, 4, (Contrast.FLAIR,), lambda s: _with(s, Sign.CST_FLAIR)),
    *_with_and_without("T1 and MTC", 18, 4, WITH_TRANSFER, _transfer),
    *_with_and_without("diffusion", 20, 4, WITH_DIFFUSION, lambda s: _with(s, Sign.CST_DIFFUSION)),
)
"""Every group; negatives outnumber positives."""

BY_NAME = {group.name: group for group in GROUPS}
