"""Single words and phrases of descriptions, apart from the timing."""

import pytest

from listener.classification import classify
from listener.classification import words as say
from listener.classification.facts import says_after_contrast
from listener.classification.headers import words_in
from processors.acquisition import BodyPart


def words(text: str) -> str:
    return words_in({"SeriesDescription": text}, "SeriesDescription")


@pytest.mark.parametrize(
    "text",
    [
        "T1 post", "AX T1 +C", "T1 C+", "T1 Gd", "T1 GADO", "T1 KM", "t1_tse_tra_km", "T1 avec injection",
        "T1 con contraste", "T1 dopo mdc", "T1 W/CONTRAST", "T1 WITH", "T1 CE", "T1_CE_sag", "AX T1 FS POST",
        "T1WI+C", "T1 增强", "T1造影", "T1 C", "T1 APRES INJ", "T1 z kontrastem", "T1 с контрастом",
        "T1 m. kontrast", "T1 CONTRAST", "T1 nach i.v. KM", "T1 TRA + K", "t1_vibe_fs_cor_post", "T1 조영",
        "T1 pre and post", "T1 met contrast",
    ],
)  # fmt: skip
def test_after_a_contrast_agent(text):
    assert says_after_contrast(words(text))


@pytest.mark.parametrize(
    "text",
    [
        "T1", "SAG T1 C-SPINE", "SAG T1 C SPINE", "AX T1 POST FOSSA", "T1 posterior fossa", "T1 w/o",
        "T1 nativ",
        "T1 without contrast", "T1 ohne KM", "T1 pre", "T1 PRE GAD", "T1 sans inj", "T1 sin contraste",
        "T1 senza mdc", "T1 non contrast", "T1 NONCON", "T1 unenhanced", "T1 sem contraste", "T1 tra post op",
        "SAG T1 CERVICAL", "T1 COR C1-C7", "t1_mprage_sag_p2_iso", "T1 without intravenous contrast",
        "T1 3D TFE CLEAR", "Ax T1 FSE-XL", "T1 平扫",
    ],
)  # fmt: skip
def test_not_after_a_contrast_agent(text):
    assert not says_after_contrast(words(text))


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("MRI BRAIN W WO CONTRAST", True), ("MR BRAIN W/WO", True), ("MRI W & W/O CONTRAST", True),
        ("MRI without and with contrast", True), ("MRT Kopf ohne und mit KM", True),
        ("IRM sans et avec injection", True), ("RM con y sin contraste", True),
        ("MRI HEAD +/- CONTRAST", True),
        ("MRI BRAIN WITHOUT CONTRAST", False), ("MRI BRAIN WITH CONTRAST", False), ("MRI HEAD WO", False),
    ],
)  # fmt: skip
def test_studies_before_and_after_a_contrast_agent(text, both):
    assert bool(say.BOTH_CONTRAST.search(words(text))) is both


@pytest.mark.parametrize(
    ("text", "contrast"),
    [
        ("T2 TSE", "T2"), ("AXT2", "T2"), ("T2W_TSE", "T2"), ("FSE T2", "T2"), ("T2 fatsat", "T2"),
        ("T2 dixon_W", "T2"), ("T2 STIR", "STIR"), ("TIRM", "STIR"), ("tirm dark fluid", "FLAIR"),
        ("T2 FLAIR", "FLAIR"), ("FLAIR", "FLAIR"), ("T1 FLAIR", "T1"), ("FLAIR T1", "T1"),
        ("T1W FLAIR", "T1"),
        ("T2*", "T2*"), ("T2star", "T2*"), ("T2-Stern", "T2*"), ("GRE T2", "T2*"), ("HEMO", "T2*"),
        ("MERGE", "T2*"), ("SWI", "SWI"), ("SWAN", "SWI"), ("SWIp", "SWI"), ("Mag_Images", "SWI"),
        ("SWI minIP", "SWI-mIP"), ("mIP_Images(SW)", "SWI-mIP"), ("Pha_Images", "SWI-phase"),
        ("SWI Phase", "SWI-phase"), ("MPRAGE", "T1"), ("BRAVO", "T1"), ("T1 MTC", "T1-MTC"), ("DP FSE", "PD"),
        ("ADC", "ADC"), ("DWI", "DWI"), ("b=1000", "DWI"), ("TRACEW", "DWI"), ("eADC", "other"),
        ("QSM", "other"), ("T2 map", "other"), ("CISS", "other"), ("DIR", "other"), ("PSIR", "other"),
        ("MP2RAGE", "other"), ("CBF", "functional"), ("T2 dixon_F", "other"), ("T2 IDEAL FAT", "other"),
        ("T2 HASTE", "T2"), ("T1 SUB", "other"), ("T1 MPR", "T1"), ("minIP", "other"),
        ("TOF", "angiography"), ("MIP", "angiography"), ("BOLD", "functional"), ("ASL", "functional"),
        ("B0 map", "field map"), ("Survey", "localizer"), ("AAHScout", "localizer"),
        ("Übersicht", "localizer"),
        ("3 PLANE LOC", "localizer"), ("Localizador", "localizer"), ("定位像", "localizer"),
        ("T2 focal", "T2"), ("T2 BLOCK", "T2"),
    ],
)  # fmt: skip
def test_words_alone(text, contrast):
    series = {"Modality": "MR", "ImageType": ["ORIGINAL", "PRIMARY", "M"], "SeriesDescription": text}
    assert classify(series).contrast.value == contrast


SPINE_T2 = {
    "Modality": "MR", "ImageType": ["ORIGINAL", "PRIMARY", "M"], "ScanningSequence": "SE", "EchoTime": 100,
    "RepetitionTime": 3500, "FlipAngle": 150, "ImageOrientationPatient": [0, 1, 0, 0, 0, -1],
}  # fmt: skip


HONEST = [
    {"SeriesDescription": "T2 SAG", "BodyPartExamined": "LSPINE", "StudyDescription": "MRI LUMBAR SPINE"},
    {"SeriesDescription": "T2 SAG LWS", "BodyPartExamined": "SPINE", "StudyDescription": "MRT LWS"},
    {"SeriesDescription": "T2 SAG", "BodyPartExamined": "TSPINE", "StudyDescription": "THORACIC SPINE"},
    {"SeriesDescription": "Total spine sag", "BodyPartExamined": "SPINE", "StudyDescription": "MRI SPINE"},
]
MISLABELLED = [
    {"SeriesDescription": "SAG T2 TSPINE", "BodyPartExamined": "CSPINE", "StudyDescription": "CTL SPINE"},
    {"SeriesDescription": "SAG lower", "BodyPartExamined": "CSPINE", "StudyDescription": "CERVICAL LUMBAR"},
    {"SeriesDescription": "LWS sag", "BodyPartExamined": "NECK", "StudyDescription": "MRT HWS"},
]


@pytest.mark.parametrize("series", HONEST + MISLABELLED)
def test_lumbar_and_thoracic_are_not_called_cervical(series):
    assert classify(SPINE_T2 | series).body_part is not BodyPart.CERVICAL_SPINE


@pytest.mark.parametrize("series", HONEST)
def test_nor_when_an_attribute_is_missing(series):
    for missing in SPINE_T2 | series:
        less = {keyword: value for keyword, value in (SPINE_T2 | series).items() if keyword != missing}
        assert classify(less).body_part is not BodyPart.CERVICAL_SPINE, missing
