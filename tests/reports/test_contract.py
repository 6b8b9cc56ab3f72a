"""The report contract, checked with pydicom alone on what a file holds."""

import pytest
from pydicom.uid import Comprehensive3DSRStorage, SecondaryCaptureImageStorage, SegmentationStorage

from processors.findings import (
    UNITS,
    Algorithm,
    Confidence,
    Finding,
    Quantity,
    Reason,
    Sign,
    State,
    not_evaluated,
)
from processors.reasons import SENTENCES
from reports.reading import read_findings, read_summary
from reports.references import Companions, ReportedKeyImage, ReportedSegmentation
from reports.text import UNEXPECTED_DIFFUSION, count_line

STATES = {
    State.PRESENT: ("52101004", "SCT", "Present"),
    State.ABSENT: ("272519000", "SCT", "Absent"),
    State.INDETERMINATE: ("373068000", "SCT", "Undetermined"),
    State.NOT_EVALUATED: ("373121007", "SCT", "Not evaluated"),
}


def code(item):
    value = item.get("CodeValue") or item.get("LongCodeValue")
    return value, item.CodingSchemeDesignator, item.CodeMeaning


def name(item):
    return code(item.ConceptNameCodeSequence[0])


def children(node, concept, scheme):
    return [i for i in node.get("ContentSequence", []) if name(i)[:2] == (concept, scheme)]


def groups(report):
    """Measurement groups by Tracking Identifier; a second one of the same name fails."""
    (container,) = children(report, "126010", "DCM")
    found = {}
    for group in children(container, "125007", "DCM"):
        (identifier,) = children(group, "112039", "DCM")
        assert identifier.TextValue not in found
        found[identifier.TextValue] = group
    return found


@pytest.fixture(scope="module")
def report(study, reread):
    return reread(study.report())


def test_the_document_is_an_imaging_measurement_report_in_its_study(report, study):
    assert report.SOPClassUID == Comprehensive3DSRStorage
    assert report.StudyInstanceUID == study.uid
    assert report.Modality == "SR"
    assert name(report) == ("126000", "DCM", "Imaging Measurement Report")
    template = report.ContentTemplateSequence[0]
    assert (template.MappingResource, template.TemplateIdentifier) == ("DCMR", "1500")
    assert report.SeriesDescription.startswith("Betz")
    assert "RESEARCH USE" in report.SeriesDescription
    assert report.ContentQualification == "RESEARCH"
    assert report.CompletionFlag == "COMPLETE"
    assert report.VerificationFlag == "UNVERIFIED"
    assert report.PreliminaryFlag == "PRELIMINARY"
    assert report.ReferencedPerformedProcedureStepSequence == []
    assert report.PerformedProcedureCodeSequence == []
    assert (report.ContentDate, report.ContentTime) == ("20260314", "150926")
    assert (report.InstanceCreationDate, report.InstanceCreationTime) == ("20260314", "150926")
    assert report.TimezoneOffsetFromUTC == "+0000"
    assert "PredecessorDocumentsSequence" not in report


def test_patient_and_study_are_copied(report, study):
    for element in study.source():
        if element.keyword not in (
            "SOPClassUID",
            "SOPInstanceUID",
            "SeriesInstanceUID",
            "Manufacturer",
            "Modality",
        ):
            assert report[element.tag].value == element.value, element.keyword


def test_language_procedure_and_observer_are_named(report):
    assert code(children(report, "121049", "DCM")[0].ConceptCodeSequence[0])[0] == "en-US"
    procedures = [code(i.ConceptCodeSequence[0])[:2] for i in children(report, "121058", "DCM")]
    assert procedures == [("24590-2", "LN"), ("24935-9", "LN")]
    assert children(report, "121005", "DCM")[0].ConceptCodeSequence[0].CodeValue == "121007"
    assert children(report, "121012", "DCM")[0].UID.startswith("2.25.")
    assert children(report, "121014", "DCM")[0].TextValue == report.Manufacturer == "Betz"
    assert children(report, "121015", "DCM")[0].TextValue == report.ManufacturerModelName == "Betz"
    assert children(report, "111003", "DCM")[0].TextValue == report.SoftwareVersions == "0.1.0"


