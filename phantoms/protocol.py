"""The series of a study: what is acquired, where, and with which parameters."""

from dataclasses import dataclass

from phantoms.geometry import Geometry, stack
from phantoms.neck_curve import NECK_ORIGIN
from phantoms.tissue_signal import T1Family
from processors.acquisition import BodyPart, Contrast, Plane

_HEAD_CENTRE = (0.0, 18.0, 6.0)
_NECK_CENTRE = (0.0, NECK_ORIGIN[1] + 3.0, NECK_ORIGIN[2] - 38.0)


@dataclass(frozen=True, slots=True)
class Timing:
    """How the signal was made, as the header says it.

    Attributes
    ----------
    scanning_sequence, sequence_variant
        DICOM's terms, several joined by a backslash.
    echo_time, repetition_time, inversion_time
        Milliseconds.
    flip_angle
        Degrees.
    b_value
        Of a diffusion-weighted image, s/mm².
    """

    scanning_sequence: str
    sequence_variant: str
    echo_time: float
    repetition_time: float
    flip_angle: float
    echo_train_length: int
    inversion_time: float | None = None
    three_d: bool = False
    b_value: float | None = None


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """One series of the protocol.

    Attributes
    ----------
    family
        How a T1 was made; where ``None``, as is usual for its geometry.
    """

    key: str
    contrast: Contrast
    body_part: BodyPart
    geometry: Geometry
    timing: Timing
    family: T1Family | None = None


_T1_SE = Timing("SE", "SP", 10.0, 600.0, 90.0, 1)
_T1_GR = Timing(r"GR\IR", r"SK\SP\MP", 2.3, 2000.0, 8.0, 1, 900.0, True)
_T1_MTC = Timing("GR", r"MTC\SP", 6.0, 700.0, 70.0, 1)
_T2 = Timing("SE", r"SK\SP", 100.0, 5000.0, 150.0, 15)
_FLAIR = Timing(r"SE\IR", r"SK\SP\MP", 92.0, 9000.0, 150.0, 16, 2500.0)
_SWI = Timing("GR", "SP", 20.0, 28.0, 15.0, 1, three_d=True)
_T2_STAR = Timing("GR", r"SP\OSP", 20.0, 620.0, 20.0, 1)
_ADC = Timing("EP", r"SK\SP", 80.0, 5200.0, 90.0, 1)
_T1_FLASH = Timing("GR", "SP", 2.5, 250.0, 70.0, 1)
_FLAIR_3D = Timing(r"SE\IR", r"SK\SP\MP", 390.0, 5000.0, 120.0, 242, 1800.0, True)
_DWI = Timing("EP", r"SK\SP", 80.0, 5200.0, 90.0, 1, b_value=1000.0)
_T1_NECK = Timing("SE", r"SK\SP", 10.0, 620.0, 150.0, 3)
_T2_NECK = Timing("SE", r"SK\SP", 102.0, 3600.0, 150.0, 17)


_T1_NECK_GR = Timing("GR", "SP", 4.6, 420.0, 60.0, 1)
_T1_NECK_3D = Timing(r"GR\IR", r"SK\SP\MP", 2.6, 1900.0, 9.0, 1, 900.0, True)
_T2_NECK_3D = Timing("SE", r"SK\SP", 120.0, 1500.0, 120.0, 60, three_d=True)
_T2_STAR_NECK = Timing("GR", "SP", 17.0, 560.0, 28.0, 1)


def _head_slices(slices: int, thickness: float, gap: float = 0.0) -> Geometry:
    return stack(
        Plane.AXIAL,
        centre=_HEAD_CENTRE,
        slices=slices,
        slice_thickness=thickness,
        gap=gap,
        pixel=0.9,
        matrix=(256, 256),
    )


def _diffusion() -> Geometry:
    return stack(
        Plane.AXIAL, centre=_HEAD_CENTRE, slices=38, slice_thickness=4.0, pixel=1.8, matrix=(128, 128)
    )


def _neck_axial() -> Geometry:
    centre = (_NECK_CENTRE[0], _NECK_CENTRE[1], _NECK_CENTRE[2] + 6)
    return stack(
        Plane.AXIAL, centre=centre, slices=34, slice_thickness=3.0, gap=0.3, pixel=0.6, matrix=(256, 256)
    )


def _neck_sagittal() -> Geometry:
    return stack(
        Plane.SAGITTAL,
        centre=_NECK_CENTRE,
        slices=15,
        slice_thickness=3.0,
        gap=0.3,
        pixel=0.75,
        matrix=(256, 256),
    )


