"""The catalogue of reasons: a stable key each, and the sentence a radiologist reads."""

SENTENCES: dict[str, str] = {
    "missing-series": "The study has no suitable {needed} series.",
    "not-implemented": "This version of Betz does not measure this sign.",
    "not-analysed": "This sign was not part of the analysis of the study.",
    "post-contrast": "The series was acquired after a contrast agent, which changes the signal.",
    "registration-failed": "The brain could not be aligned with the atlas reliably enough to measure it.",
    "laterality-conflict": "The series of the study disagree about which side is left.",
    "low-snr": "The image is too noisy to measure (signal-to-noise ratio {snr:.0f}).",
    "low-coverage": "Less than {percent:.0f} % of the region lies inside the images.",
    "few-voxels": "The region holds too few voxels to measure.",
    "reference-spread": "The reference white matter is too uneven to compare with.",
    "grey-zone": "The measurement lies between normal and abnormal.",
    "asymmetric": (
        "The change is on one side only; Wallerian degeneration from a lesion above is the usual cause."
    ),
    "plic-only": "The change is confined to the internal capsule, which is a normal variant.",
    "bias-sensitive": "The result depends on the correction of image shading.",
    "short-extent": ("The change is bright on both sides over a short distance only, as in healthy people."),
    "not-subcortical": "The change does not reach the white matter below the motor cortex.",
    "t2-alone": (
        "The tract is not bright on T1; brightness on T2 or FLAIR alone is common in healthy people."
    ),
    "lesion-overlap": "A lesion lies in part of the tract, which was left out.",
    "no-norm": "There is no reference distribution to compare this kind of image with.",
    "proposed-norm": "The reference distribution is a proposal that no one was measured for.",
    "restricted-diffusion": "Diffusion is restricted along the tract, which points to another cause.",
    "adc-alone": "No diffusion-weighted images with b of 800 s/mm² or more were there to confirm it.",
    "unconfirmed-restriction": (
        "The diffusion coefficient is low, but the tract is not bright on diffusion-weighted images."
    ),
    "t2-shine-through": (
        "Without a diffusion coefficient, restricted diffusion cannot be told from a long T2."
    ),
    "low-b-value": "The diffusion-weighted images have a b-value below 800 s/mm², or state none.",
    "cord-not-found": "No spinal cord was found in the images.",
    "no-cervical-cord": "The images do not show the cervical cord.",
    "level-indeterminate": (
        "The vertebral levels could not be told; positions are millimetres from the topmost slice."
    ),
    "no-pixel-data": "The images of the series hold no pixel data.",
    "unreadable-pixels": "The pixel data of the series could not be decoded.",
    "missing-geometry": "The images do not say where they lie in the patient.",
    "too-few-slices": "The series has {slices} slice(s), too few for a volume.",
    "implausible-extent": "The images measure {low:.0f} to {high:.0f} mm, which is not the size of a head.",
    "mixed-geometry": "The slices of the series do not share one orientation, size and pixel spacing.",
    "uneven-spacing": "The slices are not evenly spaced.",
    "missing-slices": "{missing} slice(s) are missing inside the series.",
    "duplicate-slices": "{duplicates} slice(s) lie at a position that another slice already has.",
    "too-large": "The series has more voxels ({voxels}) than Betz reads into memory.",
    "colour-images": "The images are in colour, so they hold no signal that could be measured.",
    "inverted-grey-scale": "The grey scale is stored inverted, so bright signal cannot be told from dark.",
    "mosaic": "The images are mosaics of many slices, which Betz does not take apart.",
    "analysis-failed": "The analysis stopped with an error ({error}).",
}
