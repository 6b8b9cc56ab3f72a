"""SWI as scanners send it: of each study the processed images are measured, or else the magnitude."""

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from listener.classification import classify
from listener.classification.headers import headers_of
from listener.classification.stacks import split_stacks
from listener.routing import ClassifiedStack, route
from processors.acquisition import BodyPart, Contrast

AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def images(description, image_type, count=6, **more):
    """Headers of one series' worth of classic images."""
    return [
        {
            "Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "SeriesDescription": description,
            "ProtocolName": description, "ImageType": image_type, "ScanningSequence": ["GR"],
            "SequenceVariant": ["SP"], "MRAcquisitionType": "3D", "EchoTime": 20.0, "RepetitionTime": 28.0,
            "FlipAngle": 15.0, "MagneticFieldStrength": 3.0, "BodyPartExamined": "HEAD",
            "StudyDescription": "MRI BRAIN", "ImageOrientationPatient": AXIAL,
            "ImagePositionPatient": [-110.0, -110.0, 2.0 * z], "Rows": 256, "Columns": 256,
            "PixelSpacing": [0.9, 0.9], "SliceThickness": 2.0, "InstanceNumber": z + 1, "HasPixelData": True,
        } | more
        for z in range(count)
    ]  # fmt: skip


SIEMENS = {"Manufacturer": "SIEMENS", "SequenceName": "*swi3d1r"}
PHILIPS = {"Manufacturer": "Philips Medical Systems"}
GE = {"Manufacturer": "GE MEDICAL SYSTEMS", "EchoTime": 24.0, "RepetitionTime": 38.0}
CANON = {"Manufacturer": "CANON_MEC"}

STUDIES = {
    "Siemens, four series": (
        [
            images("Mag_Images", ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"], **SIEMENS),
            images("Pha_Images", ["ORIGINAL", "PRIMARY", "P", "ND"], **SIEMENS),
            images("mIP_Images(SW)", ["DERIVED", "PRIMARY", "MNIP", "ND", "NORM"], **SIEMENS),
            images("SWI_Images", ["ORIGINAL", "PRIMARY", "M", "SWI", "NORM"], **SIEMENS),
        ],
        [[Contrast.SWI], [Contrast.SWI_PHASE], [Contrast.SWI_MIP], [Contrast.SWI]],
        (3, 0),
    ),
    "Siemens, no processed images": (
        [
            images("Pha_Images", ["ORIGINAL", "PRIMARY", "P", "ND"], **SIEMENS),
            images("Mag_Images", ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"], **SIEMENS),
        ],
        [[Contrast.SWI_PHASE], [Contrast.SWI]],
        (1, 0),
    ),
    "Philips, magnitude and phase in one series": (
        [
            images("SWIp", ["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"], **PHILIPS)
            + images("SWIp", ["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"], **PHILIPS)
        ],
        [[Contrast.SWI_PHASE, Contrast.SWI]],
        (0, 1),
    ),
    "GE SWAN with its filtered phase and minimum projection": (
        [
            images("FILT_PHA: Ax SWAN", ["DERIVED", "SECONDARY", "FILTERED PHASE"], **GE),
            images("MIN IP SWAN", ["DERIVED", "SECONDARY", "REFORMATTED", "MIN IP"], **GE),
            images("Ax SWAN", ["ORIGINAL", "PRIMARY", "OTHER"], **GE),
        ],
        [[Contrast.SWI_PHASE], [Contrast.SWI_MIP], [Contrast.SWI]],
        (2, 0),
    ),
    "Canon FSBB": ([images("FSBB Ax", ["ORIGINAL", "PRIMARY", "OTHER"], **CANON)], [[Contrast.SWI]], (0, 0)),
    "Canon SWI": (
        [
            images("SWI minIP", ["DERIVED", "SECONDARY", "OTHER"], **CANON),
            images("SWI Ax", ["ORIGINAL", "PRIMARY", "OTHER"], **CANON),
        ],
        [[Contrast.SWI_MIP], [Contrast.SWI]],
        (1, 0),
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_the_right_images_of_a_study_are_measured(name):
    series, contrasts, measured = STUDIES[name]
    stacks, found = [], []
    for place, headers in enumerate(series):
        split = split_stacks(headers)
        classes = [classify(stack.header) for stack in split]
        found.append([c.contrast for c in classes])
        stacks += [
            ClassifiedStack(f"1.{len(series) - place}", number, len(stack.members), c)
            for number, (stack, c) in enumerate(zip(split, classes, strict=True))
        ]
    assert found == contrasts
    taken = [d.stack for d in route(stacks) if d.analysis == "brain"]
    uid = f"1.{len(series) - measured[0]}"
    assert [(s.series_instance_uid, s.number) for s in taken] == [(uid, measured[1])]
    assert all(s.classification.body_part is BodyPart.BRAIN for s in taken)


def _enhanced(description, frame_types):
    """One Enhanced MR instance whose frames are magnitude, phase or projections, in this order."""
    ds = Dataset()
    ds.Modality, ds.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4.1"
    ds.SeriesDescription = ds.ProtocolName = description
    ds.Manufacturer, ds.BodyPartExamined, ds.StudyDescription = "Siemens Healthineers", "HEAD", "MRI BRAIN"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "MIXED", "MIXED"]
    ds.EchoPulseSequence, ds.MRAcquisitionType, ds.MagneticFieldStrength = "GRADIENT", "3D", 3.0
    ds.Rows = ds.Columns = 64
    ds.NumberOfFrames = len(frame_types)
    shared, timing, orientation, size = Dataset(), Dataset(), Dataset(), Dataset()
    timing.RepetitionTime, timing.FlipAngle = 28.0, 15.0
    orientation.ImageOrientationPatient = AXIAL
    size.PixelSpacing, size.SliceThickness = [0.9, 0.9], 2.0
    shared.MRTimingAndRelatedParametersSequence = Sequence([timing])
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = Sequence([orientation]), Sequence([size])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for z, (kind, component) in enumerate(frame_types):
        frame, named, echo, place = Dataset(), Dataset(), Dataset(), Dataset()
        named.FrameType, named.ComplexImageComponent = kind, component
        echo.EffectiveEchoTime = 20.0
        place.ImagePositionPatient = [-30.0, -30.0, 2.0 * (z // 2)]
        frame.MRImageFrameTypeSequence, frame.MREchoSequence = Sequence([named]), Sequence([echo])
        frame.PlanePositionSequence = Sequence([place])
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return ds


def test_magnitude_and_phase_frames_of_one_enhanced_instance_are_told_apart():
    magnitude = (["ORIGINAL", "PRIMARY", "SWI", "NONE"], "MAGNITUDE")
    phase = (["ORIGINAL", "PRIMARY", "SWI", "NONE"], "PHASE")
    headers = headers_of(_enhanced("swi3d_tra", [magnitude, phase] * 6))
    found = {classify(s.header).contrast: len(s.members) for s in split_stacks(headers)}
    assert found == {Contrast.SWI: 6, Contrast.SWI_PHASE: 6}
