"""Everything that is made of a study holds up before three validators, whatever the study."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from rich.console import Console

from db.models import ObjectKind
from listener.derived_objects import ObjectRequest, derived_objects
from listener.folder import index_folder
from listener.reporting import make_report, study_source
from reports.key_images import objects as key_image_objects
from reports.key_images.pictures import KeyPicture
from reports.text import SIGN_NAMES

from . import test_odd_studies as odd
from .studies import images, measured, volumes_of, write

CREATED = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def no_frame_of_reference(source):
    return source


def told_in_part(source):
    return source


CANNOT_BE_COPIED = (
    odd.bare, odd.sex_illegal, odd.dates_illegal, odd.numbers_illegal, odd.identifiers_too_long,
    odd.several_values, odd.deidentified_without_method, odd.latin_1, odd.japanese, odd.chinese,
    odd.greek_and_korean, odd.clinical_trial_half_told, odd.sequences, odd.sequences_broken, odd.unknown_vr,
    odd.pregnancy_and_smoking,
)  # fmt: skip
"""Images that lack what is required, are illegal, name an instance that is not there, or are in a script
that dcentvfy compares byte by byte: what is made differs from them, and only from them."""

ANOTHER_ENTITY = "Warning - Different information entities for attribute"
"""dcentvfy counts some attributes of the study to the series in an image, and not in a report."""

UNAVOIDABLE = (
    "<99BETZ> for value 1 of attribute <Coding Scheme Designator>",
    "<99HOSP> for value 1 of attribute <Coding Scheme Designator>",
    "(0x0018,0x1002) UI Device UID",
    "this is a Standard Extended SOP Class",
    "would be needed to build DICOMDIR",
    "Retired Person Name form",
    "<BRAIN> for value 1 of attribute <Body Part Examined>",
)
"""What dciodvfy warns of: schemes that it does not know, the Device UID that IHE AIR wants and it does not
know, what the images lack, a name as the images have it, and an animal's brain."""

VARIANTS = (*odd.VARIANTS, no_frame_of_reference, odd.plain, odd.plain, odd.plain, odd.plain, odd.plain)


def drawn(findings, volumes, *_, **__):
    """Small pictures in the place of large ones, which have tests of their own."""
    pixels = np.full((24, 32, 3), 90, np.uint8)
    first = next(iter(volumes.values()))
    sources = ((first.series_instance_uid, first.sources[0]),)
    sign = findings[0].sign
    return (
        KeyPicture(None, "Overview", pixels, sources),
        KeyPicture(sign, SIGN_NAMES[sign], pixels, sources),
    )


def made_of(number, variant, folder, monkeypatch):
    """The study in files, and beside it everything that is made of it."""
    monkeypatch.setattr(key_image_objects, "pictures", drawn)
    source = images(number, variant, enhanced=number % 2 == 0)
    if variant is no_frame_of_reference:
        for ds in source:
            del ds.FrameOfReferenceUID
    if variant is told_in_part:
        for ds in source:
            if ds.SeriesInstanceUID == source[0].SeriesInstanceUID:
                del ds.AccessionNumber
                ds.StudyDescription = "half told"
    write(source, folder)
    store, studies = index_folder(folder, Console(quiet=True))
    [(uid, series)] = studies.items()
    found = measured(volumes_of(source))
    numbered = {(row, series_uid): instances for row, (series_uid, instances) in enumerate(series.items())}
    request = ObjectRequest(1, CREATED, "Clínica", study_source(store, uid, numbered))
    objects, missing = derived_objects("brain", found, store, uid, request)
    report = make_report(
        store, uid, 1, found.findings, numbered,
        created=CREATED, institution="Clínica", predecessor=None, objects=[one for one, _ in objects],
    )  # fmt: skip
    paths = []
    for kind, ds in [*((one.kind, ds) for one, ds in objects), ("sr", report)]:
        paths.append(folder / f"{kind}-{len(paths)}.dcm")
        ds.save_as(paths[-1], enforce_file_format=True)
    return SimpleNamespace(uid=uid, paths=paths, missing=missing, found=found, volumes=found.volumes)


