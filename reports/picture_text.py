"""Every English text of the pictures that is not in the report, too."""

from processors.acquisition import Plane
from processors.findings import CERVICAL_LEVELS, Confidence, Quantity, Side, State
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
ALONG_GYRUS = "along the gyrus from the midline outwards, mm"
DEPTH = "depth, mm"
BY_REGION = "By region, with the norm"
COLUMNS_BY_LEVEL = "Columns ÷ dorsal columns"
CORD_UNROLLED = "Cord unrolled"
CORD_AREA = "Area, mm²"
NORM_BAND = "norm ± 2 SD"
NORM = "Norm"
Z_EXPLAINED = "z: standard deviations from the norm's mean; bold from 2 on."
NOT_COUNTED = "slice not counted"
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
    facts = [f"{volume.contrast} {volume.plane}"]
    if acquired.field_strength is not None:
        facts.append(f"{acquired.field_strength:.3g} T")
    times = (("TR", acquired.repetition_time), ("TE", acquired.echo_time), ("TI", acquired.inversion_time))
    facts.extend(f"{name} {time:.4g} ms" for name, time in times if time is not None)
    if acquired.b_value is not None:
        facts.append(f"b {acquired.b_value:.0f}")
    return " · ".join(facts)


def slice_words(
    plane: Plane, number: int, slices: int, letter: str, millimetres: float, *, native: bool
) -> str:
    """Where a picture was cut, one line."""
    if native:
        return f"{plane} slice {number} of {slices} · {letter} {millimetres:.1f} mm"
    return f"{plane} reformat · {letter} {millimetres:.1f} mm"


def window_words(low: float, high: float) -> str:
    """How a picture is windowed, as viewers say it: width and level."""
    return f"W {high - low:.4g} L {(high + low) / 2:.4g}"


def made_by(software_version: str, algorithm: str) -> str:
    """What made a picture."""
    return " · ".join(part for part in (f"{PRODUCT} {software_version}".strip(), algorithm) if part)
