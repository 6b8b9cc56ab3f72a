"""Every limit of the motor band sign, with where it comes from.

(p) is a proposal that no patient was measured for.
"""

GRADE_LIMITS = (0.08, 0.16)
"""Darkness from which a region has grade 1 and grade 2 (p)."""

MIN_SUM = 3
"""Of the grades of six regions: from 3 on, area under the curve .973 in 36 patients and 19 controls (motor
cortex low intensity score)."""

MIN_SIDE = 1
"""Of the sum of the grades of each side (p)."""

MIN_LENGTH_MM, MIN_DARK_SHARE = 20.0, 0.5
"""How long the band is on each side, and how much of that length is dark (p)."""

DARK = 0.06
"""Darkness of a position along the gyrus that counts as the band's, less than of a whole region: noise may
take from it (p)."""

MIN_DIFFERENCE = 0.05
"""Darkness beyond that of the anterior bank and of the postcentral cortex, on each side (p)."""

MAX_ASYMMETRY = 0.35
"""Difference of the sides' darkness over their sum (p)."""

ELDERLY_YEARS = 60.0
"""From here on the motor cortex darkens in health (T2: none below, 66 % at 80 years, lit 1996), and the
postcentral cortex must be spared."""

AGED_YEARS = 70.0
"""From here on a band is of low confidence."""

SPARED = 0.06
"""Darkness of the postcentral beside frontal cortex that still counts as spared (p)."""

MIN_FIELD_TESLA, MIN_WEIGHTING = 1.0, 40.0
"""Tesla, and tesla times milliseconds: 60 for 1.5 T with 40 ms and for 3 T with 20 ms (p)."""

MIN_VOXELS = 30
"""In the posterior bank of a region (p)."""

MIN_REFERENCE_VOXELS = 60

MIN_COVERAGE = 0.8
"""Share of a region that lies inside the images (p)."""

MIN_CLEAR = 0.5
"""Share of a region along which the sulcus shows (p)."""

MAX_EXCLUDED = 0.5
"""Share of a region's voxels that may be veins or blood (p)."""

MIN_SNR = 8.0
"""Of white matter (p): the medians of hundreds of voxels stand more noise than a single one."""

MIN_REGIONS = 2
"""Of three regions a side that must be judged for the sign to be absent (p)."""

SECURE_MARGIN = 2.0
"""Standard errors beyond the limit that make a moderate confidence (p)."""
