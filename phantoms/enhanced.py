"""A series of a synthetic patient as one Enhanced MR instance, as newer scanners send it."""

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian

from phantoms.headers import series_header, stored_values
from phantoms.identity import uid
from phantoms.patient import PhantomPatient
from phantoms.protocol import SeriesPlan
from phantoms.series import series_volume
from phantoms.vendors import STYLES
from processors.acquisition import Contrast
from processors.volume import Volume

KEPT = (
    "SpecificCharacterSet", "StudyDate", "SeriesDate", "ContentDate", "StudyTime", "SeriesTime",
    "ContentTime", "AccessionNumber", "Modality", "Manufacturer", "InstitutionName",
    "ReferringPhysicianName", "StationName",
    "StudyDescription", "SeriesDescription", "ManufacturerModelName", "PatientName", "PatientID",
    "PatientBirthDate", "PatientSex", "PatientAge", "PatientWeight", "ContrastBolusAgent", "BodyPartExamined",
    "MagneticFieldStrength", "DeviceSerialNumber", "SoftwareVersions", "ProtocolName", "PatientPosition",
    "StudyInstanceUID", "SeriesInstanceUID", "StudyID", "SeriesNumber", "AcquisitionNumber",
    "FrameOfReferenceUID", "PositionReferenceIndicator", "SamplesPerPixel", "PhotometricInterpretation",
    "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
)  # fmt: skip
"""Attributes of the classic header that an enhanced one has in the same place."""

ACQUISITION_CONTRAST: dict[Contrast, str] = {
    Contrast.T1: "T1",
    Contrast.T1_POST_CONTRAST: "T1",
    Contrast.T1_MTC: "T1",
    Contrast.T2: "T2",
    Contrast.FLAIR: "FLUID_ATTENUATED",
    Contrast.SWI: "T2_STAR",
    Contrast.T2_STAR: "T2_STAR",
    Contrast.DWI: "DIFFUSION",
    Contrast.ADC: "DIFFUSION",
}


def enhanced_instance(patient: PhantomPatient, plan: SeriesPlan, number: int) -> FileDataset:
    """One series as one multi-frame object, a frame for each slice.

    It has the pixels, places and parameters of :func:`phantoms.study.instances`, under a SOP Instance UID of
    its own.
    """
    return enhanced_of(patient, plan, number, series_volume(patient, plan))


def enhanced_of(patient: PhantomPatient, plan: SeriesPlan, number: int, volume: Volume) -> FileDataset:
    """The same of a volume that was made before."""
    classic = series_header(patient, plan, volume, number)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    meta.MediaStorageSOPInstanceUID = UID(uid(patient, volume.series_instance_uid, "enhanced"))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    for keyword in KEPT:
        if keyword in classic:
            setattr(ds, keyword, getattr(classic, keyword))
    ds.SOPClassUID, ds.SOPInstanceUID = EnhancedMRImageStorage, meta.MediaStorageSOPInstanceUID
    ds.InstanceNumber = 1
    ds.NumberOfFrames = len(volume.array)
    if plan.contrast is not Contrast.ADC:
        _describe_pulses(ds, plan)
    _describe_image(ds, plan, classic)
    _describe_agent(ds)
    organization = uid(patient, volume.series_instance_uid, "dimensions")
    ds.DimensionOrganizationSequence = [_item(DimensionOrganizationUID=organization)]
    ds.DimensionIndexSequence = [
        _item(
            DimensionOrganizationUID=organization,
            DimensionIndexPointer=Tag("InStackPositionNumber"),
            FunctionalGroupPointer=Tag("FrameContentSequence"),
        )
    ]
    ds.SharedFunctionalGroupsSequence = [_shared(plan, classic)]
    positions = volume.affine[:3, 3] + np.arange(len(volume.array))[:, None] * volume.affine[:3, 0]
    ds.PerFrameFunctionalGroupsSequence = [
        _frame(index, position.tolist(), classic) for index, position in enumerate(positions)
    ]
    ds.PixelData = stored_values(STYLES[patient.vendor], plan.contrast, volume.array).tobytes()
    return ds


def _item(**attributes: object) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _frame_type(plan: SeriesPlan) -> list[str]:
    if plan.contrast is Contrast.ADC:
        return ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]
    return ["ORIGINAL", "PRIMARY", "M", "NONE"]


