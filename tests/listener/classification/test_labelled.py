"""Labelled headers, and that no header, whole or with an attribute removed, is sent where it must not go."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.classify import HERE, SETS, TRAIN, Labelled, is_harmful, read
from listener.classification import classify
from listener.routing import ClassifiedStack, route
from processors.acquisition import BodyPart, Contrast

CONFORMANCE = HERE / "conformance_headers.jsonl"
ROWS = [row for file in (*SETS, CONFORMANCE) for row in read(file)]
ATTRIBUTES = sorted({keyword for row in ROWS for keyword in row.header})
WITHOUT_THE_PATIENT = frozenset({BodyPart.OTHER.value})


def name(row: object) -> str:
    return (
        f"{row.source} {row.header.get('SeriesDescription', '-')}" if isinstance(row, Labelled) else str(row)
    )


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_no_labelled_series_reaches_an_analysis_that_must_not_see_it(row):
    found = classify(row.header)
    assert not is_harmful(row, found), found.evidence


@pytest.mark.parametrize("row", [row for row in ROWS if row.body not in WITHOUT_THE_PATIENT], ids=name)
def test_removing_any_one_attribute_makes_no_answer_harmful(row):
    """Phantoms and animals are left out of this: mostly one attribute alone names them."""
    for keyword in row.header:
        less = {key: value for key, value in row.header.items() if key != keyword}
        found = classify(less)
        assert not is_harmful(row, found), (keyword, found.contrast, found.body_part, found.evidence)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ROWS), st.sets(st.sampled_from(ATTRIBUTES), max_size=4))
def test_whatever_is_removed_there_is_an_answer_with_a_reason(row, removed):
    found = classify({key: value for key, value in row.header.items() if key not in removed})
    (decision,) = route([ClassifiedStack("1.2", 0, 30, found)])
    assert found.evidence
    assert decision.why


def test_the_contrast_of_labelled_series():
    right = sum(classify(row.header).contrast.value in row.contrasts for row in ROWS)
    assert right / len(ROWS) >= 0.96


def test_headers_as_the_vendors_conformance_statements_have_them():
    rows = read(CONFORMANCE)
    answers = [(row, classify(row.header)) for row in rows]
    assert not [name(row) for row, found in answers if is_harmful(row, found)]
    by_source = {
        source: [found.contrast.value in row.contrasts for row, found in answers if row.source == source]
        for source in {row.source for row in rows}
    }
    assert sum(sum(right) / len(right) for right in by_source.values()) / len(by_source) >= 0.97
    known = [found.body_part.value == row.body for row, found in answers if row.source != "no_geometry"]
    assert sum(known) / len(known) >= 0.95


def test_labelled_headers_of_real_studies():
    if not TRAIN.is_file():
        pytest.skip(f"no labelled headers at {TRAIN}")
    rows = read(TRAIN)
    answers = [classify(row.header) for row in rows]
    assert not [name(row) for row, found in zip(rows, answers, strict=True) if is_harmful(row, found)]
    for part, least in ((BodyPart.BRAIN, 0.65), (BodyPart.CERVICAL_SPINE, 0.4)):
        mine = [found for row, found in zip(rows, answers, strict=True) if row.body == part]
        assert sum(found.body_part is part for found in mine) / len(mine) >= least


@pytest.mark.parametrize(
    "told",
    [
        {"StudyDescription": "ACR QA phantom"},
        {"SeriesDescription": "t2_tse_tra phantom"},
        {"QualityControlSubject": "YES"},
        {"StudyDescription": "MRI brain canine"},
        {"PatientSpeciesDescription": "Felis catus"},
        {"PatientSpeciesCodeSequence": "Canis lupus familiaris"},
        {"MagneticFieldStrength": 9.4},
    ],
    ids=str,
)
def test_phantoms_and_animals_are_left_alone(told):
    brain = next(row for row in ROWS if row.contrast == Contrast.T2 and row.source == "blind").header
    assert classify(brain).body_part is BodyPart.BRAIN
    found = classify(brain | told)
    (decision,) = route([ClassifiedStack("1.2", 0, 30, found)])
    assert found.body_part is BodyPart.OTHER
    assert decision.analysis is None


@pytest.mark.parametrize(
    "told",
    [
        {"PatientSpeciesDescription": "Homo sapiens"},
        {"PatientName": "HUND^RABBIT"},
        {"SeriesDescription": "t2_tse_tra_vet_sat"},
        {"StudyDescription": "MRI brain, phantom limb pain"},
        {"MagneticFieldStrength": 15000},
    ],
    ids=str,
)
def test_people_are_people(told):
    brain = next(row for row in ROWS if row.contrast == Contrast.T2 and row.source == "blind").header
    assert classify(brain | told).body_part is BodyPart.BRAIN
