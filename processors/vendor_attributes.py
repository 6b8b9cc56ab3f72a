"""What scanners say in a unit or an attribute of their own, in DICOM's terms."""

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from processors.attributes import UNREADABLE, as_number

STRONGEST_TESLA = 1000.0
"""A field strength above is one in gauss, as older headers have it."""
_GAUSS_A_TESLA = 10_000

_B_VALUES = (
    ("SIEMENS MR HEADER", 0x0019, 0x0C),
    ("GEMS_PARM_01", 0x0043, 0x39),
    ("Philips Imaging DD 001", 0x2001, 0x03),
    ("Image Private Header", 0x0065, 0x09),
)
"""Private creator, group and element of the b-value: Siemens, GE, Philips, United Imaging, from their
conformance statements."""
_GE_OFFSET = 100_000
"""GE adds a multiple of it to tell its sequences apart: 1000001000 is 1000 s/mm²."""


def tesla(field_strength: float | None) -> float | None:
    """A stated Magnetic Field Strength in tesla; ``None`` for what is none."""
    if field_strength is None or not field_strength > 0:
        return None
    return field_strength / _GAUSS_A_TESLA if field_strength > STRONGEST_TESLA else field_strength


def private_b_value(ds: Dataset) -> float | None:
    """The b-value (s/mm²) of a single-frame image whose header has it in the vendor's own attribute alone."""
    for creator, group, element in _B_VALUES:
        try:
            value = ds.private_block(group, creator)[element].value
            first = value[0] if isinstance(value, MultiValue) else value
        except UNREADABLE:
            continue
        if isinstance(first, bytes):
            first = first.decode("ascii", "ignore").strip("\0 ").split("\\")[0]
        b_value = as_number(first)
        if b_value is not None and b_value >= 0:
            return b_value % _GE_OFFSET
    return None
