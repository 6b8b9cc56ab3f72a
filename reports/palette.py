"""The colours of the regions and of the two sides, the same in the segmentation and in the pictures.

They follow the palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), lightened where it is too dark to
be seen on an MR image, so that people with any kind of colour blindness can tell them apart.
"""

from collections.abc import Mapping

from processors.findings import CERVICAL_LEVELS, WHOLE_CORD, Region, Side

Rgb = tuple[int, int, int]

ORANGE: Rgb = (255, 140, 0)
YELLOW: Rgb = (240, 228, 66)
SKY: Rgb = (86, 180, 233)
GREEN: Rgb = (0, 190, 140)
PURPLE: Rgb = (224, 130, 190)
VERMILION: Rgb = (235, 96, 32)
BLUE: Rgb = (70, 130, 230)
GREY: Rgb = (190, 190, 190)

REFERENCE: Rgb = GREY
CORD_OUTLINE: Rgb = (245, 245, 245)

_REGIONS: Mapping[str, Rgb] = {
    "subcortical": ORANGE,
    "corona_radiata": YELLOW,
    "internal_capsule": SKY,
    "cerebral_peduncle": PURPLE,
    "pons": GREEN,
    "splenium": VERMILION,
    "medial": ORANGE,
    "intermediate": YELLOW,
    "lateral": SKY,
    "precentral": GREEN,
    WHOLE_CORD: YELLOW,
    **dict(
        zip(CERVICAL_LEVELS, (PURPLE, SKY, YELLOW, GREEN, ORANGE, BLUE, VERMILION), strict=True),
    ),
}

SIDES: Mapping[Side, Rgb] = {Side.LEFT: (255, 176, 0), Side.RIGHT: (100, 190, 255)}
"""Of lines in a plot, where the colour tells the side."""


def region_colour(region: Region) -> Rgb:
    """The colour of a region, the same on both sides: where it lies tells the side."""
    return _REGIONS.get(region.name, REFERENCE)
