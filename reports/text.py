"""Every English text of the reports, in one place."""

from processors.findings import Confidence, Quantity, Region, Side, Sign, State

PRODUCT = "Betz"

LANGUAGE = ("en-US", "English (United States)")
"""RFC 5646 code and name of the language of these texts."""

PRIVATE_SCHEME_NAME = "Betz report contract"

SERIES_DESCRIPTION = "Betz imaging signs - RESEARCH USE"

SEGMENTATION_SERIES_DESCRIPTION = "Betz measured regions - RESEARCH USE"

SEGMENTATION_DESCRIPTION = "Regions that were measured, and what they were compared with"

RESEARCH_USE = (
    "RESEARCH USE - NOT FOR DIAGNOSIS. Betz is not a medical device; a radiologist must confirm its findings."
)

SUPPORTIVE_ONLY = (
    "These signs can support, and cannot replace, the clinical examination and electromyography. "
    "They are not a diagnosis."
)

UNEXPECTED_DIFFUSION = (
    "Restricted diffusion along the corticospinal tract is not expected together with the other signs: "
    "look for another cause."
)

NOT_STATED = "Not stated in the source images"
"""Fills a text attribute that the standard requires and the images lack."""

SIGN_NAMES: dict[Sign, str] = {
    Sign.MOTOR_BAND: "Motor band sign of the precentral cortex",
    Sign.CST_T1: "T1 hyperintensity of the corticospinal tract",
    Sign.CST_T1_MTC: "T1-MTC hyperintensity of the corticospinal tract",
    Sign.CST_T2: "T2 hyperintensity of the corticospinal tract",
    Sign.CST_FLAIR: "FLAIR hyperintensity of the corticospinal tract",
    Sign.CST_DIFFUSION: "Restricted diffusion of the corticospinal tract",
    Sign.PRECENTRAL_ATROPHY: "Precentral cortical atrophy",
    Sign.CORD_T1: "T1 hyperintensity of the anterolateral cervical cord",
    Sign.CORD_T2: "T2 hyperintensity of the lateral cervical cord",
    Sign.CORD_ATROPHY: "Cervical cord atrophy",
    Sign.CORD_FLATTENING: "Cervical cord flattening",
}
"""Each sign as the report names it: at most 64 characters, the limit of a code meaning."""

SHORT_SIGN_NAMES: dict[Sign, str] = {
    Sign.MOTOR_BAND: "Motor band",
    Sign.CST_T1: "CST T1",
    Sign.CST_T1_MTC: "CST T1-MTC",
    Sign.CST_T2: "CST T2",
    Sign.CST_FLAIR: "CST FLAIR",
    Sign.CST_DIFFUSION: "CST diffusion",
    Sign.PRECENTRAL_ATROPHY: "Atrophy",
    Sign.CORD_T1: "Cord T1",
    Sign.CORD_T2: "Cord T2",
    Sign.CORD_ATROPHY: "Cord area",
    Sign.CORD_FLATTENING: "Cord shape",
}
"""Each sign where there is little room: before the name of a segment."""

HEADINGS: dict[State, str] = {
    State.PRESENT: "Present",
    State.ABSENT: "Absent",
    State.INDETERMINATE: "Indeterminate",
    State.NOT_EVALUATED: "Not evaluated",
}
"""Each state as the summary names it."""

STATE_NAMES: dict[State, str] = {
    State.PRESENT: "Present",
    State.ABSENT: "Absent",
    State.INDETERMINATE: "Undetermined",
    State.NOT_EVALUATED: "Not evaluated",
}
"""Each state as its code means it."""

CONFIDENCE_NAMES: dict[Confidence, str] = {
    Confidence.LOW: "Low confidence",
    Confidence.MODERATE: "Moderate confidence",
    Confidence.HIGH: "High confidence",
}

