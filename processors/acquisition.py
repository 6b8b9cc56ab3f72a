"""What a series of images is: its contrast, body part and plane, and how it was acquired."""

from dataclasses import dataclass
from enum import StrEnum


class Contrast(StrEnum):
    """What the image shows, as a radiologist would name the sequence."""

    T1 = "T1"
    T1_POST_CONTRAST = "T1-post-contrast"
    T1_MTC = "T1-MTC"
    T2 = "T2"
    FLAIR = "FLAIR"
    STIR = "STIR"
    SWI = "SWI"
    SWI_PHASE = "SWI-phase"
    SWI_MIP = "SWI-mIP"
    T2_STAR = "T2*"
    DWI = "DWI"
    ADC = "ADC"
    PD = "PD"
    FUNCTIONAL = "functional"
    FIELD_MAP = "field map"
    LOCALIZER = "localizer"
    ANGIOGRAPHY = "angiography"
    OTHER = "other"


class BodyPart(StrEnum):
    """The part of the body that the images cover."""

    BRAIN = "brain"
    CERVICAL_SPINE = "cervical spine"
    OTHER_SPINE = "other spine"
    OTHER = "other"
    UNKNOWN = "unknown"


class Plane(StrEnum):
    """The plane of the slices in the patient, or 3-D for a near-isotropic volume."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"
    OBLIQUE = "oblique"
    THREE_D = "3-D"


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a volume was acquired; ``None`` where the header does not say.

    Attributes
    ----------
    field_strength
        Tesla.
    echo_time, repetition_time, inversion_time
        Milliseconds.
    manufacturer
        As in the header.
    contrast_agent
        Whether the header says that a contrast agent was given.
    patient_age
        Years at the time of the study.
    patient_sex
        ``"M"``, ``"F"``, ``"O"`` or ``None``.
    gradient_echo
        Whether the signal is a gradient echo, not a spin echo.
    inversion_recovery
        Whether an inversion pulse prepares the signal.
    magnetization_transfer
        Whether a magnetization transfer pulse prepares the signal.
    three_dimensional
        Whether a volume was excited, not slices.
    flip_angle
        Degrees.
    echo_train_length
        Echoes after each excitation.
    b_value
        Diffusion weighting, s/mm².
    """

    field_strength: float | None = None
    echo_time: float | None = None
    repetition_time: float | None = None
    inversion_time: float | None = None
    manufacturer: str | None = None
    contrast_agent: bool = False
    patient_age: float | None = None
    patient_sex: str | None = None
    gradient_echo: bool | None = None
    inversion_recovery: bool | None = None
    magnetization_transfer: bool | None = None
    three_dimensional: bool | None = None
    flip_angle: float | None = None
    echo_train_length: int | None = None
    b_value: float | None = None
