"""The kinds of values that settings have."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _ae_title(title: str) -> str:
    stripped = title.strip()
    if (
        not 1 <= len(stripped) <= 16
        or "\\" in stripped
        or not stripped.isascii()
        or not stripped.isprintable()
    ):
        raise ValueError("an AE title has 1 to 16 printable ASCII characters and no backslash")
    return stripped


def _from_seconds(value: object) -> object:
    if isinstance(value, str):
        try:
            return timedelta(seconds=float(value))
        except (ValueError, OverflowError):
            raise ValueError("a time is given in seconds") from None
    return value


Seconds = Annotated[timedelta, BeforeValidator(_from_seconds), Field(gt=timedelta(0))]
"""A time, written as a number of seconds."""

AETitle = Annotated[str, AfterValidator(_ae_title)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """A group of settings; a name that is none of them is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