def test_every_sign_has_one_summary_group(report, study):
    by_sign = {finding.sign: finding for finding in study.findings()}
    found = groups(report)
    for sign in Sign:
        group = found[sign.value]
        assert code(children(group, "121071", "DCM")[0].ConceptCodeSequence[0])[:2] == (sign.value, "99BETZ")
        (presence,) = children(group, "presence", "99BETZ")
        assert name(presence)[2] == "Presence of sign"
        state = by_sign[sign].state if sign in by_sign else State.NOT_EVALUATED
        assert code(presence.ConceptCodeSequence[0]) == STATES[state]
        confidence = children(group, "confidence", "99BETZ")
        assert len(confidence) == (state is State.PRESENT)
        if confidence:
            assert code(confidence[0].ConceptCodeSequence[0])[:2] == (
                by_sign[sign].confidence.value,
                "99BETZ",
            )
        if state in (State.INDETERMINATE, State.NOT_EVALUATED):
            assert children(group, "121106", "DCM")


def test_reasons_are_words_and_keys(report, study):
    group = groups(report)[Sign.MOTOR_BAND.value]
    (comment,) = children(group, "121106", "DCM")
    assert comment.TextValue == "The study has no suitable SWI series. [missing-series]"
    (comment,) = children(groups(report)[Sign.CORD_FLATTENING.value], "121106", "DCM")
    assert comment.TextValue == SENTENCES["not-analysed"] + " [not-analysed]"


def test_the_norm_behind_the_z_scores_is_named(report, study):
    norm = study.findings()[0].norm
    (described,) = children(groups(report)["cst_t1"], "121405", "DCM")
    assert (name(described)[2], described.TextValue) == ("Population description", norm)
    assert not children(groups(report)["cst_t2"], "121405", "DCM")


def test_every_measured_region_has_its_numbers_and_its_site(report, study):
    found = groups(report)
    keys = set()
    for finding in study.findings():
        for measured in finding.regions:
            key = f"{finding.sign.value}/{measured.region.key}"
            keys.add(key)
            (site,) = children(found[key], "363698007", "SCT")
            laterality = [code(i.ConceptCodeSequence[0])[0] for i in children(site, "272741003", "SCT")]
            sides = {None: [], "left": ["7771000"], "right": ["24028007"]}
            assert laterality == sides[measured.region.side]
            numbers = [i for i in found[key].ContentSequence if i.ValueType == "NUM"]
            assert len(numbers) == len(measured.measurements)
            for item, number in zip(numbers, measured.measurements, strict=True):
                value = item.MeasuredValueSequence[0]
                assert value.FloatingPointValue == number.value
                assert float(value.NumericValue) == pytest.approx(number.value, rel=1e-5)
    assert set(found) == keys | {sign.value for sign in Sign} | {"summary"}


def test_numbers_have_the_contract_s_names_and_units(report):
    group = groups(report)["cst_t1/subcortical/left"]
    (ratio,) = children(group, "ratio", "99BETZ")
    assert name(ratio)[2] == "Signal ratio to reference"
    assert (
        ratio.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue
        == UNITS[Quantity.RATIO]
        == "{ratio}"
    )
    (z_score,) = children(group, "121416", "DCM")
    assert z_score.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "{z-score}"
    group = groups(report)["cord_atrophy/C3"]
    for concept, scheme in (("42798000", "SCT"), ("373098007", "SCT"), ("121414", "DCM")):
        (item,) = children(group, concept, scheme)
        assert item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm2"