def _describe_image(ds: Dataset, plan: SeriesPlan, classic: Dataset) -> None:
    ds.ImageType = _frame_type(plan)
    ds.AcquisitionDateTime = f"{classic.AcquisitionDate}{classic.AcquisitionTime}"
    ds.AcquisitionDuration = 240.0
    ds.PixelPresentation = "MONOCHROME"
    ds.VolumetricProperties = "VOLUME"
    ds.VolumeBasedCalculationTechnique = "NONE"
    ds.ComplexImageComponent = "MAGNITUDE"
    ds.AcquisitionContrast = ACQUISITION_CONTRAST[plan.contrast]
    ds.ContentQualification = "RESEARCH"
    ds.ResonantNucleus = "1H"
    ds.ApplicableSafetyStandardAgency = "IEC"
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.PresentationLUTShape = "IDENTITY"
    ds.AcquisitionContextSequence = []


def _describe_pulses(ds: Dataset, plan: SeriesPlan) -> None:
    sequence = plan.timing.scanning_sequence
    ds.PulseSequenceName = plan.key.upper()[:16]
    ds.MRAcquisitionType = "3D" if plan.timing.three_d else "2D"
    ds.EchoPulseSequence = "GRADIENT" if "GR" in sequence else "SPIN"
    if ds.EchoPulseSequence == "SPIN":
        ds.MultipleSpinEcho = "YES" if plan.timing.echo_train_length > 1 else "NO"
    ds.MultiPlanarExcitation = "NO"
    ds.PhaseContrast = "NO"
    ds.TimeOfFlightContrast = "NO"
    ds.SteadyStatePulseSequence = "NONE"
    ds.EchoPlanarPulseSequence = "YES" if "EP" in sequence else "NO"
    ds.SaturationRecovery = "NO"
    ds.SpectrallySelectedSuppression = "NONE"
    ds.OversamplingPhase = "NONE"
    ds.GeometryOfKSpaceTraversal = "RECTILINEAR"
    ds.SegmentedKSpaceTraversal = "SINGLE"
    ds.RectilinearPhaseEncodeReordering = "LINEAR"
    ds.KSpaceFiltering = "NONE"
    ds.NumberOfKSpaceTrajectories = 1
    if plan.timing.three_d:
        ds.CoverageOfKSpace = "FULL"


def _describe_agent(ds: Dataset) -> None:
    if "ContrastBolusAgent" not in ds:
        return
    agent = _item(
        CodeValue="C-17800", CodingSchemeDesignator="SRT", CodeMeaning="Gadolinium",
        ContrastBolusAgentNumber=1,
        ContrastBolusAdministrationRouteSequence=[
            _item(CodeValue="G-D101", CodingSchemeDesignator="SRT", CodeMeaning="Intravenous route")
        ],
        ContrastBolusIngredientCodeSequence=[
            _item(CodeValue="C-17800", CodingSchemeDesignator="SRT", CodeMeaning="Gadolinium")
        ],
        ContrastBolusVolume=None,
        ContrastBolusIngredientConcentration=None,
    )  # fmt: skip
    ds.ContrastBolusAgentSequence = [agent]
    del ds.ContrastBolusAgent


