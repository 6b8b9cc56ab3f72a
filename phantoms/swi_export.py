"""What each vendor sends of one acquisition of SWI: which images, in which series, under which names.

The values are those that dcm2niix's documentation and published headers show of each vendor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from phantoms.patient import Vendor


class Part(StrEnum):
    """One of the images that an acquisition of SWI is reconstructed to."""

    PROCESSED = "processed"
    MAGNITUDE = "magnitude"
    PHASE = "phase"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class Sent:
    """Images of one part, as they are sent.

    Attributes
    ----------
    series
        Parts of the same number share a Series Instance UID.
    attributes
        What else is changed in these headers, by DICOM keyword.
    raw_type
        Raw Data Type (0043,102F) that GE writes: 0 magnitude, 1 phase.
    """

    part: Part
    series: int
    description: str
    image_type: tuple[str, ...]
    attributes: Mapping[str, object] = field(default_factory=dict, hash=False)
    raw_type: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """A vendor's way to send a whole SWI.

    Attributes
    ----------
    style
        Whose habits of storing pixels are followed.
    attributes
        What differs from that vendor's header in every image, by DICOM keyword.
    phase_sign
        Of the stored phase where the local field is raised: 1 or -1.
    milliradians
        Stored phase is turned to milliradians by a Rescale Slope and Intercept.
    by_slice
        The parts of a series take turns slice by slice; otherwise one part comes after the other.
    enhanced
        Each series is one Enhanced MR instance.
    """

    style: Vendor
    sent: tuple[Sent, ...]
    attributes: Mapping[str, object] = field(default_factory=dict, hash=False)
    phase_sign: int = 1
    milliradians: bool = False
    by_slice: bool = False
    enhanced: bool = False


_PROCESSED, _MAGNITUDE, _PHASE, _MINIMUM = Part.PROCESSED, Part.MAGNITUDE, Part.PHASE, Part.MINIMUM
_FFE = ("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE")
_FFE_PHASE = ("ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE")
_OTHER = ("ORIGINAL", "PRIMARY", "OTHER")
_CANON = {"Manufacturer": "CANON_MEC", "ManufacturerModelName": "Vantage Titan", "SequenceName": "FE3D_fsbb"}
_UIH = {"Manufacturer": "UIH", "ManufacturerModelName": "uMR 790", "SequenceName": "gre_swi"}
_XA = {"Manufacturer": "Siemens Healthineers", "SoftwareVersions": "syngo MR XA30"}
_XA_PHASE = {"ComplexImageComponent": "PHASE", "AcquisitionContrast": "T2_STAR"}
_XA_MINIMUM = {"VolumeBasedCalculationTechnique": "MIN_IP"}

EXPORTS: dict[str, Export] = {
    "Siemens": Export(
        Vendor.SIEMENS,
        (
            Sent(_MAGNITUDE, 1, "Mag_Images", ("ORIGINAL", "PRIMARY", "M", "ND", "NORM")),
            Sent(_PHASE, 2, "Pha_Images", ("ORIGINAL", "PRIMARY", "P", "ND")),
            Sent(_MINIMUM, 3, "mIP_Images(SW)", ("DERIVED", "PRIMARY", "MNIP", "SWI", "NORM")),
            Sent(_PROCESSED, 4, "SWI_Images", ("ORIGINAL", "PRIMARY", "M", "SWI", "NORM")),
        ),
        {"ProtocolName": "t2_swi_tra_p2_2mm"},
        phase_sign=-1,
    ),
    "Siemens, descriptions taken out": Export(
        Vendor.SIEMENS,
        (
            Sent(_MAGNITUDE, 1, "", ("ORIGINAL", "PRIMARY", "M", "ND", "NORM")),
            Sent(_PHASE, 2, "", ("ORIGINAL", "PRIMARY", "P", "ND")),
            Sent(_MINIMUM, 3, "", ("ORIGINAL", "PRIMARY", "MNIP", "ND", "NORM")),
            Sent(_PROCESSED, 4, "", ("ORIGINAL", "PRIMARY", "M", "SWI", "NORM", "DIS2D")),
        ),
        {"ProtocolName": ""},
    ),
    "Siemens, enhanced": Export(
        Vendor.SIEMENS,
        (
            Sent(_MAGNITUDE, 1, "swi3d_tra_p2_Mag", ("ORIGINAL", "PRIMARY", "SUSCEPTIBILITY", "NONE")),
            Sent(_PHASE, 2, "swi3d_tra_p2_Pha", ("ORIGINAL", "PRIMARY", "SUSCEPTIBILITY", "NONE"), _XA_PHASE),
            Sent(_MINIMUM, 3, "swi3d_tra_p2_mIP", ("DERIVED", "PRIMARY", "MIN_IP", "NONE"), _XA_MINIMUM),
            Sent(_PROCESSED, 4, "swi3d_tra_p2_SWI", ("ORIGINAL", "PRIMARY", "SUSCEPTIBILITY", "NONE")),
        ),
        _XA | {"ProtocolName": "swi3d_tra_p2", "PulseSequenceName": "*swi3d1r"},
        enhanced=True,
    ),
    "Philips": Export(
        Vendor.PHILIPS,
        (
            Sent(_PROCESSED, 1, "SWIp", _FFE),
            Sent(_MAGNITUDE, 1, "SWIp", _FFE),
            Sent(_PHASE, 1, "SWIp", _FFE_PHASE),
            Sent(_MINIMUM, 1, "SWIp", ("DERIVED", "PRIMARY", "PROJECTION IMAGE", "M", "FFE")),
        ),
        {"ProtocolName": "SWIp"},
        milliradians=True,
    ),
    "Philips, slice by slice": Export(
        Vendor.PHILIPS,
        (Sent(_MAGNITUDE, 1, "VEN_BOLD", _FFE), Sent(_PHASE, 1, "VEN_BOLD", _FFE_PHASE)),
        {"ProtocolName": "VEN_BOLD"},
        phase_sign=-1,
        milliradians=True,
        by_slice=True,
    ),
    "Philips, enhanced": Export(
        Vendor.PHILIPS,
        (
            Sent(_PHASE, 1, "SWIp", ("ORIGINAL", "PRIMARY", "PHASE MAP", "P"), _XA_PHASE),
            Sent(_PROCESSED, 1, "SWIp", ("ORIGINAL", "PRIMARY", "M_FFE", "M")),
        ),
        {"ProtocolName": "SWIp"},
        milliradians=True,
        enhanced=True,
    ),
    "GE": Export(
        Vendor.GE,
        (
            Sent(_PHASE, 1, "FILT_PHA: Ax SWAN", _OTHER),
            Sent(_MINIMUM, 2, "MIN IP SWAN", ("DERIVED", "SECONDARY", "REFORMATTED", "MIN IP")),
            Sent(_PROCESSED, 3, "Ax SWAN", _OTHER),
        ),
        {"ProtocolName": "Brain Routine", "SequenceName": ""},
        phase_sign=-1,
    ),
    "GE, raw images in one series": Export(
        Vendor.GE,
        (
            Sent(_PHASE, 1, "Ax SWAN", _OTHER, raw_type=1),
            Sent(_MAGNITUDE, 1, "Ax SWAN", _OTHER, raw_type=0),
        ),
        {"ProtocolName": "Brain Routine"},
        by_slice=True,
    ),
    "Canon": Export(
        Vendor.PHILIPS,
        (
            Sent(_MINIMUM, 1, "FSBB AX minIP", ("DERIVED", "SECONDARY", "OTHER")),
            Sent(_PHASE, 2, "FSBB AX Phase", ("DERIVED", "PRIMARY")),
            Sent(_PROCESSED, 3, "FSBB AX", ("DERIVED", "PRIMARY")),
        ),
        _CANON | {"ProtocolName": "HEAD FSBB"},
    ),
    "Canon, all of one name": Export(
        Vendor.PHILIPS,
        (
            Sent(_MINIMUM, 1, "FSBB AX", ("DERIVED", "PRIMARY")),
            Sent(_PHASE, 2, "FSBB AX", ("DERIVED", "PRIMARY")),
            Sent(_PROCESSED, 3, "FSBB AX", ("DERIVED", "PRIMARY")),
        ),
        _CANON | {"ProtocolName": "HEAD FSBB"},
    ),
    "UIH": Export(
        Vendor.GE,
        (
            Sent(_MAGNITUDE, 1, "swi_tra_Mag", ("ORIGINAL", "PRIMARY", "M")),
            Sent(_PHASE, 2, "swi_tra_Pha", ("ORIGINAL", "PRIMARY", "P")),
            Sent(_MINIMUM, 3, "swi_tra_mIP", ("DERIVED", "PRIMARY", "MIP", "SWI")),
            Sent(_PROCESSED, 4, "swi_tra_SWI", ("DERIVED", "PRIMARY", "SWI")),
        ),
        _UIH | {"ProtocolName": "swi_tra"},
        phase_sign=-1,
    ),
}
"""Ways to send a SWI, by name."""
