"""From a study's volumes to one finding for each brain sign; most without registration, some with."""

import os
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL
from phantoms.series import series_volume
from phantoms.severity import Severity
from processors.acquisition import Acquisition, Contrast
from processors.brain import analysis
from processors.brain.alignment.study import Alignment, align_study
from processors.brain.analysis import TRACT_SIGNS, analyse_brain
from processors.brain.tract.measurement import LABELS
from processors.brain.tract.series import TRACT
from processors.findings import (
    BRAIN_SIGNS,
    READS,
    TRACT_SEGMENTS,
    Confidence,
    Quantity,
    Reason,
    Region,
    Side,
    Sign,
    State,
    regions_of,
)
from processors.norms import Norm, Norms, Protocol
from processors.norms.site import SiteNorm
from processors.volume import Volume

from .drawn import InPlace, aligned_in_place, drawn, site_norms
from .scores import keys

REAL = Path(os.environ.get("BETZ_REAL_DATA", Path(__file__).parents[4] / "shared/data"))
NORMS = site_norms()
EMPTY = Volume(
    np.zeros((20, 64, 64), np.float32), np.diag([3.0, 3.0, 3.0, 1.0])[:, [2, 1, 0, 3]], "1.2.3", ()
)


CENTRED = np.array([[0, 0, 3, -94.5], [0, 3, 0, -94.5], [3, 0, 0, -28.5], [0, 0, 0, 1.0]])
TURNED_ROWS = CENTRED @ np.diag([1, 1, -1, 1])
"""The directions of a header turned round, its position left as it was."""


def findings(volumes, norms=NORMS):
    return {finding.sign: finding for finding in analyse_brain(volumes, norms).findings}


def said(finding):
    return finding.state, keys(finding)


@pytest.fixture
def in_place(monkeypatch):
    """The series lie in the atlas' space already."""
    monkeypatch.setattr(analysis, "align_study", aligned_in_place)


def test_an_empty_study_says_of_every_sign_what_is_missing():
    analysed = analyse_brain({})
    assert [f.sign for f in analysed.findings] == list(BRAIN_SIGNS)
    assert all(f.state is State.NOT_EVALUATED for f in analysed.findings)
    assert {f.sign: keys(f)[1:] for f in analysed.findings if keys(f) != ["missing-series"]} == {
        Sign.MOTOR_BAND: ["swi-recommended"]
    }
    assert not analysed.measurements


@pytest.mark.parametrize(
    ("volumes", "sign", "reason"),
    [
        ({Contrast.T1_POST_CONTRAST: EMPTY}, Sign.CST_T1, "post-contrast"),
        (
            {Contrast.T1: replace(EMPTY, acquisition=Acquisition(contrast_agent=True))},
            Sign.CST_T1,
            "post-contrast",
        ),
        (
            {Contrast.T1_MTC: replace(EMPTY, acquisition=Acquisition(contrast_agent=True))},
            Sign.CST_T1_MTC,
            "post-contrast",
        ),
        (
            {Contrast.SWI: replace(EMPTY, acquisition=Acquisition(field_strength=1.5, echo_time=20.0))},
            Sign.MOTOR_BAND,
            "weak-susceptibility-weighting",
        ),
        ({Contrast.SWI: replace(EMPTY, array=EMPTY.array - 1)}, Sign.MOTOR_BAND, "not-magnitude"),
        ({Contrast.DWI: EMPTY}, Sign.CST_DIFFUSION, "low-b-value"),
        ({Contrast.T2: replace(EMPTY, array=EMPTY.array[:2])}, Sign.CST_T2, "implausible-extent"),
        ({Contrast.T2: replace(EMPTY, array=EMPTY.array[:, :1, :1])}, Sign.CST_T2, "implausible-extent"),
        (
            {Contrast.T2: replace(EMPTY, affine=EMPTY.affine @ np.diag([9, 9, 9, 1]))},
            Sign.CST_T2,
            "implausible-extent",
        ),
        ({Contrast.T2: replace(EMPTY, affine=TURNED_ROWS)}, Sign.CST_T2, "implausible-position"),
        ({Contrast.T2: replace(EMPTY, affine=np.full((4, 4), np.nan))}, Sign.CST_T2, "missing-geometry"),
        ({Contrast.T2: replace(EMPTY, affine=np.zeros((4, 4)))}, Sign.CST_T2, "missing-geometry"),
    ],
)
def test_what_cannot_be_measured_is_not_evaluated(volumes, sign, reason):
    found = findings(volumes)
    assert said(found.pop(sign)) == (State.NOT_EVALUATED, [reason])
    assert all(f.state is State.NOT_EVALUATED for f in found.values())


