"""Whether the images show a person at all: phantoms and animals are measured on the same scanners.

The patient's name is not looked at: it is no description, and people are called Hund and Rabbit.
"""

from listener.classification import words as say
from listener.classification.headers import Header, codes_in, members, number_in, words_in

STRONGEST_HUMAN_FIELD = 8.0
"""Tesla; above, scanners for people are a handful of research instruments, those for animals are common."""
STRONGEST_FIELD = 30.0
"""Tesla; a larger number is in gauss."""

_TEXTS = (
    "SeriesDescription", "ProtocolName", "StudyDescription", "PerformedProcedureStepDescription",
    "RequestedProcedureDescription", "BodyPartExamined",
)  # fmt: skip
_SPECIES = ("PatientSpeciesDescription", "PatientBreedDescription")
_HUMAN = ("human", "homo")


def not_a_patient(header: Header) -> str | None:
    """Why the images are of a phantom or an animal, or ``None`` where nothing says so."""
    if "YES" in codes_in(header, "QualityControlSubject"):
        return "Quality Control Subject is YES"
    species = words_in(header, *_SPECIES)
    if species.strip() and not any(word in species for word in _HUMAN):
        return "the species is not human"
    coded = [str(item) for item in members(header, "PatientSpeciesCodeSequence")]
    if coded and not any(word in text.casefold() for text in coded for word in _HUMAN):
        return "the species is not human"
    texts = words_in(header, *_TEXTS)
    if say.PHANTOM.search(texts):
        return "the descriptions name a phantom"
    if say.ANIMAL.search(texts):
        return "the descriptions name an animal"
    if say.ANIMAL_COIL.search(words_in(header, "ReceiveCoilName", "TransmitCoilName")):
        return "the coil is one for animals"
    if say.ANIMAL_SCANNER.search(words_in(header, "Manufacturer")):
        return "the scanner is one for animals"
    field = number_in(header, "MagneticFieldStrength")
    if field is not None and STRONGEST_HUMAN_FIELD < field < STRONGEST_FIELD:
        return "the field is stronger than that of scanners for people"
    return None
