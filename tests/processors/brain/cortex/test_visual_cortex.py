"""The visual cortex of the atlas' own brain: dark, spared, out of the images."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain import atlas
from processors.brain.alignment.assessment import FAILED
from processors.brain.alignment.registration import Registration
from processors.brain.alignment.study import Alignment
from processors.brain.cortex.sulcus import Seen
from processors.brain.cortex.visual_cortex import visual_cortex
from processors.brain.patient_space import points_of, sample
from processors.volume import Volume

SHAPE = (30, 34, 66)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])[:, [2, 1, 0, 3]]
AFFINE[:3, 3] = (-65.0, 42.0, -20.0)


def measured(iron=0.0, slices=slice(None), noise=0.03):
    """SWI on which fluid is dark, and the cortex about the calcarine sulcus darker by a share."""
    at = points_of(AFFINE, np.indices(SHAPE).reshape(3, -1).T.astype(float))
    grey, white = (sample(atlas.image(f"icbm_{name}_matter"), at) / 255 for name in ("grey", "white"))
    fluid = np.clip(1 - grey - white, 0, 1)
    visual = (np.abs(at[:, 0]) < 16) & (at[:, 1] > 68) & (at[:, 1] < 96) & (at[:, 2] > -5) & (at[:, 2] < 14)
    swi = (grey * (1 - iron * visual) + 0.97 * white + 0.65 * fluid) * (1 + 0.002 * (at[:, 1] - 75))
    swi *= np.random.default_rng(2).normal(1, noise, len(swi))
    shown = 0.75 * grey + white + 0.3 * fluid
    volumes = [Volume(v.reshape(SHAPE).astype(np.float32), AFFINE, "1", ()) for v in (swi, shown)]
    still = sitk.GetImageFromArray(np.zeros((8, 9, 17, 3), np.float32), isVector=True)
    still.SetSpacing([8.0] * 3)
    still.SetOrigin(AFFINE[:3, 3].tolist())
    plain = sitk.VectorIndexSelectionCast(still, 0)
    alignment = Alignment(Registration(np.eye(4), still, plain, plain), np.eye(4), FAILED)
    series = replace(volumes[0], array=np.ascontiguousarray(volumes[0].array[slices]))
    return visual_cortex(series, alignment, Seen(volumes[1], np.eye(4), 1.0, 0.75, 0.3))


def test_cortex_that_is_alike_everywhere_is_spared():
    assert abs(measured().darkness) < 0.02


def test_iron_of_the_visual_cortex_is_measured():
    found = measured(0.1)
    assert 0.04 < found.darkness - measured().darkness < 0.1
    assert measured(0.2).darkness - measured().darkness == pytest.approx(0.11, abs=0.03)
    assert 0.01 <= found.standard_error < 0.03


def test_images_that_end_above_it_say_nothing():
    assert measured(0.1, slices=slice(0, 4)) is None
    assert measured(0.1, slices=slice(0, 0)) is None
