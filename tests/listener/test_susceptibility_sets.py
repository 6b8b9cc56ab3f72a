"""A whole SWI from storage to what an analysis reads, by vendor: never phase, never a projection."""

from dataclasses import replace

import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from listener.archive import FolderArchive, Key
from listener.classification import Classification
from listener.classification.pixels import air_is_dark
from listener.file_meta import file_meta
from listener.plan import plan_of
from listener.routing import ClassifiedStack, route
from listener.stored_images import StackReference, read_stack
from listener.study_images import study_stacks
from phantoms.geometry import stack
from phantoms.imaging import susceptibility_images
from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL
from phantoms.swi_export import EXPORTS, Part
from phantoms.swi_set import stored_part, swi_instances
from processors.acquisition import BodyPart, Contrast, Plane
from tests.images import dataset_bytes

PATIENT = PhantomPatient(1001)
GEOMETRY = stack(Plane.AXIAL, centre=(0, 18, 20), slices=8, slice_thickness=2, pixel=3.6, matrix=(64, 52))
PLAN = replace(PROTOCOL["swi"], geometry=GEOMETRY)
TO_READ = (Part.PROCESSED, Part.MAGNITUDE)
"""What the sign may be read from, the better first."""


@pytest.fixture(scope="module")
def images():
    return susceptibility_images(PATIENT, GEOMETRY)


def taken(folder, images, export, parts):
    """The volumes that the brain's analysis reads of a study, and the contrasts of all its stacks."""
    archive = FolderArchive(folder)
    instances = {}
    study = ""
    for ds in swi_instances(PATIENT, PLAN, export, images, parts):
        study = str(ds.StudyInstanceUID)
        key = Key(study, str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID))
        meta = file_meta(str(ds.SOPClassUID), key.sop_instance_uid, ExplicitVRLittleEndian)
        archive.put(key, (meta, dataset_bytes(ds)))
        instances.setdefault(key.series_instance_uid, []).append((str(ds.SOPClassUID), key.sop_instance_uid))
    stacks = study_stacks(archive, study, instances)
    plan = plan_of(stacks, route([stack.classified for stack in stacks]))
    volumes = [read_stack(archive, study, StackReference.from_plain(each)) for each in plan.get("brain", [])]
    return volumes, [one.classified.classification.contrast for one in stacks]


def assert_shows(volume, images, export, part):
    assert volume.contrast is Contrast.SWI
    stored = stored_part(export, part, images)
    np.testing.assert_allclose(volume.array / volume.array.max(), stored / stored.max(), atol=1e-5)


@pytest.mark.parametrize("left_out", [(), (Part.PROCESSED,)], ids=["whole", "not processed"])
@pytest.mark.parametrize("name", EXPORTS)
def test_processed_images_are_read_or_else_the_magnitude(images, tmp_path, name, left_out):
    export = EXPORTS[name]
    parts = [part for part in Part if part not in left_out]
    readable = [part for part in TO_READ if any(one.part is part for one in export.sent) and part in parts]
    volumes, contrasts = taken(tmp_path, images, export, parts)
    assert len(volumes) == len(readable[:1])
    for volume in volumes:
        assert_shows(volume, images, export, readable[0])
    sent = [one.part for one in export.sent if one.part in parts]
    assert contrasts.count(Contrast.SWI_PHASE) == sent.count(Part.PHASE)
    assert contrasts.count(Contrast.SWI_MIP) == sent.count(Part.MINIMUM)


@pytest.mark.parametrize("name", EXPORTS)
def test_nothing_is_read_from_phase_and_projections_alone(images, tmp_path, name):
    volumes, contrasts = taken(tmp_path, images, EXPORTS[name], (Part.PHASE, Part.MINIMUM))
    assert volumes == []
    assert set(contrasts) <= {Contrast.SWI_PHASE, Contrast.SWI_MIP}


@pytest.mark.parametrize("uids", [("1.1", "1.2"), ("1.2", "1.1")])
def test_processed_images_go_before_the_magnitude_however_sure_and_many_they_are(uids):
    found = Classification(Contrast.SWI, BodyPart.BRAIN, Plane.AXIAL, 0.67, ())
    processed = ClassifiedStack(uids[0], 0, 60, found)
    magnitude = ClassifiedStack(uids[1], 0, 64, found, lacks_phase=True)
    for stacks in ((processed, magnitude), (magnitude, processed)):
        assert [d.stack for d in route(stacks) if d.analysis] == [processed]


def test_the_air_tells_phase_from_magnitude(images):
    rng = np.random.default_rng(3)
    noise = rng.uniform(-1, 1, images.phase.shape)
    masked = np.where(images.magnitude > 0.3, images.phase, 0.0)
    assert [air_is_dark(list(each)) for each in (images.phase, -images.phase, masked, noise)] == [False] * 4
    assert air_is_dark(list(images.processed))
    blurred = images.magnitude + rng.normal(0, 0.1, noise.shape)
    assert air_is_dark(list(np.hypot(blurred, rng.normal(0, 0.1, noise.shape))))
