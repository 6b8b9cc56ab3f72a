"""What scanners say in units and attributes of their own."""

from io import BytesIO

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from listener.classification.headers import headers_of
from processors.parameters import acquisition_of
from processors.vendor_attributes import tesla


@pytest.mark.parametrize(
    ("stated", "meant"),
    [(3.0, 3.0), (30000, 3.0), (5000, 0.5), (94000, 9.4), (0, None), (-1, None), (None, None)],
)
def test_a_field_strength_may_be_in_gauss(stated, meant):
    assert tesla(stated) == meant


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("creator", "group", "element", "vr", "stated"),
    [
        ("SIEMENS MR HEADER", 0x0019, 0x0C, "IS", "1000"),
        ("GEMS_PARM_01", 0x0043, 0x39, "IS", ["1000001000", "8", "0", "0"]),
        ("Philips Imaging DD 001", 0x2001, 0x03, "FL", 1000.0),
    ],
)
def test_the_vendors_own_b_value_is_read(creator, group, element, vr, stated, syntax):
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    image.private_block(group, creator, create=True).add_new(element, vr, stated)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = syntax
    sent = BytesIO()
    image.save_as(sent, enforce_file_format=True)
    sent.seek(0)
    received = dcmread(sent)
    assert acquisition_of(received).b_value == 1000
    assert headers_of(received)[0]["DiffusionBValue"] == 1000
    received.DiffusionBValue = 800.0
    assert acquisition_of(received).b_value == 800


@pytest.mark.parametrize("stated", [b"", b"b\\1000", b"-5", b"\xff\xfe"])
def test_a_private_attribute_that_is_no_b_value_is_none(stated):
    image = Dataset()
    image.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "UN", stated)
    assert acquisition_of(image).b_value is None
