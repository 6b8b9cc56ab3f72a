"""The head of a DICOM file (PS3.10, section 7.1): preamble, prefix and file meta information.

It is written for every image, so it is encoded here, in a hundredth of the time that a dataset takes.
"""

from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION

PREAMBLE_AND_PREFIX = bytes(128) + b"DICM"
_GROUP_LENGTH_BYTES = 12
_VERSION = b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01"


def file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """What stands before the dataset in a file of this instance."""
    elements = b"".join(
        (
            _VERSION,
            _text(0x02, b"UI", sop_class_uid, b"\0"),
            _text(0x03, b"UI", sop_instance_uid, b"\0"),
            _text(0x10, b"UI", transfer_syntax_uid, b"\0"),
            _text(0x12, b"UI", str(PYNETDICOM_IMPLEMENTATION_UID), b"\0"),
            _text(0x13, b"SH", PYNETDICOM_IMPLEMENTATION_VERSION, b" "),
        )
    )
    length = b"\x02\x00\x00\x00UL\x04\x00" + len(elements).to_bytes(4, "little")
    return PREAMBLE_AND_PREFIX + length + elements


def dataset_of(stored: bytes) -> bytes:
    """The dataset of a stored object, without its head."""
    start = len(PREAMBLE_AND_PREFIX) + _GROUP_LENGTH_BYTES
    length = int.from_bytes(stored[start - 4 : start], "little")
    return stored[start + length :]


def _text(element: int, vr: bytes, value: str, padding: bytes) -> bytes:
    encoded = value.encode("ascii", "replace")
    encoded += padding * (len(encoded) % 2)
    return b"\x02\x00" + element.to_bytes(2, "little") + vr + len(encoded).to_bytes(2, "little") + encoded
