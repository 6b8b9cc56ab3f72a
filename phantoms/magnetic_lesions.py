"""Calcifications, old bleedings, siderosis and implants in the susceptibility of a synthetic head."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.bounding import bounding_box
from phantoms.patient import PhantomPatient
from phantoms.template import ORIGIN_RAS, Label, axes_mm, head_template
from processors.findings import Side

Array = npt.NDArray[np.float32]

CALCIUM = -1800.0
"""ppb of a calcification that fills its voxel; hydroxyapatite alone is below this."""

MICROBLEED = 1200.0
SIDEROSIS = (250.0, 600.0)
"""ppb of old blood in brain, and range of what lines a sulcus: proposals, of the size quantitative
susceptibility mapping finds in cavernomas and microbleeds."""

TITANIUM = 190_000.0
"""ppb of titanium relative to water (Schenck, Med Phys 1996;23:815)."""

PRECENTRAL = (Label.PRECENTRAL, Label.PRECENTRAL_BANK)


def draw_lesions(patient: PhantomPatient, tissue: Array, total: Array, iron: Array) -> Array:
    """Add what is the matter to the susceptibility and to what relaxes the signal, in place.

    Parameters
    ----------
    total, iron
        As in :class:`phantoms.susceptibility.Magnetised`.

    Returns
    -------
    array
        How far a voxel holds no water, 0 to 1.
    """
    void = np.zeros_like(total)
    magnetism = patient.magnetism
    if magnetism.calcification is not None:
        for centre, radius in _places(patient, "calcification", magnetism.calcification, 4, (1.0, 2.4)):
            _ball(centre, radius, ((total, CALCIUM), (iron, 400.0), (void, 0.8)))
    if magnetism.microbleeds is not None:
        for centre, radius in _places(patient, "microbleeds", magnetism.microbleeds, 5, (1.0, 2.6)):
            _ball(centre, radius, ((total, MICROBLEED), (iron, MICROBLEED)))
    if magnetism.siderosis is not None:
        lining = _lining(patient, tissue)
        total += lining
        iron += lining
    return void


def draw_implant(patient: PhantomPatient, total: Array) -> None:
    """Put a titanium plate into the skull over the central sulcus, in place."""
    side = patient.magnetism.implant
    if side is None:
        return
    rng = patient.rng("implant")
    x, y, z = axes_mm()
    inside = head_template().inside
    height = rng.uniform(45, 62)
    front = rng.uniform(-25, 0)
    row = inside[round(height - ORIGIN_RAS[2]), round(front - ORIGIN_RAS[1])]
    edge = np.flatnonzero(row)[0 if side is Side.LEFT else -1] + ORIGIN_RAS[0]
    centre = edge + (-3 if side is Side.LEFT else 3)
    plate = (np.abs(x - centre) <= 0.6) & (np.abs(y - front) <= 6) & (np.abs(z - height) <= 2)
    total[plate] = TITANIUM


def _places(
    patient: PhantomPatient, name: str, side: Side, count: int, radii: tuple[float, float]
) -> list[tuple[npt.NDArray[np.float64], float]]:
    """Voxels (z, y, x) in and about the precentral cortex of one side, with radii in mm."""
    rng = patient.rng(name)
    template = head_template()
    left = axes_mm()[0] < 0
    gyrus = np.isin(template.labels, PRECENTRAL) & (left if side is Side.LEFT else ~left)
    found = np.argwhere(gyrus & (template.tissue > 0.5) & (template.tissue < 1.8))
    return [
        (found[rng.integers(len(found))] + rng.uniform(-0.5, 0.5, 3), float(rng.uniform(*radii)))
        for _ in range(count + int(rng.integers(3)))
    ]


def _ball(centre: npt.NDArray[np.float64], radius: float, values: tuple[tuple[Array, float], ...]) -> None:
    """Blend values into maps within a ball with an edge of one voxel, in place."""
    low = np.floor(centre - radius - 2).astype(int)
    at = tuple(slice(max(int(lo), 0), int(lo) + int(2 * radius) + 6) for lo in low)
    shape = values[0][0][at].shape
    index = np.indices(shape) + np.array([s.start for s in at])[:, None, None, None]
    distance = np.sqrt(((index - centre[:, None, None, None]) ** 2).sum(axis=0))
    weight = np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)
    for array, value in values:
        array[at] += weight * (np.float32(value) - array[at])


def _lining(patient: PhantomPatient, tissue: Array) -> Array:
    """Ppb that line the surface of the cortex in the central sulcus, and around it where both sides are."""
    rng = patient.rng("siderosis")
    labels = head_template().labels
    x, y, z = axes_mm()
    about = np.isin(labels, (Label.PRECENTRAL_BANK, Label.POSTCENTRAL_BANK))
    if patient.magnetism.both_siderotic:
        about = about | ((z > 25) & (y > -60) & (y < 30) & head_template().inside)
    else:
        left = x < 0
        about = about & (left if patient.magnetism.siderosis is Side.LEFT else ~left)
        low = rng.uniform(28, 50)
        about = about & (z > low) & (z < low + rng.uniform(12, 30))
    box = bounding_box(about, 3)
    surface = np.clip(1.2 - np.abs(tissue[box] - 0.55) / 0.45, 0, 1)
    soft = ndi.gaussian_filter(about[box].astype(np.float32), 1.0)
    lining = np.zeros_like(tissue)
    lining[box] = np.float32(rng.uniform(*SIDEROSIS)) * surface * soft
    return lining
