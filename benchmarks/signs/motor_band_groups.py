"""The synthetic patients of the cortical signs, in groups drawn alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from phantoms.geometry import Geometry, stack
from phantoms.magnetism import Magnetism
from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL, SeriesPlan
from phantoms.severity import Severity
from phantoms.variety import GOOD, POOR, Quality, drawn_plan, in_a_clinic
from processors.acquisition import Contrast, Plane
from processors.findings import MOTOR_BAND_REGIONS, Side, Sign

SIGNS = (Sign.MOTOR_BAND, Sign.PRECENTRAL_ATROPHY)
SEEDS_A_GROUP = 50
AGED_BAND = "band with iron of age"
"""Label of people whose band the rule of the sign leaves open on purpose: neither positives nor negatives."""

PLACES = 21
"""Most places in a block of seeds, so that calibration and held-out seeds stay apart."""

Draw = Callable[[int], PhantomPatient]
Acquire = Callable[[SeriesPlan], SeriesPlan]


@dataclass(frozen=True, slots=True)
class Group:
    """Patients drawn alike.

    Attributes
    ----------
    label
        How figures of the group are put together: a severity, or what is the matter instead of a sign.
    place
        Which fifty seeds of a block are theirs; groups of one place are the same people.
    shows
        The series beside the T1: SWI or T2*; ``None`` for a 3-D T1 alone.
    acquire
        What is changed about how that series is acquired.
    """

    name: str
    label: str
    place: int
    patients: int
    draw: Draw
    shows: Contrast | None = Contrast.SWI
    quality: Quality = GOOD
    acquire: Acquire | None = None

    def seed(self, block: int, number: int) -> int:
        """Of a patient, from 0, in a block of seeds that begins where it says."""
        return block + SEEDS_A_GROUP * self.place + number

    def patient(self, seed: int) -> PhantomPatient:
        """The patient of a seed, on a scanner drawn for them, which is one that SWI is made on."""
        patient = in_a_clinic(self.draw(seed), self.quality)
        if patient.field_strength is not None and patient.field_strength < 1:
            patient = replace(patient, field_strength=1.5)
        return patient

    def plans(self, patient: PhantomPatient) -> tuple[SeriesPlan, ...]:
        """The series of the patient's study."""
        if self.shows is None:
            return (PROTOCOL["t1_mprage"],)
        plan = drawn_plan(patient, self.shows)
        return drawn_plan(patient, Contrast.T1), self.acquire(plan) if self.acquire else plan


def _band(severity: Severity) -> Draw:
    """The band on both sides, without iron of age; in one of five patients it spares the leg or the face."""

    def draw(seed: int) -> PhantomPatient:
        magnetism = Magnetism(band_parts=_parts(seed), aged_motor_cortex=0.0)
        return PhantomPatient(seed, signs={Sign.MOTOR_BAND: severity}, magnetism=magnetism)

    return draw


def _parts(seed: int) -> tuple[str, ...]:
    return {0: ("medial", "intermediate"), 5: ("intermediate", "lateral")}.get(seed % 10, MOTOR_BAND_REGIONS)


def _aged_band(seed: int) -> PhantomPatient:
    """A band in cortex that age has darkened: by the rule of the sign it cannot be told."""
    aged = _aged_motor_cortex(seed)
    return replace(aged, signs={Sign.MOTOR_BAND: Severity.SEVERE})


