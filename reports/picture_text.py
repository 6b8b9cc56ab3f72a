"""Every English text of the pictures that is not in the report, too."""

from processors.acquisition import Plane
from processors.findings import CERVICAL_LEVELS, Confidence, Finding, Quantity, Side, State
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
    Quantity.RATIO: "ratio",
    Quantity.CROSS_SECTIONAL_AREA: "area, mm²",
}
"""What the tables of the pictures call a number."""

ALONG_TRACT = "Signal along the tract, from the pons up: tract ÷ reference"
UNFOLDED = "Precentral gyrus unfolded: how dark its bank is, 1 − signal ÷ reference"
ALONG_AND_ACROSS = "Across: mm along the gyrus from the midline outwards. Down: mm of depth from its crown."
BY_REGION = "By region, with the norm"
COLUMNS_BY_LEVEL = "Columns ÷ dorsal columns"
CORD_UNROLLED = "Cord unrolled"
CORD_AREA = "Area, mm²"
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


def numbers_words(finding: Finding, quantity: Quantity, region: str) -> str:
    """The number of a region on every side it has, with its z-score."""
    parts = []
    for one in sorted(finding.regions, key=lambda one: one.region.side is Side.LEFT):
        value, z_score = one.value(quantity), one.value(Quantity.Z_SCORE)
        if one.region.name != region or value is None:
            continue
        side = "" if one.region.side is None else f"{SIDE_WORDS[one.region.side].lower()} "
        score = "" if z_score is None else f" (z {z_score:+.1f})"
        parts.append(f"{side}{number_words(quantity, value)}{score}")
    heading = QUANTITY_HEADINGS.get(quantity, quantity.value.replace("_", " "))
    return f"{short_name(region)}: {heading} {', '.join(parts)}"


def number_words(quantity: Quantity, value: float) -> str:
    """A number with as many digits as it deserves."""
    return f"{value:.1f}" if quantity is Quantity.CROSS_SECTIONAL_AREA else f"{value:.2f}"


def made_by(software_version: str, algorithm: str) -> str:
    """What made a picture."""
    return " · ".join(part for part in (f"{PRODUCT} {software_version}".strip(), algorithm) if part)
