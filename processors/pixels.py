"""Pixel data of frames as real-world values, read without trust in what the header promises.

Every transfer syntax that pydicom has a decoder for is read. Nothing is decoded before its promised size is
known to be sane, and to be the size that the compressed data itself declares.
"""

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, RLELossless

from processors.attributes import UNREADABLE, integer, is_stated, text, words
from processors.findings import Reason
from processors.frames import Frame
from processors.volume import VolumeError

MAX_VOXELS = 2**28
"""Voxels of the largest volume that is read (1 GiB of float32): 512 × 512 pixels in 1,024 slices."""

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")

END_OF_CODESTREAM = b"\xff\xd9"
"""EOI of JPEG and JPEG-LS, EOC of JPEG 2000; some codecs fill the rest of a cut codestream with nothing."""

SAFE_RLE_PLUGIN = "pydicom"
"""pylibjpeg-rle 2 is faster, and panics on malformed data with what is no ``Exception``."""


def read_pixels(frames: Sequence[Frame]) -> npt.NDArray[np.float32]:
    """The frames as one array, rescaled with each frame's own slope and intercept.

    Philips' private scale slope is not applied, and Real World Value Mapping is left alone: the values are
    those of the modality, whose unit MRI does not define.

    Returns
    -------
    ndarray
        Float32 of shape (frames, rows, columns), in the order given.

    Raises
    ------
    VolumeError
        ``no-pixel-data``, ``colour-images``, ``inverted-grey-scale``, ``too-large``, ``mixed-geometry`` or
        ``unreadable-pixels``.
    """
    shape = frames[0].shape
    if any(frame.shape != shape for frame in frames):
        raise VolumeError(Reason.of("mixed-geometry"))
    if len(frames) * shape[0] * shape[1] > MAX_VOXELS:
        raise VolumeError(Reason.of("too-large", voxels=len(frames) * shape[0] * shape[1]))
    wanted: dict[int, list[int]] = {}
    for place, frame in enumerate(frames):
        wanted.setdefault(id(frame.dataset), []).append(place)
    for places in wanted.values():
        _check(frames[places[0]].dataset)
    volume = np.empty((0, *shape), np.float32)
    for places in wanted.values():
        stored = _decode(frames[places[0]].dataset, [frames[place].index for place in places], shape)
        if not len(volume):
            volume = np.empty((len(frames), *shape), np.float32)
        for place, pixels in zip(places, stored, strict=True):
            volume[place] = _rescaled(pixels, frames[place])
    return volume


def _rescaled(stored: npt.NDArray[np.generic], frame: Frame) -> npt.NDArray[np.float32]:
    with np.errstate(all="ignore"):
        values = (stored.astype(np.float64) * frame.slope + frame.intercept).astype(np.float32)
    if not np.isfinite(values).all():
        raise VolumeError(Reason.of("unreadable-pixels"))
    return values


def _check(ds: Dataset) -> None:
    if not any(is_stated(ds, keyword) for keyword in PIXEL_KEYWORDS):
        raise VolumeError(Reason.of("no-pixel-data"))
    interpretation = words(ds, "PhotometricInterpretation")
    if integer(ds, "SamplesPerPixel") not in (1, None) or (
        interpretation and not interpretation <= {"MONOCHROME1", "MONOCHROME2"}
    ):
        raise VolumeError(Reason.of("colour-images"))
    if "MONOCHROME1" in interpretation:
        raise VolumeError(Reason.of("inverted-grey-scale"))
    stored, high = integer(ds, "BitsStored"), integer(ds, "HighBit")
    if "PixelData" in ds and None not in (stored, high) and high != (stored or 0) - 1:
        raise VolumeError(Reason.of("unreadable-pixels"))


def _decode(ds: Dataset, indices: list[int], shape: tuple[int, int]) -> list[npt.NDArray[np.generic]]:
    try:
        syntax = UID(text(getattr(ds, "file_meta", Dataset()), "TransferSyntaxUID") or "")
        if syntax.is_encapsulated:
            _check_codestreams(ds, indices, shape)
        plugin = SAFE_RLE_PLUGIN if syntax == RLELossless else ""
        decoded = get_decoder(syntax).iter_array(ds, indices=indices, raw=True, decoding_plugin=plugin)
        pixels = [array for array, _ in decoded]
    except UNREADABLE as error:
        raise VolumeError(Reason.of("unreadable-pixels")) from error
    if any(array.shape != shape for array in pixels):
        raise VolumeError(Reason.of("unreadable-pixels"))
    return pixels


def _check_codestreams(ds: Dataset, indices: list[int], shape: tuple[int, int]) -> None:
    offsets = None
    if "ExtendedOffsetTable" in ds:
        offsets = (ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths)
    count = integer(ds, "NumberOfFrames") or 1
    for index in indices:
        frame = get_frame(ds.PixelData, index, number_of_frames=count, extended_offsets=offsets)
        declared = codestream_shape(frame)
        ended = frame.rstrip(b"\0\xff").endswith(END_OF_CODESTREAM)
        if declared is not None and (declared != shape or not ended):
            raise VolumeError(Reason.of("unreadable-pixels"))


def codestream_shape(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns that a JPEG, JPEG-LS or JPEG 2000 codestream declares; ``None`` for another kind.

    Raises
    ------
    struct.error
        If the codestream ends inside its header.

    Notes
    -----
    Markers after ITU-T T.81 (JPEG, SOF0 to SOF15), T.87 (JPEG-LS, SOF55) and T.800 (JPEG 2000, SIZ).
    """
    size_marker = frame.find(b"\xff\x4f\xff\x51", 0, 1024)
    if size_marker >= 0:
        right, bottom, left, top = struct.unpack_from(">4I", frame, size_marker + 8)
        return bottom - top, right - left
    if not frame.startswith(b"\xff\xd8"):
        return None
    place = 2
    while True:
        prefix, marker, length = struct.unpack_from(">BBH", frame, place)
        if prefix != 0xFF:
            raise struct.error("not a JPEG marker")
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = struct.unpack_from(">HH", frame, place + 5)
            return rows, columns
        place += 1 if marker == 0xFF else 2 + length
