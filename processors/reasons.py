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
    "asymmetric-band": (
        "The cortex is dark on one side only, or much more on one; a bleeding, a vein or an old lesion there "
        "is more likely than a disease of both sides."
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
    "implausible-extent": "The images measure {low:.0f} to {high:.0f} mm, which is no size of a patient.",
    "mixed-geometry": "The slices of the series do not share one orientation, size and pixel spacing.",
    "uneven-spacing": "The slices are not evenly spaced.",
    "missing-slices": "{missing} slice(s) are missing inside the series.",
    "duplicate-slices": "{duplicates} slice(s) lie at a position that another slice already has.",
    "too-large": "The series has more voxels ({voxels}) than Betz reads into memory.",
    "colour-images": "The images are in colour, so they hold no signal that could be measured.",
    "inverted-grey-scale": "The grey scale is stored inverted, so bright signal cannot be told from dark.",
    "mosaic": "The images are mosaics of many slices, which Betz does not take apart.",
    "few-slices": "Too few slices or vertebral levels could be measured.",
    "one-level": "The change is confined to one vertebral level, which points to a local lesion.",
    "part-of-cord": "Only a part of the cord is thin, which points to a local cause.",
    "noisy-columns": "The columns of the cord are too noisy to measure.",
    "uneven-slices": "The signal of the cord jumps from slice to slice, as with movement or pulsation.",
    "sagittal-only": "The columns of the cord cannot be told on sagittal slices; axial ones are needed.",
    "thick-voxels": "The voxels are too large to measure the cross-section of the cord.",
    "entry-slice-inflow": (
        "Fluid that flows into the end slices is bright on {slices} slice(s) of the T1 series "
        "(entry-slice phenomenon); they were left out."
    ),
    "reference-abnormal": (
        "The dorsal columns, which the lateral columns are compared with, differ from the rest of the cord."
    ),
    "cord-conflict": "The series of the study disagree about where the cord is.",
    "central-cavity": "The centre of the cord has the signal of fluid, as with a syrinx.",
    "stenosis": (
        "The spinal canal is narrow on {slices} slice(s), which were left out with their neighbours."
    ),
    "small-norm": "Fewer than five people stand behind the reference distribution.",
    "unknown-sex": "The sex, which the size of the cord depends on, is not stated.",
    "swi-recommended": (
        "Susceptibility-weighted imaging should be considered: the motor band was seen in 78 % of patients "
        "with it, and in 5 % without."
    ),
    "weak-susceptibility-weighting": (
        "Field strength and echo time ({weighting:.0f} T·ms) weight susceptibility too little to show the "
        "motor band."
    ),
    "unknown-susceptibility-weighting": (
        "The images do not say their field strength or echo time, on which the darkness of cortex depends."
    ),
    "t2-star-alone": (
        "A T2*-weighted image shows the motor band less surely than susceptibility-weighted images, which "
        "should be considered."
    ),
    "not-magnitude": "The images look like phase images, whose signal is no measure of darkness.",
    "sulcus-unclear": "The central sulcus does not show clearly enough along the gyrus.",
    "veins-in-band": "Veins, blood or calcification fill part of the motor cortex, which was left out.",
    "diffuse-iron": "The cortex in front of and behind the motor cortex is about as dark.",
    "one-sided-loss": "The precentral cortex is smaller on one side only, which points to a lesion there.",
    "short-band": "The motor cortex is dark over a short distance only.",
    "age-iron": "At this age iron darkens the motor cortex of healthy people too.",
    "unknown-age": "The age is not known; iron darkens the motor cortex of healthy older people too.",
    "analysis-failed": "The analysis stopped with an error ({error}).",
}
