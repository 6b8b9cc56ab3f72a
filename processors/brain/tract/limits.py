"""Every limit of the decisions on the intracranial corticospinal tract, and where it comes from.

``(p)`` marks a proposal: set beforehand, not fitted, to be calibrated.
"""

from collections.abc import Mapping
from types import MappingProxyType

from processors.acquisition import Contrast

PLAUSIBLE_EXTENT_MM = (50.0, 700.0)
"""Of a series along each of its axes: half of the tract is longer, and no scanner's field of view wider."""

FARTHEST_FROM_AXIS_MM = 140.0
"""Of a series' centre from the axis of the scanner, right or left, front or back: no scanner images a head
there. A header whose directions were turned round and whose position was not puts it as far off as the field
of view is wide; one that counts from a corner, as files that were converted may, by half of that (p)."""

Z_PRESENT = 2.0
"""Standard deviations above the norm from which a segment is bright (p)."""

Z_GREY = 1.65
"""From here to :data:`Z_PRESENT` nothing is decided: the upper 5 % of a normal distribution (p)."""

Z_BESIDE_T1 = 1.28
"""For T2 and FLAIR where a T1 is bright in the same segments: the upper 10 % of a normal distribution.
Proposed after such series of seeds from 13001 and 17001 were missed."""

FEWEST_BRIGHT = 2
"""Segments, bright on both sides, that make a sign (p)."""

SHORTEST_BRIGHT_MM = 55.0
"""On FLAIR all of 40 healthy people were bright at the internal capsule, over 5 to 55 mm
(Neuroradiology 1997;39:243). The capsule itself counts towards it, here as there."""

BRIGHT_LENGTH_ERROR_MM = 6.0
"""Standard error of that length: two nodes of the profile (p)."""

NODE_Z = 1.0
"""A smoothed node counts as bright from here. A node is noisier than a segment, so that half the limit of a
segment keeps a run whole whose segments are at the limit; the segments themselves are asked for more (p)."""

OPEN_Z = 0.0
"""A smoothed node above its norm's mean is no proof against a run that is bright on either side of it (p)."""

OPEN_CAPSULE_Z = -3.0
"""The same in the internal capsule, whose norm holds how bright it may be in health: a sign may be hidden
there, and only what no healthy capsule is interrupts a run; single nodes scatter as widely as people (p)."""

SMOOTHING_NODES = 5
"""Width of the running median along the profile: 15 mm, three times as thick as common slices (p)."""

LONGEST_GAP_MM = 9.0
"""Not bright, or not measured, for no longer than this: the run goes on (p)."""

MAX_ASYMMETRY = 0.10
"""Left and right of a symmetric sign differ by no more, as a share of their mean (p). In healthy people their
quotient lay between .97 and 1.02."""

MIN_SIDE_SHARE = 1 / 3
"""Of the change on one side, that the other must have at least (p): a small change may differ by less than
:data:`MAX_ASYMMETRY` and still be one-sided."""

MIN_SIDE_DIFFERENCE = 1.0
"""Standard deviations, on average over the segments bright on one side, by which it must lead the other side
for the change to be called one-sided rather than near the limit (p)."""

MIN_COVERAGE = 0.8
"""Share of a segment's nodes that must lie inside the images (p)."""

MIN_VOXELS = 20
"""In a segment of one side (p): at the lowest signal-to-noise ratio that is accepted, noise moves the mean of
so many by 1.5 %, which is little beside any norm's SD. Slices of 6 mm leave some 30 of the tract's core."""

MAX_LESION_SHARE = 0.1
"""Share of a segment that may be lesion (p)."""

MIN_SNR: Mapping[Contrast, float] = MappingProxyType(
    {
        Contrast.T1: 15.0,
        Contrast.T1_MTC: 15.0,
        Contrast.T2: 15.0,
        Contrast.FLAIR: 15.0,
        Contrast.ADC: 5.0,
        Contrast.DWI: 5.0,
    }
)
"""Signal of the reference over its noise (p); diffusion is noisier and its limit coarser."""

MAX_REFERENCE_SPREAD: Mapping[Contrast, float] = MappingProxyType(
    {
        Contrast.T1: 0.12,
        Contrast.T1_MTC: 0.12,
        Contrast.T2: 0.20,
        Contrast.FLAIR: 0.20,
        Contrast.ADC: 0.25,
        Contrast.DWI: 0.25,
    }
)
"""Robust coefficient of variation of reference white matter (p); on T2 and on diffusion healthy white matter
is less even than on T1."""

MAX_BIAS_EFFECT = 0.03
"""Change of a ratio by the correction of shading that lowers confidence (p)."""

SECURE_MARGIN = 2.0
"""Standard errors beyond the limit that make a moderate confidence (p)."""

MAX_RESTRICTED_RATIO = 0.85
"""ADC over its norm, below which diffusion is restricted (p)."""

FEWEST_DIFFUSION_SEGMENTS = 3
"""Segments of each side that must be usable to call diffusion normal along the tract (p)."""

MIN_CLUSTER_ML = 0.1
"""Connected voxels of the tract, bright on diffusion weighting, that confirm it (p)."""

BRIGHT_ON_DIFFUSION = 1.3
"""Times what is normal in a segment: bright on diffusion weighting alone, where T2 has its share (p). The
healthy capsule is some 10 to 20 % above white matter."""

WHITE_MATTER_ADC = 0.75e-3
"""mm²/s, of healthy adult white matter (0.7 to 0.8; Helenius et al., AJNR 2002;23:194)."""

MIN_B_VALUE = 800.0
"""s/mm²: below, T2 decides what is bright (p)."""
