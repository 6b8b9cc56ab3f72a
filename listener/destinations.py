"""Where objects are delivered to: by C-STORE, or by STOW-RS."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from db.models import ObjectKind
from listener.setting_values import AETitle, Port, Seconds, Section


class DestinationTLS(Section):
    """TLS 1.2 or newer to a destination."""

    ca_file: Path | None = None
    """Whose certificates are trusted; by default those the system trusts."""
    certificate_file: Path | None = None
    key_file: Path | None = None
    """Of our own certificate, for a destination that asks for one."""
    check_host: bool = True
    """Whether the destination's certificate must be for the name or address in ``host``."""

    @model_validator(mode="after")
    def _key_with_certificate(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file go together")
        return self


class Commitment(StrEnum):
    """Whether a destination is asked for Storage Commitment."""

    AUTO = "auto"
    """Where it offers it; what it acknowledged counts as delivered meanwhile."""
    REQUIRED = "required"
    """What it acknowledged counts as delivered when it has committed itself."""
    OFF = "off"


def _object_kinds(value: object) -> object:
    known = {"key-images": ObjectKind.KEY_IMAGE}
    if not isinstance(value, list | tuple):
        return value
    return [known.get(one, one) if isinstance(one, str) else one for one in value]


Wants = Annotated[tuple[ObjectKind, ...], BeforeValidator(_object_kinds), Field(min_length=1)]


class _AnyDestination(Section):
    name: Annotated[str, Field(min_length=1, max_length=64)]
    wants: Wants = tuple(ObjectKind)
    """Which objects it gets: ``sr``, ``seg``, ``key-image``."""
    timeout: Seconds = timedelta(seconds=30)


class Destination(_AnyDestination):
    """A PACS that objects are delivered to by C-STORE."""

    kind: Literal["dimse"] = "dimse"
    ae_title: AETitle
    host: str
    port: Port
    calling_ae_title: AETitle | None = None
    """By default that of the delivery settings."""
    tls: DestinationTLS | None = None
    commitment: Commitment = Commitment.AUTO


class WebDestination(_AnyDestination):
    """A PACS that objects are delivered to by DICOMweb's STOW-RS."""

    kind: Literal["stow"]
    url: Annotated[str, Field(pattern=r"^https?://[^\s/@?#]+(/[^\s?#]*)?$")]
    """Of the service, without ``/studies``."""
    username: str | None = None
    password_file: Path | None = None
    token_file: Path | None = None
    """A file with a bearer token, read anew for every delivery."""
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @property
    def has_secret(self) -> bool:
        """Whether a password or a token goes with what is sent."""
        return self.password_file is not None or self.token_file is not None

    @model_validator(mode="after")
    def _one_way_to_authenticate(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        if self.username is not None and self.token_file is not None:
            raise ValueError("a destination has a password or a token")
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file go together")
        return self


def _destination_kind(value: object) -> str:
    kind = value.get("kind", "dimse") if isinstance(value, dict) else getattr(value, "kind", "dimse")
    return str(kind)


AnyDestination = Annotated[
    Annotated[Destination, Tag("dimse")] | Annotated[WebDestination, Tag("stow")],
    Discriminator(_destination_kind),
]
