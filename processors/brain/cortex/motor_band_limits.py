"""Every limit of the motor band sign, with where it comes from.

(p) is a proposal that no patient was measured for.
"""

GRADE_LIMITS = (0.045, 0.09)
"""Darkness, at the usual weighting, from which a region has grade 1 and grade 2 (p): half-way between what
synthetic heads have without a band (.025), with 20 ppb more in the deep layers (.065), and with 40 (.11)."""

USUAL_WEIGHTING = 60.0
"""Tesla times milliseconds that the darkness is expressed at: 1.5 T with 40 ms, 3 T with 20 ms."""

WEIGHTING_RANGE = (40.0, 120.0)
"""Within which darkness is taken to grow with the weighting (p)."""

MIN_SUM = 3
"""Of the grades of six regions: from 3 on, area under the curve .973 in 36 patients and 19 controls (motor
cortex low intensity score)."""

MIN_SIDE = 1
"""Of the sum of the grades of each side (p)."""

MIN_LENGTH_MM, MIN_DARK_SHARE = 20.0, 0.5
"""How long the band is on each side, and how much of that length is dark (p)."""

DARK = 0.035
"""Darkness of a position along the gyrus that counts as the band's, less than of a whole region: noise may
take from it (p)."""

BRIDGED_MM = 4.0
"""A shorter gap does not end a band (p)."""

NEARLY = 0.8
"""Share of every limit from which the sign is neither present nor absent (p)."""

MIN_DIFFERENCE, MIN_SIDE_DIFFERENCE = 0.03, 0.02
"""Darkness beyond that of the anterior bank and of the postcentral cortex, on both sides together and on
each, for of one side alone it is uncertain by some .015 (p)."""

MIDDLE = "intermediate"
"""The hand's region: a side's excess is told by it, alone or with its neighbours, which a band may spare."""

USUAL_EXCESS, BAND_EXCESS = 0.017, 0.045
"""Mean of the darkness beside the reference and beside the postcentral cortex, at the usual weighting, that
synthetic heads have without a band, and what 20 ppb in the deep layers add to it."""

USUAL_SPREAD, USUAL_SPREAD_WEIGHT = 0.015, 9.0
"""Darkness, at the usual weighting, by which places of one bank without a band, each of the usual volume,
differ in synthetic heads (.0135), and how many of a person's places it counts as (p)."""

USUAL_VOLUME = 1000.0
"""mm³ of a bank, about what the hand's region has: a region of twice that is as sure as two. In synthetic
heads without a band the leg's, of 770, spread by .024, the hand's by .020 and the face's, of 2700, by
.016."""

MOTOR_SPREAD = 0.012
"""Darkness, at the usual weighting, by which the motor cortex of healthy people differs as a whole: 8.8 mg/kg
of iron (Hallgren & Sourander 1958), .6 ppb for each, and the darkness of 20 ppb above."""

SECURE = 2.0
"""Standard errors beyond what is usual from which one side's darkness is no chance, and short of a band from
which there is none (p)."""

SECURE_TOGETHER = 2.25
"""The same of both sides together, for the sign to be present. An excess is the surest of up to four
stretches; they share the hand's region, and are taken for two independent ones (p). For one time in forty
each of these may be exceeded one time in eighty by chance (Bonferroni)."""

SECURE_SIDE = 1.645
"""The same of each side by itself: the sign is of both sides, and a side that is as dark as one healthy one
in twenty, or, being the surest of some stretches, one in eleven, may have none (p)."""

MAX_ASYMMETRY = 0.35
"""Difference of the sides' excess over their sum: from there on the weaker side is nearer to having none."""

ELDERLY_YEARS = 60.0
"""From here on the motor cortex darkens in health (T2: none below, 66 % at 80 years, lit 1996), and the
postcentral and the visual cortex must be spared."""

AGE_IN_VISUAL, AGE_IN_POSTCENTRAL = 0.75, 0.55
"""Share of the precentral darkness of age that the visual and the postcentral cortex have: as much iron for
each of it as they hold in health (p), and the postcentral cortex is 1.9 mm thick where the precentral is
2.6 (Fischl and Dale, PNAS 2000;97:11050), so that less of a voxel is cortex."""

USUAL_PRECENTRAL, USUAL_VISUAL, USUAL_POSTCENTRAL = 0.02, 0.025, 0.02
"""Darkness of each beside its reference in people without a band and without iron of age, at the usual
weighting: they hold 14, 9.5 and 7 mg/kg more iron than other cortex (Hallgren & Sourander 1958)."""

MAX_AGE_SHARE, MAX_AGE_ERROR = 0.5, 0.5
"""Share of the darkness that age would give the two of them which they may have, half-way between none and
all; and the standard error of it, from which it cannot be told."""

POSTCENTRAL_ERROR = 0.01
"""Of the darkness of the postcentral cortex of both sides (p)."""

AGED_YEARS = 70.0
"""From here on a band is of low confidence."""

MIN_FIELD_TESLA, MIN_WEIGHTING = 1.0, 40.0
"""Tesla, and tesla times milliseconds: 60 for 1.5 T with 40 ms and for 3 T with 20 ms (p)."""

MIN_VOXELS = 30
"""In the posterior bank of a region (p)."""

MIN_COVERAGE = 0.8
"""Share of a region that lies inside the images (p)."""

MIN_CLEAR = 0.5
"""Share of a region along which the sulcus shows (p)."""

MAX_EXCLUDED, MAX_OTHERS_EXCLUDED = 0.35, 0.25
"""Share of the voxels of a region, and of the cortex that it is compared with, that may be veins or blood, or
lie beside a signal void (p): what is left beside more of them borders on them."""

MAX_VOID = 0.1
"""Share of a region in a signal void or beside one from which a band is not called present (p): as much as a
lesion may have. The field of what made it, an implant or air, turns the phase farther off than it dephases
the signal, as one over the third power of the distance and not the fourth, and SWI darkens by phase."""

MIN_SNR = 8.0
"""Of white matter (p): the medians of hundreds of voxels stand more noise than a single one."""

MIN_REGIONS = 2
"""Of three regions a side that must be judged for the sign to be absent (p)."""

SECURE_MARGIN = 2.0
"""Standard errors beyond the limit of a grade that make a moderate confidence (p)."""
