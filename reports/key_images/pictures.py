"""A study's findings and measured regions as pictures: one overview, and one for each sign worth a look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import BRAIN_SIGNS, CORD_SIGNS, Finding, Sign, State
from processors.volume import SliceSource, Volume
from reports.key_images.overview_page import overview_page
from reports.key_images.page import Page
from reports.key_images.sign_page import sign_page
from reports.key_images.subject import Sources, Subject
from reports.picture_text import OVERVIEW_TITLES
from reports.text import SIGN_NAMES

PICTURED = (State.PRESENT, State.INDETERMINATE)
"""States of a sign that gets a picture of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyPicture:
    """One picture.

    Attributes
    ----------
    sign
        ``None`` for an overview.
    pixels
        Shape (rows, columns, 3), uint8, RGB.
    sources
        The images that it shows, each with its Series Instance UID; empty where they name none.
    """

    sign: Sign | None
    title: str
    pixels: npt.NDArray[np.uint8]
    sources: tuple[tuple[str, SliceSource], ...] = ()


def pictures(
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    region_maps: Sequence[RegionMap],
    strips: Sequence[CortexStrip] = (),
    cord_profiles: Sequence[CordProfile] = (),
    *,
    software_version: str = "",
) -> tuple[KeyPicture, ...]:
    """The pictures of an analysis: its overview first, then each sign that is present or indeterminate.

    Parameters
    ----------
    findings
        Of one analysis.
    volumes
        By Series Instance UID; a region map of a series that is not among them is not drawn.
    region_maps
        At most one of each sign is drawn, the first.
    software_version
        Of the product, as it is written on every picture.

    Returns
    -------
    tuple of KeyPicture
        Empty where no sign was evaluated: a page of empty rows helps nobody.
    """
    drawn = pages(findings, volumes, region_maps, strips, cord_profiles, software_version=software_version)
    return tuple(KeyPicture(sign, title, page.pixels(), sources) for sign, title, page, sources in drawn)


def pages(
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    region_maps: Sequence[RegionMap],
    strips: Sequence[CortexStrip] = (),
    cord_profiles: Sequence[CordProfile] = (),
    *,
    software_version: str = "",
) -> Iterator[tuple[Sign | None, str, Page, Sources]]:
    """The page of each picture with its sign, its title and the images it shows; see :func:`pictures`."""
    if all(finding.state is State.NOT_EVALUATED for finding in findings):
        return
    subjects = {
        finding.sign: subject
        for finding in findings
        if (subject := _subject(finding, volumes, region_maps, cord_profiles)) is not None
    }
    title = OVERVIEW_TITLES[analysis_of(findings)]
    yield None, title, *overview_page(title, findings, subjects, strips, software_version)
    for finding in findings:
        if finding.state in PICTURED:
            page, sources = sign_page(finding, subjects.get(finding.sign), strips, software_version)
            yield finding.sign, SIGN_NAMES[finding.sign], page, sources


def _subject(
    finding: Finding,
    volumes: Mapping[str, Volume],
    region_maps: Sequence[RegionMap],
    cord_profiles: Sequence[CordProfile],
) -> Subject | None:
    """The series that a finding is shown on: that of its regions, or the first it was measured on."""
    own = (one for one in region_maps if one.sign is finding.sign)
    regions = next((one for one in own if _fits(one, volumes.get(one.series_instance_uid))), None)
    uids = finding.series_uids if regions is None else (regions.series_instance_uid,)
    volume = next((volumes[uid] for uid in uids if uid in volumes), None)
    if volume is None:
        return None
    cords = [
        one
        for one in cord_profiles
        if one.series_instance_uid == volume.series_instance_uid and np.isfinite(one.contours).any()
    ]
    cords.sort(key=lambda one: one.sign is not finding.sign)
    return Subject(volume, regions, cords[0] if cords and finding.sign in CORD_SIGNS else None)


def _fits(regions: RegionMap, volume: Volume | None) -> bool:
    """Whether a region map can be of a volume; a series may hold several, of different sizes."""
    if volume is None or not regions.indices.size:
        return False
    return bool((regions.indices < volume.array.shape).all())


def analysis_of(findings: Sequence[Finding]) -> str:
    """``"brain"`` or ``"spine"``: which analysis some findings are of."""
    return "brain" if any(finding.sign in BRAIN_SIGNS for finding in findings) else "spine"