def test_the_summary_counts_and_says_what_the_groups_say(report, study):
    group = next(iter(groups(report).items()))
    assert group[0] == "summary"
    types = [item.ValueType for item in group[1].ContentSequence]
    assert types.index("TEXT", types.index("CODE")) < types.index("NUM")
    counts = [
        int(children(group[1], k, "99BETZ")[0].MeasuredValueSequence[0].NumericValue)
        for k in ("signs_present", "signs_evaluable")
    ]
    states = [finding.state for finding in study.findings()]
    present = states.count(State.PRESENT)
    assert counts == [present, present + states.count(State.ABSENT)] == [2, 4]
    text = [item.TextValue for item in children(group[1], "121106", "DCM")]
    assert text[0] == "2 of the 4 evaluable signs are present."
    assert text[2] == (
        "Present: T1 hyperintensity of the corticospinal tract (high confidence); "
        "Cervical cord atrophy (low confidence)."
    )
    assert any(line.startswith("Indeterminate: FLAIR") and "internal capsule" in line for line in text)
    motor_band = (
        "Not evaluated: Motor band sign of the precentral cortex. The study has no suitable SWI series."
    )
    assert motor_band in text
    assert "electromyography" in text[1]
    assert "RESEARCH USE" in text[-1]
    assert "not a medical device" in text[-1]


def test_no_text_names_a_disease_of_motor_neurons(report):
    def texts(node):
        for item in node.get("ContentSequence", []):
            yield name(item)[2]
            yield str(item.get("TextValue", ""))
            yield from (code(c)[2] for c in item.get("ConceptCodeSequence", []))
            yield from texts(item)

    everything = " ".join([*texts(report), report.SeriesDescription])
    for word in ("ALS", "amyotrophic", "sclerosis", "motor neuron"):
        assert word.lower() not in everything.lower().split()
        assert word not in everything


def test_the_evidence_lists_every_image_by_its_series(report, study):
    (evidence,) = report.CurrentRequestedProcedureEvidenceSequence
    assert evidence.StudyInstanceUID == study.uid
    listed = {
        series.SeriesInstanceUID: [i.ReferencedSOPInstanceUID for i in series.ReferencedSOPSequence]
        for series in evidence.ReferencedSeriesSequence
    }
    assert {uid: len(images) for uid, images in listed.items()} == {
        f"{study.uid}.1": 30,
        f"{study.uid}.2": 20,
        f"{study.uid}.10": 1,
    }
    series_of = {image: uid for uid, images in listed.items() for image in images}
    for finding in study.findings():
        items = children(groups(report)[finding.sign.value], "121112", "DCM")
        referred = tuple(series_of[i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID] for i in items)
        assert referred == finding.series_uids
        assert all(name(i)[2] == "Source of Measurement" and i.ValueType == "IMAGE" for i in items)


def test_each_algorithm_is_contributing_equipment_as_in_the_tree(report):
    equipment = {
        (i.Manufacturer, i.ManufacturerModelName, i.SoftwareVersions): i
        for i in report.ContributingEquipmentSequence
    }
    assert len(equipment) == len(report.ContributingEquipmentSequence)
    in_tree = set()
    for sign in Sign:
        group = groups(report)[sign.value]
        in_tree.add(tuple(children(group, c, "DCM")[0].TextValue for c in ("122405", "111001", "111003")))
    assert in_tree == set(equipment)
    for item in equipment.values():
        assert code(item.PurposeOfReferenceCodeSequence[0]) == ("109102", "DCM", "Processing Equipment")
    assert len({item.DeviceUID for item in equipment.values()}) == len(equipment)


def test_the_private_scheme_is_declared(report):
    assert [i.CodingSchemeDesignator for i in report.CodingSchemeIdentificationSequence] == ["99BETZ"]


@pytest.mark.parametrize(
    ("present", "evaluable", "line"),
    [
        (0, 0, "None of the signs could be evaluated."),
        (1, 1, "The one sign that could be evaluated is present."),
        (0, 1, "The one sign that could be evaluated is absent."),
        (0, 5, "None of the 5 evaluable signs are present."),
        (1, 5, "1 of the 5 evaluable signs is present."),
        (5, 5, "All of the 5 evaluable signs are present."),
    ],
)
def test_the_count_reads_as_a_sentence(present, evaluable, line):
    assert count_line(present, evaluable) == line


