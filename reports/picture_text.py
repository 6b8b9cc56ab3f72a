"""The words of the pictures that are not in the report, too, from the catalogue."""

from collections.abc import Sequence

from catalogue.texts import TEXTS
from catalogue.translation import read_catalogue
from processors.acquisition import Plane
from processors.findings import (
    CERVICAL_LEVELS,
    Confidence,
    Finding,
    Quantity,
    RegionMeasurements,
    Side,
    Sign,
    State,
    regions_of,
)
from processors.volume import Volume
from reports.text import (
    CONFIDENCES_IN_BRACKETS,
    HEADINGS,
    PRODUCT,
    SHORT_SIGN_NAMES,
    SIDE_NAMES,
    SIDES_IN_SENTENCE,
)

RESEARCH_USE_MARKS = tuple(
    dict.fromkeys(texts["notices"]["research_use_mark"] for texts in (read_catalogue(None).sections, TEXTS))
)
"""In the pixels of every picture: the English one, and its translation where there is one."""

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
ALONG_TRACT_SHORT = _PICTURES["along_tract_short"]
UNFOLDED_SHORT = _PICTURES["unfolded_short"]
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

DASH = "—"
"""In place of a number that does not count."""
HIGHEST_GRADE = 2
COVERED = 90.0
"""Percent of a region inside the images below which the pictures say so."""


def short_name(region: str) -> str:
    """A region as a table or a plot names it."""
    return region if region in CERVICAL_LEVELS else TEXTS["regions_short"][region]


def state_words(state: State, confidence: Confidence | None) -> str:
    """A state as a label names it."""
    words = HEADINGS[state].upper()
    return words if confidence is None else f"{words}, {CONFIDENCES_IN_BRACKETS[confidence]}"


def series_name(volume: Volume) -> str:
    """The series of a picture: its number where it has one, its contrast and its plane."""
    return _numbered(volume, f"{volume.contrast} {TEXTS['planes'][volume.plane]}")


def series_words(volume: Volume) -> str:
    """The series of a picture and how it was acquired."""
    acquired = volume.acquisition
    facts = [f"{volume.contrast} {TEXTS['planes'][volume.plane]}"]
    if acquired.field_strength is not None:
        facts.append(f"{acquired.field_strength:.3g} T")
    times = (("TR", acquired.repetition_time), ("TE", acquired.echo_time), ("TI", acquired.inversion_time))
    facts.extend(f"{name} {time:.4g} ms" for name, time in times if time is not None)
    if acquired.b_value is not None:
        facts.append(f"b {acquired.b_value:.0f}")
    return _numbered(volume, " · ".join(facts))


def _numbered(volume: Volume, facts: str) -> str:
    number = volume.series_number
    return facts if number is None else _PICTURES["series"].format(number=number, facts=facts)


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


def plot_heading(quantity: Quantity) -> str:
    """What the title of a plot calls a number."""
    return TEXTS["quantities_by_region"].get(quantity.value, quantity_heading(quantity))


def by_region_words(quantity: Quantity) -> str:
    """Title of the plot of a number in every region."""
    return _PICTURES["by_region"].format(quantity=plot_heading(quantity))


def numbers_words(quantity: Quantity, region: str, numbers: Sequence[tuple[Side | None, str]]) -> str:
    """The numbers of a region, each with the side it is of."""
    listed = (
        words if side is None else f"{SIDES_IN_SENTENCE[side]} {words}" for side, words in numbers if words
    )
    return _PICTURES["numbers"].format(
        region=short_name(region), quantity=quantity_heading(quantity), numbers=", ".join(listed)
    )


def not_counted_words(region: RegionMeasurements) -> str:
    """What stands for a number that does not count: a dash, and how much of the region the images show."""
    covered = region.value(Quantity.COVERAGE)
    if covered is None or covered >= COVERED:
        return DASH
    return f"{DASH} ({_PICTURES['covered'].format(percent=int(covered))})"


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
    graded = sum(one.value(Quantity.GRADE) is not None for one in finding.regions)
    parts = [
        _PICTURES["grade_sum"].format(
            sum=f"{total:.0f}",
            most=HIGHEST_GRADE * graded,
            graded=graded,
            regions=len(regions_of(finding.sign)),
        )
        for total in sums
        if total is not None and graded
    ]
    parts.extend(
        _PICTURES["dark_over"].format(side=SIDE_NAMES[side], length=f"{length:.0f}")
        for side in (Side.RIGHT, Side.LEFT)
        if (length := lengths.get(side)) is not None
    )
    return " ".join(parts)


def grade_words(limits: Sequence[float]) -> str:
    """From which darkness a region has which grade."""
    return ", ".join(
        _PICTURES["grade_from"].format(grade=grade, limit=f"{limit:.3f}".rstrip("0"))
        for grade, limit in enumerate(limits, start=1)
    )


def of_sign_words(sign: Sign, title: str) -> str:
    """The title of a plot among those of other signs."""
    return _PICTURES["of_sign"].format(sign=SHORT_SIGN_NAMES[sign], title=title)


def made_by(software_version: str, algorithm: str) -> str:
    """What made a picture."""
    return " · ".join(part for part in (f"{PRODUCT} {software_version}".strip(), algorithm) if part)
