"""The catalogue of reasons: a stable key each, and the sentence a radiologist reads."""

SENTENCES: dict[str, str] = {
    "missing-series": "The study has no suitable {needed} series.",
    "not-implemented": "This version of Betz does not measure this sign.",
    "not-analysed": "This sign was not part of the analysis of the study.",
    "post-contrast": "The series was acquired after a contrast agent, which changes the signal.",
    "registration-failed": "The brain could not be aligned with the atlas reliably enough to measure it.",
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
    "no-pixel-data": "The images of the series hold no pixel data.",
    "unreadable-pixels": "The pixel data of the series could not be decoded.",
    "missing-geometry": "The images do not say where they lie in the patient.",
    "too-few-slices": "The series has {slices} slice(s), too few for a volume.",
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
