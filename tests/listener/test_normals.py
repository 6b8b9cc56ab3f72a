"""The commands by which a site learns its own norms, on real rows; and what is learnt from which findings."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from db.engine import make_engine, migrate, reading, writing
from db.findings import replace_findings
from db.index import index_instances
from db.lifecycle import finish_analysis, start_analysis, study_by_uid
from db.models import NormsVersion
from db.norms import NormalFinding, norms_in_use
from listener.calibration import JUDGEMENTS, OF_REGIONS, learn, norms_of
from listener.cli import app
from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    RegionMeasurements,
    Side,
    Sign,
    State,
    not_evaluated,
    regions_of,
)
from processors.norms import Protocol, default_norms
from processors.reasons import SENTENCES
from tests.db.arrivals import arrival

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALGORITHM = Algorithm("corticospinal tract profile", "1")
PROTOCOL = Protocol("T1 spin echo", 1.5, "GE")
SHIPPED = default_norms().of(Sign.CST_T1, PROTOCOL).segments


def finding(
    seed: int = 0, *, shift: float = 1.5, state: State = State.ABSENT, reasons=(), **numbers
) -> Finding:
    """What is measured in a normal person of a site whose mean lies above the shipped one."""
    random_values = np.random.default_rng(seed)
    regions = []
    for region in regions_of(Sign.CST_T1):
        norm = SHIPPED[region.name]
        values = {
            Quantity.RATIO: norm.mean + norm.sd * (shift + 0.5 * random_values.normal()),
            Quantity.VOXELS: 400,
            Quantity.COVERAGE: 100,
            **{Quantity(name): value for name, value in numbers.items()},
        }
        regions.append(RegionMeasurements(region, tuple(Measurement(*item) for item in values.items())))
    confidence = Confidence.LOW if state is State.PRESENT else None
    return Finding(Sign.CST_T1, state, ALGORITHM, confidence, tuple(reasons), tuple(regions))


def uid(number: int) -> str:
    return f"2.25.{number}"


def measured(engine: Engine, number: int, found: Finding, patient: str | None = None) -> str:
    """A study with one finding of the brain."""
    named = {"patient_id": patient or f"P{number}", "study_date": f"202601{number % 28 + 1:02}"}
    index_instances(engine, [arrival(study=uid(number), study_attributes=named)])
    with writing(engine) as session:
        study = study_by_uid(session, uid(number)).id
        start_analysis(session, study, 1, "brain", "0.1.0", NOW)
        replace_findings(
            session,
            study,
            1,
            [found],
            analysis="brain",
            software_version="0.1.0",
            now=NOW,
            protocols={found.sign: PROTOCOL.plain()},
        )
        finish_analysis(session, study, 1, "brain", NOW)
    return uid(number)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database of the settings that the commands find in their folder.

    The commands leave the logs of this process alone: the runner's standard error is closed behind them.
    """
    monkeypatch.setattr("listener.cli.configure_logs", lambda _level: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "betz-data").mkdir()
    engine = make_engine(f"sqlite:///{tmp_path}/betz-data/betz.sqlite")
    migrate(engine)
    yield engine
    engine.dispose()


def betz(*words: str, code: int = 0) -> str:
    """What a command says, on one line."""
    done = CliRunner().invoke(app, [*words])
    assert done.exit_code == code, done.output
    return " ".join(re.sub("[│┃━─┏┓└┘┡┩├┤┼╇┴┬]", " ", done.output).split())


def in_use(engine: Engine) -> NormsVersion | None:
    with reading(engine) as session:
        return norms_in_use(session)


def marked(engine: Engine, count: int = 6) -> list[str]:
    uids = [measured(engine, number, finding(number)) for number in range(1, count + 1)]
    betz("normal", *uids)
    return uids


class TestNormal:
    def test_marks_and_lists_and_takes_back(self, engine):
        one, other = (measured(engine, number, finding(number)) for number in (1, 2))
        assert f"{one} is marked as normal." in betz("normal", one, other, "--note", "volunteer")
        assert f"{one} was already marked as normal." in betz("normal", one)
        listed = betz("normal", "--list")
        assert "Studies marked as normal: 2" in listed
        assert f"{other} 20260103 receiving" in listed
        assert listed.count("volunteer") == 2
        assert f"{one} is not marked as normal any more." in betz("normal", one, "--remove")
        assert f"{one} was not marked as normal." in betz("normal", one, "--remove")
        assert "Studies marked as normal: 1" in betz("normal", "--list")

    def test_an_unknown_study_changes_nothing(self, engine):
        one = measured(engine, 1, finding())
        said = betz("normal", one, "2.25.999", code=1)
        assert said == "No instance of 2.25.999 ever came. Nothing was changed."
        assert "Studies marked as normal: 0" in betz("normal", "--list")

    def test_without_a_study_says_what_to_name(self, engine):
        assert "Name a study by its Study Instance UID, or give --list." in betz("normal", code=2)


