"""Volumes, regions and findings made up, small enough to be drawn in a moment."""

from dataclasses import replace

import numpy as np

from processors.acquisition import Contrast, Plane
from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import (
    CERVICAL_LEVELS,
    MOTOR_BAND_REGIONS,
    TRACT_SEGMENTS,
    WHOLE_CORD,
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
from processors.volume import SliceSource, Volume

MR = "1.2.840.10008.5.1.4.1.1.4"
METHOD = Algorithm("Corticospinal tract profile", "1.0")
SIDES = (Side.LEFT, Side.RIGHT)


def volume(number=1, *, contrast=Contrast.T1, shape=(20, 60, 50), spacing=(6.0, 4.0, 4.0)):
    """An axial head: an ellipsoid of white matter in air, with noise; its middle is the origin."""
    uid = f"1.2.3.{number}"
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, spacing[2]], [0, spacing[1], 0], [spacing[0], 0, 0]])
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    z, y, x = (2 * (np.arange(n) - (n - 1) / 2) / n for n in shape)
    inside = z[:, None, None] ** 2 + y[:, None] ** 2 + x**2 < 0.9
    noise = np.random.default_rng(number).normal(0, 5, shape)
    return Volume(
        (300.0 * inside + noise).astype(np.float32),
        affine,
        uid,
        tuple(SliceSource(MR, f"{uid}.{n}", instance_number=n) for n in range(1, shape[0] + 1)),
        "1.2.3",
        contrast,
        Plane.AXIAL,
        series_number=number,
    )


def block(region_places, sign, on):
    """A region map of blocks, each (region, slices, row, column) of 3 × 3 pixels."""
    indices, labels, regions = [], [], {}
    for label, (region, slices, row, column) in enumerate(region_places, start=1):
        grid = np.meshgrid(list(slices), range(row, row + 3), range(column, column + 3), indexing="ij")
        indices.append(np.stack([axis.ravel() for axis in grid], axis=1))
        labels.append(np.full(len(indices[-1]), label, dtype=np.uint8))
        regions[label] = region
    return RegionMap(
        sign, on.series_instance_uid, np.concatenate(indices), np.concatenate(labels), regions, {}
    )


def tract_map(on, sign=Sign.CST_T1):
    """Five segments on two slices each, from the pons up; the left is at the higher columns."""
    places = [
        (Region(name, side), (14 - 2 * n, 15 - 2 * n), 28, 32 if side is Side.LEFT else 15)
        for n, name in enumerate(TRACT_SEGMENTS)
        for side in SIDES
    ]
    return block(places, sign, on)


def numbers(ratio, z_score=None, **further):
    """Measurements of a region."""
    found = [Measurement(Quantity.RATIO, ratio), Measurement(Quantity.NORM_MEAN, 1.0)]
    found.append(Measurement(Quantity.NORM_SD, 0.03))
    if z_score is not None:
        found.append(Measurement(Quantity.Z_SCORE, z_score))
    return (*found, *(Measurement(Quantity[name.upper()], value) for name, value in further.items()))


def tract_finding(on, sign=Sign.CST_T1, state=State.PRESENT, *, strongest="internal_capsule"):
    """A finding of the tract with its numbers and its profile."""
    names = [name for name in reversed(TRACT_SEGMENTS) for _ in range(4)]
    at = tuple(4.0 * n for n in range(len(names)))
    ones, sds = (1.0,) * len(names), (0.03,) * len(names)
    return Finding(
        sign,
        state,
        METHOD,
        Confidence.LOW if state is State.PRESENT else None,
        () if state is State.PRESENT else (Reason.of("grey-zone"),),
        tuple(
            RegionMeasurements(region, numbers(1.2, 6.0) if region.name == strongest else numbers(1.05, 1.5))
            for region in regions_of(sign)
        ),
        (on.series_instance_uid,),
        "shipped default, T1, n = 5",
        tuple(
            TractProfile(side, at, tuple(names), (None, *(1.1 + 0.01 * n for n in range(19))), ones, sds)
            for side in SIDES
        ),
    )


