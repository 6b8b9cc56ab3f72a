"""What goes into an analysis and comes out of it, in the process that runs it."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from listener import analyses, measuring
from listener.analyses import Analysed, AnalysisProcess
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
