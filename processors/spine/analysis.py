"""All signs of the cervical cord, from the volumes of one study."""

from collections.abc import Mapping

from processors.acquisition import Contrast, Plane
from processors.findings import CORD_SIGNS, READS, Algorithm, Finding, Reason, not_evaluated
from processors.volume import Volume

ALGORITHM = Algorithm("Betz cord", "0.1.0")


def analyse_spine(volumes: Mapping[tuple[Contrast, Plane], Volume]) -> tuple[Finding, ...]:
    """Judge every sign of the cord; none is measured yet.

    Parameters
    ----------
    volumes
        By contrast and plane.

    Returns
    -------
    tuple of Finding
        One for each of :data:`processors.findings.CORD_SIGNS`, all ``not_evaluated``.
    """
    present = {contrast for contrast, _ in volumes}
    findings = []
    for sign in CORD_SIGNS:
        needed = " or ".join(READS[sign])
        missing = Reason.of("missing-series", needed=f"{needed} cervical spine")
        unbuilt = Reason.of("not-implemented")
        findings.append(not_evaluated(sign, ALGORITHM, unbuilt if present & set(READS[sign]) else missing))
    return tuple(findings)