@pytest.mark.parametrize("contrast", [Contrast.T1_POST_CONTRAST, Contrast.T1])
@pytest.mark.parametrize(("beside", "used"), [({}, True), ({Contrast.T1_MTC: EMPTY}, False)])
def test_a_t1_after_contrast_agent_shows_the_sulcus_where_there_is_no_other(
    monkeypatch, contrast, beside, used
):
    aligned = []

    def align(volumes):
        aligned.extend(volumes)
        return {c: Alignment(None, np.eye(4), None, Reason.of("registration-failed")) for c in volumes}

    monkeypatch.setattr(analysis, "align_study", align)
    after = replace(EMPTY, acquisition=Acquisition(contrast_agent=True))
    swi = replace(EMPTY, acquisition=Acquisition(field_strength=3.0, echo_time=20.0))
    found = findings({contrast: after, Contrast.SWI: swi, **beside})
    assert (Contrast.T1_POST_CONTRAST in aligned) is used
    assert said(found[Sign.CST_T1]) == (State.NOT_EVALUATED, ["post-contrast"])
    assert found[Sign.MOTOR_BAND].state is State.INDETERMINATE


def test_normal_series_are_absent_with_every_number(in_place):
    analysed = analyse_brain({Contrast.T1: drawn(), Contrast.FLAIR: drawn()}, NORMS)
    found = {f.sign: f for f in analysed.findings}
    for sign in (Sign.CST_T1, Sign.CST_FLAIR):
        finding = found[sign]
        assert said(finding) == (State.ABSENT, [])
        assert {r.region for r in finding.regions} == set(regions_of(sign))
        assert all(abs(r.value(Quantity.RATIO) - 1) < 0.02 for r in finding.regions)
        assert all(r.value(Quantity.Z_SCORE) is not None for r in finding.regions)
        assert finding.norm.startswith("site norm 1")
        assert "n = 20" in finding.norm
        assert [p.side for p in finding.profiles] == list(Side)
        assert finding.algorithm.version == "0.5.3"
    assert set(analysed.measurements) == {Sign.CST_T1, Sign.CST_FLAIR}


def test_a_bright_tract_on_t1_and_flair_is_present_with_high_confidence(in_place):
    found = findings({Contrast.T1: drawn(0.2, uid="1.1"), Contrast.FLAIR: drawn(0.25, uid="1.2")})
    for sign, uid in ((Sign.CST_T1, "1.1"), (Sign.CST_FLAIR, "1.2")):
        assert (found[sign].state, found[sign].confidence) == (State.PRESENT, Confidence.HIGH)
        assert found[sign].series_uids == (uid,)
    assert found[Sign.CST_T2].state is State.NOT_EVALUATED


def test_the_magnitude_is_that_drawn(in_place):
    """Where the tract is as wide as the atlas has it, for which partial volume is given back."""
    series = {Contrast.T2: drawn(0.2, spill_mm=0.0)}
    (finding,) = (f for f in analyse_brain(series, NORMS).findings if f.sign is Sign.CST_T2)
    assert np.median([r.value(Quantity.RATIO) for r in finding.regions]) == pytest.approx(1.2, abs=0.015)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("contrast", [Contrast.T1, Contrast.T2, Contrast.FLAIR])
def test_one_side_alone_is_asymmetric_and_lies_on_that_side(in_place, contrast, side):
    sign = {Contrast.T1: Sign.CST_T1, Contrast.T2: Sign.CST_T2, Contrast.FLAIR: Sign.CST_FLAIR}[contrast]
    finding = findings({contrast: drawn(0.35, sides=(side,))})[sign]
    assert said(finding) == (State.INDETERMINATE, ["asymmetric"])
    ratio = {r.region: r.value(Quantity.RATIO) for r in finding.regions}
    other = next(s for s in Side if s is not side)
    assert all(ratio[Region(n, side)] > ratio[Region(n, other)] + 0.2 for n in TRACT_SEGMENTS)


