"""What a measurement is compared with of which is not known in which segment it was made."""

import numpy as np
import pytest

from processors.findings import Sign
from processors.norms import Norm, Protocol, SegmentNorms, default_norms


def test_the_norm_of_any_segment_is_that_of_people_measured_in_a_segment_drawn_by_lot():
    norms = SegmentNorms(
        "", {"C3": Norm(1.0, 0.03, 9), "C4": Norm(1.02, 0.05, 4), "C5": Norm(1.025, 0.04, 7)}
    )
    random = np.random.default_rng(5)
    drawn = np.concatenate([random.normal(one.mean, one.sd, 200_000) for one in norms.segments.values()])
    found = norms.of_any_segment()
    assert found.mean == pytest.approx(drawn.mean(), abs=1e-3)
    assert found.sd == pytest.approx(drawn.std(), abs=1e-3)
    assert found.n == 4


@pytest.mark.parametrize(
    ("sign", "told"),
    [
        (Sign.CORD_T1, True),
        (Sign.CORD_T2, True),
        (Sign.CORD_ATROPHY, False),
        (Sign.CORD_FLATTENING, False),
    ],
)
def test_signal_can_be_compared_without_its_level_and_size_and_shape_cannot(sign, told):
    norms = default_norms().of(sign, Protocol("T1" if sign is Sign.CORD_T1 else "T2"))
    assert (norms.of_any_segment() is not None) is told


def test_without_segments_there_is_nothing_to_compare_with():
    assert SegmentNorms("", {}).of_any_segment() is None
