"""Every English text of the pictures that is not in the report, too."""

from collections.abc import Sequence

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
from reports.text import CONFIDENCE_NAMES, HEADINGS, PRODUCT

RESEARCH_USE_MARK = "RESEARCH USE — NOT FOR DIAGNOSIS"
"""In the pixels of every picture."""

KEY_IMAGES_DESCRIPTION: dict[str, str] = {
    "brain": "Betz key images, brain - RESEARCH USE",
    "spine": "Betz key images, cervical cord - RESEARCH USE",
}
"""Series Description of the pictures of each analysis."""

KEY_IMAGES_DERIVATION = "Source slices with the measured regions outlined, and the numbers beside their norm"

OVERVIEW_TITLES: dict[str, str] = {
    "brain": "Overview: signs in the brain",
    "spine": "Overview: signs in the cervical cord",
}

SIDE_WORDS: dict[Side, str] = {Side.LEFT: "Left", Side.RIGHT: "Right"}

QUANTITY_HEADINGS: dict[Quantity, str] = {
    Quantity.CROSS_SECTIONAL_AREA: "area, mm²",
    Quantity.AREA_AT_REFERENCE_AGE: "at norm's age",
    Quantity.FLATNESS: "AP ÷ RL",
    Quantity.ANTERIOR_CONCAVITY: "concavity, mm",
}
"""What the tables of the pictures call a number, where its key does not say it."""

BY_REGION_HEADINGS: dict[Quantity, str] = {
    Quantity.RATIO: "signal ÷ reference",
    Quantity.AREA_AT_REFERENCE_AGE: "area as it would be at the age of the norm, mm²",
    Quantity.FLATNESS: "anteroposterior ÷ transverse diameter",
    Quantity.DARKNESS: "darkness, 1 − signal ÷ reference",
}
"""What the plots of the pictures call a number, where its key does not say it."""

WITH_ONE_DIGIT = frozenset(
    {Quantity.CROSS_SECTIONAL_AREA, Quantity.AREA_AT_REFERENCE_AGE, Quantity.ANTERIOR_CONCAVITY}
)

ALONG_TRACT = "Signal along the tract, from the pons up: tract ÷ reference"
UNFOLDED = "Precentral gyrus unfolded: how dark its bank is, 1 − signal ÷ reference"
ALONG_AND_ACROSS = "Across: mm along the gyrus from the midline outwards. Down: mm of depth from its crown."
COLUMNS_BY_LEVEL = "Columns ÷ dorsal columns"
CORD_UNROLLED = "Cord unrolled"
CORD_AREA = "Area, mm²"
LEVELS_UNKNOWN = "millimetres from the topmost slice"
MILLIMETRES = "mm"
NORM_BAND = "norm ± 2 SD"
NORM = "Norm"
Z_EXPLAINED = "z: SDs from the mean of the norm, bold from 2 on"
NOT_COUNTED = "×  slice that does not count"
NOTHING_OUTLINED = "No region could be outlined in the images."


def short_name(region: str) -> str:
    """A region as a table or a plot names it."""
    return region if region in CERVICAL_LEVELS else region.replace("_", " ").capitalize()


def state_words(state: State, confidence: Confidence | None) -> str:
    """A state as a label names it."""
    words = HEADINGS[state].upper()
    return words if confidence is None else f"{words}, {CONFIDENCE_NAMES[confidence].lower()}"


def series_words(volume: Volume) -> str:
    """The series of a picture: its number where it has one, its contrast, plane and how it was acquired."""
    acquired = volume.acquisition
    number = "" if volume.series_number is None else f"Series {volume.series_number}: "
    facts = [f"{number}{volume.contrast} {volume.plane}"]
    if acquired.field_strength is not None:
        facts.append(f"{acquired.field_strength:.3g} T")
    times = (("TR", acquired.repetition_time), ("TE", acquired.echo_time), ("TI", acquired.inversion_time))
    facts.extend(f"{name} {time:.4g} ms" for name, time in times if time is not None)
    if acquired.b_value is not None:
        facts.append(f"b {acquired.b_value:.0f}")
    return " · ".join(facts)


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
        name = f"frame {image.frame}"
    elif image is not None and image.instance_number is not None:
        name = f"image {image.instance_number}"
    else:
        name = f"slice {index + 1} of {len(volume.array)}"
    return f"{plane}, {name}, {end} {millimetres:.1f} mm"


def reformat_words(plane: Plane, end: str, millimetres: float) -> str:
    """Where a slice lies that was cut across those that were acquired."""
    return f"{plane} reformat, {end} {millimetres:.1f} mm"


def window_words(low: float, high: float) -> str:
    """How a picture is windowed, as viewers say it: width and level."""
    return f"W {_rounded(high - low)} L {_rounded((high + low) / 2)}"


def _rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def quantity_heading(quantity: Quantity) -> str:
    """What the tables of the pictures call a number."""
    return QUANTITY_HEADINGS.get(quantity, quantity.value.replace("_", " "))


def by_region_words(quantity: Quantity) -> str:
    """Title of the plot of a number in every region."""
    heading = BY_REGION_HEADINGS.get(quantity, quantity_heading(quantity))
    return f"By region: {heading}"


def numbers_words(quantity: Quantity, region: str, sides: Sequence[RegionMeasurements]) -> str:
    """The number of a region on every side it has, with its z-score."""
    parts = []
    for one in sides:
        value, z_score = one.value(quantity), one.value(Quantity.Z_SCORE)
        if value is not None:
            side = "" if one.region.side is None else f"{SIDE_WORDS[one.region.side].lower()} "
            score = "" if z_score is None else f" (z {score_words(z_score)})"
            parts.append(f"{side}{number_words(quantity, value)}{score}")
    return f"{short_name(region)}: {quantity_heading(quantity)} {', '.join(parts)}"


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
    parts = [f"Sum of grades: {total:.0f} of 12." for total in sums if total is not None]
    parts.extend(
        f"{SIDE_WORDS[side]}: dark over {length:.0f} mm."
        for side in (Side.RIGHT, Side.LEFT)
        if (length := lengths.get(side)) is not None
    )
    return " ".join(parts)


def made_by(software_version: str, algorithm: str) -> str:
    """What made a picture."""
    return " · ".join(part for part in (f"{PRODUCT} {software_version}".strip(), algorithm) if part)
