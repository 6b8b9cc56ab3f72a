"""The studies that both programs are given, and what is known of their tissue."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import dcmread

from benchmarks.real_data import brain_studies
from phantoms.acquire import sample
from phantoms.geometry import Geometry
from phantoms.head import head_anatomy
from phantoms.imaging import HEAD_GRID
from phantoms.patient import PhantomPatient
from phantoms.pose import head_transform
from phantoms.protocol import PROTOCOL
from phantoms.study import write_study
from processors.acquisition import Contrast
from processors.reading import read_volume
from processors.volume import Volume

SERIES = {"t1": Contrast.T1, "t2": Contrast.T2, "flair": Contrast.FLAIR}
SWI = {"swi": Contrast.SWI}
"""What is added to see what it costs."""

GREY, WHITE = 1, 2


@dataclass(frozen=True, slots=True)
class Source:
    """A study to be read: a folder of DICOM files made from a phantom, or one of the real ones.

    Attributes
    ----------
    patient
        Whom the folder shows, or ``None`` for a real study.
    """

    name: str
    folder: Path | None = None
    patient: PhantomPatient | None = None

    def read(self, *, swi: bool = False) -> dict[Contrast, Volume]:
        """T1, T2 and FLAIR, and SWI where it is wanted and the study is a phantom's."""
        if self.folder is None:
            return next(study for study in brain_studies() if study.name == self.name).read()
        return {
            contrast: read_volume([dcmread(path) for path in sorted(folder.glob("*.dcm"))], contrast=contrast)
            for key, contrast in (SERIES | SWI if swi else SERIES).items()
            for folder in self.folder.glob(f"*_{key}")
        }

    def tissue(self) -> npt.NDArray[np.uint8] | None:
        """What was drawn in each voxel of the T1: grey, white matter, or 0; ``None`` for a real study."""
        if self.patient is None:
            return None
        return drawn_tissue(self.patient, PROTOCOL["t1"].geometry)


def write_phantom(patient: PhantomPatient, folder: Path) -> None:
    """T1, T2, FLAIR and SWI of a synthetic patient as DICOM files, a folder each."""
    write_study(patient, folder, tuple(SERIES | SWI))


def drawn_tissue(patient: PhantomPatient, geometry: Geometry) -> npt.NDArray[np.uint8]:
    """Grey and white matter of a synthetic head, shape (slices, rows, columns) of an acquisition."""
    found = sample(head_anatomy(patient).tissue, HEAD_GRID, geometry, head_transform(patient))
    return np.asarray(np.rint(np.clip(found, 0, 2)), dtype=np.uint8)
