"""The reasons: a stable key each, and the sentence a radiologist reads."""

from collections.abc import Mapping

from catalogue.texts import TEXTS

SENTENCES: Mapping[str, str] = TEXTS["reasons"]
