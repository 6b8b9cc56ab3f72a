"""Two mirrored strands beside the tract are the tract itself."""

import numpy as np
import pytest

from processors.acquisition import Contrast
from processors.brain.tract.displaced import is_displaced
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE, SegmentSignal, TractMeasurement
from processors.brain.tract.series import read_series
from processors.findings import TRACT_SEGMENTS, Region, Side, Sign
from processors.norms import default_norms
from processors.volume import Volume

NUMBER = {region: number for number, region in LABELS}
SHAPE = (30, 60, 60)
S, R, C = np.indices(SHAPE)
TURNED = np.array([[0.94, -0.34, 0.0], [0.34, 0.94, 0.0], [0.0, 0.0, 1.0]])


def series(*lesions, left_first=False):
    """Tracts in columns 20 and 40, both in row 30; white matter of 100 all around, strands of 140."""
    array = np.full(SHAPE, 100, np.float32)
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, 5:10, 10:50] = NUMBER[REFERENCE]
    sides = (Side.LEFT, Side.RIGHT) if left_first else (Side.RIGHT, Side.LEFT)
    for column, side in zip((20, 40), sides, strict=True):
        for number, name in enumerate(TRACT_SEGMENTS[::-1]):
            labels[6 * number : 6 * number + 6, 29:32, column - 1 : column + 2] = NUMBER[Region(name, side)]
    for row, column, slices, width, signal in lesions:
        here = (abs(row - R) <= width) & (abs(column - C) <= width) & (slices[0] <= S) & (slices[1] > S)
        labels[here] = NUMBER[LESION]
        array[here] = signal
    affine = np.eye(4)
    affine[:3, :3] = TURNED @ np.array([[0, 0, -2.0 if left_first else 2.0], [0, 2.0, 0], [4.0, 0, 0]])
    segment = SegmentSignal(Region("pons", Side.LEFT), 1.0, 1.0, 0.01, 60, 1.0)
    indices = np.argwhere(labels)
    found = TractMeasurement((segment,), segment, (), indices, labels[tuple(indices.T)], 40.0, 0.05)
    return Volume(array, affine, "1.2.3", ()), found


LONG = (10, 22)
RIGHT, LEFT = (24, 20, LONG, 1, 140), (24, 40, LONG, 1, 140)


@pytest.mark.parametrize("left_first", [False, True])
def test_a_mirrored_pair_of_long_slender_bright_strands_is_the_tract(left_first):
    assert is_displaced(*series(RIGHT, LEFT, left_first=left_first))


@pytest.mark.parametrize(
    "lesions",
    [
        (),
        (RIGHT,),
        (RIGHT, (24, 40, (10, 15), 1, 140)),
        (RIGHT, (24, 40, LONG, 5, 140)),
        (RIGHT, (40, 40, LONG, 1, 140)),
        (RIGHT, (24, 52, LONG, 1, 140)),
        (RIGHT, (24, 26, LONG, 1, 140)),
        ((24, 20, (0, 10), 1, 140), (24, 40, (20, 30), 1, 140)),
        ((24, 20, LONG, 1, 60), (24, 40, LONG, 1, 60)),
    ],
    ids=["none", "one side", "short", "broad", "behind", "farther out", "same side", "lower", "dark"],
)
def test_other_lesions_are_lesions(lesions):
    assert not is_displaced(*series(*lesions))


@pytest.mark.parametrize(
    ("sign", "contrast", "faults"),
    [
        (Sign.CST_FLAIR, Contrast.FLAIR, ["registration-failed"]),
        (Sign.CST_DIFFUSION, Contrast.ADC, []),
        (Sign.CST_DIFFUSION, Contrast.DWI, []),
    ],
)
def test_nothing_is_decided_on_such_a_series_unless_it_shows_diffusion(sign, contrast, faults):
    volume, found = series(RIGHT, LEFT)
    read = read_series(sign, contrast, volume, found, default_norms())
    assert [fault.key for fault in read.faults] == faults
