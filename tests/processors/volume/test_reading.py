import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from scipy.spatial.transform import Rotation

from processors.acquisition import Contrast, Plane
from processors.reading import read_volume
from processors.volume import Volume

Make = Callable[..., list[Dataset]]


def place(volume: Volume, index: tuple[float, float, float]) -> np.ndarray:
    return (volume.affine @ [*index, 1])[:3]


def test_the_affine_is_the_equation_of_the_standard(classic, every_voxel):
    """PS3.3 C.7.6.2.1.1: position + cosines × spacing × index."""
    cosines = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    volume = read_volume(classic(every_voxel(), cosines=cosines), contrast=Contrast.T1, plane=Plane.SAGITTAL)
    assert volume.spacing == pytest.approx((3.0, 0.5, 0.7))
    np.testing.assert_allclose(place(volume, (0, 0, 0)), (-10, 20, 30))
    np.testing.assert_allclose(place(volume, (0, 2, 0)), (-10, 20, 30 - 2 * 0.5))
    np.testing.assert_allclose(place(volume, (0, 0, 2)), (-10, 20 + 2 * 0.7, 30))
    np.testing.assert_allclose(place(volume, (2, 0, 0)), (-10 - 2 * 3, 20, 30))
    assert (volume.contrast, volume.plane) == (Contrast.T1, Plane.SAGITTAL)


@given(
    order=st.permutations(range(5)),
    turns=st.tuples(*[st.floats(-180, 180)] * 3),
    multi_frame=st.booleans(),
)
def test_any_order_and_any_orientation_put_every_voxel_in_its_place(
    classic, enhanced, every_voxel, order, turns, multi_frame
):
    rotation = Rotation.from_euler("xyz", turns, degrees=True).as_matrix()
    cosines = [*rotation[:, 0], *rotation[:, 1]]
    array = every_voxel()
    if multi_frame:
        ds = enhanced(array, cosines)
        volume = read_volume([ds], {"1.2.3.99": [number + 1 for number in order]})
        array = array * 2 + np.arange(1, 6)[:, None, None]
    else:
        instances = classic(array, cosines)
        volume = read_volume([instances[number] for number in order])
    np.testing.assert_array_equal(volume.array, array)
    for k, i, j in np.ndindex(2, 2, 2):
        expected = (-10, 20, 30) + rotation @ (0.7 * j, 0.5 * i, 3.0 * k)
        np.testing.assert_allclose(place(volume, (k, i, j)), expected, atol=1e-5)


def test_real_images_lie_where_an_independent_reader_puts_them(real_folder: Path):
    files = sorted(str(path) for path in real_folder.iterdir())
    random.Random(0).shuffle(files)
    volume = read_volume([pydicom.dcmread(path) for path in files])
    if len(files) == 1:
        image = SimpleITK.ReadImage(files[0])
    else:
        names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(real_folder))
        image = SimpleITK.ReadImage(names)
    rng = np.random.default_rng(0)
    for index in rng.integers(0, volume.array.shape, (200, 3)):
        at = image.TransformPhysicalPointToContinuousIndex(place(volume, tuple(index)).tolist())
        assert np.abs(np.array(at) - np.round(at)).max() < 0.02
        assert image[tuple(round(x) for x in at)] == volume.array[tuple(index)]


def test_the_nose_is_in_front_and_the_neck_below(real_folder: Path):
    volume = read_volume([pydicom.dcmread(path) for path in real_folder.iterdir()])
    tissue = np.argwhere(volume.array > 0.1 * volume.array.max())
    points = (volume.affine @ np.c_[tissue, np.ones(len(tissue))].T).T[:, :3]
    low, high = np.percentile(points[:, 2], [0, 100])
    near_bottom = points[points[:, 2] < low + 10]
    near_top = points[points[:, 2] > high - 10]
    assert len(near_bottom) > 2 * len(near_top), "the images end in the neck, below"
    middle = points[np.abs(points[:, 0] - np.median(points[:, 0])) < 15]
    head = middle[middle[:, 2] > low + 40]
    front, back = head[head[:, 1].argmin()], head[head[:, 1].argmax()]
    assert front[1] < back[1]
    assert front[2] < back[2] + 40, "the nose is not above the occiput"
    sources = {source.sop_instance_uid for source in volume.sources}
    assert len(volume.sources) == len(volume.array)
    assert len(sources) in (1, len(volume.array))


def test_the_real_headers_say_how_they_were_acquired(real_folder: Path):
    acquisition = read_volume([pydicom.dcmread(path) for path in real_folder.iterdir()]).acquisition
    assert acquisition.field_strength == 3.0
    assert acquisition.patient_age in (51.0, 31.0)
    assert (acquisition.echo_time, acquisition.repetition_time, acquisition.inversion_time) in (
        (2.46, 300.0, None),
        (2.41, 1800.0, 900.0),
    )
    assert not acquisition.contrast_agent


def test_frames_are_rescaled_each_with_its_own(enhanced, every_voxel):
    volume = read_volume([enhanced(every_voxel(), shared_plane=False)])
    expected = every_voxel() * 2.0 + np.arange(1, 6)[:, None, None]
    np.testing.assert_array_equal(volume.array, expected)
    assert [source.frame for source in volume.sources] == [1, 2, 3, 4, 5]
    assert volume.acquisition.repetition_time == 2000