@pytest.mark.parametrize("side", Side)
def test_labels_of_a_side_lie_on_that_side_of_the_patient(in_place, side):
    volume = drawn(0.2)
    measurement = analyse_brain({Contrast.T1: volume}, NORMS).measurements[Sign.CST_T1]
    values = [value for value, region in LABELS if region.side is side]
    indices = measurement.indices[np.isin(measurement.labels, values)]
    x = indices @ volume.affine[:3, :3].T[:, 0] + volume.affine[0, 3]
    assert np.all(x > 0) if side is Side.LEFT else np.all(x < 0)


def test_the_capsule_alone_is_a_normal_variant(in_place):
    finding = findings({Contrast.FLAIR: drawn(0.3, segments=("internal_capsule",))})[Sign.CST_FLAIR]
    assert said(finding) == (State.ABSENT, ["plic-only"])


def test_flair_without_t1_is_of_low_confidence(in_place):
    found = findings({Contrast.T1: drawn(), Contrast.FLAIR: drawn(0.3)})
    assert found[Sign.CST_T1].state is State.ABSENT
    assert found[Sign.CST_FLAIR].confidence is Confidence.LOW
    assert keys(found[Sign.CST_FLAIR]) == ["t2-alone"]


def test_a_sign_is_measured_on_mtc_too_with_the_splenium_beside_it(in_place):
    finding = findings({Contrast.T1_MTC: drawn(0.2)})[Sign.CST_T1_MTC]
    assert finding.state is State.PRESENT


def test_restricted_diffusion_is_said_of_the_other_signs(in_place):
    found = findings(
        {
            Contrast.T1: drawn(0.2),
            Contrast.T2: drawn(0.25),
            Contrast.ADC: drawn(-0.3, uid="1.1"),
            Contrast.DWI: drawn(0.5, uid="1.2", b_value=1000.0),
        }
    )
    assert found[Sign.CST_DIFFUSION].confidence is Confidence.MODERATE
    assert found[Sign.CST_DIFFUSION].series_uids == ("1.1", "1.2")
    for sign in (Sign.CST_T1, Sign.CST_T2):
        assert (found[sign].confidence, keys(found[sign])) == (Confidence.MODERATE, ["restricted-diffusion"])


@pytest.mark.parametrize(
    ("volumes", "state", "reasons"),
    [
        ({Contrast.ADC: {"change": -0.3}}, State.PRESENT, ["adc-alone"]),
        ({Contrast.ADC: {"change": 0.0}}, State.ABSENT, []),
        ({Contrast.DWI: {"change": 0.5, "b_value": 1000.0}}, State.INDETERMINATE, ["t2-shine-through"]),
        ({Contrast.DWI: {"change": 0.05, "b_value": 1000.0}}, State.ABSENT, []),
    ],
)
def test_diffusion_on_one_kind_of_image(in_place, volumes, state, reasons):
    found = findings({contrast: drawn(**how) for contrast, how in volumes.items()})
    assert found[Sign.CST_DIFFUSION].state is state
    assert keys(found[Sign.CST_DIFFUSION])[:1] == reasons


def test_without_a_norm_it_is_measured_and_undecided(in_place, monkeypatch):
    monkeypatch.setattr(Norms, "of", lambda *_: None)
    finding = findings({Contrast.T1: drawn(0.2)})[Sign.CST_T1]
    assert said(finding) == (State.INDETERMINATE, ["no-norm"])
    assert all(r.value(Quantity.RATIO) > 1.1 for r in finding.regions)
    assert not finding.norm
    assert not finding.profiles


def test_a_norm_that_is_a_proposal_gives_low_confidence(in_place):
    finding = findings({Contrast.T1: drawn(0.5)}, site_norms(n=0))[Sign.CST_T1]
    assert (finding.state, finding.confidence) == (State.PRESENT, Confidence.LOW)
    assert keys(finding) == ["proposed-norm"]


