"""The numbers of a finding that a radiologist looks at, among all that were measured."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from processors.depiction import CordProfile
from processors.findings import Finding, Quantity, RegionMeasurements, Side, Sign

FloatArray = npt.NDArray[np.float64]

JUDGED_BY: Mapping[Sign, Quantity] = {
    Sign.MOTOR_BAND: Quantity.DARKNESS,
    Sign.CORD_ATROPHY: Quantity.CROSS_SECTIONAL_AREA,
    Sign.CORD_FLATTENING: Quantity.FLATNESS,
}
"""What each sign is judged by; all others by the signal's ratio."""

COMPARED_BY: Mapping[Sign, Quantity] = {Sign.CORD_ATROPHY: Quantity.AREA_AT_REFERENCE_AGE}
"""What stands beside the norm where it is not the number itself."""

WEAKER_THE_LARGER = frozenset(
    {Sign.CST_DIFFUSION, Sign.PRECENTRAL_ATROPHY, Sign.CORD_ATROPHY, Sign.CORD_FLATTENING}
)
"""Signs whose numbers fall where the sign is there."""

GRADED = frozenset({Sign.MOTOR_BAND})
"""Signs that are decided by grades."""


def judged_by(finding: Finding) -> Quantity | None:
    """The number that a sign is judged by; ``None`` where it was not measured anywhere."""
    quantity = JUDGED_BY.get(finding.sign, Quantity.RATIO)
    return quantity if any(one.value(quantity) is not None for one in finding.regions) else None


def compared_by(finding: Finding) -> Quantity | None:
    """The number that stands beside the norm; ``None`` where it was not measured anywhere."""
    quantity = COMPARED_BY.get(finding.sign)
    if quantity is not None and any(one.value(quantity) is not None for one in finding.regions):
        return quantity
    return judged_by(finding)


def region_names(finding: Finding) -> list[str]:
    """The regions that were measured, each once, in their order."""
    return list(dict.fromkeys(one.region.name for one in finding.regions))


def has_sides(finding: Finding) -> bool:
    """Whether any region has a left and a right."""
    return any(one.region.side is not None for one in finding.regions)


def sided(finding: Finding, name: str) -> list[RegionMeasurements]:
    """A region as it stands in a picture: the patient's right side first."""
    own = [one for one in finding.regions if one.region.name == name]
    return sorted(own, key=lambda one: one.region.side is Side.LEFT)


def counts(finding: Finding, region: RegionMeasurements) -> bool:
    """Whether a region had a part in the decision.

    Without a grade it had none where the sign is graded, nor without a z-score where others have one.
    """
    if finding.sign in GRADED:
        return region.value(Quantity.GRADE) is not None
    scored = any(one.value(Quantity.Z_SCORE) is not None for one in finding.regions)
    return not scored or region.value(Quantity.Z_SCORE) is not None


def along_cord(sign: Sign, profile: CordProfile) -> tuple[Quantity, FloatArray]:
    """What shows a change of the cord's shape slice by slice, and its numbers, shape (n,)."""
    if sign is Sign.CORD_FLATTENING and profile.flatness is not None:
        return Quantity.FLATNESS, profile.flatness
    return Quantity.CROSS_SECTIONAL_AREA, profile.area_mm2


def strength(finding: Finding, name: str) -> float:
    """How strong a finding is in a region, in units that can be compared between regions of one finding.

    Minus infinity where nothing that was measured of the region counts.
    """
    found = [value for one in sided(finding, name) if (value := _strength(finding, one)) is not None]
    return sum(found) / len(found) if found else float("-inf")


def _strength(finding: Finding, region: RegionMeasurements) -> float | None:
    if not counts(finding, region):
        return None
    quantity = judged_by(finding)
    value = region.value(Quantity.Z_SCORE)
    if value is None and quantity is not None:
        value = region.value(quantity)
    return value if value is None or finding.sign not in WEAKER_THE_LARGER else -value
