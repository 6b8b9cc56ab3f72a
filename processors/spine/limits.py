"""Every limit of the decisions on the cervical cord, and where it comes from.

``(p)`` marks a proposal: set beforehand, not fitted, to be calibrated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from processors.findings import Sign


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """Ratios of a column over the dorsal columns from which a signal sign is present.

    They hold for people whose mean is ``usual``, and move with the mean of the norm.

    Attributes
    ----------
    present
        Of the mean of both sides at a level.
    side
        Of each side; and the lower end of the grey zone of the mean.
    """

    present: float
    side: float
    usual: float


SIGNAL: Mapping[Sign, SignalLimits] = MappingProxyType(
    {
        Sign.CORD_T1: SignalLimits(present=1.10, side=1.06, usual=1.014),
        Sign.CORD_T2: SignalLimits(present=1.12, side=1.07, usual=1.0),
    }
)
"""The limits (p). On T1 healthy people are usually at 1.014, measured slice by slice on a gradient echo."""

Z_PRESENT = 2.0
"""Standard deviations from the norm, which a measurement must exceed besides (p)."""

Z_GREY = 1.65
"""From here to :data:`Z_PRESENT` it is at most of low confidence: 5 % of a normal distribution (p)."""

FEWEST_LEVELS = 2
"""That must be measured to decide anything, and that must show a sign (p)."""

FEWEST_SLICES = 4
"""That must be measured to decide anything on signal (p)."""

SLICE_SHARE = 2 / 3
"""Of the slices of a level that must show it (p)."""

MIN_SIDE_SHARE = 0.4
"""Of the change on one side, that the other must have at least to be symmetric (p)."""

MIN_VOXELS = 8
"""Of a level on one side (p)."""

MIN_COVERAGE = 0.5
"""Share of a level's slices that a norm is learnt from (p)."""

SLICE_SPREAD = 0.12
"""Standard deviation of single slices about their level's mean, beyond which the images are taken to be
spoilt by movement (p); 0.01 to 0.06 in sound ones."""

SECURE_MARGIN = 2.0
"""Standard errors beyond the limit that make a moderate confidence (p)."""

LEAST_ERROR = 0.005
"""Standard error of a level's ratio, below which none is believed (p)."""

FEWEST_PEOPLE = 5
"""Behind a norm, below which no decision on it is more than of low confidence."""

MAX_BIAS_EFFECT = 0.03
"""Change of a ratio by the correction of shading that lowers confidence (p)."""

MAX_REFERENCE_SPREAD = 0.20
"""Standard deviation over mean inside the dorsal columns of a slice: noise, and whatever lies in them (p)."""

MAX_RATIO_ERROR = 0.03
"""Standard error of a level's ratio above which the level is too noisy to judge (p). It stands for a limit of
the signal-to-noise ratio, since a window averages ten voxels a slice and a level several slices."""

LOW_REFERENCE_Z = -3.0
"""Of the columns over the dorsal columns on both sides: below, the dorsal columns are too bright (p)."""

REFERENCE_SHARE = 0.5
"""Of the columns' excess over the dorsal columns that grey matter and ventral columns share, from which it
is the dorsal columns that are dark (p)."""

CAVITY_ON_T2, CAVITY_ON_T1 = 1.6, 0.70
"""Signal about the central canal over the dorsal columns: beyond, a cavity or a swollen centre (p). Grey
matter is at 1.1 to 1.3 on T2 and T2*, at 0.9 to 1 on T1."""

FEWEST_CAVITY_SLICES, SHORTEST_CAVITY_MM = 2, 5.0
"""One beside the other, and what they stand for along the cord: a cavity is mostly longer than a vertebra is
high, and noise is as long as a section (p)."""

MIN_QUALITY = 0.4
"""Of an outline that is measured (p)."""

LEAKING_SOLIDITY, LEAKING_FLATNESS = 0.94, 0.64
"""Area over that of the convex hull, and AP/RL, of outlines that run into the canal's wall (p)."""

TORN_SOLIDITY = 0.90
"""Area over that of the convex hull below which an outline leaves out a part of the cord, as a cavity that is
as bright as the fluid around; a healthy cord is at 0.97, with an SD of 0.01 (p)."""

TIGHT_SAC_MM, NARROW_SAC_MM, NARROW_ROOM_MM = 8.5, 9.5, 1.0
"""Anteroposterior diameter of the dural sac below which it is stenotic, or is with less fluid than so
before and behind the cord together (p). The sac is a millimetre or more narrower than the canal, for which
10 mm counts; in two healthy necks it measured 8.9 to 16 mm."""

AROUND_STENOSIS_MM = 9.0
"""Along the cord, above and below a stenosis: myelopathy is found up to half a vertebra away (p)."""

BLOCK_MM = 17.0
"""Height of a cervical level, for stacks whose levels are unknown (PAM50-normalized-metrics)."""

LARGEST_VOXEL_MM = 1.2
"""Edge of the voxels of a 3-D series that columns can be told in (p)."""

LARGEST_EXTENT_MM = 1500.0
"""Of a series along any of its axes: a composed series of a whole spine is shorter."""

ATROPHY_GROUPS = (("C2", "C3"), ("C4", "C5", "C6"))
FLATTENING_LEVELS = ("C3", "C4", "C5", "C6")

MAX_SOLIDITY, MIN_CONCAVITY_MM = 0.95, 0.5
"""Area over that of the convex hull, or depth of the sunken front, that a flattened cord must have (p)."""

NARROW_CORD_MM, ROUND_CORD = 11.0, 0.62
"""Transverse diameter and AP/RL of C4 to C6: a cord that is narrower and rounder is a thoracic one, and its
levels are mistaken (p). Healthy cervical ones are 12.2 to 13.2 mm wide there, at 0.58 with an SD of 0.05."""

NARROW_ON_COARSE_MM = 9.5
"""The same on sagittal slices so far apart that they hardly tell the breadth: outlines of the cervical cord
are 1 to 2 mm too narrow on slices of 3 to 4.5 mm (p)."""

REFERENCE_AGE = 40.0
AGE_OF_LOSS = 45.0
AREA_LOSS_MM2 = 0.14
"""A year, from 45 years on: 0.09 to 0.19 mm² (PAM50-normalized-metrics)."""
