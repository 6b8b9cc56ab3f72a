"""A study's findings and measured regions as pictures: one overview, and one for each sign worth a look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import Finding, Sign
from processors.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class KeyPicture:
    """One picture.

    Attributes
    ----------
    sign
        ``None`` for an overview.
    pixels
        Shape (rows, columns, 3), uint8, RGB.
    """

    sign: Sign | None
    title: str
    pixels: npt.NDArray[np.uint8]


def pictures(
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    region_maps: Sequence[RegionMap],
    strips: Sequence[CortexStrip] = (),
    cord_profiles: Sequence[CordProfile] = (),
) -> tuple[KeyPicture, ...]:
    """The pictures of an analysis: its overview first, then each sign that is present or indeterminate.

    Parameters
    ----------
    volumes
        By Series Instance UID.
    """
    return ()
