from dataclasses import replace

import numpy as np
import pytest

from processors.spine.agreement import disagreeing, gap_mm
from tests.processors.spine.drawn_neck import Neck, cord_in, series

NECK = Neck()
RIGHT = cord_in(series(NECK), NECK)
AWAY = replace(RIGHT, centre=RIGHT.centre + np.array([12.0, 3.0, 0.0]))


def test_the_distance_is_that_across_the_cord():
    assert gap_mm(RIGHT.centre, AWAY.centre) == pytest.approx(np.hypot(12, 3))
    assert gap_mm(RIGHT.centre[::2], RIGHT.centre) == pytest.approx(0)
    assert gap_mm(RIGHT.centre, RIGHT.centre + np.array([0, 0, 500.0])) is None


@pytest.mark.parametrize(
    ("quality", "third", "wrong"), [(0.5, False, {"b"}), (1.5, False, {"a"}), (1.5, True, {"b"})]
)
def test_the_cord_that_lies_elsewhere_is_the_poorer_one_or_the_one_alone(quality, third, wrong):
    cords = {"a": RIGHT, "b": replace(AWAY, quality=RIGHT.quality * quality)}
    if third:
        cords["c"] = RIGHT
    assert disagreeing(cords, dict.fromkeys(cords, "1.2")) == wrong
    assert disagreeing(cords, {name: f"1.{n}" for n, name in enumerate(cords)}) == set()
    assert disagreeing(cords, dict.fromkeys(cords)) == set()
