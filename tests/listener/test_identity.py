"""What a dataset says it is: any bytes at all give an answer or an UnidentifiedError."""

import warnings
import zlib

import pydicom.uid as uids
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.archive import is_uid
from listener.identity import UnidentifiedError, read_identity
from tests.images import STUDY_UID, dataset_bytes, mr_image

EXPLICIT, IMPLICIT, BIG, DEFLATED = (
    uids.ExplicitVRLittleEndian,
    uids.ImplicitVRLittleEndian,
    uids.ExplicitVRBigEndian,
    uids.DeflatedExplicitVRLittleEndian,
)
SYNTAXES = (EXPLICIT, IMPLICIT, BIG, DEFLATED)
DATASETS = {syntax: dataset_bytes(mr_image(syntax=syntax)) for syntax in SYNTAXES}


def check(data: bytes, syntax: str) -> bool:
    """Whether it was identified; nothing but the one error may leave."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            identity = read_identity(data, syntax)
        except UnidentifiedError:
            return False
    key = identity.key
    assert all(map(is_uid, (key.study_instance_uid, key.series_instance_uid, key.sop_instance_uid)))
    for texts in (identity.study_attributes, identity.series_attributes):
        assert all(t is None or (t.isprintable() and 0 < len(t) <= 256) for t in texts.values())
    return True


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda s: s.keyword)
def test_reads(syntax: uids.UID):
    identity = read_identity(DATASETS[syntax], syntax)
    assert identity.key.path == f"{STUDY_UID}/{STUDY_UID}.1/{STUDY_UID}.1.1.dcm"
    assert identity.sop_class_uid == uids.MRImageStorage
    assert dict(identity.study_attributes) == {
        "patient_id": "PID-77",
        "patient_name": "Planck^Max",
        "accession_number": "A-77",
        "study_date": "20260314",
        "study_description": None,
    }
    assert dict(identity.series_attributes) == {
        "modality": "MR",
        "series_number": "1",
        "series_description": "series 1",
    }


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda s: s.keyword)
def test_cut_anywhere_it_is_the_same_instance_or_none(syntax: uids.UID):
    whole = read_identity(DATASETS[syntax], syntax)
    outcomes = set()
    for length in range(0, len(DATASETS[syntax]), 3 if syntax == DEFLATED else 1):
        data = DATASETS[syntax][:length]
        identified = check(data, syntax)
        outcomes.add(identified)
        if identified:
            assert read_identity(data, syntax).key == whole.key
    assert outcomes == {True, False}


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), syntax=st.sampled_from(SYNTAXES))
def test_noise(data: bytes, syntax: uids.UID):
    check(data, syntax)


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 460), st.binary(min_size=1, max_size=6)), min_size=1, max_size=4
    ),
    syntax=st.sampled_from((EXPLICIT, IMPLICIT, BIG)),
)
def test_damaged(changes: list[tuple[int, bytes]], syntax: uids.UID):
    data = bytearray(DATASETS[syntax])
    for place, replacement in changes:
        data[place : place + len(replacement)] = replacement
    check(bytes(data), syntax)


@settings(max_examples=100, deadline=None)
@given(value=st.binary(max_size=70), vr=st.sampled_from([b"UI", b"US", b"SQ", b"OB", b"LO", b"AT", b"??"]))
def test_any_value_as_study_instance_uid(value: bytes, vr: bytes):
    padded = value + bytes(len(value) % 2)
    head = b"\x20\x00\x0d\x00" + vr
    length = (
        b"\0\0" + len(padded).to_bytes(4, "little")
        if vr in (b"SQ", b"OB")
        else len(padded).to_bytes(2, "little")
    )
    data = DATASETS[EXPLICIT]
    start = data.index(b"\x20\x00\x0d\x00UI")
    end = data.index(b"\x20\x00\x0e\x00UI")
    if check(data[:start] + head + length + padded + data[end:], EXPLICIT):
        assert vr in (b"UI", b"??")


def test_sequences_nested_without_end():
    nested = b"\x08\x00\x05\x00SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3000
    check(nested + DATASETS[EXPLICIT], EXPLICIT)
    check(b"\x08\x00\x05\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3000, IMPLICIT)


def test_deflated_data_that_grow_without_end():
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    assert not check(bomb, DEFLATED)


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]
)
def test_missing_uid_is_named(keyword: str):
    words = keyword.replace("Instance", " Instance").replace("Class", " Class").replace("UID", " UID")
    with pytest.raises(UnidentifiedError, match=f"^The dataset has no {words}.$"):
        read_identity(dataset_bytes(mr_image(**{keyword: None})), EXPLICIT)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_long_and_unprintable_texts_are_tamed():
    image = mr_image(SeriesDescription="x" * 1000 + "\x1b[2J\r\n", PatientName="a\0b")
    texts = read_identity(dataset_bytes(image), EXPLICIT)
    assert texts.series_attributes["series_description"] == "x" * 256
    assert texts.study_attributes["patient_name"] == "ab"