def test_instances_are_rescaled_each_with_its_own(classic, every_voxel):
    instances = classic(every_voxel())
    for number, ds in enumerate(instances):
        ds.RescaleSlope, ds.RescaleIntercept = 0.5, -float(number)
    expected = every_voxel() * 0.5 - np.arange(5)[:, None, None]
    np.testing.assert_array_equal(read_volume(instances).array, expected)


def test_chosen_frames_are_read_with_their_own_echo(enhanced, every_voxel):
    volume = read_volume([enhanced(every_voxel())], {"1.2.3.99": [4, 3, 5]})
    assert [source.frame for source in volume.sources] == [3, 4, 5]
    assert volume.acquisition.echo_time == 3.0


def test_a_gap_is_named_and_no_voxel_is_misplaced(classic, every_voxel):
    instances = classic(every_voxel(slices=12))
    del instances[3:5]
    volume = read_volume(instances)
    assert [problem.key for problem in volume.problems] == ["missing-slices"]
    assert "2 slice(s)" in volume.problems[0].sentence
    np.testing.assert_array_equal(volume.array, every_voxel(slices=12)[5:])
    np.testing.assert_allclose(place(volume, (0, 0, 0)), (-10, 20, 30 + 5 * 3))


def test_a_changed_step_is_named(classic, every_voxel):
    instances = classic(every_voxel(slices=9))
    for ds in instances[6:]:
        ds.ImagePositionPatient[2] += 1.3
    volume = read_volume(instances)
    assert [problem.key for problem in volume.problems] == ["uneven-spacing"]
    assert len(volume.array) == 6


def test_a_slice_that_came_twice_counts_once(classic, every_voxel):
    instances = classic(every_voxel())
    again = classic(every_voxel() + 1000)[2]
    again.SOPInstanceUID, again.InstanceNumber = "1.2.3.77", 77
    volume = read_volume([again, *instances])
    assert [problem.key for problem in volume.problems] == ["duplicate-slices"]
    np.testing.assert_array_equal(volume.array, every_voxel())


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
def test_compressed_slices_are_what_they_were(classic, syntax, dtype):
    rng = np.random.default_rng(1)
    low, high = {"u1": (0, 256), "u2": (0, 4096), "i2": (-2048, 2048)}[dtype]
    array = rng.integers(low, high, (4, 40, 36)).astype(dtype)
    instances = classic(array, bits_stored=None if dtype == "u1" else 12)
    for ds in instances:
        ds.compress(syntax, generate_instance_uid=False)
    np.testing.assert_array_equal(read_volume(instances).array, array)


def test_compressed_frames_are_what_they_were(enhanced, every_voxel):
    ds = enhanced(every_voxel(rows=40, columns=36))
    plain = read_volume([ds]).array
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    np.testing.assert_array_equal(read_volume([ds]).array, plain)


def test_a_deflated_instance_is_read(classic, every_voxel):
    instances = []
    for ds in classic(every_voxel()):
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        file = io.BytesIO()
        ds.save_as(file, enforce_file_format=True)
        instances.append(pydicom.dcmread(io.BytesIO(file.getvalue())))
    np.testing.assert_array_equal(read_volume(instances).array, every_voxel())


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_bigendian",
        "MR_small_implicit",
        "MR_small_jp2klossless",
        "MR_small_jpeg_ls_lossless",
        "MR_small_RLE",
    ],
)
def test_the_same_picture_in_every_transfer_syntax(name):
    def stack(file: str) -> list[Dataset]:
        instances = [pydicom.dcmread(get_testdata_file(file)) for _ in range(3)]
        for number, ds in enumerate(instances):
            ds.ImagePositionPatient[2] = number * 5.0
        return instances

    plain = read_volume(stack("MR_small.dcm")).array
    assert plain.std() > 0
    np.testing.assert_array_equal(read_volume(stack(f"{name}.dcm")).array, plain)


@pytest.mark.parametrize(
    ("dtype", "bits_stored"), [("u1", 8), ("u2", 12), ("i2", 12), ("u4", 20), ("i4", 32)]
)
def test_every_depth_of_stored_values(classic, dtype, bits_stored):
    low = -(2 ** (bits_stored - 1)) if dtype[0] == "i" else 0
    array = np.linspace(low, low + 2**bits_stored - 1, 60).reshape(3, 5, 4).astype(dtype)
    volume = read_volume(classic(array, bits_stored=bits_stored))
    np.testing.assert_array_equal(volume.array, array.astype(np.float32))


def test_unused_bits_are_not_signal(classic):
    array = np.full((3, 4, 4), 100, "u2")
    np.testing.assert_array_equal(read_volume(classic(array | 0x8000, bits_stored=12)).array, array)


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_floating_point_pixels(classic, every_voxel, keyword, dtype):
    instances = classic(every_voxel())
    for ds, pixels in zip(instances, every_voxel() / 7, strict=True):
        del ds.PixelData, ds.PixelRepresentation, ds.BitsStored, ds.HighBit
        ds.BitsAllocated = 32 if dtype == "<f4" else 64
        setattr(ds, keyword, pixels.astype(dtype).tobytes())
    np.testing.assert_allclose(read_volume(instances).array, every_voxel() / 7, rtol=1e-6)
