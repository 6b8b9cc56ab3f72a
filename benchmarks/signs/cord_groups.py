"""The synthetic patients whose necks are analysed, in groups drawn alike."""

from collections.abc import Callable
from dataclasses import dataclass

from phantoms.neck_options import DISC_LEVELS, NeckOptions
from phantoms.neck_variety import GOOD_NECK, POOR_NECK, Coverage, neck_in_a_clinic
from phantoms.patient import PhantomPatient
from phantoms.variety import Quality
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

Series = tuple[Contrast, Plane]

T1_AXIAL, T2_AXIAL = (Contrast.T1, Plane.AXIAL), (Contrast.T2, Plane.AXIAL)
T2_SAGITTAL, T1_SAGITTAL = (Contrast.T2, Plane.SAGITTAL), (Contrast.T1, Plane.SAGITTAL)
STAR_AXIAL = (Contrast.T2_STAR, Plane.AXIAL)
USUAL = (T1_AXIAL, T2_AXIAL, T2_SAGITTAL)
WITH_STAR = (T1_AXIAL, STAR_AXIAL, T1_SAGITTAL)
VOLUMES = ((Contrast.T1, Plane.THREE_D), (Contrast.T2, Plane.THREE_D))
WITHOUT_SAGITTAL = (T1_AXIAL, T2_AXIAL)

SEEDS_A_GROUP = 40
STRENGTHS: dict[Sign, tuple[float, ...]] = {
    Sign.CORD_T1: (0.08, 0.12, 0.20),
    Sign.CORD_T2: (0.16, 0.30),
    Sign.CORD_ATROPHY: (-0.10, -0.20),
    Sign.CORD_FLATTENING: (-0.18, -0.30),
}
"""Fractional changes that are drawn."""

Draw = Callable[[int], PhantomPatient]


@dataclass(frozen=True, slots=True)
class Group:
    """Patients drawn alike.

    Attributes
    ----------
    label
        What is the matter with them: ``healthy``, a sign and its change, or what is there instead of a sign.
    place
        Which block of seeds is theirs. Groups of one place are the same people, with a sign and without:
        twins, by whose comparison the measured change is known.
    series
        Of each study.
    """

    name: str
    label: str
    place: int
    patients: int
    draw: Draw
    series: tuple[Series, ...] = USUAL
    quality: Quality = GOOD_NECK
    coverage: Coverage | None = None

    def seed(self, block: int, number: int) -> int:
        """Of a patient, from 0, in a block of seeds that begins where it says."""
        return block + SEEDS_A_GROUP * self.place + number

    def patient(self, seed: int) -> PhantomPatient:
        """The patient of a seed, on a scanner drawn for them."""
        return neck_in_a_clinic(self.draw(seed), self.quality)


def label_of(sign: Sign, change: float) -> str:
    """How a sign drawn so strong is named in tables."""
    return f"{sign.value} {100 * change:+.0f} %"


def _with(sign: Sign, change: float, name: str, place: int, patients: int) -> Group:
    return Group(name, label_of(sign, change), place, patients, lambda s: PhantomPatient(s, {sign: change}))


def _neck(**options: object) -> Draw:
    return lambda seed: PhantomPatient(seed, neck=NeckOptions(**options))  # type: ignore[arg-type]


def _dorsal(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, neck=NeckOptions(dorsal_columns=(0.2, 0.35, 0.5)[seed % 3]))


def _stenosis(seed: int) -> PhantomPatient:
    level = DISC_LEVELS[seed % len(DISC_LEVELS)]
    return PhantomPatient(seed, neck=NeckOptions(stenosis=level, myelopathy=seed // 4 % 4 > 0))


def _plaques(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, neck=NeckOptions(plaques=(2, 4, 7)[seed % 3]))


def _one_side(seed: int) -> PhantomPatient:
    sign, change = ((Sign.CORD_T1, 0.12), (Sign.CORD_T1, 0.20), (Sign.CORD_T2, 0.30))[seed // 2 % 3]
    return PhantomPatient(seed, {sign: change}, {sign: tuple(Side)[seed % 2]})


def _after_gadolinium(seed: int) -> PhantomPatient:
    drawn = {Sign.CORD_T1: 0.20} if seed % 2 else {}
    return PhantomPatient(seed, signs=drawn, post_contrast=True)


def _bent(seed: int) -> PhantomPatient:
    return PhantomPatient(
        seed, neck=NeckOptions(lordosis=(-35.0, -20.0, 40.0, 50.0)[seed % 4], touching=True)
    )


def _inflow(seed: int) -> PhantomPatient:
    drawn = {Sign.CORD_T1: 0.20} if seed % 3 == 0 else {}
    return PhantomPatient(seed, signs=drawn, entry_slice=True)


T1, T2, AREA, FLAT = Sign.CORD_T1, Sign.CORD_T2, Sign.CORD_ATROPHY, Sign.CORD_FLATTENING

GROUPS = (
    Group("healthy", "healthy", 0, 14, PhantomPatient),
    _with(T1, 0.08, "T1 +8 %", 0, 14),
    _with(T1, 0.12, "T1 +12 %", 0, 14),
    _with(T1, 0.20, "T1 +20 %", 0, 14),
    Group("healthy too", "healthy", 1, 8, PhantomPatient),
    _with(T2, 0.16, "T2 +16 %", 1, 6),
    _with(T2, 0.30, "T2 +30 %", 1, 6),
    _with(AREA, -0.10, "area -10 %", 1, 8),
    _with(AREA, -0.20, "area -20 %", 1, 6),
    _with(FLAT, -0.18, "flattened -18 %", 2, 5),
    _with(FLAT, -0.30, "flattened -30 %", 2, 5),
    Group("entry slice", "entry slice", 3, 9, _inflow),
    Group("bright fluid", "bright fluid", 4, 6, _neck(bright_fluid=True)),
    Group("dorsal columns", "dorsal columns", 5, 8, _dorsal),
    Group("stenosis", "stenosis", 6, 8, _stenosis),
    Group("syrinx", "syrinx", 7, 4, _neck(syrinx=True)),
    Group("plaques", "plaques", 8, 6, _plaques),
    Group("one side", "one side", 9, 8, _one_side),
    Group("after gadolinium", "after gadolinium", 10, 4, _after_gadolinium, (T1_AXIAL, T2_SAGITTAL)),
    Group("bent, touching", "healthy", 11, 8, _bent),
    Group("part of the neck", "healthy", 12, 4, PhantomPatient, USUAL, GOOD_NECK, Coverage.PART),
    Group("thoracic spine", "thoracic spine", 18, 4, _neck(thoracic=True)),
    Group("no sagittal", "no sagittal", 13, 4, PhantomPatient, WITHOUT_SAGITTAL),
    Group("T2*, healthy", "healthy", 14, 4, PhantomPatient, WITH_STAR),
    Group(
        "T2*, +30 %", label_of(T2, 0.30), 14, 4, lambda s: PhantomPatient(s, {Sign.CORD_T2: 0.30}), WITH_STAR
    ),
    Group("3-D, healthy", "healthy", 15, 4, PhantomPatient, VOLUMES),
    Group("poor images", "poor images", 16, 6, PhantomPatient, USUAL, POOR_NECK),
    Group("moving", "moving", 17, 4, lambda s: PhantomPatient(s, motion=1.0), USUAL),
)
"""Every group; negatives outnumber positives of each sign."""

BY_NAME = {group.name: group for group in GROUPS}
