"""The words of the pictures that are not in the report, too, from the catalogue."""

from collections.abc import Sequence

from catalogue.texts import TEXTS
from processors.acquisition import Plane
from processors.findings import (
    CERVICAL_LEVELS,
    Confidence,
    Finding,
    Quantity,
    RegionMeasurements,
    Side,
    State,
)
from processors.volume import Volume
from reports.text import CONFIDENCES_IN_BRACKETS, HEADINGS, PRODUCT, SIDE_NAMES, SIDES_IN_SENTENCE

RESEARCH_USE_MARK = TEXTS["notices"]["research_use_mark"]
"""In the pixels of every picture."""

KEY_IMAGES_DESCRIPTION = {name: TEXTS["objects"][f"key_images_series_{name}"] for name in ("brain", "spine")}
"""Series Description of the pictures of each analysis."""

KEY_IMAGES_DERIVATION = TEXTS["objects"]["key_images_derivation"]

_PICTURES = TEXTS["pictures"]

OVERVIEW_TITLES = {name: _PICTURES[f"overview_{name}"] for name in ("brain", "spine")}

WITH_ONE_DIGIT = frozenset(
    {Quantity.CROSS_SECTIONAL_AREA, Quantity.AREA_AT_REFERENCE_AGE, Quantity.ANTERIOR_CONCAVITY}
)

ALONG_TRACT = _PICTURES["along_tract"]
UNFOLDED = _PICTURES["unfolded"]
ALONG_AND_ACROSS = _PICTURES["along_and_across"]
COLUMNS_BY_LEVEL = _PICTURES["columns_by_level"]
CORD_UNROLLED = _PICTURES["cord_unrolled"]
CORD_AREA = _PICTURES["cord_area"]
LEVELS_UNKNOWN = _PICTURES["levels_unknown"]
MILLIMETRES = _PICTURES["millimetres"]
NORM_BAND = _PICTURES["norm_band"]
NORM = _PICTURES["norm"]
Z_EXPLAINED = _PICTURES["z_explained"]
NOT_COUNTED = _PICTURES["not_counted"]
NOTHING_OUTLINED = _PICTURES["nothing_outlined"]


def short_name(region: str) -> str:
    """A region as a table or a plot names it."""
    return region if region in CERVICAL_LEVELS else TEXTS["regions_short"][region]


def state_words(state: State, confidence: Confidence | None) -> str:
    """A state as a label names it."""
    words = HEADINGS[state].upper()
    return words if confidence is None else f"{words}, {CONFIDENCES_IN_BRACKETS[confidence]}"


def series_words(volume: Volume) -> str:
    """The series of a picture: its number where it has one, its contrast, plane and how it was acquired."""
    acquired = volume.acquisition
    facts = [f"{volume.contrast} {TEXTS['planes'][volume.plane]}"]
    if acquired.field_strength is not None:
        facts.append(f"{acquired.field_strength:.3g} T")
    times = (("TR", acquired.repetition_time), ("TE", acquired.echo_time), ("TI", acquired.inversion_time))
    facts.extend(f"{name} {time:.4g} ms" for name, time in times if time is not None)
    if acquired.b_value is not None:
        facts.append(f"b {acquired.b_value:.0f}")
    listed = " · ".join(facts)
    number = volume.series_number
    return listed if number is None else _PICTURES["series"].format(number=number, facts=listed)


def slice_words(volume: Volume, index: int, plane: Plane, end: str, millimetres: float) -> str:
    """Where a slice as it was acquired lies: by its number, as viewers show it, and its place in the patient.

    Parameters
    ----------
    index
        Of the slice, from 0.
    end, millimetres
        Its distance from the origin, towards an end of the patient by DICOM's letters.
    """
    image = volume.sources[index] if index < len(volume.sources) else None
    if image is not None and image.frame is not None:
        name = _PICTURES["frame"].format(number=image.frame)
    elif image is not None and image.instance_number is not None:
        name = _PICTURES["image"].format(number=image.instance_number)
    else:
        name = _PICTURES["slice"].format(number=index + 1, count=len(volume.array))
    return _PICTURES["place"].format(
        plane=TEXTS["planes"][plane], slice=name, end=end, millimetres=f"{millimetres:.1f}"
    )


def reformat_words(plane: Plane, end: str, millimetres: float) -> str:
    """Where a slice lies that was cut across those that were acquired."""
    return _PICTURES["reformat"].format(
        plane=TEXTS["planes"][plane], end=end, millimetres=f"{millimetres:.1f}"
    )


def window_words(low: float, high: float) -> str:
    """How a picture is windowed, as viewers say it: width and level."""
    return _PICTURES["window"].format(width=_rounded(high - low), level=_rounded((high + low) / 2))


def _rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def quantity_heading(quantity: Quantity) -> str:
    """What the tables of the pictures call a number."""
    return TEXTS["quantities_short"][quantity.value]


def by_region_words(quantity: Quantity) -> str:
    """Title of the plot of a number in every region."""
    heading = TEXTS["quantities_by_region"].get(quantity.value, quantity_heading(quantity))
    return _PICTURES["by_region"].format(quantity=heading)


def numbers_words(quantity: Quantity, region: str, sides: Sequence[RegionMeasurements]) -> str:
    """The number of a region on every side it has, with its z-score."""
    parts = []
    for one in sides:
        value, z_score = one.value(quantity), one.value(Quantity.Z_SCORE)
        if value is not None:
            side = "" if one.region.side is None else f"{SIDES_IN_SENTENCE[one.region.side]} "
            score = "" if z_score is None else f" (z {score_words(z_score)})"
            parts.append(f"{side}{number_words(quantity, value)}{score}")
    return _PICTURES["numbers"].format(
        region=short_name(region), quantity=quantity_heading(quantity), numbers=", ".join(parts)
    )


def number_words(quantity: Quantity, value: float) -> str:
    """A number with as many digits as it deserves."""
    digits = 1 if quantity in WITH_ONE_DIGIT else 2
    return f"{round(value, digits) + 0.0:.{digits}f}"


def score_words(z_score: float) -> str:
    """A z-score with its sign."""
    return f"{round(z_score, 1) + 0.0:+.1f}"


def band_words(finding: Finding) -> str:
    """What is said of a motor band as a whole; empty where it was not measured."""
    sums = {one.value(Quantity.GRADE_SUM) for one in finding.regions} - {None}
    lengths = {one.region.side: one.value(Quantity.BAND_LENGTH) for one in finding.regions}
    parts = [_PICTURES["grade_sum"].format(sum=f"{total:.0f}") for total in sums if total is not None]
    parts.extend(
        _PICTURES["dark_over"].format(side=SIDE_NAMES[side], length=f"{length:.0f}")
        for side in (Side.RIGHT, Side.LEFT)
        if (length := lengths.get(side)) is not None
    )
    return " ".join(parts)


def made_by(software_version: str, algorithm: str) -> str:
    """What made a picture."""
    return " · ".join(part for part in (f"{PRODUCT} {software_version}".strip(), algorithm) if part)
