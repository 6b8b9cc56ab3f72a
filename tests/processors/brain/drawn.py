"""Even white matter in the atlas' own space with the tract painted on it, which needs no registration."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from processors.acquisition import Acquisition, Contrast
from processors.brain import atlas
from processors.brain.patient_space import points_of
from processors.brain.tract.series import TRACT
from processors.findings import READS, TRACT_SEGMENTS, Reason, Side, Sign
from processors.norms import Norm, Norms, Protocol
from processors.norms.site import SiteNorm
from processors.volume import Volume

MILLIMETRES = 2.0
LOW = np.array([-66.0, -46.0, -58.0])
SHAPE = (68, 60, 67)
SIDES = (Side.LEFT, Side.RIGHT)
SPILL_MM = 1.5


@dataclass(frozen=True)
class InPlace:
    """An alignment of what is drawn in the atlas' space."""

    problem: Reason | None = None

    def to_atlas(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return points


def aligned_in_place(volumes):
    return {contrast: InPlace() for contrast in volumes}


def drawn(
    change=0.0, sides=SIDES, segments=TRACT_SEGMENTS, snr=60.0, uid="1.2.3", spill_mm=SPILL_MM, **acquisition
):
    """A series of even signal, changed by a share along parts of the tract and a little beside it."""
    array = np.full(SHAPE, 100.0)
    affine = np.diag([MILLIMETRES, MILLIMETRES, MILLIMETRES, 1.0])[:, [2, 1, 0, 3]]
    affine[:3, 3] = LOW
    at = points_of(affine, np.indices(SHAPE).reshape(3, -1).T.astype(float))
    for side in sides:
        line = atlas.centreline(side)
        distance, node = cKDTree(line.points).query(at)
        wanted = np.isin(np.array(line.segments), segments)[node]
        tract = (distance <= line.radii[node] + spill_mm) & wanted & ((at[:, 0] > 0) == (side is Side.LEFT))
        array.reshape(-1)[tract] *= 1 + change
    array += np.random.default_rng(5).normal(0, 100 / snr, SHAPE)
    return Volume(array.astype(np.float32), affine, uid, (), acquisition=Acquisition(**acquisition))


def site_norms(n=20, sd=0.04, signs=READS):
    """Norms around 1 for every contrast of the tract."""
    people = Norm(1.0, sd, n)
    families = {Sign.CST_T1_MTC: ["T1 MTC"], Sign.CST_DIFFUSION: [Contrast.ADC.value, Contrast.DWI.value]}
    return Norms(
        "1",
        tuple(
            SiteNorm(sign, Protocol(family), TRACT, n, dict.fromkeys(TRACT_SEGMENTS, people))
            for sign in signs
            for family in families.get(sign, [contrast.value for contrast in READS[sign]])
        ),
    )