def test_noise_forbids_a_decision(in_place):
    finding = findings({Contrast.T1: drawn(0.2, snr=8)})[Sign.CST_T1]
    assert finding.state is State.INDETERMINATE
    assert keys(finding)[0] == "low-snr"
    assert finding.regions


def test_a_series_that_did_not_align_is_undecided_and_the_others_are_not(monkeypatch):
    problem = Reason.of("registration-failed")
    monkeypatch.setattr(
        analysis, "align_study", lambda v: {c: InPlace(problem if c is Contrast.T2 else None) for c in v}
    )
    found = findings({Contrast.T1: drawn(), Contrast.T2: drawn(0.3)})
    assert said(found[Sign.CST_T2]) == (State.INDETERMINATE, ["registration-failed"])
    assert not found[Sign.CST_T2].regions
    assert found[Sign.CST_T1].state is State.ABSENT


def cut_below(volume, millimetres):
    """Without the slices below a height."""
    first = int((millimetres - volume.affine[2, 3]) / volume.spacing[0])
    affine = volume.affine.copy()
    affine[:3, 3] += first * affine[:3, 0]
    return replace(volume, array=np.ascontiguousarray(volume.array[first:]), affine=affine)


def test_a_missing_pons_does_not_forbid_a_decision_that_it_could_not_turn(in_place):
    normal = findings({Contrast.T1: cut_below(drawn(), -24)})[Sign.CST_T1]
    assert said(normal) == (State.ABSENT, ["low-coverage"])
    bright = findings({Contrast.T1: cut_below(drawn(0.2), -24)})[Sign.CST_T1]
    assert bright.state is State.PRESENT


def test_half_a_tract_is_not_called_normal(in_place):
    finding = findings({Contrast.T1: cut_below(drawn(), 4)})[Sign.CST_T1]
    assert said(finding) == (State.INDETERMINATE, ["low-coverage"])


ODD = {
    "not numbers": lambda v: replace(v, array=np.full_like(v.array, np.nan)),
    "some not numbers": lambda v: replace(
        v, array=np.where(np.arange(v.array.shape[2]) % 7, v.array, np.nan)
    ),
    "infinite": lambda v: replace(v, array=np.full_like(v.array, np.inf)),
    "constant": lambda v: replace(v, array=np.full_like(v.array, 7)),
    "negative": lambda v: replace(v, array=-v.array),
    "integers": lambda v: replace(v, array=v.array.astype(np.int16)),
    "enormous values": lambda v: replace(v, array=v.array * 1e30),
    "far away": lambda v: replace(v, affine=v.affine + np.array([[0, 0, 0, 1e5]] * 3 + [[0] * 4])),
    "minute voxels": lambda v: replace(v, affine=v.affine @ np.diag([0.01, 0.01, 0.01, 1])),
    "three voxels a side": lambda v: replace(v, array=v.array[:3, :3, :3]),
}


@pytest.mark.parametrize(
    ("contrast", "odd"),
    [(Contrast.T1, odd) for odd in ODD.values()]
    + [(Contrast.DWI, ODD[name]) for name in ("not numbers", "negative", "far away")],
)
def test_odd_series_never_raise_and_never_show_a_sign(in_place, contrast, odd):
    found = findings({contrast: odd(drawn(b_value=1000.0))})
    assert len(found) == len(BRAIN_SIGNS)
    assert not any(f.state is State.PRESENT for f in found.values())


NOISE = np.random.default_rng(8).normal(100, 30, (12, 64, 64)).astype(np.float32)
THICK = EMPTY.affine @ np.diag([5.0, 1.0, 1.0, 1.0])
NOT_A_HEAD = {
    "empty": EMPTY,
    "constant": replace(EMPTY, array=EMPTY.array + 7),
    "noise": replace(EMPTY, array=NOISE, affine=THICK),
    "not numbers": replace(EMPTY, array=np.full_like(EMPTY.array, np.nan)),
}


@pytest.mark.slow
@pytest.mark.parametrize("volume", NOT_A_HEAD.values(), ids=NOT_A_HEAD)
def test_what_is_no_head_is_not_registered(volume):
    finding = findings({Contrast.FLAIR: volume})[Sign.CST_FLAIR]
    assert said(finding) == (State.INDETERMINATE, ["registration-failed"])


