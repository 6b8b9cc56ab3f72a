"""The brain of a head for ANTs, and its tissue by signal alone."""

import ants
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from ants.core.ants_image import ANTsImage

from benchmarks.brain.study import GREY, WHITE
from benchmarks.injection.ants_space import coarse, extract_brain, from_sitk, mni_brain
from processors.brain import atlas
from processors.brain.alignment.tissue_model import brain_mask

BRIGHTEST_PERCENT = 95
"""Vessels and fat at the edge of the brain must not be a class of their own."""
CLASSES = {2: GREY, 3: WHITE}
"""What k-means calls the classes of a T1, from dark to bright; the first is fluid."""


def atlas_brain() -> ANTsImage:
    """The T1 of the atlas' brain at 2 mm, without its surroundings."""
    return from_sitk(sitk.Mask(atlas.image("icbm_t1"), brain_mask()))


def brain_of(head: ANTsImage) -> tuple[ANTsImage, ANTsImage]:
    """A T1 with its shading corrected and all but the brain set to 0, and the brain's mask."""
    found = extract_brain(coarse(head), mni_brain(), margin=0.0)
    mask = ants.resample_image_to_target(
        ants.threshold_image(found, 1e-6), head, interp_type="nearestNeighbor"
    )
    return ants.n4_bias_field_correction(head, mask=mask, shrink_factor=3) * mask, mask


def tissue_by_signal(brain: ANTsImage, mask: ANTsImage) -> npt.NDArray[np.uint8]:
    """Grey and white matter, shape (slices, rows, columns), by Atropos from three classes of k-means."""
    inside = mask.numpy() > 0
    signal = brain.numpy()
    even = brain.new_image_like(np.minimum(signal, np.percentile(signal[inside], BRIGHTEST_PERCENT)))
    found = ants.atropos(a=even, x=mask, i="kmeans[3]", m="[0.1,1x1x1]", c="[5,0]")
    classes = found["segmentation"].numpy().transpose(2, 1, 0)
    labels = np.zeros(classes.shape, dtype=np.uint8)
    for number, tissue in CLASSES.items():
        labels[classes == number] = tissue
    return labels
