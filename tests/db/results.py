"""Findings to store, one of each kind."""

from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
    TractProfile,
    not_evaluated,
    regions_of,
)

TRACT = Algorithm("Corticospinal tract profile", "1.0.0")
CORD = Algorithm("Cervical cord", "2.1.0")
PROFILES = tuple(
    TractProfile(side, (0.0, 2.5), ("pons", "cerebral_peduncle"), ratio, (1.0, 1.02), (0.03, 0.045))
    for side, ratio in ((Side.LEFT, (1.02, None)), (Side.RIGHT, (1.03, 1.04)))
)


def findings() -> tuple[Finding, ...]:
    """A sign with sides, one without, one without a number, one not evaluated; in the order of the signs."""
    tract = tuple(
        RegionMeasurements(
            region,
            (
                Measurement(Quantity.RATIO, 1.08 + 0.01 * place),
                Measurement(Quantity.Z_SCORE, 2.5 - 0.1 * place),
                Measurement(Quantity.VOXELS, 512),
            ),
        )
        for place, region in enumerate(regions_of(Sign.CST_T1)[:4])
    )
    area = (RegionMeasurements(Region("C3"), (Measurement(Quantity.CROSS_SECTIONAL_AREA, 60.25),)),)
    return (
        not_evaluated(Sign.MOTOR_BAND, TRACT, Reason.of("missing-series", needed="SWI")),
        Finding(
            Sign.CST_T1,
            State.PRESENT,
            TRACT,
            Confidence.HIGH,
            regions=tract,
            series_uids=("1.2", "1.3"),
            norm="shipped default, T1, n = 5",
            profiles=PROFILES,
        ),
        Finding(
            Sign.CST_FLAIR,
            State.INDETERMINATE,
            TRACT,
            reasons=(Reason.of("plic-only"), Reason.of("low-snr", snr=12.3)),
        ),
        Finding(Sign.CORD_ATROPHY, State.ABSENT, CORD, regions=area, series_uids=("1.4",)),
    )


LEFT, RIGHT = Side.LEFT.value, Side.RIGHT.value