def test_signs_that_lack_their_series_share_a_line(study):
    lacking = [
        not_evaluated(sign, Algorithm("a", "1"), Reason.of("missing-series", needed=needed))
        for sign, needed in (
            (Sign.MOTOR_BAND, "SWI"), (Sign.CST_T2, "T2"), (Sign.CST_FLAIR, "FLAIR"), (Sign.CORD_T2, "T2")
        )
    ]  # fmt: skip
    [line] = [one for one in read_summary(study.report(lacking)) if "suitable" in one]
    assert line.startswith("Not evaluated: Motor band sign of the precentral cortex; T2 hyperintensity")
    assert line.endswith("of the lateral cervical cord. The study has no suitable SWI, T2 or FLAIR series.")


def test_restricted_diffusion_is_told_as_unexpected(study):
    present = Finding(Sign.CST_DIFFUSION, State.PRESENT, Algorithm("a", "1"), Confidence.HIGH)
    assert UNEXPECTED_DIFFUSION in read_summary(study.report([present]))
    assert UNEXPECTED_DIFFUSION not in read_summary(study.report())


@pytest.fixture(scope="module")
def illustrated(study, reread):
    """With a segmentation of two regions of the T1 series, a picture of its sign and an overview."""
    companions = Companions(
        (
            ReportedSegmentation(
                "2.25.1", "2.25.2", f"{study.uid}.1",
                {"cst_t1/subcortical/left": 1, "cst_t1/subcortical/right": 2, "cst_t1/reference": 3},
            ),
        ),
        (
            ReportedKeyImage("2.25.3", SecondaryCaptureImageStorage, "2.25.4"),
            ReportedKeyImage("2.25.3", SecondaryCaptureImageStorage, "2.25.5", "cst_t1"),
        ),
    )  # fmt: skip
    return reread(study.report(companions=companions))


def test_a_segmented_region_is_reported_with_its_segment_and_the_others_with_their_series(illustrated, study):
    found = groups(illustrated)
    for key, number in (("cst_t1/subcortical/left", 1), ("cst_t1/subcortical/right", 2)):
        group = found[key]
        assert group.ContentTemplateSequence[0].TemplateIdentifier == "1411"
        (segment,) = children(group, "121191", "DCM")
        (referenced,) = segment.ReferencedSOPSequence
        assert referenced.ReferencedSOPClassUID == SegmentationStorage
        assert (referenced.ReferencedSOPInstanceUID, referenced.ReferencedSegmentNumber) == ("2.25.2", number)
        (source,) = children(group, "121232", "DCM")
        assert source["UID"].value == f"{study.uid}.1"
    for key in ("cst_t1/corona_radiata/left", "cord_atrophy/C3"):
        assert found[key].ContentTemplateSequence[0].TemplateIdentifier == "1501"
        assert children(found[key], "121112", "DCM")
    for key, group in found.items():
        if key != "summary":
            assert {children(group, c, "DCM")[0].TextValue for c in ("111001", "111003", "122405")}


def test_pictures_are_named_where_they_belong(illustrated):
    found = groups(illustrated)
    named = {
        key: [i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for i in children(group, "121200", "DCM")]
        for key, group in found.items()
        if children(group, "121200", "DCM")
    }
    assert named == {"summary": ["2.25.4"], "cst_t1": ["2.25.5"]}


def test_what_goes_with_the_report_is_evidence_by_its_series(illustrated, report):
    def listed(one):
        (evidence,) = one.CurrentRequestedProcedureEvidenceSequence
        return {
            series.SeriesInstanceUID: {i.ReferencedSOPInstanceUID for i in series.ReferencedSOPSequence}
            for series in evidence.ReferencedSeriesSequence
        }

    assert listed(illustrated) == {
        **listed(report), "2.25.1": {"2.25.2"}, "2.25.3": {"2.25.4", "2.25.5"},
    }  # fmt: skip
    assert illustrated.SOPInstanceUID != report.SOPInstanceUID


def test_findings_read_the_same_with_and_without_segments(illustrated, report):
    assert read_findings(illustrated) == read_findings(report)
