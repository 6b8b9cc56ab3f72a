"""What the SWI of the synthetic heads looks like: one person with the band, and with what resembles it."""

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl

from phantoms.geometry import stack
from phantoms.gradient_echo import usual_swi
from phantoms.imaging import head_volume
from phantoms.magnetism import Magnetism
from phantoms.patient import PhantomPatient
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

mpl.use("Agg")
import matplotlib.pyplot as plt

PERSON = PhantomPatient(21, snr=50, bias=0.1, rotation=4, field_strength=3.0, years=45)
SLICES = stack(
    Plane.AXIAL, centre=(0, 18, 64), slices=2, slice_thickness=2.0, gap=5.0, pixel=0.8, matrix=(236, 200)
)
LOWER = stack(
    Plane.AXIAL, centre=(0, 18, 12), slices=2, slice_thickness=2.0, gap=28.0, pixel=0.8, matrix=(236, 200)
)
HEADS: dict[str, PhantomPatient] = {
    "3 T, healthy": PERSON,
    "+20 ppb": replace(PERSON, signs={Sign.MOTOR_BAND: 20.0}),
    "+40 ppb": replace(PERSON, signs={Sign.MOTOR_BAND: 40.0}),
    "1.5 T, +40 ppb": replace(PERSON, signs={Sign.MOTOR_BAND: 40.0}, field_strength=1.5),
    "aged motor cortex": replace(PERSON, magnetism=Magnetism(aged_motor_cortex=28.0)),
    "iron in all cortex": replace(PERSON, magnetism=Magnetism(cortical_iron=28.0)),
    "central veins": replace(PERSON, magnetism=Magnetism(central_vein=2.6)),
    "siderosis": replace(PERSON, magnetism=Magnetism(siderosis=Side.LEFT, both_siderotic=True)),
}


def draw_heads(path: Path) -> None:
    """Two slices of every head through the motor cortex, and of the first through the deep nuclei."""
    figure, axes = plt.subplots(2, len(HEADS) + 1, figsize=(2.1 * (len(HEADS) + 1), 5.2), facecolor="black")
    shown = [("deep nuclei", PERSON, LOWER), *((name, patient, SLICES) for name, patient in HEADS.items())]
    for column, (name, patient, geometry) in enumerate(shown):
        sequence = usual_swi(patient.field_strength or 3.0)
        images = head_volume(patient, Contrast.SWI, geometry, sequence=sequence).array
        for row, image in enumerate(images):
            panel = axes[1 - row, column]
            panel.imshow(image[14:226, 14:186], cmap="gray", vmin=0.15, vmax=1.35)
            panel.axis("off")
        axes[0, column].set_title(name, color="white", fontsize=9)
    figure.subplots_adjust(0.005, 0.01, 0.995, 0.93, 0.02, 0.02)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, facecolor="black")
    plt.close(figure)