def _one_side(seed: int) -> PhantomPatient:
    severity = (Severity.MODERATE, Severity.SEVERE)[seed // 2 % 2]
    side = tuple(Side)[seed % 2]
    return PhantomPatient(seed, {Sign.MOTOR_BAND: severity}, {Sign.MOTOR_BAND: side})


def _magnetic(**options: Callable[[int], Any]) -> Draw:
    return lambda seed: PhantomPatient(
        seed, magnetism=Magnetism(**{name: value(seed) for name, value in options.items()})
    )


def _side(seed: int) -> Side:
    return tuple(Side)[seed % 2]


def _elderly(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, years=62 + seed * 5 % 26)


def _aged_motor_cortex(seed: int) -> PhantomPatient:
    iron = Magnetism(aged_motor_cortex=14.0 + 3.0 * (seed % 7))
    return PhantomPatient(seed, years=66 + seed * 3 % 22, magnetism=iron)


def _atrophy(severity: Severity) -> Draw:
    return lambda seed: PhantomPatient(seed, signs={Sign.PRECENTRAL_ATROPHY: severity})


def _one_gyrus(seed: int) -> PhantomPatient:
    sign = Sign.PRECENTRAL_ATROPHY
    return PhantomPatient(seed, {sign: Severity.SEVERE}, {sign: _side(seed)})


def _worn(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, atrophy=0.4 + 0.2 * (seed % 4))


def _weakly_weighted(plan: SeriesPlan) -> SeriesPlan:
    return replace(plan, timing=replace(plan.timing, echo_time=round(plan.timing.echo_time / 2, 1)))


def _slab(plan: SeriesPlan) -> SeriesPlan:
    """The lower 75 mm of what was planned, which ends below the vertex, or crosses the band."""
    whole = plan.geometry
    thick = whole.slice_thickness
    geometry: Geometry = stack(
        Plane.AXIAL,
        centre=(0.0, 18.0, 4.0),
        slices=round(75 / thick),
        slice_thickness=thick,
        pixel=whole.spacing[1],
        matrix=whole.shape[1:],
    )
    return replace(plan, geometry=geometry)


BLURRED = Quality(snr=(20.0, 60.0), bias=(0.1, 0.3), rotation=10.0, restlessness=3.0, motion=(0.5, 1.5))

GROUPS = (
    Group("healthy", "healthy", 0, 16, PhantomPatient),
    Group("+20 ppb", "moderate", 0, 22, _band(Severity.MODERATE)),
    Group("+40 ppb", "severe", 1, 22, _band(Severity.SEVERE)),
    Group("+40 ppb with iron of age", AGED_BAND, 20, 4, _aged_band),
    Group("+11 ppb", "mild", 2, 4, _band(Severity.MILD)),
    Group("over 60", "over 60", 3, 6, _elderly),
    Group("aged motor cortex", "aged motor cortex", 4, 6, _aged_motor_cortex),
    Group(
        "iron in all cortex",
        "iron in all cortex",
        5,
        6,
        _magnetic(cortical_iron=lambda s: 12.0 + 4 * (s % 5)),
    ),
    Group("central veins", "central veins", 6, 6, _magnetic(central_vein=lambda s: 1.4 + 0.4 * (s % 4))),
    Group("one side", "one side", 7, 8, _one_side),
    Group("calcification", "calcification", 8, 3, _magnetic(calcification=_side)),
    Group("microbleeds", "microbleeds", 9, 3, _magnetic(microbleeds=_side)),
    Group("siderosis", "siderosis", 10, 2, _magnetic(siderosis=_side)),
    Group(
        "siderosis of both sides",
        "siderosis of both sides",
        11,
        3,
        _magnetic(siderosis=_side, both_siderotic=lambda _: True),
    ),
    Group("wide sinuses", "wide sinuses", 12, 2, _magnetic(wide_sinuses=lambda _: True)),
    Group("implant", "implant", 13, 6, _magnetic(implant=_side)),
    Group("T2* with +40 ppb", "T2* alone", 14, 2, _band(Severity.SEVERE), Contrast.T2_STAR),
    Group(
        "+40 ppb, half the echo time",
        "half the echo time",
        15,
        2,
        _band(Severity.SEVERE),
        acquire=_weakly_weighted,
    ),
    Group("noisy", "noisy", 16, 3, PhantomPatient, quality=replace(POOR, rotation=15.0, motion=(0.0, 0.4))),
    Group("blurred by movement", "blurred", 17, 3, PhantomPatient, quality=BLURRED),
    Group("slab below the vertex", "slab", 18, 3, PhantomPatient, acquire=_slab),
    Group("3-D T1, healthy", "healthy", 19, 2, PhantomPatient, None),
    Group("3-D T1, precentral -16 %", "moderate", 19, 1, _atrophy(Severity.MODERATE), None),
    Group("3-D T1, precentral -30 %", "severe", 19, 2, _atrophy(Severity.SEVERE), None),
    Group("3-D T1, one side -30 %", "one side", 19, 1, _one_gyrus, None),
    Group("3-D T1, all cortex worn", "all cortex worn", 19, 1, _worn, None),
)
"""Every group."""

BY_NAME = {group.name: group for group in GROUPS}