def _shared(plan: SeriesPlan, classic: Dataset) -> Dataset:
    timing = plan.timing
    inverted = timing.inversion_time is not None
    shared = Dataset()
    shared.PixelMeasuresSequence = [
        _item(
            PixelSpacing=classic.PixelSpacing,
            SliceThickness=classic.SliceThickness,
            SpacingBetweenSlices=classic.SpacingBetweenSlices,
        )
    ]
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=classic.ImageOrientationPatient)]
    shared.FrameAnatomySequence = [_anatomy(classic.BodyPartExamined)]
    shared.MRImageFrameTypeSequence = [
        _item(
            FrameType=_frame_type(plan),
            PixelPresentation="MONOCHROME",
            VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="NONE",
            ComplexImageComponent="MAGNITUDE",
            AcquisitionContrast=ACQUISITION_CONTRAST[plan.contrast],
        )
    ]
    shared.MRTimingAndRelatedParametersSequence = [
        _item(
            RepetitionTime=timing.repetition_time,
            FlipAngle=timing.flip_angle,
            EchoTrainLength=timing.echo_train_length,
            RFEchoTrainLength=timing.echo_train_length,
            GradientEchoTrainLength=0,
            SpecificAbsorptionRateSequence=[
                _item(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.5)
            ],
            GradientOutputType="DB_DT",
            GradientOutput=0.0,
            OperatingModeSequence=[
                _item(OperatingModeType="STATIC FIELD", OperatingMode="IEC_NORMAL"),
                _item(OperatingModeType="RF", OperatingMode="IEC_NORMAL"),
                _item(OperatingModeType="GRADIENT", OperatingMode="IEC_NORMAL"),
            ],
        )
    ]
    shared.MREchoSequence = [_item(EffectiveEchoTime=timing.echo_time)]
    modifier = _item(
        InversionRecovery="YES" if inverted else "NO",
        FlowCompensation="NONE",
        Spoiling="RF",
        T2Preparation="NO",
        SpectrallySelectedExcitation="NONE",
        SpatialPresaturation="NONE",
        PartialFourier="NO",
        ParallelAcquisition="NO",
    )
    if inverted:
        modifier.InversionTimes = [timing.inversion_time]
    shared.MRModifierSequence = [modifier]
    shared.MRImagingModifierSequence = [
        _item(
            MagnetizationTransfer="ON_RESONANCE" if "MTC" in timing.sequence_variant else "NONE",
            BloodSignalNulling="NO",
            Tagging="NONE",
            TransmitterFrequency=float(classic.ImagingFrequency),
            PixelBandwidth=200.0,
        )
    ]
    shared.MRFOVGeometrySequence = [
        _item(
            InPlanePhaseEncodingDirection="COLUMN",
            MRAcquisitionFrequencyEncodingSteps=int(classic.Columns),
            MRAcquisitionPhaseEncodingStepsInPlane=int(classic.Rows),
            MRAcquisitionPhaseEncodingStepsOutOfPlane=1,
            PercentSampling=100.0,
            PercentPhaseFieldOfView=100.0,
        )
    ]
    shared.MRReceiveCoilSequence = [
        _item(
            ReceiveCoilName="HEAD",
            ReceiveCoilManufacturerName="",
            ReceiveCoilType="BODY",
            QuadratureReceiveCoil="YES",
        )
    ]
    shared.MRTransmitCoilSequence = [
        _item(TransmitCoilName="BODY", TransmitCoilManufacturerName="", TransmitCoilType="BODY")
    ]
    if "ContrastBolusAgent" in classic:
        shared.ContrastBolusUsageSequence = [
            _item(
                ContrastBolusAgentNumber=1,
                ContrastBolusAgentAdministered="YES",
                ContrastBolusAgentDetected="YES",
                ContrastBolusAgentPhase="",
            )
        ]
    shared.MRAveragesSequence = [_item(NumberOfAverages=1.0)]
    if timing.b_value is not None:
        shared.MRDiffusionSequence = [
            _item(DiffusionBValue=timing.b_value, DiffusionDirectionality="ISOTROPIC")
        ]
    shared.FrameVOILUTSequence = [_item(WindowCenter=classic.WindowCenter, WindowWidth=classic.WindowWidth)]
    shared.PixelValueTransformationSequence = [
        _item(
            RescaleIntercept=classic.get("RescaleIntercept", "0"),
            RescaleSlope=classic.get("RescaleSlope", "1"),
            RescaleType="US",
        )
    ]
    return shared


def _anatomy(body_part: str) -> Dataset:
    code = {"BRAIN": ("12738006", "Brain"), "CSPINE": ("122494005", "Cervical spine")}[body_part]
    region = _item(CodeValue=code[0], CodingSchemeDesignator="SCT", CodeMeaning=code[1])
    return _item(FrameLaterality="U", AnatomicRegionSequence=[region])


def _frame(index: int, position: list[float], classic: Dataset) -> Dataset:
    moment = f"{classic.AcquisitionDate}{classic.AcquisitionTime}"
    frame = Dataset()
    frame.FrameContentSequence = [
        _item(
            FrameAcquisitionNumber=1,
            FrameReferenceDateTime=moment,
            FrameAcquisitionDateTime=moment,
            FrameAcquisitionDuration=240000.0,
            StackID="1",
            InStackPositionNumber=index + 1,
            DimensionIndexValues=[index + 1],
        )
    ]
    frame.PlanePositionSequence = [_item(ImagePositionPatient=[f"{value:.6f}" for value in position])]
    return frame