QUANTITY_NAMES: dict[Quantity, str] = {
    Quantity.RATIO: "Signal ratio to reference",
    Quantity.RATIO_UNCORRECTED: "Signal ratio before shading correction",
    Quantity.NORM_N: "Number of subjects in the norm",
    Quantity.VOXELS: "Number of voxels",
    Quantity.COVERAGE: "Part of the region inside the images",
    Quantity.LESION_SHARE: "Part of the region that is lesion",
    Quantity.AREA_AT_REFERENCE_AGE: "Area at the age of the norm",
    Quantity.FLATNESS: "Anteroposterior over transverse diameter",
    Quantity.AP_DIAMETER: "Anteroposterior diameter",
    Quantity.RL_DIAMETER: "Transverse diameter",
    Quantity.SOLIDITY: "Area over area of convex hull",
    Quantity.ANTERIOR_CONCAVITY: "Depth of anterior concavity",
    Quantity.SAC_DIAMETER: "Anteroposterior diameter of dural sac",
    Quantity.TRACT_RATIO: "Signal ratio of lateral corticospinal tract",
    Quantity.ANTEROLATERAL_RATIO: "Signal ratio of anterolateral column",
    Quantity.STANDARD_ERROR: "Standard error of signal ratio",
    Quantity.SLICES: "Number of slices",
    Quantity.DARKNESS: "Darkness beside reference cortex",
    Quantity.ANTERIOR_DIFFERENCE: "Darkness beyond anterior bank",
    Quantity.POSTCENTRAL_DIFFERENCE: "Darkness beyond postcentral cortex",
    Quantity.GRADE: "Grade of darkness, 0 to 2",
    Quantity.GRADE_SUM: "Sum of grades of both sides, 0 to 12",
    Quantity.BAND_LENGTH: "Length of dark cortex on this side",
    Quantity.ASYMMETRY: "Difference of sides over their sum",
    Quantity.EXCLUDED_SHARE: "Part of the region left out as veins or blood",
    Quantity.GREY_MATTER_VOLUME: "Volume of grey matter",
    Quantity.INTRACRANIAL_RATIO: "Volume over intracranial volume",
}
"""Names of the quantities that have no standard code."""

REGION_NAMES: dict[str, str] = {
    "medial": "Medial third of the precentral cortex",
    "intermediate": "Intermediate third of the precentral cortex",
    "lateral": "Lateral third of the precentral cortex",
    "subcortical": "Subcortical white matter",
    "corona_radiata": "Corona radiata",
    "internal_capsule": "Internal capsule",
    "cerebral_peduncle": "Cerebral peduncle",
    "pons": "Pons",
    "splenium": "Splenium of the corpus callosum",
    "precentral": "Precentral gyrus",
    "reference": "Reference white matter",
}

SIDE_NAMES: dict[Side, str] = {Side.LEFT: "Left", Side.RIGHT: "Right"}

UNIT_NAMES: dict[str, str] = {
    "mm2": "square millimeter",
    "mm": "millimeter",
    "mL": "milliliter",
    "%": "percent",
    "1": "no units",
}


def segment_label(sign: Sign, region: Region) -> str:
    """The name of a segment: at most 64 characters, the limit of Segment Label."""
    name = REGION_NAMES.get(region.name, region.name.replace("_", " ").capitalize())
    side = "" if region.side is None else f", {SIDE_NAMES[region.side].lower()}"
    return f"{SHORT_SIGN_NAMES[sign]}: {name}{side}"[:64]


def count_line(present: int, evaluable: int) -> str:
    """How many of the signs that could be decided are present."""
    if evaluable == 0:
        return "None of the signs could be evaluated."
    if evaluable == 1:
        return f"The one sign that could be evaluated is {'present' if present else 'absent'}."
    count = {0: "None", evaluable: "All"}.get(present, str(present))
    verb = "is" if present == 1 else "are"
    return f"{count} of the {evaluable} evaluable signs {verb} present."


def any_of(words: list[str]) -> str:
    """Several things of which one would do."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def decided_line(heading: str, signs: list[str]) -> str:
    """The signs of one state in one line."""
    return f"{heading}: {'; '.join(signs)}."


def norms_line(norms: list[tuple[str, str]]) -> str:
    """Which reference distribution each measured sign was compared with."""
    return f"Compared with: {'; '.join(f'{sign}: {norm}' for sign, norm in norms)}."


def undecided_line(heading: str, signs: list[str], reasons: str) -> str:
    """The signs that share a state and its reasons in one line."""
    return f"{heading}: {'; '.join(signs)}. {reasons}"