@pytest.mark.parametrize("number", range(len(VARIANTS)), ids=lambda number: VARIANTS[number].__name__)
def test_everything_made_of_a_study_is_valid(
    number, tmp_path, monkeypatch, dciodvfy_lines, dcentvfy_lines, dicom_validator_errors
):
    variant = VARIANTS[number]
    made = made_of(number, variant, tmp_path / "study", monkeypatch)
    for path in made.paths:
        lines = dciodvfy_lines(path)
        assert {"Comprehensive3DSR", "Segmentation", "SCImage"} & set(lines)
        assert [
            line for line in lines if line.startswith(("Error", "Warning")) and not unavoidable(line)
        ] == []
        assert dicom_validator_errors(path) == {"status": "Passed", "errors": 0, "modules": {}}
    lines = dcentvfy_lines(*sorted(made.paths[0].parent.glob("*.dcm")))
    lines = [line for line in lines if not line.startswith(ANOTHER_ENTITY)]
    if variant in CANNOT_BE_COPIED:
        assert lines
        nowhere = f"referenced - {made.uid} "
        lines = [one for one in lines if "image-" not in one.replace("key-image-", "") and nowhere not in one]
    assert lines == []


def test_all_objects_agree_about_the_study_where_its_series_do_not(tmp_path, monkeypatch):
    made = made_of(0, told_in_part, tmp_path / "study", monkeypatch)
    told = [dcmread(path, stop_before_pixels=True) for path in made.paths]
    assert [ds.Modality for ds in told] == ["SEG", "SEG", "OT", "OT", "SR"]
    assert len({(ds.AccessionNumber, ds.PatientSex, ds.PatientName, ds.StudyDescription) for ds in told}) == 1
    assert told[0].AccessionNumber


def unavoidable(line):
    return any(words in line for words in UNAVOIDABLE)


def test_a_series_without_frame_of_reference_has_a_report_and_no_segmentation(tmp_path, monkeypatch):
    made = made_of(1, no_frame_of_reference, tmp_path / "study", monkeypatch)
    assert made.missing == ["No segmentation: the series names no Frame of Reference."]
    assert [path.name.rpartition("-")[0] for path in made.paths] == ["key-image", "key-image", "sr"]


def test_a_report_survives_what_cannot_be_made(tmp_path, monkeypatch):
    """An error of the pictures costs the pictures, and its text, which may quote data, is not told."""

    def broken(*_, **__):
        raise RuntimeError("Doe^Jane")

    source = images(0, odd.plain, enhanced=False)
    write(source, tmp_path / "study")
    store, [uid] = index_folder(tmp_path / "study", Console(quiet=True))
    monkeypatch.setattr(key_image_objects, "pictures", broken)
    made, missing = derived_objects(
        "brain", measured(volumes_of(source)), store, uid, ObjectRequest(1, CREATED)
    )
    assert [one.kind for one, _ in made] == ["seg"]
    assert missing == ["No key images: an error (RuntimeError)."]


def test_an_analysed_series_of_which_no_region_was_outlined_is_told_of(tmp_path, monkeypatch):
    source = images(0, odd.plain, enhanced=False)
    write(source, tmp_path / "study")
    store, [uid] = index_folder(tmp_path / "study", Console(quiet=True))
    monkeypatch.setattr(key_image_objects, "pictures", drawn)
    found = measured(volumes_of(source))
    read = {finding.series_uids[0] for finding in found.findings if finding.series_uids}
    numbers = [one.series_number for one in found.volumes if one.series_instance_uid in read]
    assert numbers
    made, missing = derived_objects(
        "brain", replace(found, region_maps=()), store, uid, ObjectRequest(1, CREATED)
    )
    assert ObjectKind.SEG not in [one.kind for one, _ in made]
    assert sorted(missing) == [
        f"No segmentation of series {number}: no region was outlined in it." for number in sorted(numbers)
    ]
