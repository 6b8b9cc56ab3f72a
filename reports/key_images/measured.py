"""The numbers of a finding that a radiologist looks at, among all that were measured."""

from collections.abc import Mapping

from processors.findings import Finding, Quantity, RegionMeasurements, Side, Sign

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


def strength(finding: Finding, name: str) -> float:
    """How strong a finding is in a region, in units that can be compared between regions of one finding."""
    found = [value for one in sided(finding, name) if (value := _strength(finding, one)) is not None]
    return sum(found) / len(found) if found else float("-inf")


def _strength(finding: Finding, region: RegionMeasurements) -> float | None:
    quantity = judged_by(finding)
    value = region.value(Quantity.Z_SCORE)
    if value is None and quantity is not None:
        value = region.value(quantity)
    return value if value is None or finding.sign not in WEAKER_THE_LARGER else -value