class TestCalibrate:
    def test_without_normal_studies_says_what_to_do(self, engine):
        assert betz("calibrate", code=1).startswith("No study is marked as normal: betz normal STUDY_UID")

    def test_too_few_people_teach_nothing(self, engine):
        marked(engine, 4)
        said = betz("calibrate", code=1)
        assert "Nothing was learnt: no protocol has 5 people. The shipped norms are used." in said
        assert in_use(engine) is None

    def test_learns_and_uses_what_it_learnt(self, engine):
        uids = marked(engine)
        said = betz("calibrate")
        assert "T1 spin echo 1.5 T GE" in said
        assert "6 of 6 studies marked as normal were used." in said
        assert "Site norm 1 is in use. Studies that are analysed from now on are compared with them." in said
        version = in_use(engine)
        assert version.studies == 6
        assert version.provenance["studies"] == uids
        norms = norms_of(version)
        found = norms.of(Sign.CST_T1, PROTOCOL, ALGORITHM)
        day = f"{version.created_at:%Y-%m-%d}"
        assert found.name == f"site norm 1 of {day}, T1 spin echo 1.5 T GE, n = 6"
        for name, norm in found.segments.items():
            assert norm.n == 6
            assert norm.mean > SHIPPED[name].mean + 0.5 * SHIPPED[name].sd

    def test_a_dry_run_stores_nothing(self, engine):
        marked(engine)
        assert betz("calibrate", "--dry-run").endswith("A dry run: nothing was stored.")
        assert in_use(engine) is None

    def test_the_same_again_is_no_new_version(self, engine):
        marked(engine)
        betz("calibrate")
        assert "Site norm 1 says the same; it stays in use." in betz("calibrate")
        betz("normal", measured(engine, 9, finding(9)))
        assert "Site norm 2 is in use." in betz("calibrate")

    def test_shows_and_withdraws_what_is_in_use(self, engine):
        assert betz("calibrate", "--show").startswith("The shipped norms are in use")
        assert betz("calibrate", "--withdraw", code=1) == "The site has no norms of its own to withdraw."
        marked(engine)
        betz("calibrate")
        shown = betz("calibrate", "--show")
        assert "learnt from 6 studies by Betz" in shown
        assert "T1 spin echo 1.5 T GE" in shown
        said = betz("calibrate", "--withdraw")
        assert said.startswith("Site norm 1 is withdrawn. The shipped norms are in use.")
        assert norms_of(in_use(engine)) == default_norms()

    def test_one_thing_at_a_time(self, engine):
        assert "Give one of" in betz("calibrate", "--show", "--withdraw", code=2)

    def test_what_a_header_or_a_note_says_is_printed_as_it_stands(self, engine, monkeypatch):
        odd = replace(PROTOCOL, manufacturer="Acme [/b]")
        monkeypatch.setattr("tests.listener.test_normals.PROTOCOL", odd)
        one = marked(engine)[0]
        assert "T1 spin echo 1.5 T Acme [/b]" in betz("calibrate")
        betz("normal", one, "--note", "ward [/red]")
        assert "ward [/red]" in betz("normal", "--list")

    def test_a_wrongly_marked_study_is_named(self, engine):
        marked(engine, 9)
        wrong = measured(engine, 20, finding(20, shift=12, state=State.PRESENT))
        betz("normal", wrong)
        said = betz("calibrate", "--dry-run")
        assert re.search(rf"Left out as an outlier: {wrong} \(cst_t1, T1 spin echo 1\.5 T GE: .*pons\)", said)
        assert f"Look again: cst_t1 is present in {wrong}, which is marked as normal." in said

    def test_few_people_on_a_scanner_are_shown_with_what_is_used_for_them(self, engine, monkeypatch):
        marked(engine, 6)
        monkeypatch.setattr("tests.listener.test_normals.PROTOCOL", replace(PROTOCOL, manufacturer="Canon"))
        betz("normal", measured(engine, 7, finding(7)))
        said = betz("calibrate", "--dry-run")
        alone = said.split("cst_t1, T1 spin echo 1.5 T Canon: 1 person")[1].split("cst_t1,")[0]
        assert alone.count("as any vendor") == 5
        assert "shipped n site n used" in alone

    def test_a_site_far_from_the_shipped_norm_is_asked_to_look_again(self, engine):
        for number in range(1, 7):
            betz("normal", measured(engine, number, finding(number, shift=4)))
        assert "the site's mean is more than 2 SD from the shipped one" in betz("calibrate", "--dry-run")

    def test_one_wrongly_marked_among_few_is_asked_to_look_again(self, engine):
        """Among so few nobody can be told to be an outlier."""
        marked(engine, 4)
        assert "these people differ" not in betz("calibrate", code=1)
        betz("normal", measured(engine, 20, finding(20, shift=8)))
        said = betz("calibrate", "--dry-run")
        assert "Left out as an outlier" not in said
        assert "pons: these people differ from one another by more than people usually do." in said

    def test_results_name_the_norm(self, engine):
        one = measured(engine, 1, replace(finding(), norm="site norm 3 of 2026-11-23, T1, n = 24"))
        shown = json.loads(CliRunner().invoke(app, ["results", one, "--json"]).output)
        assert {row["norm"] for row in shown} == {"site norm 3 of 2026-11-23, T1, n = 24"}
        assert all(row["measurements"]["ratio"] == row["ratio"] for row in shown)