def _mprage() -> Geometry:
    centre = (_HEAD_CENTRE[0], _HEAD_CENTRE[1], _HEAD_CENTRE[2] + 6)
    return stack(Plane.THREE_D, centre=centre, slices=176, slice_thickness=1.0, pixel=1.0, matrix=(168, 232))


def _neck_star() -> Geometry:
    centre = (_NECK_CENTRE[0], _NECK_CENTRE[1], _NECK_CENTRE[2] + 6)
    return stack(
        Plane.AXIAL, centre=centre, slices=22, slice_thickness=4.0, gap=1.0, pixel=0.5, matrix=(300, 300)
    )


def _neck_volume(size: float) -> Geometry:
    across = 2 * round(230 / size / 2)
    return stack(
        Plane.THREE_D,
        centre=_NECK_CENTRE,
        slices=round(64 / size),
        slice_thickness=size,
        pixel=size,
        matrix=(across, across),
    )


PROTOCOL: dict[str, SeriesPlan] = {
    plan.key: plan
    for plan in (
        SeriesPlan("t1", Contrast.T1, BodyPart.BRAIN, _head_slices(42, 3.5, 0.35), _T1_SE),
        SeriesPlan("t2", Contrast.T2, BodyPart.BRAIN, _head_slices(42, 3.5, 0.35), _T2),
        SeriesPlan("flair", Contrast.FLAIR, BodyPart.BRAIN, _head_slices(42, 3.5, 0.35), _FLAIR),
        SeriesPlan("swi", Contrast.SWI, BodyPart.BRAIN, _head_slices(72, 2.0), _SWI),
        SeriesPlan("t1_mprage", Contrast.T1, BodyPart.BRAIN, _mprage(), _T1_GR),
        SeriesPlan("t1_mtc", Contrast.T1_MTC, BodyPart.BRAIN, _head_slices(42, 3.5, 0.35), _T1_MTC),
        SeriesPlan("t2_star", Contrast.T2_STAR, BodyPart.BRAIN, _head_slices(42, 3.5, 0.35), _T2_STAR),
        SeriesPlan("adc", Contrast.ADC, BodyPart.BRAIN, _diffusion(), _ADC),
        SeriesPlan("dwi", Contrast.DWI, BodyPart.BRAIN, _diffusion(), _DWI),
        SeriesPlan(
            "t1_flash", Contrast.T1, BodyPart.BRAIN, _head_slices(42, 3.5, 0.35), _T1_FLASH, T1Family.FLASH
        ),
        SeriesPlan("flair_3d", Contrast.FLAIR, BodyPart.BRAIN, _mprage(), _FLAIR_3D),
        SeriesPlan("cervical_t1_sag", Contrast.T1, BodyPart.CERVICAL_SPINE, _neck_sagittal(), _T1_NECK),
        SeriesPlan("cervical_t2_sag", Contrast.T2, BodyPart.CERVICAL_SPINE, _neck_sagittal(), _T2_NECK),
        SeriesPlan("cervical_t1_ax", Contrast.T1, BodyPart.CERVICAL_SPINE, _neck_axial(), _T1_NECK),
        SeriesPlan("cervical_t2_ax", Contrast.T2, BodyPart.CERVICAL_SPINE, _neck_axial(), _T2_NECK),
        SeriesPlan(
            "cervical_t1_gre_ax",
            Contrast.T1,
            BodyPart.CERVICAL_SPINE,
            _neck_axial(),
            _T1_NECK_GR,
            T1Family.FLASH,
        ),
        SeriesPlan(
            "cervical_t2_star_ax", Contrast.T2_STAR, BodyPart.CERVICAL_SPINE, _neck_star(), _T2_STAR_NECK
        ),
        SeriesPlan("cervical_t1_3d", Contrast.T1, BodyPart.CERVICAL_SPINE, _neck_volume(1.0), _T1_NECK_3D),
        SeriesPlan("cervical_t2_3d", Contrast.T2, BodyPart.CERVICAL_SPINE, _neck_volume(0.9), _T2_NECK_3D),
    )
}
"""Every series that can be made, by key."""

DEMO_SERIES = (
    "t1",
    "t2",
    "flair",
    "swi",
    "cervical_t1_sag",
    "cervical_t2_sag",
    "cervical_t1_ax",
    "cervical_t2_ax",
)
"""A brain and neck examination for motor neuron disease, about 300 instances."""
