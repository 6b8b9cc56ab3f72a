"""The attributes that a report shares with the images of its study, and what makes their values legal."""

PATIENT = (
    "ReferencedPatientSequence",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "TypeOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "SourcePatientGroupIdentificationSequence",
    "GroupOfPatientsIdentificationSequence",
    "PatientBirthDate",
    "PatientBirthTime",
    "PatientBirthDateInAlternativeCalendar",
    "PatientDeathDateInAlternativeCalendar",
    "PatientAlternativeCalendar",
    "PatientSex",
    "QualityControlSubject",
    "OtherPatientNames",
    "OtherPatientIDsSequence",
    "EthnicGroupCodeSequence",
    "PatientSpeciesDescription",
    "PatientSpeciesCodeSequence",
    "PatientBreedDescription",
    "PatientBreedCodeSequence",
    "BreedRegistrationSequence",
    "ResponsiblePerson",
    "ResponsiblePersonRole",
    "ResponsibleOrganization",
    "PatientComments",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
)
"""Patient Module (PS3.3 C.7.1.1)."""

CLINICAL_TRIAL_SUBJECT = (
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "IssuerOfClinicalTrialProtocolID",
    "OtherClinicalTrialProtocolIDsSequence",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "IssuerOfClinicalTrialSiteID",
    "ClinicalTrialSubjectID",
    "IssuerOfClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "IssuerOfClinicalTrialSubjectReadingID",
    "ClinicalTrialProtocolEthicsCommitteeName",
    "ClinicalTrialProtocolEthicsCommitteeApprovalNumber",
)
"""Clinical Trial Subject Module (PS3.3 C.7.1.3)."""

GENERAL_STUDY = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianName",
    "ReferringPhysicianIdentificationSequence",
    "ConsultingPhysicianName",
    "ConsultingPhysicianIdentificationSequence",
    "StudyDescription",
    "ProcedureCodeSequence",
    "PhysiciansOfRecord",
    "PhysiciansOfRecordIdentificationSequence",
    "NameOfPhysiciansReadingStudy",
    "PhysiciansReadingStudyIdentificationSequence",
    "ReferencedStudySequence",
    "StudyID",
    "RequestingService",
    "RequestingServiceCodeSequence",
    "ReasonForPerformedProcedureCodeSequence",
)
"""General Study Module (PS3.3 C.7.2.1)."""

PATIENT_STUDY = (
    "AdmittingDiagnosesDescription",
    "AdmittingDiagnosesCodeSequence",
    "PatientAge",
    "PatientSize",
    "PatientSizeCodeSequence",
    "PatientBodyMassIndex",
    "MeasuredAPDimension",
    "MeasuredLateralDimension",
    "PatientWeight",
    "MedicalAlerts",
    "Allergies",
    "Occupation",
    "SmokingStatus",
    "AdditionalPatientHistory",
    "PregnancyStatus",
    "LastMenstrualDate",
    "PatientSexNeutered",
    "ReasonForVisit",
    "ReasonForVisitCodeSequence",
    "AdmissionID",
    "IssuerOfAdmissionIDSequence",
    "ServiceEpisodeID",
    "ServiceEpisodeDescription",
    "IssuerOfServiceEpisodeIDSequence",
    "PatientState",
)
"""Patient Study Module (PS3.3 C.7.2.2)."""

CLINICAL_TRIAL_STUDY = (
    "ClinicalTrialTimePointID",
    "ClinicalTrialTimePointDescription",
    "LongitudinalTemporalOffsetFromEvent",
    "LongitudinalTemporalEventType",
    "ClinicalTrialTimePointTypeCodeSequence",
    "IssuerOfClinicalTrialTimePointID",
    "ConsentForClinicalTrialUseSequence",
)
"""Clinical Trial Study Module (PS3.3 C.7.2.3)."""

TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
)
"""Attributes that must be there, if only empty."""

