"""How an image was made, as far as reference distributions differ by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Sign
from processors.volume import Volume

GENERAL = "general"
"""The family that a norm may name for every sequence of its sign."""

_FIELD_STRENGTHS = ((0.75, 0.5), (1.25, 1.0), (2.25, 1.5), (5.0, 3.0), (15.0, 7.0))
"""Upper limit of each class, and the field that stands for it, tesla: what clinical scanners have."""

_MANUFACTURERS = (
    ("siemens", "Siemens"),
    ("philips", "Philips"),
    ("ge medical", "GE"),
    ("ge healthcare", "GE"),
    ("gems", "GE"),
    ("general electric", "GE"),
    ("canon", "Canon"),
    ("toshiba", "Canon"),
    ("hitachi", "Fujifilm"),
    ("fujifilm", "Fujifilm"),
    ("uih", "United Imaging"),
    ("united imaging", "United Imaging"),
    ("bruker", "Bruker"),
    ("hyperfine", "Hyperfine"),
    ("paramed", "Paramed"),
    ("esaote", "Esaote"),
    ("neusoft", "Neusoft"),
    ("mindray", "Mindray"),
)
"""What the manufacturer's name contains, and the name under which its scanners are pooled."""

_LONGEST_MANUFACTURER = 32


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of imaging whose measurements are comparable; ``None`` where unknown, or pooled.

    Attributes
    ----------
    family
        Of sequences: the general family first, then what sets this one apart (see :func:`wider_families`).
    field_strength
        The class of the main field: 0.5, 1, 1.5, 3 or 7 T.
    manufacturer
        Of the scanner, in one spelling.
    """

    family: str
    field_strength: float | None = None
    manufacturer: str | None = None

    def __str__(self) -> str:
        field = None if self.field_strength is None else f"{self.field_strength:g} T"
        return " ".join(part for part in (self.family, field, self.manufacturer) if part)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "family": self.family,
            "field_strength": self.field_strength,
            "manufacturer": self.manufacturer,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Protocol":
        """From JSON.

        Raises
        ------
        KeyError
            If it names no family.
        """
        return cls(plain["family"], plain.get("field_strength"), plain.get("manufacturer"))

    def pooled(self) -> "tuple[Protocol, ...]":
        """Itself and the wider groups it belongs to: any manufacturer, then any field."""
        widest = Protocol(self.family)
        if self.field_strength is None:
            return (widest,)
        return tuple(dict.fromkeys((self, Protocol(self.family, self.field_strength), widest)))


BY_SEX = frozenset({Sign.CORD_ATROPHY})
"""Signs whose norms differ between women and men."""

_SEXES = {"F": "female", "M": "male"}


def protocol_of(volume: Volume, sign: Sign | None = None) -> Protocol:
    """The protocol that a volume was made with, from its contrast and header.

    For a sign that differs between the sexes the patient's is part of the family: ``"T2 female 3-D"``.
    """
    acquisition = volume.acquisition
    family = _family(volume.contrast, acquisition, volume.plane)
    if sign in BY_SEX and acquisition.patient_sex in _SEXES:
        contrast, _, rest = family.partition(" ")
        family = " ".join(filter(None, (contrast, _SEXES[acquisition.patient_sex], rest)))
    return Protocol(
        family=family,
        field_strength=field_strength_class(acquisition.field_strength),
        manufacturer=manufacturer_name(acquisition.manufacturer),
    )


def wider_families(family: str) -> tuple[str, ...]:
    """A family and those it is part of, the narrowest first.

    A family's name is the general family followed by what sets it apart: ``"T1 gradient echo 3-D"`` is part
    of ``"T1 gradient echo"``, which is part of ``"T1"``; everything is part of :data:`GENERAL`.
    """
    words = family.split()
    return (*(" ".join(words[:count]) for count in range(len(words), 0, -1)), GENERAL)


def field_strength_class(tesla: float | None) -> float | None:
    """The class of a field strength: 0.5, 1, 1.5, 3 or 7 T; ``None`` for what is no scanner's field."""
    if tesla is None or not tesla > 0:
        return None
    return next((standard for limit, standard in _FIELD_STRENGTHS if tesla < limit), None)


def manufacturer_name(manufacturer: str | None) -> str | None:
    """One spelling for every way a manufacturer has written its name."""
    legible = "".join(sign if sign.isprintable() else " " for sign in manufacturer or "")
    words = " ".join(legible.split())
    if not words:
        return None
    searched = words.casefold()
    known = next((name for part, name in _MANUFACTURERS if part in searched), None)
    if known is None and searched in ("ge", "g e"):
        return "GE"
    return known or words[:_LONGEST_MANUFACTURER]


def _family(contrast: Contrast, acquisition: Acquisition, plane: Plane) -> str:
    three_dimensional = acquisition.three_dimensional
    if three_dimensional is None and plane is Plane.THREE_D:
        three_dimensional = True
    match contrast:
        case Contrast.T1 | Contrast.T1_POST_CONTRAST:
            return _t1_family(acquisition, three_dimensional)
        case Contrast.T1_MTC:
            return "T1 MTC"
        case Contrast.T2 | Contrast.FLAIR:
            return f"{contrast.value} 3-D" if three_dimensional else contrast.value
        case _:
            return contrast.value


def _t1_family(acquisition: Acquisition, three_dimensional: bool | None) -> str:
    if acquisition.gradient_echo is None:
        return "T1"
    if not acquisition.gradient_echo:
        prepared = " inversion recovery" if acquisition.inversion_recovery else ""
        return f"T1 spin echo{prepared}{' 3-D' if three_dimensional else ''}"
    dimension = {True: " 3-D", False: " 2-D", None: ""}[three_dimensional]
    return f"T1 gradient echo{dimension}"
