"""The words of the reports, from the catalogue: by the vocabulary of the findings, and put into sentences."""

from catalogue.texts import TEXTS
from catalogue.translation import LONGEST_MEANING
from processors.findings import CERVICAL_LEVELS, Confidence, Quantity, Region, Side, Sign, State

PRODUCT = "Betz"

LANGUAGE = (TEXTS["language"]["code"], TEXTS["language"]["name"])
"""RFC 5646 code and name of the language of the texts."""

PRIVATE_SCHEME_NAME = TEXTS["objects"]["private_scheme"]
SERIES_DESCRIPTION = TEXTS["objects"]["report_series"]
SEGMENTATION_SERIES_DESCRIPTION = TEXTS["objects"]["segmentation_series"]
SEGMENTATION_DESCRIPTION = TEXTS["objects"]["segmentation_content"]

RESEARCH_USE = TEXTS["notices"]["research_use"]
SUPPORTIVE_ONLY = TEXTS["notices"]["supportive_only"]
UNEXPECTED_DIFFUSION = TEXTS["notices"]["unexpected_diffusion"]
NOT_STATED = TEXTS["notices"]["not_stated"]
"""Fills a text attribute that the standard requires and the images lack."""

SIGN_NAMES = {sign: TEXTS["signs"][sign.value] for sign in Sign}
"""Each sign as the report names it."""

SHORT_SIGN_NAMES = {sign: TEXTS["signs_short"][sign.value] for sign in Sign}
"""Each sign where there is little room: before the name of a segment."""

HEADINGS = {state: TEXTS["states"][state.value] for state in State}
"""Each state as the summary names it."""

STATE_NAMES = {state: TEXTS["state_codes"][state.value] for state in State}
"""Each state as its code means it."""

CONFIDENCE_NAMES = {level: TEXTS["confidences"][level.value] for level in Confidence}
CONFIDENCES_IN_BRACKETS = {level: TEXTS["confidences_in_brackets"][level.value] for level in Confidence}

QUANTITY_NAMES = {
    quantity: TEXTS["quantities"][quantity.value]
    for quantity in Quantity
    if quantity.value in TEXTS["quantities"]
}
"""Names of the quantities that have no standard code."""

REGION_NAMES = TEXTS["regions"]

SIDE_NAMES = {side: TEXTS["sides"][side.value] for side in Side}
SIDES_IN_SENTENCE = {side: TEXTS["sides_in_sentence"][side.value] for side in Side}

UNIT_NAMES = TEXTS["units"]


def segment_label(sign: Sign, region: Region) -> str:
    """The name of a segment; the region is cut where Segment Label is too short for it, never the side."""
    name = region.name if region.name in CERVICAL_LEVELS else REGION_NAMES[region.name]
    side = "" if region.side is None else f", {SIDES_IN_SENTENCE[region.side]}"
    return f"{SHORT_SIGN_NAMES[sign]}: {name}"[: LONGEST_MEANING - len(side)] + side


def count_line(present: int, evaluable: int) -> str:
    """How many of the signs that could be decided are present."""
    if evaluable == 0:
        key = "nothing_evaluated"
    elif evaluable == 1:
        key = "one_evaluated_present" if present else "one_evaluated_absent"
    elif present == evaluable:
        key = "all_present"
    else:
        key = {0: "none_present", 1: "one_present"}.get(present, "some_present")
    return TEXTS["summary"][key].format(present=present, evaluable=evaluable)


def any_of(words: list[str]) -> str:
    """Several things of which one would do."""
    if len(words) == 1:
        return words[0]
    return TEXTS["summary"]["or"].join((", ".join(words[:-1]), words[-1]))


def decided_line(heading: str, signs: list[str]) -> str:
    """The signs of one state in one line."""
    return TEXTS["summary"]["decided"].format(heading=heading, signs="; ".join(signs))


def undecided_line(heading: str, signs: list[str], reasons: str) -> str:
    """The signs that share a state and its reasons in one line."""
    return TEXTS["summary"]["undecided"].format(heading=heading, signs="; ".join(signs), reasons=reasons)
