"""Derive the shipped atlas from the packages that carry its sources; run once, by hand.

    python derive.py ICBM_T1 ICBM_GM ICBM_WM COLIN27 OUTPUT_FOLDER

The three ICBM files are ``mni_icbm152_{t1,gm,wm}_tal_nlin_sym_09a_converted.nii.gz`` of nilearn's
``datasets/data``, Colin27 is ``ch2.nii.gz`` of Debian's ``mricron-data``. Where they come from and under
which terms: ``PROVENANCE.md``.
"""

import sys
from pathlib import Path

import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

BRAIN_SPACING_MM = 2.0
HEAD_SPACING_MM = 3.0


def at_spacing(image: sitk.Image, spacing: float) -> sitk.Image:
    """The image blurred to a coarser grid and kept as bytes."""
    smooth = sitk.SmoothingRecursiveGaussian(sitk.Cast(image, sitk.sitkFloat32), spacing / 3)
    size = [int(n * s / spacing) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    coarse = sitk.Resample(
        smooth,
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        image.GetOrigin(),
        [spacing] * 3,
        image.GetDirection(),
    )
    bytes_: sitk.Image = sitk.Cast(sitk.Clamp(coarse, sitk.sitkFloat32, 0, 255), sitk.sitkUInt8)
    return bytes_


def main(t1: str, grey: str, white: str, colin: str, folder: str) -> None:
    """Write the four files of the atlas."""
    brain = [sitk.ReadImage(path) for path in (t1, grey, white)]
    for name, image in zip(("t1", "grey_matter", "white_matter"), brain, strict=True):
        sitk.WriteImage(at_spacing(image, BRAIN_SPACING_MM), str(Path(folder) / f"icbm_{name}.nii.gz"), True)
    head = sitk.ReadImage(colin)
    sitk.WriteImage(at_spacing(head, HEAD_SPACING_MM), str(Path(folder) / "colin27_head.nii.gz"), True)


if __name__ == "__main__":
    main(*sys.argv[1:6])