SERIES = {PROTOCOL[key].contrast: PROTOCOL[key] for key in ("t1", "t2", "flair")}
SIGNS = (Sign.CST_T1, Sign.CST_T2, Sign.CST_FLAIR)
SEED = 901


def phantom(**what):
    """The T1, T2 and FLAIR of one synthetic head."""
    patient = PhantomPatient(SEED, **what)
    return {contrast: series_volume(patient, plan) for contrast, plan in SERIES.items()}


@pytest.fixture(scope="module")
def alignments():
    """Of one head, for all tests that look at it, with signs or without."""
    return align_study(phantom())


@pytest.fixture
def same_head(monkeypatch, alignments):
    monkeypatch.setattr(analysis, "align_study", lambda wanted: {c: alignments[c] for c in wanted})


@pytest.mark.slow
def test_a_synthetic_study_aligns(alignments):
    assert all(alignment.problem is None for alignment in alignments.values())


@pytest.fixture(scope="module")
def healthy(alignments):
    """The findings on that head without any sign, against the shipped norms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "align_study", lambda wanted: {c: alignments[c] for c in wanted})
        return findings(phantom(), None)


@pytest.fixture(scope="module")
def own_norms(healthy):
    """Norms around what the head measures without a sign."""
    return Norms(
        "1",
        tuple(
            SiteNorm(sign, Protocol(READS[sign][0].value), TRACT, 20, norms_around(healthy[sign]))
            for sign in SIGNS
        ),
    )


def norms_around(finding):
    ratios = {
        name: [r.value(Quantity.RATIO) for r in finding.regions if r.region.name == name]
        for name in TRACT_SEGMENTS
    }
    return {name: Norm(float(np.mean(values)), 0.04, 20) for name, values in ratios.items()}


@pytest.mark.slow
def test_a_healthy_phantom_has_no_sign(healthy):
    assert not [f.sign for f in healthy.values() if f.state is State.PRESENT]


@pytest.mark.slow
def test_a_phantom_with_the_sign_shows_it(same_head, own_norms):
    found = findings(phantom(signs=dict.fromkeys(SIGNS, Severity.MODERATE)), own_norms)
    assert {found[sign].state for sign in SIGNS} == {State.PRESENT}


@pytest.mark.slow
def test_a_phantom_with_wallerian_degeneration_is_asymmetric_on_its_side(same_head, own_norms):
    side, other = Side.RIGHT, Side.LEFT
    found = findings(phantom(wallerian=side), own_norms)
    assert not [f.sign for f in found.values() if f.state is State.PRESENT]
    assert keys(found[Sign.CST_T2])[0] == keys(found[Sign.CST_FLAIR])[0] == "asymmetric"
    ratio = {r.region: r.value(Quantity.RATIO) for r in found[Sign.CST_FLAIR].regions}
    assert all(ratio[Region(n, side)] > ratio[Region(n, other)] for n in TRACT_SEGMENTS)


@pytest.mark.slow
def test_half_a_head_is_neither_present_nor_absent():
    plan = SERIES[Contrast.T1]
    whole = series_volume(PhantomPatient(SEED), plan)
    half = replace(whole, array=np.ascontiguousarray(whole.array[:, :, :124]))
    assert findings({Contrast.T1: half}, None)[Sign.CST_T1].state is State.INDETERMINATE


def real(name):
    path = REAL / "brain" / name
    if not path.exists():
        pytest.skip(f"real data are absent: {path}")
    image = nib.load(path)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    array = np.asarray(image.dataobj, dtype=np.float32).squeeze().transpose(2, 1, 0)
    return Volume(array, lps[:, [2, 1, 0, 3]], "1.2.3", ())


@pytest.mark.slow
def test_a_real_study_has_no_sign():
    names = {Contrast.T1: "T1W", Contrast.T2: "T2W", Contrast.FLAIR: "FLAIR"}
    found = findings({c: real(f"open_ms_data/patient03_study2_{n}.nii.gz") for c, n in names.items()}, None)
    assert not [f.sign for f in found.values() if f.state is State.PRESENT]
    assert all(r.value(Quantity.COVERAGE) >= 80 for s in TRACT_SIGNS for r in found[s].regions)