class TestWhatIsLearntFrom:
    def normal(self, number: int, found: Finding, **changes) -> NormalFinding:
        one = NormalFinding(uid(number), f"person {number}", "20260101", NOW, PROTOCOL.plain(), found)
        return replace(one, **changes)

    def five(self) -> list[NormalFinding]:
        return [self.normal(number, finding(number)) for number in range(5)]

    def left_out(self, *others: NormalFinding) -> dict[str, int]:
        learnt = learn([*self.five(), *others])
        assert len(learnt.studies) == 5
        return dict(learnt.left_out.get("cst_t1", {}))

    def test_what_could_not_be_measured_is_left_out_with_its_reason(self):
        noisy = finding(state=State.INDETERMINATE, reasons=[Reason.of("low-snr", snr=9.0)])
        gone = not_evaluated(Sign.CST_T1, ALGORITHM, Reason.of("post-contrast"))
        assert self.left_out(self.normal(7, noisy), self.normal(8, gone)) == {
            "low-snr": 1,
            "post-contrast": 1,
        }

    def test_regions_outside_the_images_are_left_out(self):
        assert self.left_out(self.normal(7, finding(coverage=40))) == {"no region measured well enough": 1}
        assert self.left_out(self.normal(7, finding(voxels=8))) == {"no region measured well enough": 1}

    def test_grey_zones_belong_to_the_distribution(self):
        grey = finding(state=State.INDETERMINATE, reasons=[Reason.of("grey-zone")])
        learnt = learn([*self.five(), self.normal(7, grey)])
        assert len(learnt.studies) == 6
        assert not learnt.left_out

    @pytest.mark.parametrize("key", sorted(JUDGEMENTS | OF_REGIONS))
    def test_reasons_that_do_not_forbid_learning_are_of_the_catalogue(self, key):
        assert key in SENTENCES

    def test_an_older_algorithms_measurements_are_left_out(self):
        old = replace(finding(), algorithm=Algorithm(ALGORITHM.name, "0"))
        earlier = self.normal(7, old, measured_at=NOW - timedelta(days=1))
        assert self.left_out(earlier) == {"measured by corticospinal tract profile 0": 1}

    def test_a_finding_without_its_protocol_is_left_out(self):
        assert self.left_out(self.normal(7, finding(), protocol=None)) == {
            "measured before protocols were kept": 1
        }

    def test_a_person_counts_once_and_that_is_said(self):
        again = self.normal(7, finding(7), person="person 0", taken="20250101")
        learnt = learn([*self.five(), again])
        assert learnt.left_out == {"cst_t1": {"another study of the same person": 1}}
        assert {group.n for group in learnt.groups} == {5}

    def test_left_and_right_make_one_person(self):
        one_sided = replace(
            finding(7), regions=tuple(r for r in finding(7).regions if r.region.side is Side.LEFT)
        )
        learnt = learn([*self.five(), self.normal(7, one_sided)])
        assert {group.n for group in learnt.groups} == {6}