TYPE_2_OF_ANIMALS = (
    "PatientBreedDescription",
    "PatientBreedCodeSequence",
    "BreedRegistrationSequence",
    "ResponsiblePerson",
    "ResponsibleOrganization",
    "PatientSexNeutered",
)
"""Attributes that must be there for a patient who is not human, if only empty."""

SOP_COMMON = ("LongitudinalTemporalInformationModified", "TimezoneOffsetFromUTC")
"""What the SOP Common Module (PS3.3 C.12.1) says of the study's dates."""

ENUMERATED: dict[str, tuple[object, ...]] = {
    "PatientSex": ("M", "F", "O"),
    "PatientIdentityRemoved": ("YES", "NO"),
    "QualityControlSubject": ("YES", "NO"),
    "SmokingStatus": ("YES", "NO", "UNKNOWN"),
    "PregnancyStatus": (1, 2, 3, 4),
    "PatientSexNeutered": ("ALTERED", "UNALTERED"),
    "LongitudinalTemporalInformationModified": ("UNMODIFIED", "MODIFIED", "REMOVED"),
    "ConsentForDistributionFlag": ("NO", "YES", "WITHDRAWN"),
}

ITEM_NEEDS: dict[str, tuple[str, ...]] = {
    "ReferencedPatientSequence": ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID"),
    "ReferencedStudySequence": ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID"),
    "OtherPatientIDsSequence": ("PatientID", "TypeOfPatientID"),
    "SourcePatientGroupIdentificationSequence": ("PatientID",),
    "GroupOfPatientsIdentificationSequence": ("PatientID",),
    "BreedRegistrationSequence": ("BreedRegistrationNumber", "BreedRegistryCodeSequence"),
    "ReferringPhysicianIdentificationSequence": ("PersonIdentificationCodeSequence",),
    "ConsultingPhysicianIdentificationSequence": ("PersonIdentificationCodeSequence",),
    "PhysiciansOfRecordIdentificationSequence": ("PersonIdentificationCodeSequence",),
    "PhysiciansReadingStudyIdentificationSequence": ("PersonIdentificationCodeSequence",),
    "ConsentForClinicalTrialUseSequence": ("ConsentForDistributionFlag",),
    "OtherClinicalTrialProtocolIDsSequence": ("ClinicalTrialProtocolID", "IssuerOfClinicalTrialProtocolID"),
}
"""Type 1 attributes without which an item of the sequence is left out."""

HIERARCHIC_DESIGNATORS = (
    "IssuerOfAccessionNumberSequence",
    "IssuerOfAdmissionIDSequence",
    "IssuerOfServiceEpisodeIDSequence",
    "AssigningFacilitySequence",
)
"""Sequences of the HL7v2 Hierarchic Designator Macro (PS3.3 10.14)."""

_SPECIES = ("PatientSpeciesDescription", "PatientSpeciesCodeSequence")

NEEDS_COMPANION: dict[str, tuple[str, ...]] = {
    "PatientBirthDateInAlternativeCalendar": ("PatientAlternativeCalendar",),
    "PatientDeathDateInAlternativeCalendar": ("PatientAlternativeCalendar",),
    "PatientAlternativeCalendar": (
        "PatientBirthDateInAlternativeCalendar",
        "PatientDeathDateInAlternativeCalendar",
    ),
    "ResponsiblePerson": ("ResponsiblePersonRole",),
    "ResponsiblePersonRole": ("ResponsiblePerson",),
    "LongitudinalTemporalOffsetFromEvent": ("LongitudinalTemporalEventType",),
    "LongitudinalTemporalEventType": ("LongitudinalTemporalOffsetFromEvent",),
    "ClinicalTrialProtocolEthicsCommitteeName": ("ClinicalTrialProtocolEthicsCommitteeApprovalNumber",),
    "PatientBreedDescription": _SPECIES,
    "PatientBreedCodeSequence": _SPECIES,
    "BreedRegistrationSequence": _SPECIES,
    "PatientSexNeutered": _SPECIES,
}
"""Attributes that are not legal without one of the others."""
