"""Reports on studies whose headers are incomplete, illegal or in other scripts: always made, always valid."""

import warnings
from io import BytesIO
from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import config, dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pydicom.valuerep import validate_value

from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    RegionMeasurements,
    Sign,
    State,
    not_evaluated,
    regions_of,
)
from reports.reading import read_findings
from reports.structured_report import PredecessorReport
from reports.study_attributes import (
    CLINICAL_TRIAL_STUDY,
    CLINICAL_TRIAL_SUBJECT,
    GENERAL_STUDY,
    PATIENT,
    PATIENT_STUDY,
    SOP_COMMON,
)
from reports.study_header import study_header
from reports.text import NOT_STATED


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def as_stored(source):
    """The source as it is read from a file, its values not yet decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer = BytesIO()
        source.save_as(buffer, little_endian=True, implicit_vr=False)
        buffer.seek(0)
        return dcmread(buffer, force=True)


def with_raw(source, keyword, raw):
    """The source with bytes in an attribute that pydicom would refuse to write."""
    stored = as_stored(source)
    element = stored.get_item(keyword)
    stored[keyword] = element._replace(value=raw, length=len(raw))
    return stored


def plain(source):
    return source


def bare(source):
    return item(StudyInstanceUID=source.StudyInstanceUID)


def empty_type_2(source):
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"):
        setattr(source, keyword, "")
    source.AccessionNumber = None
    return source


def sex_other(source):
    source.PatientSex = "O"
    return source


def sex_illegal(source):
    source.PatientSex = "female"
    return source


def dates_illegal(source):
    source.PatientAge = "38"
    source = with_raw(source, "StudyDate", b"14.03.26")
    source["PatientBirthDate"] = source.get_item("PatientBirthDate")._replace(value=b"1988", length=4)
    source["StudyTime"] = source.get_item("StudyTime")._replace(value=b"25:61", length=5)
    return source


def numbers_illegal(source):
    source.PatientWeight = "60"
    source.PatientSize = "1.7"
    source = with_raw(source, "PatientWeight", b"about 60")
    source["PatientSize"] = source.get_item("PatientSize")._replace(value=b"1,70", length=4)
    return source


def identifiers_too_long(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source.AccessionNumber = "A" * 40
        source.StudyID = "S" * 17
        source.StudyDescription = "MRI of " + "the head and the neck " * 10
        source.PatientComments = "line one\r\nline two"
    return source


def several_values(source):
    source.StudyDescription = ["MRI", "head\tand neck"]
    source.OtherPatientNames = ["Doe^J", "Roe^Jane"]
    return source


def deidentified_with_codes(source):
    source.PatientIdentityRemoved = "YES"
    source.DeidentificationMethodCodeSequence = [
        item(
            CodeValue="113100",
            CodingSchemeDesignator="DCM",
            CodeMeaning="Basic Application Confidentiality Profile",
        )
    ]
    source.LongitudinalTemporalInformationModified = "REMOVED"
    return source


def deidentified_with_method(source):
    source.PatientIdentityRemoved = "YES"
    source.DeidentificationMethod = "Site script"
    return source


def deidentified_without_method(source):
    source.PatientIdentityRemoved = "YES"
    source.DeidentificationMethodCodeSequence = []
    return source


def latin_1(source):
    source.SpecificCharacterSet = "ISO_IR 100"
    source.PatientName = "Müller^Jürgen"
    return as_stored(source)


def japanese(source):
    source.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    source.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    return as_stored(source)


def unicode(source):
    source.SpecificCharacterSet = "ISO_IR 192"
    source.PatientName = "Wang^XiaoDong=王^小东"
    source.InstitutionName = "Clínica"
    return as_stored(source)


def chinese(source):
    source.SpecificCharacterSet = "GB18030"
    source.PatientName = "Wang^XiaoDong=王^小东"
    source.StudyDescription = "头部磁共振"
    return as_stored(source)


def greek_and_korean(source):
    source.SpecificCharacterSet = ["ISO 2022 IR 126", "ISO 2022 IR 149"]
    source.PatientName = "Διονυσιος=김희중"
    return as_stored(source)


def character_set_unknown(source):
    source = as_stored(source)
    source.SpecificCharacterSet = "KLINGON"
    return source


def time_zone(source):
    source.TimezoneOffsetFromUTC = "-0330"
    return source


def time_zone_illegal(source):
    source.TimezoneOffsetFromUTC = "CET"
    return source


def clinical_trial(source):
    source.ClinicalTrialSponsorName = "Sponsor"
    source.ClinicalTrialProtocolID = "P-1"
    source.ClinicalTrialProtocolName = "Protocol"
    source.ClinicalTrialSiteID = "01"
    source.ClinicalTrialSiteName = "Site"
    source.ClinicalTrialSubjectID = "S-1"
    source.ClinicalTrialTimePointID = "T1"
    source.LongitudinalTemporalOffsetFromEvent = 14.0
    source.LongitudinalTemporalEventType = "ENROLLMENT"
    # dciodvfy takes the protocol of the subject for one of a consent that names none: hence one that names it
    source.ConsentForClinicalTrialUseSequence = [
        item(
            ConsentForDistributionFlag="YES", DistributionType="NAMED_PROTOCOL", ClinicalTrialProtocolID="P-1"
        )
    ]
    return source


def clinical_trial_half_told(source):
    source.ClinicalTrialSiteID = "01"
    source.ClinicalTrialTimePointDescription = "Baseline"
    source.LongitudinalTemporalOffsetFromEvent = 14.0
    source.ClinicalTrialProtocolEthicsCommitteeApprovalNumber = "E-1"
    return source


def sequences(source):
    source.ReferencedStudySequence = [
        item(
            ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=source.StudyInstanceUID
        )
    ]
    source.ProcedureCodeSequence = [
        item(CodeValue="MRHN", CodingSchemeDesignator="99HOSP", CodeMeaning="MRI head, neck")
    ]
    source.OtherPatientIDsSequence = [
        item(PatientID="0815", IssuerOfPatientID="Elsewhere", TypeOfPatientID="TEXT")
    ]
    source.IssuerOfAccessionNumberSequence = [item(LocalNamespaceEntityID="HOSP")]
    return source


def sequences_broken(source):
    source.ReferencedStudySequence = [item(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1")]
    source.ProcedureCodeSequence = [item(CodeMeaning="MRI"), item(CodeValue="X", CodeMeaning="no scheme")]
    source.ReferencedPatientSequence = []
    source.OtherPatientIDsSequence = [item(PatientID="0815")]
    source.ReferringPhysicianIdentificationSequence = [item(InstitutionName="Clinic")]
    source.IssuerOfAccessionNumberSequence = [item()]
    return source


def veterinary(source):
    source.PatientSpeciesDescription = "Canine"
    source.PatientBreedDescription = "Boxer"
    source.PatientBreedCodeSequence = []
    source.BreedRegistrationSequence = []
    source.ResponsiblePerson = "Doe^John"
    source.ResponsiblePersonRole = "OWNER"
    source.ResponsibleOrganization = "Kennel"
    source.PatientSexNeutered = "ALTERED"
    return source


def unknown_vr(source):
    source.add_new("PatientName", "UN", b"Doe^Jane")
    source.add_new(0x00091010, "LO", "private")
    source.add_new("EthnicGroup", "SH", "retired")
    return source


def pregnancy_and_smoking(source):
    source.PregnancyStatus = 4
    source.SmokingStatus = "SOMETIMES"
    source.AdditionalPatientHistory = "Weakness of the left hand"
    return source


VARIANTS = (
    plain, bare, empty_type_2, sex_other, sex_illegal, dates_illegal, numbers_illegal, identifiers_too_long,
    several_values, deidentified_with_codes, deidentified_with_method, deidentified_without_method, latin_1,
    japanese, unicode, chinese, greek_and_korean, character_set_unknown, time_zone, time_zone_illegal,
    clinical_trial, clinical_trial_half_told, sequences, sequences_broken, veterinary, unknown_vr,
    pregnancy_and_smoking,
)  # fmt: skip

CHARACTER_SET_FILES = sorted((Path(pydicom.data.__file__).parent / "charset_files").glob("*.dcm"))


@pytest.fixture
def valid(tmp_path, dciodvfy_errors, dicom_validator_errors):
    """Writes a report, has both validators look at it, and reads it back."""

    def check(report):
        path = tmp_path / "report.dcm"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            report.save_as(path, enforce_file_format=True)
        assert dciodvfy_errors(path) == []
        assert dicom_validator_errors(path) == {"status": "Passed", "errors": 0, "modules": {}}
        read = dcmread(path)
        assert read.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        return read

    return check


def test_a_whole_report_is_valid(study, valid):
    assert len(valid(study.report()).ContentSequence[-1].ContentSequence) == 1 + 11 + 6


@pytest.mark.parametrize("variant", [latin_1, japanese, unicode, chinese, greek_and_korean])
def test_names_in_every_script_survive(variant, study, reread):
    source = variant(study.source())
    report = reread(study.report(source=source))
    assert report.SpecificCharacterSet == "ISO_IR 192"
    assert report.PatientName == source.PatientName
    assert report.StudyDescription == source.StudyDescription


@pytest.mark.parametrize("path", CHARACTER_SET_FILES, ids=lambda path: path.stem)
def test_names_of_real_files_in_every_character_set_survive(path, study, reread):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = dcmread(path)
        source.StudyInstanceUID = study.uid
        report = reread(study.report([], source=source, evidence=[]))
        assert str(report.PatientName) == str(source.get("PatientName", "")).strip()


def test_a_missing_deidentification_method_is_named_as_missing(study, reread):
    assert (
        reread(study.report(source=deidentified_without_method(study.source()))).DeidentificationMethod
        == NOT_STATED
    )
    kept = reread(study.report(source=deidentified_with_method(study.source())))
    assert kept.DeidentificationMethod == "Site script"
    coded = reread(study.report(source=deidentified_with_codes(study.source())))
    assert coded.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert coded.LongitudinalTemporalInformationModified == "REMOVED"


def test_clinical_trial_attributes_are_whole(study, reread):
    source = clinical_trial(study.source())
    report = reread(study.report(source=source))
    for element in source:
        if element.keyword.startswith(("Clinical", "Longitudinal", "Consent")):
            assert report[element.tag] == element
    half = reread(study.report(source=clinical_trial_half_told(study.source())))
    assert half.ClinicalTrialSiteID == "01"
    assert half.ClinicalTrialSponsorName == half.ClinicalTrialSubjectID == NOT_STATED
    assert half.ClinicalTrialProtocolName == ""
    assert "LongitudinalTemporalOffsetFromEvent" not in half


def test_what_is_illegal_is_left_out_and_the_rest_kept(study, reread):
    report = reread(study.report(source=dates_illegal(study.source())))
    assert (report.StudyDate, report.StudyTime, report.PatientBirthDate) == ("", "", "")
    assert "PatientAge" not in report
    assert report.PatientID == "4711"
    report = reread(study.report(source=identifiers_too_long(study.source())))
    assert report.AccessionNumber == ""
    assert len(report.StudyDescription) <= 64
    assert report.PatientComments == "line one\r\nline two"
    report = reread(study.report(source=sequences_broken(study.source())))
    assert "ReferencedStudySequence" not in report
    report = reread(study.report(source=unknown_vr(study.source())))
    assert not any(element.tag.is_private for element in report)
    assert "EthnicGroup" not in report


SHARED = [
    keyword
    for module in (
        PATIENT,
        CLINICAL_TRIAL_SUBJECT,
        GENERAL_STUDY,
        PATIENT_STUDY,
        CLINICAL_TRIAL_STUDY,
        SOP_COMMON,
    )
    for keyword in module
    if keyword != "StudyInstanceUID" and dictionary_VR(keyword) != "SQ"
]


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(SHARED),
        st.binary(max_size=100) | st.sampled_from([b"A\\B", b"YES", b"20260314", "Müller^J=山=^".encode()]),
    ),
    st.sampled_from(
        ["ISO_IR 100", "ISO_IR 192", "GB18030", "\\ISO 2022 IR 87", "ISO 2022 IR 149", "NONE SUCH"]
    ),
)
def test_no_bytes_in_a_header_prevent_a_report(study, header, character_set):
    source = study.source()
    source[0x00080005] = RawDataElement(
        BaseTag(0x00080005), "CS", len(character_set), character_set.encode(), 0, False, True
    )
    for keyword, raw in header.items():
        tag = BaseTag(tag_for_keyword(keyword))
        source[tag] = RawDataElement(tag, dictionary_VR(tag), len(raw), raw, 0, False, True)
    clean = study_header(source)
    clean.save_as(BytesIO(), implicit_vr=False, little_endian=True)
    for element in clean:
        if element.keyword != "PatientID" and element.VR != "SQ":
            values = element.value if isinstance(element.value, MultiValue) else [element.value]
            for value in values:
                validate_value(element.VR, str(value) if element.VR == "DS" else value, config.RAISE)


def test_a_patient_id_is_never_changed(study):
    source = study.source()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source.PatientID = "9" * 70
        assert study.report(source=source).PatientID == "9" * 70


def test_coded_sequences_and_the_imaging_procedure_come_from_the_study(study, reread):
    source = sequences(study.source())
    report = reread(study.report(source=source))
    for keyword in ("ReferencedStudySequence", "ProcedureCodeSequence", "OtherPatientIDsSequence"):
        assert report[keyword] == source[keyword]
    (procedure,) = [
        i.ConceptCodeSequence[0]
        for i in report.ContentSequence
        if i.ConceptNameCodeSequence[0].CodeValue == "121058"
    ]
    assert (procedure.CodeValue, procedure.CodingSchemeDesignator) == ("MRHN", "99HOSP")


def test_times_are_in_the_time_zone_of_the_study(study, reread):
    report = reread(study.report(source=time_zone(study.source())))
    assert (report.TimezoneOffsetFromUTC, report.ContentTime) == ("-0330", "113926")
    assert reread(study.report(source=time_zone_illegal(study.source()))).TimezoneOffsetFromUTC == "+0000"


def test_values_of_patients_reach_neither_log_nor_warnings(study, caplog, recwarn):
    study.report(source=dates_illegal(study.source()))
    source = study.source()
    source.PatientName = "Doe"
    study.report(source=source)
    assert caplog.text == ""
    assert [str(w.message) for w in recwarn] == []


def test_no_findings_at_all_still_make_a_report(study, valid):
    report = valid(study.report([], evidence=[]))
    assert "CurrentRequestedProcedureEvidenceSequence" not in report
    texts = [
        i.TextValue for i in report.ContentSequence[-1].ContentSequence[0].ContentSequence if "TextValue" in i
    ]
    assert "None of the signs could be evaluated." in texts


@pytest.mark.parametrize("state", list(State))
def test_every_state_of_every_sign_is_valid(state, study, valid):
    algorithm = Algorithm(
        "Ω a name of sixty-four characters at the most, and no character more"[:63], "0" * 64
    )
    confidence = Confidence.MODERATE if state is State.PRESENT else None
    reasons = (Reason("odd-reason", "“Quoted” \\ 5 µm ≥ 3\nnew line [x] "),)
    findings = [Finding(sign, state, algorithm, confidence, reasons) for sign in Sign]
    valid(study.report(findings, manufacturer="M" * 64, institution="Charité", software_version="1" * 64))


def test_every_region_and_every_quantity_has_its_code(study, valid):
    numbers = tuple(Measurement(quantity, 1 / 3) for quantity in Quantity)
    findings = [
        Finding(
            sign,
            State.ABSENT,
            Algorithm("a", "1"),
            regions=tuple(RegionMeasurements(region, numbers) for region in regions_of(sign)),
        )
        for sign in Sign
    ]
    assert list(read_findings(valid(study.report(findings)))) == findings


def test_enhanced_and_unknown_classes_of_images_are_evidence(study, valid):
    series = study.series(3, 1)
    odd = type(series)(series.series_instance_uid, (("1.2.3.4", f"{study.uid}.3.9"), *series.instances))
    finding = Finding(Sign.CST_T2, State.ABSENT, Algorithm("a", "1"), series_uids=(odd.series_instance_uid,))
    report = valid(study.report([finding], evidence=[odd, type(odd)(f"{study.uid}.4", ())]))
    assert len(report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence) == 1


def test_a_predecessor_is_named(study, valid):
    first = study.report()
    replaced = PredecessorReport(first.SeriesInstanceUID, first.SOPInstanceUID)
    report = valid(study.report(version=2, predecessor=replaced))
    (document,) = report.PredecessorDocumentsSequence
    assert document.StudyInstanceUID == study.uid
    (series,) = document.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == first.SeriesInstanceUID
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert report.SOPInstanceUID != first.SOPInstanceUID
    assert report.SeriesInstanceUID == first.SeriesInstanceUID
    assert report.InstanceNumber == 2


def test_what_cannot_be_reported_is_refused(study):
    absent = Finding(Sign.CST_T2, State.ABSENT, Algorithm("a", "1"), series_uids=("1.2.3",))
    with pytest.raises(ValueError, match="lacks series"):
        study.report([absent])
    missing = not_evaluated(Sign.CST_T2, Algorithm("a", "1"), Reason.of("not-implemented"))
    with pytest.raises(ValueError, match="two findings"):
        study.report([missing, missing])
    with pytest.raises(ValueError, match="time zone"):
        study.report(created=study.created.replace(tzinfo=None))
    with pytest.raises(ValueError, match="versions"):
        study.report(version=0)
    with pytest.raises(ValueError, match="64 characters"):
        study.report(software_version="1" * 65)
    with pytest.raises(ValueError, match="Study Instance UID"):
        study.report(source=item(SOPClassUID=MRImageStorage))
    with pytest.raises(ValueError, match="Study Instance UID"):
        study.report(source=item(StudyInstanceUID="1.2.x"))
