"""The head as neck examinations see its lower part: brain, fluid and skull base, without what lies above."""

import numpy as np
import numpy.typing as npt

from phantoms.acquire import texture
from phantoms.patient import PhantomPatient
from phantoms.template import Label, head_template
from phantoms.tissue_signal import EXTRACRANIAL, EXTRACRANIAL_T1, T1Family, tissue_signal
from processors.acquisition import Contrast

Array = npt.NDArray[np.float32]


def crown_signal(patient: PhantomPatient, contrast: Contrast, family: T1Family | None, slices: int) -> Array:
    """Signal of the lowest slices of the template's grid (z, y, x), white matter being 1."""
    template = head_template()
    tissue, labels = template.tissue[:slices], template.labels[:slices]
    tissues = tissue_signal(patient, contrast, family)
    brain = np.interp(tissue, (0, 1, 2), (tissues.fluid, tissues.grey, 1.0)).astype(np.float32)
    brain *= 1 + np.float32(0.02) * texture(brain.shape, 3, patient.rng("crown texture"))
    outside = template.extracranial[:slices]
    if contrast in EXTRACRANIAL:
        outside = np.interp(outside, EXTRACRANIAL_T1, EXTRACRANIAL[contrast]).astype(np.float32)
        outside[labels == Label.BACKGROUND] = 0
    signal = np.where(template.inside[:slices], brain, outside)
    signal[(labels == Label.EYE) & (template.extracranial[:slices] < 0.6)] = tissues.fluid
    return np.asarray(signal, dtype=np.float32)
