"""When a study is taken as complete enough to analyse (pure)."""

from dataclasses import dataclass
from datetime import datetime

from listener.settings import SettlingSettings


@dataclass(frozen=True, slots=True)
class Settled:
    """A study has settled: with every required series, or at the deadline without."""

    complete: bool
    why: str


def is_quiet(now: datetime, last_received_at: datetime, settings: SettlingSettings) -> bool:
    """Whether no image has come for the quiet period."""
    return now - last_received_at >= settings.quiet_period


def settle(
    now: datetime,
    opened_at: datetime,
    last_received_at: datetime,
    missing: tuple[str, ...],
    settings: SettlingSettings,
) -> Settled | None:
    """Decide whether a study has settled; ``None`` to wait on.

    Parameters
    ----------
    opened_at
        When the first image of this version came.
    missing
        The required series that have not come.
    """
    if is_quiet(now, last_received_at, settings) and not missing:
        return Settled(True, f"No image came for {settings.quiet_period.total_seconds():.0f} s.")
    if now - opened_at >= settings.deadline:
        lacking = f" without {', '.join(missing)}" if missing else " while images were still coming"
        return Settled(False, f"The deadline passed{lacking}.")
    return None
