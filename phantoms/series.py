"""One series of a synthetic patient: as a volume, and as single MR instances."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from phantoms.gradient_echo import GradientEcho
from phantoms.headers import series_header, stored_values
from phantoms.imaging import head_volume
from phantoms.neck_imaging import neck_volume
from phantoms.patient import PhantomPatient
from phantoms.protocol import SeriesPlan
from phantoms.vendors import STYLES
from processors.acquisition import BodyPart, Contrast
from processors.parameters import acquisition_of
from processors.volume import Volume


def series_volume(patient: PhantomPatient, plan: SeriesPlan) -> Volume:
    """The volume of one series of the protocol, as :func:`write_study` writes it."""
    contrast = plan.contrast
    if patient.post_contrast and contrast is Contrast.T1:
        contrast = Contrast.T1_POST_CONTRAST
    if plan.body_part is BodyPart.BRAIN:
        timing = plan.timing
        strength = patient.field_strength or STYLES[patient.vendor].field_strength
        sequence = GradientEcho(strength, timing.echo_time, timing.repetition_time, timing.flip_angle)
        volume = head_volume(patient, contrast, plan.geometry, plan.family, sequence)
    else:
        volume = neck_volume(patient, contrast, plan.geometry, plan.family)
    return replace(volume, acquisition=acquisition_of(series_header(patient, plan, volume, 1)))


def instances(patient: PhantomPatient, plan: SeriesPlan, number: int) -> Iterator[FileDataset]:
    """The classic MR instances of one series, in the order of its slices."""
    volume = series_volume(patient, plan)
    common = series_header(patient, plan, volume, number)
    pixels = stored_values(STYLES[patient.vendor], plan.contrast, volume.array)
    for index, source in enumerate(volume.sources):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = UID(source.sop_instance_uid)
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = FileDataset("", _copy(common), file_meta=meta, preamble=b"\0" * 128)
        ds.SOPInstanceUID = source.sop_instance_uid
        ds.InstanceNumber = index + 1
        position = volume.affine[:3, 3] + index * volume.affine[:3, 0]
        ds.ImagePositionPatient = [f"{v:.6f}" for v in position]
        ds.SliceLocation = f"{float(position @ volume.affine[:3, 0]) / volume.spacing[0]:.6f}"
        ds.PixelData = pixels[index].tobytes()
        yield ds


def _copy(common: Dataset) -> Dataset:
    fresh = Dataset()
    for element in common:
        fresh.add(deepcopy(element) if element.VR == "SQ" else element)
    return fresh
