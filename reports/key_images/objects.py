"""The pictures of an analysis as Secondary Capture objects.

Single-frame, 8-bit RGB and uncompressed: what every PACS takes and every viewer shows.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from catalogue.texts import FINGERPRINT
from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import Finding, Sign
from processors.volume import Volume
from reports.identity import derived_uid
from reports.key_images.pictures import KeyPicture, analysis_of, pictures
from reports.picture_text import KEY_IMAGES_DERIVATION, KEY_IMAGES_DESCRIPTION
from reports.provenance import contributing_equipment, date, equip
from reports.study_header import study_header
from reports.text import PRODUCT

SERIES_NUMBERS: Mapping[str, int] = {"brain": 9803, "spine": 9804}
BODY_PARTS: Mapping[str, str] = {"brain": "BRAIN", "spine": "CSPINE"}
SOURCE_OF_PICTURE = ("121322", "DCM", "Source image for image processing operation")


def key_image_objects(
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    region_maps: Sequence[RegionMap],
    strips: Sequence[CortexStrip] = (),
    cord_profiles: Sequence[CordProfile] = (),
    *,
    source: Dataset,
    created: datetime,
    software_version: str,
    version: int,
    manufacturer: str = PRODUCT,
    institution: str | None = None,
) -> list[tuple[Sign | None, Dataset]]:
    """The pictures of an analysis, each with its sign and as a Secondary Capture with file meta information.

    Parameters
    ----------
    findings
        Of one analysis, each sign at most once.
    volumes
        By Series Instance UID.
    source
        The header of any image of the study: its patient and study attributes are copied.
    created
        As for the structured report: it dates the objects and has no part in their identity.
    software_version
        Of the product; it is in the pixels, too.
    version
        Of the study, from 1. The pictures of each version are a series of their own.
    manufacturer
        Who answers for this installation of the product.
    institution
        Institution Name of the equipment.

    Returns
    -------
    list of (Sign or None, pydicom.Dataset)
        In the order of :func:`reports.key_images.pictures.pictures`, the overview first, which has no sign of
        its own; empty where no sign was evaluated. Image Comments holds the title. The SOP Instance UIDs
        follow from the study, the software version, the version, the texts and the pixels.

    Raises
    ------
    ValueError
        If the study has no legal UID, ``created`` has no time zone or ``version`` is less than 1.
    """
    if created.utcoffset() is None:
        raise ValueError("the time of creation has no time zone")
    if version < 1:
        raise ValueError("versions are counted from 1")
    header = study_header(source)
    drawn = pictures(findings, volumes, region_maps, strips, cord_profiles, software_version=software_version)
    study_uid = str(header.StudyInstanceUID)
    analysis = analysis_of(findings)
    series_uid = derived_uid(
        "key images series", study_uid, manufacturer, software_version, version, analysis
    )
    objects: list[tuple[Sign | None, Dataset]] = []
    for number, picture in enumerate(drawn, start=1):
        ds = Dataset()
        ds.update(header)
        ds.SOPClassUID = SecondaryCaptureImageStorage
        ds.SOPInstanceUID = derived_uid(
            "key image",
            series_uid,
            [institution, picture.title, number, FINGERPRINT],
            hashlib.sha256(picture.pixels.tobytes()).hexdigest(),
        )
        ds.SeriesInstanceUID = series_uid
        ds.SeriesNumber = SERIES_NUMBERS[analysis]
        ds.SeriesDescription = KEY_IMAGES_DESCRIPTION[analysis]
        ds.BodyPartExamined = BODY_PARTS[analysis]
        ds.InstanceNumber = number
        equip(ds, manufacturer, software_version, institution)
        date(ds, header, created)
        ds.SeriesDate, ds.SeriesTime = ds.ContentDate, ds.ContentTime
        _describe_capture(ds, manufacturer, software_version)
        algorithms = [f.algorithm for f in findings if picture.sign in (None, f.sign)]
        ds.ContributingEquipmentSequence = contributing_equipment(algorithms, manufacturer)
        ds.ImageComments = picture.title
        _refer(ds, picture)
        _add_pixels(ds, picture)
        _add_file_meta(ds)
        objects.append((picture.sign, ds))
    return objects


def _describe_capture(ds: Dataset, manufacturer: str, software_version: str) -> None:
    """The SC Equipment, General Image and SC Image Modules, PS3.3 C.8.6.1, C.7.6.1 and C.8.6.2."""
    ds.Modality = "OT"
    ds.ConversionType = "WSD"
    ds.SecondaryCaptureDeviceManufacturer = manufacturer
    ds.SecondaryCaptureDeviceManufacturerModelName = PRODUCT
    ds.SecondaryCaptureDeviceSoftwareVersions = software_version
    ds.DateOfSecondaryCapture, ds.TimeOfSecondaryCapture = ds.ContentDate, ds.ContentTime
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.PatientOrientation = None
    ds.DerivationDescription = KEY_IMAGES_DERIVATION
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"


def _refer(ds: Dataset, picture: KeyPicture) -> None:
    """Name the images that a picture shows, and their series."""
    if not picture.sources:
        return
    ds.SourceImageSequence = []
    ds.ReferencedSeriesSequence = []
    images: dict[str, dict[tuple[str, str], None]] = {}
    for series_uid, image in picture.sources:
        item = _reference(image.sop_class_uid, image.sop_instance_uid)
        if image.frame is not None:
            item.ReferencedFrameNumber = image.frame
        purpose = Dataset()
        purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning = SOURCE_OF_PICTURE
        item.PurposeOfReferenceCodeSequence = [purpose]
        item.SpatialLocationsPreserved = "NO"
        ds.SourceImageSequence.append(item)
        images.setdefault(series_uid, {})[image.sop_class_uid, image.sop_instance_uid] = None
    for series_uid, instances in images.items():
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedInstanceSequence = [_reference(*instance) for instance in instances]
        ds.ReferencedSeriesSequence.append(series)


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
    return item


def _add_pixels(ds: Dataset, picture: KeyPicture) -> None:
    ds.Rows, ds.Columns, ds.SamplesPerPixel = picture.pixels.shape
    ds.PhotometricInterpretation = "RGB"
    ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelRepresentation = 0
    ds.PixelData = picture.pixels.tobytes()
    ds["PixelData"].VR = "OB"


def _add_file_meta(ds: Dataset) -> None:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = UID(ds.SOPClassUID)
    ds.file_meta.MediaStorageSOPInstanceUID = UID(ds.SOPInstanceUID)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
