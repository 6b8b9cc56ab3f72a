"""Small studies on disk as the scanners of three vendors send them, with findings and regions made up."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from listener.measuring import Measured
from phantoms.enhanced import enhanced_instance
from phantoms.geometry import stack
from phantoms.patient import PhantomPatient, Vendor
from phantoms.protocol import PROTOCOL
from phantoms.series import instances
from processors.acquisition import Contrast, Plane
from processors.depiction import RegionMap
from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Sign,
    State,
    regions_of,
)
from processors.reading import read_volume
from processors.volume import Volume
from reports.study_attributes import (
    CLINICAL_TRIAL_STUDY,
    CLINICAL_TRIAL_SUBJECT,
    GENERAL_STUDY,
    PATIENT,
    PATIENT_STUDY,
    SOP_COMMON,
)

TRACT = Algorithm("Corticospinal tract profile", "1.0.0")
GYRUS = Algorithm("Precentral gyrus", "0.2.0")
PLANES = (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL)
DESCRIBING = (
    *PATIENT,
    *CLINICAL_TRIAL_SUBJECT,
    *GENERAL_STUDY,
    *PATIENT_STUDY,
    *CLINICAL_TRIAL_STUDY,
    *SOP_COMMON,
    "SpecificCharacterSet",
)
"""What images say of patient and study."""


@cache
def scanned(vendor: Vendor, plane: Plane) -> tuple[tuple[Dataset, ...], Dataset]:
    """A T1 series of single frames and an Enhanced FLAIR series, five slices each."""
    patient = PhantomPatient(4, vendor=vendor)
    geometry = stack(plane, centre=(0, 18, 6), slices=5, slice_thickness=3, pixel=6, matrix=(31, 41), tilt=12)
    t1 = tuple(instances(patient, replace(PROTOCOL["t1"], geometry=geometry), 1))
    return t1, enhanced_instance(patient, replace(PROTOCOL["flair"], geometry=geometry), 2)


def images(number: int, change: Callable[[Dataset], Dataset], *, enhanced: bool) -> list[Dataset]:
    """The images of a study, their patient and study as some function changes them."""
    single, multi = scanned(tuple(Vendor)[number % 3], PLANES[number % 3])
    plain = Dataset()
    for keyword in DESCRIBING:
        if keyword in single[0]:
            plain[keyword] = deepcopy(single[0][keyword])
    changed = change(plain)
    return [_with_header(ds, changed) for ds in ((*single, multi) if enhanced else single)]


def _with_header(ds: Dataset, header: Dataset) -> Dataset:
    fresh = Dataset()
    fresh.update(ds)
    fresh.file_meta = ds.file_meta
    for keyword in DESCRIBING:
        if keyword in fresh:
            delattr(fresh, keyword)
    for tag in header.keys():  # noqa: SIM118 - iterating would decode
        fresh[tag] = header.get_item(tag)
    return fresh


def write(datasets: list[Dataset], folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, ds in enumerate(datasets):
        ds.save_as(folder / f"image-{number}.dcm", enforce_file_format=True)


def volumes_of(datasets: list[Dataset]) -> list[Volume]:
    """The series as the analyses are given them."""
    series: dict[str, list[Dataset]] = {}
    for ds in datasets:
        series.setdefault(str(ds.SeriesInstanceUID), []).append(ds)
    contrasts = (Contrast.T1, Contrast.FLAIR)
    return [
        read_volume(own, contrast=contrast) for own, contrast in zip(series.values(), contrasts, strict=False)
    ]


def measured(volumes: list[Volume]) -> Measured:
    """Two signs whose regions overlap on the first series, one on the second, one without regions."""
    first, *others = volumes
    findings = [
        _finding(Sign.CST_T1, State.PRESENT, TRACT, first),
        _finding(Sign.PRECENTRAL_ATROPHY, State.ABSENT, GYRUS, first),
        *(_finding(Sign.CST_FLAIR, State.INDETERMINATE, TRACT, other) for other in others),
        Finding(
            Sign.CST_T1_MTC, State.ABSENT, TRACT, regions=(_numbers(Region("splenium")),),
            series_uids=(first.series_instance_uid,),
        ),
    ]  # fmt: skip
    maps = [regions_on(Sign.CST_T1, first), regions_on(Sign.PRECENTRAL_ATROPHY, first)]
    maps += [regions_on(Sign.CST_FLAIR, other) for other in others]
    return Measured(tuple(findings), tuple(volumes), tuple(maps))


def regions_on(sign: Sign, volume: Volume) -> RegionMap:
    """Blocks of voxels, one after the other, the reference the last; on the middle slices only."""
    own = dict(enumerate(regions_of(sign), start=1))
    inside = np.argwhere(np.ones((3, *volume.array.shape[1:]), dtype=bool)) + np.array([1, 0, 0])
    inside = inside[(inside[:, 1] > 5) & (inside[:, 1] < 20)]
    labels = 1 + inside[:, 2] * (len(own) + 1) // volume.array.shape[2]
    return RegionMap(
        sign,
        volume.series_instance_uid,
        inside,
        labels.astype(np.uint8),
        own,
        {len(own) + 1: Region("reference")},
    )


def _finding(sign: Sign, state: State, algorithm: Algorithm, volume: Volume) -> Finding:
    return Finding(
        sign,
        state,
        algorithm,
        Confidence.MODERATE if state is State.PRESENT else None,
        reasons=(Reason.of("grey-zone"),) if state is State.INDETERMINATE else (),
        regions=tuple(_numbers(region) for region in regions_of(sign)[:3]),
        series_uids=(volume.series_instance_uid,),
        norm="shipped default, n = 5",
    )


def _numbers(region: Region) -> RegionMeasurements:
    values = (
        (Quantity.RATIO, 1.0834567), (Quantity.Z_SCORE, 2.4), (Quantity.NORM_MEAN, 0.98),
        (Quantity.NORM_SD, 0.02), (Quantity.NORM_N, 40), (Quantity.VOXELS, 512),
    )  # fmt: skip
    return RegionMeasurements(region, tuple(Measurement(*value) for value in values))
