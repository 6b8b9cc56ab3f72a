"""Whether the brightest tissue was cut off."""

import numpy as np
import pytest

from phantoms.patient import seed_patient
from phantoms.protocol import PROTOCOL
from phantoms.series import series_volume
from processors.saturation import saturated


@pytest.mark.parametrize("key", ["t1", "flair"])
def test_a_head_is_saturated_where_its_white_matter_is_cut_off(key):
    head = series_volume(seed_patient(7), PROTOCOL[key]).array
    inside = head[head > 0.1 * np.percentile(head, 99.5)]
    assert not saturated(head)
    assert not saturated(np.minimum(head, np.percentile(inside, 97)))
    assert saturated(np.minimum(head, np.percentile(inside, 80)))


def test_nothing_in_the_images_is_no_saturation():
    assert not saturated(np.zeros((3, 8, 8)))
    assert not saturated(np.full((3, 8, 8), np.nan))
    assert not saturated(np.full((3, 8, 8), 7.0))
