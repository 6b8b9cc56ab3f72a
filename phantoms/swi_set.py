"""The whole of a SWI as DICOM: processed, magnitude, phase and minimum projection, as a vendor sends it."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import count

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from phantoms.enhanced import enhanced_of
from phantoms.headers import series_header, stored_values
from phantoms.identity import uid
from phantoms.imaging import PROJECTED_MM, SusceptibilityImages
from phantoms.patient import PhantomPatient
from phantoms.protocol import SeriesPlan
from phantoms.swi_export import Export, Part, Sent
from phantoms.vendors import STYLES
from processors.acquisition import Contrast
from processors.volume import Volume

Pixels = npt.NDArray[np.uint16] | npt.NDArray[np.int16]

PHASE_STEPS = 2047
"""Stored values from no phase to π."""


def swi_instances(
    patient: PhantomPatient,
    plan: SeriesPlan,
    export: Export,
    images: SusceptibilityImages,
    parts: Sequence[Part] = tuple(Part),
    *,
    first_number: int = 1,
) -> Iterator[FileDataset]:
    """The instances of a SWI as a vendor sends them, of those of its parts that are asked for.

    Parameters
    ----------
    images
        What :func:`phantoms.imaging.susceptibility_images` made of the plan's geometry.
    first_number
        Series Number of the first series.
    """
    patient = replace(patient, vendor=export.style)
    sent = [one for one in export.sent if one.part in parts]
    for number in dict.fromkeys(one.series for one in sent):
        together = [one for one in sent if one.series == number]
        series_number = first_number + number - 1
        if export.enhanced:
            yield _enhanced(patient, plan, export, images, together, series_number)
        else:
            yield from _classic(patient, plan, export, images, together, series_number)


def stored_part(export: Export, part: Part, images: SusceptibilityImages) -> Pixels:
    """The stored values of a part, of shape (slices, rows, columns)."""
    style = STYLES[export.style]
    image: npt.NDArray[np.float32] = getattr(images, part.value)
    if part is not Part.PHASE:
        return stored_values(style, Contrast.SWI, image)
    steps = np.rint(export.phase_sign * image / np.pi * PHASE_STEPS)
    if style.signed:
        return np.asarray(steps, dtype=np.int16)
    return np.asarray(steps + PHASE_STEPS + 1, dtype=np.uint16)


def _volume(patient: PhantomPatient, plan: SeriesPlan, images: SusceptibilityImages, name: str) -> Volume:
    """What the headers of a series are made from."""
    return Volume(
        images.processed,
        plan.geometry.affine,
        uid(patient, "SWI", name),
        (),
        uid(patient, "frame of reference", "head"),
        Contrast.SWI,
        plan.geometry.plane,
    )


def _classic(
    patient: PhantomPatient,
    plan: SeriesPlan,
    export: Export,
    images: SusceptibilityImages,
    together: Sequence[Sent],
    number: int,
) -> Iterator[FileDataset]:
    volume = _volume(patient, plan, images, f"{export} {number}")
    common = series_header(patient, plan, volume, number)
    pixels = [stored_part(export, one.part, images) for one in together]
    slices, parts = range(len(images.processed)), range(len(together))
    order = (
        [(k, p) for k in slices for p in parts]
        if export.by_slice
        else [(k, p) for p in parts for k in slices]
    )
    numbers = count(1)
    for k, p in order:
        one, instance = together[p], next(numbers)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = UID(uid(patient, volume.series_instance_uid, instance))
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = FileDataset("", deepcopy(common), file_meta=meta, preamble=b"\0" * 128)
        ds.SOPInstanceUID, ds.InstanceNumber = meta.MediaStorageSOPInstanceUID, instance
        position = volume.affine[:3, 3] + k * volume.affine[:3, 0]
        ds.ImagePositionPatient = [f"{value:.6f}" for value in position]
        ds.ImageType = list(one.image_type)
        _name(ds, export, one)
        if one.part is Part.MINIMUM:
            ds.SliceThickness = PROJECTED_MM
        if one.part is Part.PHASE and export.milliradians:
            ds.RescaleSlope, ds.RescaleIntercept = _to_milliradians()
        if one.raw_type is not None:
            block = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
            block.add_new(0x2F, "SS", one.raw_type)
        ds.PixelData = pixels[p][k].tobytes()
        yield ds


def _enhanced(
    patient: PhantomPatient,
    plan: SeriesPlan,
    export: Export,
    images: SusceptibilityImages,
    together: Sequence[Sent],
    number: int,
) -> FileDataset:
    """One series as one instance, its parts one after the other."""
    volume = _volume(patient, plan, images, f"{export} {number}")
    ds = enhanced_of(patient, plan, number, volume)
    _name(ds, export, together[0])
    shared = ds.SharedFunctionalGroupsSequence[0]
    kind, values = shared.MRImageFrameTypeSequence[0], shared.PixelValueTransformationSequence[0]
    del shared.MRImageFrameTypeSequence, shared.PixelValueTransformationSequence
    if len(together) == 1:
        ds.ImageType = list(together[0].image_type)
    else:
        ds.ImageType = ["ORIGINAL", "PRIMARY", "T2_STAR", "MIXED"]
        ds.ComplexImageComponent = "MIXED"
    index = deepcopy(ds.DimensionIndexSequence[0])
    index.DimensionIndexPointer, index.FunctionalGroupPointer = 0x00089208, 0x00189226
    ds.DimensionIndexSequence.insert(0, index)
    frames = []
    for place, one in enumerate(together, start=1):
        for each in ds.PerFrameFunctionalGroupsSequence:
            frame, named, meaning = deepcopy(each), deepcopy(kind), deepcopy(values)
            named.FrameType = list(one.image_type)
            for keyword, value in one.attributes.items():
                setattr(named, keyword, value)
            if one.part is Part.PHASE and export.milliradians:
                meaning.RescaleSlope, meaning.RescaleIntercept = _to_milliradians()
            frame.MRImageFrameTypeSequence, frame.PixelValueTransformationSequence = [named], [meaning]
            content = frame.FrameContentSequence[0]
            content.DimensionIndexValues = [place, content.InStackPositionNumber]
            frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence, ds.NumberOfFrames = frames, len(frames)
    ds.PixelData = b"".join(stored_part(export, one.part, images).tobytes() for one in together)
    return ds


def _name(ds: Dataset, export: Export, one: Sent) -> None:
    ds.SeriesDescription = one.description
    for keyword, value in {**export.attributes, **({} if export.enhanced else one.attributes)}.items():
        setattr(ds, keyword, value)


def _to_milliradians() -> tuple[str, str]:
    step = 1000 * np.pi / PHASE_STEPS
    return f"{step:.8f}", f"{-step * (PHASE_STEPS + 1):.6f}"
