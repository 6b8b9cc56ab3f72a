"""What goes into an analysis and comes out of it, in the process that runs it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset

from db.models import ObjectKind
from listener import analyses, measuring
from listener.analyses import Analysed, AnalysisProcess
from listener.derived_objects import MadeObject, ObjectRequest
from processors.acquisition import Acquisition, Contrast
from processors.depiction import CortexStrip, RegionMap
from processors.findings import Algorithm, Finding, Sign, State
from processors.norms import Norm, Norms, Protocol, SiteNorm, default_norms
from processors.volume import SliceSource, Volume

ALGORITHM = Algorithm("tract", "1")
ACQUISITION = Acquisition(
    field_strength=2.89, manufacturer="SIEMENS", gradient_echo=True, three_dimensional=True
)
HERE = Protocol("T1 gradient echo 3-D", 3.0, "Siemens")
NORMS = Norms("3 of 2026-11-23", (SiteNorm(Sign.CST_T1, HERE, ALGORITHM, 9, {"pons": Norm(1.1, 0.02, 9)}),))


def volume(contrast: Contrast, uid: str) -> Volume:
    return Volume(
        np.zeros((3, 4, 4), np.float32),
        np.eye(4),
        uid,
        (SliceSource("1", "2"),) * 3,
        contrast=contrast,
        acquisition=ACQUISITION,
    )


@dataclass
class Analysis:
    findings: tuple[Finding, ...]
    region_maps: tuple[RegionMap, ...] = ()
    strips: tuple[CortexStrip, ...] = ()


@pytest.fixture
def given(monkeypatch) -> list[Norms]:
    """The norms that the analysis of the brain was given; it finds one sign on T1 and FLAIR."""
    seen: list[Norms] = []

    def analyse(volumes, norms):
        seen.append(norms)
        both = Finding(Sign.CST_T1, State.ABSENT, ALGORITHM, series_uids=("1.3", "1.2"))
        unseen = Finding(Sign.CST_T2, State.ABSENT, ALGORITHM)
        return Analysis((both, unseen))

    volumes = [volume(Contrast.FLAIR, "1.3"), volume(Contrast.T1, "1.2")]
    monkeypatch.setattr(measuring, "analyse_brain", analyse)
    monkeypatch.setattr(measuring, "_volumes", lambda *_: (volumes, {}))
    return seen


def run(tmp_path, norms) -> Analysed:
    return analyses._analyse("brain", str(tmp_path), "1.2.3", [], norms)


def test_the_norms_come_as_json(given, tmp_path):
    run(tmp_path, NORMS.plain())
    run(tmp_path, None)
    assert given == [NORMS, default_norms()]


def test_a_finding_comes_with_the_protocol_of_the_series_it_was_read_from(given, tmp_path):
    analysed = run(tmp_path, None)
    assert analysed.protocols == {Sign.CST_T1: HERE.plain()}
    assert [finding.sign for finding in analysed.findings] == [Sign.CST_T1, Sign.CST_T2]


def test_norms_reach_the_other_process(tmp_path):
    process = AnalysisProcess(str(tmp_path / "archive"), timedelta(seconds=60), "ERROR")
    analysed = process.run("brain", "1.2.3", [], NORMS.plain())
    process.close()
    assert {finding.state for finding in analysed.findings} == {State.NOT_EVALUATED}
    assert analysed.protocols == {}


def test_key_images_are_handed_over_as_the_dashboard_shows_them(given, tmp_path, monkeypatch):
    """The pictures, by their title and sign, are the same pixels as the objects that were archived."""
    picture = Dataset()
    picture.Rows, picture.Columns, picture.PixelData = 2, 3, bytes(range(18))
    made = MadeObject(ObjectKind.KEY_IMAGE, "1.2", "1.3", "1.4", description="A tract", sign="cst_t1")
    other = MadeObject(ObjectKind.SEG, "1.2", "1.5", "1.6", description="Regions")
    objects = [(other, Dataset()), (made, picture)]
    monkeypatch.setattr(analyses, "derived_objects", lambda *_: (objects, ["No segmentation."]))
    monkeypatch.setattr(analyses, "store_object", lambda *_: None)
    request = ObjectRequest(1, datetime(2026, 3, 14, tzinfo=UTC))
    found = analyses._analyse("brain", tmp_path.as_uri(), "1.1", [], None, request)
    assert [(one.title, one.sign) for one in found.pictures] == [("A tract", "cst_t1")]
    assert np.asarray(Image.open(BytesIO(found.pictures[0].png))).tobytes() == picture.PixelData
    assert found.missing == ("No segmentation.",)
