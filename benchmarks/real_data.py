"""Real heads, where there are any: NIfTI and DICOM files that lie outside the project.

``BETZ_REAL_DATA`` names their folder, by default ``../shared/data`` beside the project;
``BETZ_EXTRA_DATA`` may name another that holds a folder for each person with ``T1.nii.gz``, ``T2.nii.gz`` or
``FLAIR.nii.gz`` in it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import nibabel as nib
import numpy as np
from pydicom import dcmread

from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Side
from processors.reading import read_volume
from processors.volume import Volume

ROOT = Path(os.environ.get("BETZ_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
EXTRA = os.environ.get("BETZ_EXTRA_DATA")
ISOTROPIC_MM = 2.0
PLANES = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)


@dataclass(frozen=True, slots=True)
class RealStudy:
    """The series of one session of one person.

    Attributes
    ----------
    name
        Of the session.
    person
        Sessions of the same person carry the same one.
    paths
        A NIfTI file, or a folder of DICOM files, for each contrast.
    brain_extracted
        Whether the skull was taken off before the data were published.
    diseased_sides
        Where a lesion has cut the tract, so that it is no example of a healthy one.
    """

    name: str
    person: str
    paths: Mapping[Contrast, Path] = field(hash=False)
    brain_extracted: bool = False
    diseased_sides: tuple[Side, ...] = ()

    def read(self) -> dict[Contrast, Volume]:
        """Every series of the study."""
        return {contrast: self._series(contrast, path) for contrast, path in self.paths.items()}

    def _series(self, contrast: Contrast, path: Path) -> Volume:
        if path.is_dir():
            return read_volume([dcmread(file) for file in sorted(path.glob("*.dcm"))], contrast=contrast)
        return read_nifti(path, contrast, frame_of_reference=self.name)


def read_nifti(path: Path, contrast: Contrast = Contrast.OTHER, *, frame_of_reference: str = "") -> Volume:
    """A NIfTI file as a volume; its world coordinates are taken as the scanner's.

    Parameters
    ----------
    frame_of_reference
        Any text that series with the same world coordinates share; empty for none.
    """
    image = nib.Nifti1Image.from_filename(path)
    array = np.asarray(image.dataobj, dtype=np.float32).squeeze().transpose(2, 1, 0)
    affine = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine)[:, [2, 1, 0, 3]]
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    across = int(np.argmax(np.abs(np.cross(affine[:3, 1] / edges[1], affine[:3, 2] / edges[2]))))
    return Volume(
        array,
        affine,
        _uid(str(path)),
        (),
        _uid(frame_of_reference) if frame_of_reference else None,
        contrast,
        Plane.THREE_D if edges[0] <= ISOTROPIC_MM else PLANES[across],
        Acquisition(),
    )


def _uid(text: str) -> str:
    return f"2.25.{uuid5(NAMESPACE_URL, text).int}"


def brain_studies() -> tuple[RealStudy, ...]:
    """Every study of a head that is at hand; empty where there is none."""
    brain, dicom = ROOT / "brain", ROOT / "dicom"
    native = brain / "open_ms_data"
    candidates = [
        *(
            RealStudy(
                f"{person} {session}".strip(),
                person,
                {
                    contrast: native / f"{person}_{session}_{name}.nii.gz"
                    for contrast, name in (
                        (Contrast.T1, "T1W"),
                        (Contrast.T2, "T2W"),
                        (Contrast.FLAIR, "FLAIR"),
                    )
                },
            )
            for person, session in (
                ("patient01", "study1"),
                ("patient01", "study2"),
                ("patient03", "study2"),
            )
        ),
        RealStudy(
            "patient07",
            "patient07",
            {c: native / f"mni_patient07_{c}.nii.gz" for c in (Contrast.T1, Contrast.T2, Contrast.FLAIR)},
            brain_extracted=True,
        ),
        RealStudy(
            "stroke",
            "stroke",
            {c: brain / "stroke" / f"{c}.nii.gz" for c in (Contrast.T1, Contrast.T2, Contrast.FLAIR)},
            brain_extracted=True,
            diseased_sides=(Side.LEFT,),
        ),
        RealStudy("prisma flash", "siemens", {Contrast.T1: dicom / "siemens_prisma_flash"}),
        RealStudy("xa30 enhanced", "siemens", {Contrast.T1: dicom / "siemens_xa30_enhanced"}),
        RealStudy("sct", "sct", {Contrast.T2: ROOT / "cord" / "sct_testing_data" / "t2_full.nii.gz"}),
        *_extra(),
    ]
    return tuple(study for study in candidates if all(path.exists() for path in study.paths.values()))


def _extra() -> list[RealStudy]:
    if EXTRA is None:
        return []
    contrasts = (Contrast.T1, Contrast.T2, Contrast.FLAIR)
    return [
        RealStudy(
            folder.name,
            folder.name,
            {c: folder / f"{c}.nii.gz" for c in contrasts if (folder / f"{c}.nii.gz").exists()},
        )
        for folder in sorted(Path(EXTRA).iterdir())
        if any((folder / f"{c}.nii.gz").exists() for c in contrasts)
    ]
