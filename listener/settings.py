"""Every setting, once: from ``betz.toml``, ``BETZ_…`` variables and secrets in files."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy import make_url

from db.models import ObjectKind
from listener.classification.overrides import Override
from listener.destinations import AnyDestination
from listener.setting_values import AETitle, Port, Seconds, Section
from processors.acquisition import BodyPart, Contrast

SETTINGS_FILE = Path("betz.toml")
ENVIRONMENT_PREFIX = "BETZ_"


def _required_series(text: str) -> str:
    known = {f"{contrast} {part}" for contrast in Contrast for part in BodyPart}
    if text not in known:
        raise ValueError('a required series is a contrast and a body part, such as "T1 brain"')
    return text


def _time_zone(name: str) -> str:
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
    return name


RequiredSeries = Annotated[str, AfterValidator(_required_series)]


class ListenerTLS(Section):
    """TLS 1.2 or newer on the listener's port."""

    certificate_file: Path
    key_file: Path
    ca_file: Path | None = None
    """If given, peers must show a certificate signed by one of these."""


class ListenerSettings(Section):
    """Who may connect, and within what limits."""

    ae_title: AETitle = "BETZ"
    host: str = "127.0.0.1"
    """The address to listen on, ``0.0.0.0`` for all; only this machine until someone decides otherwise."""
    port: Port = 11112
    calling_ae_titles: tuple[AETitle, ...] = ()
    """AE titles that may connect; empty for any."""
    calling_addresses: tuple[str, ...] = ()
    """IP addresses that may connect; empty for any."""
    processes: Annotated[int, Field(ge=1, le=64)] = 2
    """How many processes share the port; each serves its part of the associations on a core of its own."""
    maximum_associations: Annotated[int, Field(ge=1, le=1000)] = 32
    """All processes together; never fewer than one each."""
    maximum_pdu_size: Annotated[int, Field(ge=4096, le=1 << 20)] = 1 << 17
    """Bytes; what the peer is told it may send at once."""
    maximum_instance_size: Annotated[int, Field(ge=1 << 20)] = 2 << 30
    """Bytes; a larger instance is refused."""
    idle_timeout: Seconds = timedelta(seconds=60)
    """An association without traffic for so long is aborted."""
    minimum_free_space: Annotated[int, Field(ge=0)] = 2 << 30
    """Bytes; below, instances are refused as out of resources (A700)."""
    tls: ListenerTLS | None = None
    """TLS only on the port, if given."""


class StorageSettings(Section):
    """Where instances are kept."""

    url: str = "betz-data/archive"
    """A folder, or an fsspec URL such as ``s3://bucket/betz`` when several machines share it."""


class DatabaseSettings(Section):
    """Where the index, the findings and the workflows are kept."""

    url: str = "sqlite:///betz-data/betz.sqlite"
    """``sqlite:///file`` or ``postgresql+psycopg://user@host/name``."""
    workflow_url: str | None = None
    """The workflow engine's own database; by default beside the other."""
    password_file: Path | None = None
    """A file with the password, for both addresses."""

    def address(self) -> str:
        """The database address, with the password filled in."""
        return self._with_password(self.url)

    def workflow_address(self) -> str:
        """The address of the workflow engine's database, with the password filled in."""
        if self.workflow_url is not None:
            return self._with_password(self.workflow_url)
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite":
            path = Path(url.database or "betz.sqlite")
            return str(url.set(database=str(path.with_name(f"{path.stem}-workflows.sqlite"))))
        return self._with_password(self.url)

    def _with_password(self, address: str) -> str:
        url = make_url(address)
        if self.password_file is not None:
            url = url.set(password=self.password_file.read_text().strip())
        return url.render_as_string(hide_password=False)


class SettlingSettings(Section):
    """When a study is taken as complete enough to analyse."""

    quiet_period: Seconds = timedelta(seconds=120)
    """No image of the study for so long."""
    required_series: tuple[RequiredSeries, ...] = ()
    """``"<contrast> <body part>"``, such as ``"T1 brain"``: waited for until the deadline."""
    deadline: Seconds = timedelta(minutes=30)
    """From the first image; then the study goes on with what there is, marked incomplete."""

    @model_validator(mode="after")
    def _deadline_after_quiet(self) -> Self:
        if self.deadline < self.quiet_period:
            raise ValueError("the deadline is shorter than the quiet period")
        return self


