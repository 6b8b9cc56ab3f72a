"""The pictures of an analysis as Secondary Capture objects."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydicom.dataset import Dataset

from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import Finding
from processors.volume import Volume


def key_image_objects(
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    region_maps: Sequence[RegionMap],
    strips: Sequence[CortexStrip] = (),
    cord_profiles: Sequence[CordProfile] = (),
    *,
    source: Dataset,
    created: datetime,
    software_version: str,
    version: int,
    institution: str | None = None,
) -> list[Dataset]:
    """The pictures of an analysis, each a complete Secondary Capture dataset with file meta information.

    Parameters
    ----------
    volumes
        By Series Instance UID.
    source
        The header of any image of the study: its patient and study attributes are copied.
    created
        Aware time at which the version was settled.
    version
        Of the study, from 1.
    institution
        Where the software runs.

    Returns
    -------
    list of pydicom.Dataset
        Empty where nothing was measured.
    """
    return []
