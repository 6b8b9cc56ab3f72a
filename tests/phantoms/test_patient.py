"""Bad input is refused with words that help."""

import pickle

import pytest
from typer.testing import CliRunner

from phantoms.cli import app, parse_signs
from phantoms.geometry import stack
from phantoms.imaging import head_volume
from phantoms.neck_imaging import neck_volume
from phantoms.patient import PhantomPatient, healthy
from phantoms.severity import CHANGES, Severity, fractional_change
from phantoms.tissue_signal import CONTRASTS
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

TINY = stack(Plane.AXIAL, centre=(0, 18, 6), slices=2, slice_thickness=5, pixel=8, matrix=(16, 16))


@pytest.mark.parametrize(
    "options",
    [
        {"seed": -1},
        {"signs": {Sign.CST_T1: 0.0}},
        {"signs": {Sign.CST_T1: 5.0}},
        {"signs": {Sign.CST_T1: float("nan")}},
        {"signs": {Sign.CORD_T1: Severity.SUB_VISUAL}},
        {"signs": {Sign.CORD_ATROPHY: 0.1}, "one_sided": {Sign.CORD_ATROPHY: Side.LEFT}},
        {"one_sided": {Sign.CST_T1: Side.LEFT}},
        {"ms_lesions": -1},
        {"ms_on_tract": 99},
        {"leukoaraiosis": 4},
        {"atrophy": 2.0},
        {"motion": -1.0},
        {"field_strength": 0.0},
        {"wallerian_shrinkage": True},
        {"snr": 0},
        {"bias": 0.9},
        {"rotation": 90},
    ],
)
def test_refuses_impossible_patients(options):
    with pytest.raises(ValueError, match=r"must|has no"):
        PhantomPatient(**{"seed": 1, **options})


def test_severities_grow_and_keep_their_direction():
    for sign, named in CHANGES.items():
        sizes = [abs(named[s]) for s in Severity if s in named]
        assert sizes == sorted(sizes), sign
        assert len({value > 0 for value in named.values()}) == 1, sign


def test_losses_may_be_written_as_sizes():
    assert fractional_change(Sign.CORD_ATROPHY, 0.1) == fractional_change(Sign.CORD_ATROPHY, -0.1) == -0.1


def test_patients_travel_between_processes():
    patient = PhantomPatient(3, {Sign.CST_T1: Severity.MILD}, {Sign.CST_T1: Side.LEFT})
    assert pickle.loads(pickle.dumps(patient)) == patient


def test_refuses_contrasts_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="localizer"):
        head_volume(healthy(1), Contrast.LOCALIZER, TINY)
    with pytest.raises(ValueError, match="FLAIR"):
        neck_volume(healthy(1), Contrast.FLAIR, TINY)


@pytest.mark.parametrize("contrast", sorted(CONTRASTS))
def test_every_contrast_of_the_head_can_be_drawn(contrast):
    volume = head_volume(healthy(1), contrast, TINY)
    assert volume.array.shape == TINY.shape
    assert volume.contrast is contrast


def test_refuses_planes_and_sizes_that_make_no_stack():
    with pytest.raises(ValueError, match="oblique"):
        stack(Plane.OBLIQUE, centre=(0, 0, 0), slices=2, slice_thickness=5, pixel=1, matrix=(4, 4))
    with pytest.raises(ValueError, match="voxel"):
        stack(Plane.AXIAL, centre=(0, 0, 0), slices=0, slice_thickness=5, pixel=1, matrix=(4, 4))


def test_command_line_reads_signs_strengths_and_sides():
    signs, sides = parse_signs(["cst_t1=moderate", "cord_t1=0.15@left"])
    assert signs == {Sign.CST_T1: Severity.MODERATE, Sign.CORD_T1: 0.15}
    assert sides == {Sign.CORD_T1: Side.LEFT}


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("foo=mild", "not a sign"),
        ("cst_t1=strong", "not a strength"),
        ("cst_t1", "not a strength"),
        ("cst_t1=mild@up", "not a side"),
        ("cst_t1=7", "must not"),
    ],
)
def test_command_line_says_what_is_wrong(tmp_path, sign, words):
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "x"), "--sign", sign])
    assert result.exit_code == 2
    assert words in result.output
    assert not (tmp_path / "x").exists()


def test_command_line_writes_a_study(tmp_path):
    out = tmp_path / "x"
    result = CliRunner().invoke(
        app,
        ["--out", str(out), "--series", "cervical_t1_sag", "--sign", "cord_atrophy=mild", "--vendor", "ge"],
    )
    assert result.exit_code == 0, result.output
    assert (out / "truth.json").exists()
    assert len(list(out.glob("*/*.dcm"))) == 15
