"""What decides how magnetic a synthetic head is, beside its signs: age, iron, veins, blood and air."""

from dataclasses import dataclass

from processors.findings import MOTOR_BAND_REGIONS, Side


@dataclass(frozen=True, slots=True)
class Magnetism:
    """Options of the susceptibility map.

    Attributes
    ----------
    band_parts
        The parts of the motor band that are drawn where the sign is; some of ``MOTOR_BAND_REGIONS``.
    cortical_iron
        Iron in the whole cortex beyond the person's own, ppb.
    aged_motor_cortex
        Iron that comes with age in the cortex around the central sulcus and in the visual cortex, ppb;
        ``None`` for what the person's age and seed say: nobody under 60 has it, two in three at 80.
    central_vein
        Calibre of a vein that runs in the central sulcus of both sides, mm; 0 for the person's own.
    calcification
        Side with calcifications in the precentral gyrus.
    microbleeds
        Side with old small bleedings about the central sulcus.
    siderosis
        Side whose central sulcus is lined with haemosiderin after a bleeding over the convexity.
    both_siderotic
        The other side, and other sulci, are too.
    wide_sinuses
        Air from the frontal sinus up to the forehead.
    implant
        Side with a titanium plate in the skull over the central sulcus.

    Raises
    ------
    ValueError
        If a part is not of the motor band, or a number is out of its range.
    """

    band_parts: tuple[str, ...] = MOTOR_BAND_REGIONS
    cortical_iron: float = 0.0
    aged_motor_cortex: float | None = None
    central_vein: float = 0.0
    calcification: Side | None = None
    microbleeds: Side | None = None
    siderosis: Side | None = None
    both_siderotic: bool = False
    wide_sinuses: bool = False
    implant: Side | None = None

    def __post_init__(self) -> None:
        if not self.band_parts or set(self.band_parts) - set(MOTOR_BAND_REGIONS):
            raise ValueError(f"the parts of the band must be some of {', '.join(MOTOR_BAND_REGIONS)}")
        if not 0 <= self.cortical_iron <= 100:
            raise ValueError("the iron of the cortex must lie between 0 and 100 ppb")
        if self.aged_motor_cortex is not None and not 0 <= self.aged_motor_cortex <= 100:
            raise ValueError("the iron of the aged motor cortex must lie between 0 and 100 ppb")
        if not 0 <= self.central_vein <= 4:
            raise ValueError("the calibre of the central vein must lie between 0 and 4 mm")
        if self.both_siderotic and self.siderosis is None:
            raise ValueError("siderosis of both sides must have a side that it began on")
