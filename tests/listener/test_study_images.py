import zlib

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    MRImageStorage,
)

from listener import stored_images, study_images
from listener.archive import FolderArchive, Key
from listener.classification.overrides import Override
from listener.file_meta import file_meta
from listener.stored_images import read_instance
from listener.study_images import study_stacks
from processors.acquisition import BodyPart, Contrast
from tests.images import dataset_bytes, mr_image

KEY = Key("1.2.3", "1.2.3.4", "1.2.3.4.5")


def deflated(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


@pytest.fixture
def archive(tmp_path):
    return FolderArchive(tmp_path)


@pytest.fixture
def plain() -> bytes:
    return dataset_bytes(mr_image())


def put(archive: FolderArchive, dataset: bytes) -> None:
    archive.put(
        KEY, (file_meta(MRImageStorage, KEY.sop_instance_uid, DeflatedExplicitVRLittleEndian), dataset)
    )


def test_a_deflated_image_is_read_with_its_pixels(archive, plain):
    put(archive, deflated(plain))
    ds = read_instance(archive, KEY)
    assert ds is not None
    assert ds.pixel_array.shape == (ds.Rows, ds.Columns)


def test_a_cut_deflated_image_is_a_stack_with_a_fault_and_no_error(archive, plain):
    put(archive, deflated(plain)[:-20])
    assert read_instance(archive, KEY) is None
    images = {KEY.series_instance_uid: [(MRImageStorage, KEY.sop_instance_uid)]}
    (stack,) = study_stacks(archive, KEY.study_instance_uid, images)
    assert stack.classified.fault


def test_what_inflates_beyond_the_limit_is_not_read(archive, plain, monkeypatch):
    put(archive, deflated(plain))
    monkeypatch.setattr(stored_images, "LARGEST_INFLATED", len(plain) - 1)
    assert read_instance(archive, KEY) is None
    monkeypatch.setattr(stored_images, "LARGEST_INFLATED", len(plain) + 1)
    assert read_instance(archive, KEY) is not None


def series_of(
    outline: tuple[int, int], study: str, archive: FolderArchive, syntax=ExplicitVRLittleEndian, **attributes
) -> dict:
    """Twelve axial T2 slices of an ellipse, 1 mm, in the archive."""
    y, x = np.indices((240, 240)) - 120
    body = ((x / (outline[0] / 2)) ** 2 + (y / (outline[1] / 2)) ** 2 < 1) * 800
    images = []
    for number in range(1, 13):
        ds = mr_image(number, study=study, size=240)
        ds.ScanningSequence, ds.SequenceVariant, ds.SeriesDescription = "SE", "SK", "t2_tse_tra"
        ds.EchoTime, ds.RepetitionTime, ds.FlipAngle, ds.BodyPartExamined = 100, 5000, 150, "HEAD"
        ds.PixelSpacing, ds.SliceThickness, ds.SpacingBetweenSlices = [1, 1], 6, 6
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [-120, -120, 6 * number]
        ds.PixelData = (
            (body + np.random.default_rng(number).normal(40, 8, body.shape)).astype("<u2").tobytes()
        )
        for keyword, value in attributes.items():
            setattr(ds, keyword, value)
        key = Key(study, str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID))
        meta = file_meta(MRImageStorage, key.sop_instance_uid, syntax)
        archive.put(key, (meta, dataset_bytes(ds)))
        images.append((MRImageStorage, key.sop_instance_uid))
    return {str(ds.SeriesInstanceUID): images}


@pytest.mark.parametrize(
    ("outline", "part", "reason"),
    [
        ((150, 190), BodyPart.BRAIN, "outline of a head"),
        ((120, 115), BodyPart.UNKNOWN, "outline of a neck"),
        ((60, 60), BodyPart.UNKNOWN, "not clear"),
    ],
)
def test_pixels_settle_what_a_tag_alone_does_not(archive, outline, part, reason):
    images = series_of(outline, "1.2.9", archive)
    (stack,) = study_stacks(archive, "1.2.9", images)
    found = stack.classified.classification
    assert (found.contrast, found.body_part) == (Contrast.T2, part)
    assert any(reason in sentence for sentence in found.evidence)


def test_pixels_that_cannot_be_read_leave_the_doubt(archive):
    images = series_of((150, 190), "1.2.9", archive, PixelData=b"\0\0")
    (stack,) = study_stacks(archive, "1.2.9", images)
    found = stack.classified.classification
    assert found.body_part is BodyPart.UNKNOWN
    assert any("no look at the pixels" in sentence for sentence in found.evidence)


def test_no_codec_runs_in_the_process_that_classifies(archive, monkeypatch):
    images = series_of((150, 190), "1.2.9", archive, JPEG2000Lossless)
    monkeypatch.setattr(study_images, "read_pixels", lambda _: pytest.fail("a codec was asked"))
    (stack,) = study_stacks(archive, "1.2.9", images)
    assert stack.classified.classification.body_part is BodyPart.UNKNOWN
    assert "no look at the pixels: they are compressed" in stack.classified.classification.evidence


def test_an_override_goes_before_all_and_is_shown(archive):
    images = series_of((120, 115), "1.2.9", archive)
    site = Override("the neck coil's T2", {"SeriesDescription": "T2_TSE*"}, body_part=BodyPart.CERVICAL_SPINE)
    (stack,) = study_stacks(archive, "1.2.9", images, (site,))
    assert stack.classified.classification.body_part is BodyPart.CERVICAL_SPINE
    assert "the neck coil's T2" in stack.classified.classification.evidence[0]


def test_a_stack_says_its_b_value(archive):
    """Of a diffusion series the stack with the usual weighting is analysed."""
    images = series_of((150, 190), "1.2.9", archive, DiffusionBValue=1000.0)
    (stack,) = study_stacks(archive, "1.2.9", images)
    assert stack.classified.b_value == 1000


@pytest.mark.parametrize("spacing", [1e-9, 5e-324])
def test_an_absurd_pixel_spacing_is_no_error(archive, spacing):
    images = series_of((150, 190), "1.2.9", archive, PixelSpacing=[spacing, spacing])
    (stack,) = study_stacks(archive, "1.2.9", images)
    assert stack.classified.classification.body_part is BodyPart.UNKNOWN