class WorkerSettings(Section):
    """How much is analysed at once."""

    analysis_timeout: Seconds = timedelta(minutes=10)
    """An analysis that takes longer is ended and reported as failed."""
    analysis_attempts: Annotated[int, Field(ge=1)] = 3
    """An analysis that took the worker down so often is reported as failed."""
    poll_interval: Seconds = timedelta(seconds=1)


class SeriesOverride(Section):
    """What a site knows of some of its series, before any rule."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    where: dict[str, str | float | tuple[float, float]]
    """By pydicom keyword: a text with ``*`` and ``?``, a number, or the lowest and the highest number."""
    contrast: Contrast | None = None
    body_part: BodyPart | None = None
    ignore: bool = False

    def override(self) -> Override:
        """As the classification takes it."""
        return Override(self.name, self.where, self.contrast, self.body_part, self.ignore)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self.override()
        return self


class DeliverySettings(Section):
    """How long and how often delivery is tried; it is never given up."""

    calling_ae_title: AETitle | None = None
    """By default the listener's own AE title."""
    first_retry: Seconds = timedelta(seconds=10)
    longest_retry: Seconds = timedelta(minutes=15)
    longest_refused_retry: Seconds = timedelta(hours=6)
    """Of objects of a kind that the destination takes none of."""
    commitment_timeout: Seconds = timedelta(hours=1)
    """A request for Storage Commitment without answer for so long is made again; doubled each time."""


class DashboardSettings(Section):
    """Where the administrator's pages are shown, and to whom."""

    host: str = "127.0.0.1"
    """The address to listen on; any other than this machine's own loopback needs a password."""
    port: Port = 8080
    username: Annotated[str, Field(min_length=1, pattern="^[^:]*$")] = "admin"
    password_file: Path | None = None
    """A file with the password."""

    def password(self) -> str | None:
        """The password, or none where no file is named."""
        return None if self.password_file is None else self.password_file.read_text().strip()


class Settings(BaseSettings):
    """All settings.

    Raises
    ------
    pydantic.ValidationError
        If a value is out of range, or a name is not a setting.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        toml_file=SETTINGS_FILE,
    )

    institution: Annotated[str, Field(max_length=64, pattern=r"^[^\\\\\x00-\x1f]*$")] = ""
    """Institution Name of the equipment that makes the reports."""
    time_zone: Annotated[str, AfterValidator(_time_zone)] = ""
    """IANA name of the zone in which the scanners' clocks run; that of this machine by default."""
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    listener: ListenerSettings = ListenerSettings()
    storage: StorageSettings = StorageSettings()
    database: DatabaseSettings = DatabaseSettings()
    settling: SettlingSettings = SettlingSettings()
    worker: WorkerSettings = WorkerSettings()
    delivery: DeliverySettings = DeliverySettings()
    dashboard: DashboardSettings = DashboardSettings()
    destinations: tuple[AnyDestination, ...] = ()
    overrides: tuple[SeriesOverride, ...] = ()

    def classification(self) -> tuple[Override, ...]:
        """What the site knows of its series, the first that applies to be taken."""
        return tuple(one.override() for one in self.overrides)

    def local(self, moment: datetime) -> datetime:
        """A moment by the clocks of the site."""
        return moment.astimezone(ZoneInfo(self.time_zone) if self.time_zone else None)

    def destinations_of(self, kind: ObjectKind | str) -> list[str]:
        """The names of the destinations that want objects of a kind."""
        return [destination.name for destination in self.destinations if kind in destination.wants]

    @model_validator(mode="after")
    def _destinations_differ(self) -> Self:
        names = [d.name for d in self.destinations]
        if len(set(names)) != len(names):
            raise ValueError("two destinations have the same name")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def environment_without_settings() -> dict[str, str]:
    """The environment without ``BETZ_…``, for a node that is to have settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}


def read_settings(file: Path | None = None) -> Settings:
    """The settings of a file (by default ``betz.toml`` where there is one), under the environment's."""
    if file is None:
        return Settings()
    if not file.is_file():
        raise FileNotFoundError(f"no settings file {file}")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    return FromFile()