def brain():
    """Findings, volumes, region maps and strips of a brain in which something of every kind was found."""
    t1, swi, t2 = volume(4), volume(5, contrast=Contrast.SWI), volume(6, contrast=Contrast.T2)
    band = tuple(
        RegionMeasurements(region, numbers(0.8, darkness=0.2, grade=2, grade_sum=7, band_length=31.0))
        for region in regions_of(Sign.MOTOR_BAND)
    )
    places = [
        (Region(name, side), (16, 17), 26, 25 + (4 + 4 * n) * (1 if side is Side.LEFT else -1))
        for n, name in enumerate(MOTOR_BAND_REGIONS)
        for side in SIDES
    ]
    findings = (
        Finding(
            Sign.MOTOR_BAND, State.PRESENT, Algorithm("Motor band", "1.0"), Confidence.MODERATE,
            regions=band, series_uids=(swi.series_instance_uid,),
        ),
        tract_finding(t1),
        tract_finding(t1, Sign.CST_FLAIR, State.ABSENT),
        Finding(
            Sign.CST_T2, State.INDETERMINATE, METHOD, reasons=(Reason.of("registration-failed"),),
            series_uids=(t2.series_instance_uid,),
        ),
        not_evaluated(Sign.CST_DIFFUSION, METHOD, Reason.of("missing-series", needed="diffusion brain")),
    )  # fmt: skip
    strips = tuple(
        CortexStrip(
            side, np.arange(30.0), np.arange(12.0), np.full((30, 12), np.nan if side is Side.LEFT else 0.2),
            ("medial",) * 10 + ("intermediate",) * 10 + ("lateral",) * 10,
        )
        for side in SIDES
    )  # fmt: skip
    volumes = {one.series_instance_uid: one for one in (t1, swi, t2)}
    return findings, volumes, (tract_map(t1), block(places, Sign.MOTOR_BAND, swi)), strips


def neck(*, levels=True):
    """Findings, volumes, region maps and cord profiles of a neck; without levels, of the cord as a whole."""
    axial = replace(volume(7, shape=(21, 64, 64), spacing=(5.0, 1.0, 1.0)), contrast=Contrast.T1)
    heights = 5.0 * np.arange(10, -11, -1)
    angle = np.linspace(-180, 170, 36)
    turn = np.deg2rad(angle)
    ring = np.stack([6.0 * np.sin(turn), -4.0 * np.cos(turn), np.zeros(36)], axis=1)
    contours = ring[None] + np.stack([np.zeros(21), np.zeros(21), heights], axis=1)[:, None]
    contours[20] = np.nan
    level = tuple(name for name in CERVICAL_LEVELS for _ in range(3)) if levels else ("",) * 21
    ratio = 1.0 + 0.1 * (np.abs(np.arange(21) - 12) < 3)
    known = np.full(21, 1.0 if levels else np.nan)
    profile = CordProfile(
        Sign.CORD_T1, axial.series_instance_uid, 5.0 * np.arange(21), level,
        dict.fromkeys(SIDES, ratio), known, known * 0.03, np.arange(21) > 1, np.linspace(75, 60, 21),
        contours, angle, np.ones((21, 36)),
    )  # fmt: skip
    columns = tuple(
        RegionMeasurements(region, numbers(1.1, 3.0))
        for region in regions_of(Sign.CORD_T1)
        if (region.name in CERVICAL_LEVELS) is levels
    )
    sizes = tuple(
        RegionMeasurements(
            region, numbers(70.0, -2.1, cross_sectional_area=61.0, area_at_reference_age=62.0)[1:]
        )
        for region in regions_of(Sign.CORD_ATROPHY)
        if (region.name in CERVICAL_LEVELS) is levels
    )
    places = [
        (Region(name, side), range(18 - 3 * n, 21 - 3 * n), 31, 34 if side is Side.LEFT else 27)
        for n, name in enumerate(CERVICAL_LEVELS)
        for side in SIDES
    ] if levels else [
        (Region(WHOLE_CORD, side), range(21), 31, 34 if side is Side.LEFT else 27) for side in SIDES
    ]  # fmt: skip
    uids, cord = (axial.series_instance_uid,), Algorithm("Cord", "1.0")
    unknown = () if levels else (Reason.of("level-indeterminate"),)
    findings = (
        Finding(
            Sign.CORD_T1, State.PRESENT, cord, Confidence.LOW, unknown, columns, uids
        ),
        Finding(
            Sign.CORD_ATROPHY, State.INDETERMINATE, cord, None, unknown or (Reason.of("grey-zone"),),
            sizes, uids,
        ),
    )  # fmt: skip
    maps = (block(places, Sign.CORD_T1, axial),)
    return findings, {axial.series_instance_uid: axial}, maps, (profile,)
