"""Left is the patient's left, proven on anatomy that no label file speaks of."""

import numpy as np
import pytest

from phantoms.geometry import stack
from phantoms.imaging import head_volume
from phantoms.neck_imaging import neck_volume
from phantoms.patient import PhantomPatient
from phantoms.template import axes_mm, head_template
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

HEAD = stack(
    Plane.AXIAL, centre=(0, 18, 6), slices=32, slice_thickness=1.0, gap=3.5, pixel=1.2, matrix=(160, 130)
)
NECK = stack(
    Plane.AXIAL, centre=(0, 34, -135), slices=20, slice_thickness=2, gap=3, pixel=0.6, matrix=(72, 72)
)
QUIET = {"snr": 1e6, "bias": 0.0, "rotation": 0.0}


def _mean_x_of_change(volume, sign, side, contrast, geometry):
    strength = 40.0 if sign is Sign.MOTOR_BAND else 0.3
    drawn = PhantomPatient(5, {sign: strength}, {sign: side}, **QUIET)
    change = np.abs(
        volume(drawn, contrast, geometry).array - volume(PhantomPatient(5, **QUIET), contrast, geometry).array
    )
    index = np.argwhere(change > 0.1)
    x = (index @ geometry.affine[:3, :3].T + geometry.affine[:3, 3])[:, 0]
    return float(x.mean()), x


@pytest.mark.parametrize("side", list(Side))
def test_one_sided_tract_lies_on_its_side(side):
    mean, x = _mean_x_of_change(head_volume, Sign.CST_FLAIR, side, Contrast.FLAIR, HEAD)
    assert (mean > 5) if side is Side.LEFT else (mean < -5)
    assert (np.sign(x) == np.sign(mean)).mean() > 0.95


@pytest.mark.parametrize("side", list(Side))
def test_one_sided_motor_band_lies_on_its_side(side):
    mean, _ = _mean_x_of_change(head_volume, Sign.MOTOR_BAND, side, Contrast.SWI, HEAD)
    assert (mean > 15) if side is Side.LEFT else (mean < -15)


def test_one_sided_cord_signal_lies_on_its_side():
    left, right = (
        _mean_x_of_change(neck_volume, Sign.CORD_T1, side, Contrast.T1, NECK)[0]
        for side in (Side.LEFT, Side.RIGHT)
    )
    assert left - right > 4


def test_template_has_the_petalia_of_most_right_handers():
    """Colin's left occipital pole reaches further back and his right frontal pole further forward.

    Stored mirrored, both would be the other way round.
    """
    brain = head_template().tissue > 0.5
    x, y, _ = axes_mm()
    back = {
        side: _extreme(brain, y, (x < -4) & (x > -30) if side == "left" else (x > 4) & (x < 30), 0.3)
        for side in ("left", "right")
    }
    assert back["left"] < back["right"]


def _extreme(brain, y, side, percent):
    where = np.nonzero(brain & side)
    return np.percentile(y.ravel()[where[1]], percent)
