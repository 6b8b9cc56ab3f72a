"""DICOM headers of a synthetic series."""

import datetime

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from phantoms.identity import uid
from phantoms.patient import PhantomPatient
from phantoms.protocol import SeriesPlan
from phantoms.vendors import STYLES, Style
from processors.acquisition import BodyPart, Contrast
from processors.volume import Volume

WHITE_MATTER_ADC = 750.0
"""Apparent diffusion coefficient of normal white matter, 1e-6 mm²/s."""

BODY_PARTS = {BodyPart.BRAIN: "BRAIN", BodyPart.CERVICAL_SPINE: "CSPINE"}


def study_header(patient: PhantomPatient) -> Dataset:
    """Patient, study and equipment attributes, the same in every instance of the patient."""
    style = STYLES[patient.vendor]
    day = datetime.date(2024, 1, 8) + datetime.timedelta(days=patient.seed % 300)
    birth = day.replace(year=day.year - patient.age, month=1, day=15)
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = f"Phantom^Seed{patient.seed:04d}"
    ds.PatientID = f"PHANTOM-{patient.seed:04d}"
    ds.PatientBirthDate = f"{birth:%Y%m%d}"
    ds.PatientSex = patient.sex
    ds.PatientAge = f"{patient.age:03d}Y"
    ds.PatientWeight = "72"
    ds.StudyInstanceUID = uid(patient, "study")
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = f"{day:%Y%m%d}"
    ds.StudyTime = "080000"
    ds.StudyID = f"P{patient.seed}"
    ds.AccessionNumber = f"PH{patient.seed:06d}"
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "MR brain and cervical spine (synthetic)"
    ds.Manufacturer = style.manufacturer
    ds.ManufacturerModelName = style.model
    ds.InstitutionName = "Synthetic images, no real patient"
    ds.StationName = "PHANTOM"
    ds.DeviceSerialNumber = "00000"
    ds.SoftwareVersions = style.software
    field_strength = patient.field_strength or style.field_strength
    ds.MagneticFieldStrength = field_strength
    ds.ImagingFrequency = round(42.577 * field_strength, 4)
    ds.ImagedNucleus = "1H"
    return ds


def series_header(patient: PhantomPatient, plan: SeriesPlan, volume: Volume, number: int) -> Dataset:
    """Everything that the instances of one series share."""
    style, timing = STYLES[patient.vendor], plan.timing
    ds = study_header(patient)
    ds.SOPClassUID = MRImageStorage
    ds.Modality = "MR"
    ds.SeriesInstanceUID = volume.series_instance_uid
    ds.SeriesNumber = number
    ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = f"08{4 * number % 60:02d}00"
    ds.AcquisitionNumber = 1
    ds.ProtocolName = style.names[plan.key]
    ds.SeriesDescription = style.names[plan.key]
    ds.BodyPartExamined = BODY_PARTS[plan.body_part]
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = volume.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    special = {
        Contrast.SWI: style.swi_image_type,
        Contrast.ADC: style.adc_image_type,
        Contrast.DWI: style.dwi_image_type,
    }
    ds.ImageType = list(special.get(plan.contrast, style.image_type))
    ds.ScanningSequence = timing.scanning_sequence.split("\\")
    ds.SequenceVariant = timing.sequence_variant.split("\\")
    ds.ScanOptions = style.scan_options
    if plan.key in style.sequence_names:
        ds.SequenceName = style.sequence_names[plan.key]
    ds.MRAcquisitionType = "3D" if timing.three_d else "2D"
    ds.EchoTime = timing.echo_time
    ds.RepetitionTime = timing.repetition_time
    if timing.inversion_time is not None:
        ds.InversionTime = timing.inversion_time
    if timing.b_value is not None:
        ds.DiffusionBValue = timing.b_value
    ds.FlipAngle = timing.flip_angle
    ds.EchoTrainLength = timing.echo_train_length
    ds.EchoNumbers = 1
    ds.NumberOfAverages = 1
    ds.PixelBandwidth = 200
    if patient.post_contrast and plan.contrast in (Contrast.T1, Contrast.T1_MTC):
        ds.ContrastBolusAgent = "Gadolinium (synthetic)"
        ds.SeriesDescription = f"{ds.SeriesDescription} +C"
    _geometry(ds, plan, volume)
    _pixel_format(ds, style, volume)
    return ds


def _geometry(ds: Dataset, plan: SeriesPlan, volume: Volume) -> None:
    spacing, rows, columns = volume.spacing
    ds.SliceThickness = _decimal(plan.geometry.slice_thickness)
    ds.SpacingBetweenSlices = _decimal(spacing)
    ds.PixelSpacing = [_decimal(rows), _decimal(columns)]
    ds.Rows, ds.Columns = volume.array.shape[1:]
    row = volume.affine[:3, 2] / columns
    column = volume.affine[:3, 1] / rows
    ds.ImageOrientationPatient = [_decimal(v) for v in (*row, *column)]
    ds.PatientOrientation = [_letter(row), _letter(column)]


def _letter(direction: npt.NDArray[np.float64]) -> str:
    """The nearest of the patient's own directions."""
    axis = int(np.argmax(np.abs(direction)))
    return ("RL", "AP", "FH")[axis][int(direction[axis] > 0)]


def _pixel_format(ds: Dataset, style: Style, volume: Volume) -> None:
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated = 16
    ds.BitsStored = 16 if style.signed else 12
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(style.signed)
    bright = float(np.percentile(volume.array[::3, ::4, ::4], 99.7))
    top = 1.1 * signal_scale(style, volume.contrast) * bright
    slope = rescale_slope(style)
    ds.WindowCenter = _decimal(top / 2 * slope)
    ds.WindowWidth = _decimal(top * slope)
    if style.rescales:
        ds.RescaleIntercept = "0"
        ds.RescaleSlope = _decimal(slope)
        ds.RescaleType = "US"


def rescale_slope(style: Style) -> float:
    """What stored values are multiplied by where the vendor rescales; 1 elsewhere."""
    return 1.7143 if style.rescales else 1.0


def signal_scale(style: Style, contrast: Contrast) -> float:
    """Stored value of white matter before shading; diffusion maps are stored in 1e-6 mm²/s."""
    return WHITE_MATTER_ADC / rescale_slope(style) if contrast is Contrast.ADC else style.signal_scale


def stored_values(
    style: Style, contrast: Contrast, image: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint16] | npt.NDArray[np.int16]:
    """Signal relative to white matter as the integers that the vendor stores."""
    scaled = np.rint(image * signal_scale(style, contrast))
    if style.signed:
        return np.asarray(np.clip(scaled, 0, 32767), dtype=np.int16)
    return np.asarray(np.clip(scaled, 0, 4095), dtype=np.uint16)


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters."""
    text = f"{value:.8f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text[:16]
