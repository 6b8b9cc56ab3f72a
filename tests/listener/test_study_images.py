import zlib

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, MRImageStorage

from listener import study_images
from listener.archive import FolderArchive, Key
from listener.file_meta import file_meta
from listener.study_images import classified_stacks, read_instance
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
    (stack,) = classified_stacks(
        archive, KEY.study_instance_uid, KEY.series_instance_uid, [(MRImageStorage, KEY.sop_instance_uid)]
    )
    assert stack.classified.fault


def test_what_inflates_beyond_the_limit_is_not_read(archive, plain, monkeypatch):
    put(archive, deflated(plain))
    monkeypatch.setattr(study_images, "LARGEST_INFLATED", len(plain) - 1)
    assert read_instance(archive, KEY) is None
    monkeypatch.setattr(study_images, "LARGEST_INFLATED", len(plain) + 1)
    assert read_instance(archive, KEY) is not None
