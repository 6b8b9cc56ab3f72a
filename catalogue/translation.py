"""The English texts, and a site's translation over them."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

ENGLISH = Path(__file__).with_name("en.toml")

LONGEST_MEANING = 64
"""Characters of a code meaning, a series description and a segment label (VR LO of PS3.5)."""

MEANINGS = frozenset(
    {
        "confidences",
        "objects",
        "quantities",
        "regions",
        "sides",
        "signs",
        "signs_short",
        "state_codes",
        "units",
    }
)
"""The sections whose texts become attributes of that length."""

UNBOUNDED = frozenset({"key_images_derivation"})

TOLD_APART = frozenset(
    {"confidences", "regions", "sides", "sides_in_sentence", "signs", "signs_short", "states"}
)
"""The sections in which no two texts may be the same."""

PRODUCT = "Betz "
"""How a text must begin where the English one does: a series is known by it in every PACS."""

Sections = Mapping[str, Mapping[str, str]]


class CatalogueError(ValueError):
    """A translation cannot be used; the message lists what is wrong with it, a line each."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts by section and key, and which of them are English for lack of a translation."""

    sections: Sections
    untranslated: tuple[str, ...] = ()


def read_catalogue(translation: Path | None) -> Catalogue:
    """The English texts, with a translation over them.

    Parameters
    ----------
    translation
        A TOML file with any of the sections and keys of ``en.toml``; ``None`` for English.

    Raises
    ------
    CatalogueError
        If the file cannot be read, or a text of it is unknown, too long, or to be filled in with other things
        than the English one.
    """
    english = tomllib.loads(ENGLISH.read_text("utf-8"))
    if translation is None:
        return Catalogue(english)
    try:
        given = tomllib.loads(translation.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{translation}: {error}") from error
    if faults := list(_faults(given, english)):
        raise CatalogueError("\n".join(f"{translation}: {fault}" for fault in faults))
    return Catalogue(
        {section: {**texts, **given.get(section, {})} for section, texts in english.items()},
        tuple(
            f"{section}.{key}"
            for section, texts in english.items()
            for key in texts
            if key not in given.get(section, {})
        ),
    )


def _faults(given: Mapping[str, object], english: Sections) -> Iterator[str]:
    for section, texts in given.items():
        if section not in english or not isinstance(texts, dict):
            yield f"there is no section [{section}]"
            continue
        merged = {**english[section], **texts}
        if section in TOLD_APART and len(set(map(str, merged.values()))) < len(merged):
            yield f"[{section}]: two texts are the same"
        for key, text in texts.items():
            if fault := _fault(section, key, text, english[section]):
                yield f"[{section}] {key}: {fault}"


def _fault(section: str, key: str, text: object, english: Mapping[str, str]) -> str | None:
    if key not in english:
        return "there is no such text"
    if not isinstance(text, str) or not text.strip():
        return "the text is empty"
    if any(ord(character) < 32 or character == "\\" for character in text):
        return "line ends, control characters and backslashes are not allowed"
    if english[key].startswith(PRODUCT) and not text.startswith(PRODUCT) and section == "objects":
        return f"the text must begin with {PRODUCT!r}"
    if section in MEANINGS and key not in UNBOUNDED and len(text) > LONGEST_MEANING:
        return f"{len(text)} characters, at most {LONGEST_MEANING} are allowed"
    try:
        wanted, filled = _filled_in(english[key]), _filled_in(text)
        if sorted(wanted) != sorted(filled):
            return f"what stands in braces must be {', '.join(f'{{{name}}}' for name in wanted) or 'nothing'}"
        text.format(**dict.fromkeys(wanted, 1))
    except (ValueError, LookupError) as error:
        return f"what stands in braces is wrong ({error})"
    return None


def _filled_in(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]
