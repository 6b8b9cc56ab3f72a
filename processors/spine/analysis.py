"""All signs of the cervical cord, from the volumes of one study."""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.acquisition import Contrast, Plane
from processors.depiction import CordProfile, RegionMap
from processors.findings import CORD_SIGNS, READS, Algorithm, Finding, Reason, not_evaluated
from processors.norms import Norms
from processors.volume import Volume

ALGORITHM = Algorithm("Betz cord", "0.1.0")


@dataclass(frozen=True, slots=True, eq=False)
class SpineAnalysis:
    """What the spine series of a study say.

    Attributes
    ----------
    findings
        One for each of :data:`~processors.findings.CORD_SIGNS`, in that order.
    region_maps
        Where each sign was measured.
    profiles
        What was measured along the cord, for each sign of its signal.
    """

    findings: tuple[Finding, ...]
    region_maps: tuple[RegionMap, ...] = ()
    profiles: tuple[CordProfile, ...] = ()


def analyse_spine(
    volumes: Mapping[tuple[Contrast, Plane], Volume], norms: Norms | None = None
) -> SpineAnalysis:
    """Judge every sign of the cord; none is measured yet.

    Parameters
    ----------
    volumes
        By contrast and plane.
    norms
        What the measurements are compared with; the shipped norms by default.

    Returns
    -------
    SpineAnalysis
        All findings ``not_evaluated``.
    """
    present = {contrast for contrast, _ in volumes}
    findings = []
    for sign in CORD_SIGNS:
        needed = " or ".join(READS[sign])
        missing = Reason.of("missing-series", needed=f"{needed} cervical spine")
        unbuilt = Reason.of("not-implemented")
        findings.append(not_evaluated(sign, ALGORITHM, unbuilt if present & set(READS[sign]) else missing))
    return SpineAnalysis(tuple(findings))
