from dataclasses import replace

import numpy as np
import pytest

import processors.spine.analysis as analysis
from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import CORD_SIGNS, Confidence, Finding, Quantity, Reason, Region, Side, Sign, State
from processors.norms import Norm, Norms, Protocol
from processors.norms.site import SiteNorm
from processors.spine.analysis import SpineAnalysis, analyse_spine
from processors.spine.cord import CordNotFoundError
from processors.spine.levels import LevelsNotFoundError
from processors.spine.shape_sign import CROSS_SECTION
from processors.spine.signal_sign import COLUMNS
from tests.processors.spine.drawn_neck import DrawnLevels, Neck, cord_in, series

LEVELS = ("C2", "C3", "C4", "C5", "C6", "C7")


@pytest.fixture
def drawn(monkeypatch):
    """Analyse drawn necks, of which outline and levels are known."""

    def analyse(*necks, levels=True, norms=None, **stored) -> SpineAnalysis:
        volumes, cords = {}, {}
        for neck in necks:
            volume = series(neck, **stored)
            volumes[neck.contrast, Plane.AXIAL] = volume
            cords[volume.series_instance_uid] = cord_in(volume, neck)
        monkeypatch.setattr(analysis, "find_cord", lambda volume: cords[volume.series_instance_uid])
        monkeypatch.setattr(analysis, "LEVEL_PLANES", (Plane.AXIAL,))

        def find_levels(*_):
            if levels:
                return DrawnLevels()
            raise LevelsNotFoundError(Reason.of("level-indeterminate"))

        monkeypatch.setattr(analysis, "find_levels", find_levels)
        return analyse_spine(volumes, norms)

    return analyse


def of(found: SpineAnalysis, sign: Sign) -> Finding:
    return next(finding for finding in found.findings if finding.sign is sign)


def keys(finding: Finding) -> list[str]:
    return [reason.key for reason in finding.reasons]


def test_the_case_report(drawn):
    """Both columns bright on T1, bright fluid in the end slices, nothing on T2, no atrophy."""
    found = drawn(Neck(left=0.15, right=0.15, inflow=(0.9, 0.6)), Neck(Contrast.T2))
    assert [finding.sign for finding in found.findings] == list(CORD_SIGNS)
    t1 = of(found, Sign.CORD_T1)
    assert t1.state is State.PRESENT
    assert "entry-slice-inflow" in keys(t1)
    assert {region.region for region in t1.regions} >= {Region(n, s) for n in LEVELS[:-1] for s in Side}
    assert all(1.1 < region.value(Quantity.RATIO) < 1.2 for region in t1.regions)
    assert [of(found, sign).state for sign in CORD_SIGNS[1:]] == [State.ABSENT] * 3
    profile = next(one for one in found.profiles if one.sign is Sign.CORD_T1)
    assert not profile.used[-2:].any()
    assert profile.used[:-4].all()
    assert profile.levels[0] == "C2"
    assert profile.unrolled.shape == (24, len(profile.angles))


@pytest.mark.parametrize("flipped", [False, True])
def test_voxels_are_marked_on_the_side_that_they_lie_on(drawn, flipped):
    neck = Neck(left=0.2)
    found = drawn(neck, flipped=flipped)
    t1 = of(found, Sign.CORD_T1)
    assert t1.state is State.INDETERMINATE
    assert "asymmetric" in keys(t1)
    marked = next(one for one in found.region_maps if one.sign is Sign.CORD_T1)
    volume = series(neck, flipped=flipped)
    place = marked.indices @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    values = volume.array[tuple(marked.indices.T)]
    assert len(np.unique(marked.indices, axis=0)) == len(marked.indices)
    for number, region in marked.regions.items():
        here = marked.labels == number
        assert (place[here, 0] > 0).all() == (region.side is Side.LEFT)
        assert values[here].mean() == pytest.approx(120 if region.side is Side.LEFT else 100, abs=3)
        numbers = next(r for r in t1.regions if r.region == region)
        assert here.sum() == pytest.approx(numbers.value(Quantity.VOXELS), rel=0.2)
    assert list(marked.references.values()) == [Region("reference")]


def test_without_levels_millimetres_decide_with_low_confidence_and_size_is_not_judged(drawn):
    found = drawn(Neck(left=0.15, right=0.15), levels=False)
    t1 = of(found, Sign.CORD_T1)
    assert (t1.state, t1.confidence) == (State.PRESENT, Confidence.LOW)
    assert "level-indeterminate" in keys(t1)
    assert of(found, Sign.CORD_ATROPHY).state is State.INDETERMINATE
    assert found.profiles[0].position_mm[-1] > 70


def test_without_levels_the_columns_of_the_whole_cord_are_measured_and_marked(drawn):
    found = drawn(Neck(left=0.25, right=0.15), levels=False)
    t1 = of(found, Sign.CORD_T1)
    assert {one.region for one in t1.regions} == {Region("cord", side) for side in Side}
    at_levels = of(drawn(Neck(left=0.25, right=0.15)), Sign.CORD_T1).regions
    marked = next(one for one in found.region_maps if one.sign is Sign.CORD_T1)
    assert set(marked.regions.values()) == {Region("cord", side) for side in Side}
    assert list(marked.references.values()) == [Region("reference")]
    for one in t1.regions:
        same = [level for level in at_levels if level.region.side is one.region.side]
        slices = [level.value(Quantity.SLICES) for level in same]
        ratios = [level.value(Quantity.RATIO) for level in same]
        assert one.value(Quantity.SLICES) >= sum(slices)
        assert one.value(Quantity.RATIO) == pytest.approx(np.average(ratios, weights=slices), abs=0.01)
        assert 0 < one.value(Quantity.STANDARD_ERROR) < 0.02
        assert one.value(Quantity.NORM_MEAN) == pytest.approx(1.014)
        excess = one.value(Quantity.RATIO) - one.value(Quantity.NORM_MEAN)
        assert one.value(Quantity.Z_SCORE) == pytest.approx(excess / one.value(Quantity.NORM_SD))
        [number] = [label for label, region in marked.regions.items() if region == one.region]
        voxels = np.count_nonzero(marked.labels == number)
        assert voxels == pytest.approx(one.value(Quantity.VOXELS), rel=0.2)
    assert np.isfinite(found.profiles[0].norm_mean).all()
    assert found.profiles[0].flatness == pytest.approx(8.0 / 13.0, rel=0.1)


def test_without_levels_the_cord_is_measured_as_a_whole_and_compared_with_no_level(drawn):
    found = drawn(Neck(Contrast.T2), levels=False)
    for sign, quantity, value in (
        (Sign.CORD_ATROPHY, Quantity.CROSS_SECTIONAL_AREA, np.pi * 6.5 * 4.0),
        (Sign.CORD_FLATTENING, Quantity.FLATNESS, 8.0 / 13.0),
    ):
        finding = of(found, sign)
        assert finding.state is State.INDETERMINATE
        assert keys(finding) == ["level-indeterminate"]
        [one] = finding.regions
        assert one.region == Region("cord")
        assert one.value(quantity) == pytest.approx(value, rel=0.1)
        assert one.value(Quantity.SLICES) > 10
        assert one.value(Quantity.Z_SCORE) is None
        assert finding.norm == ""
        marked = next(two for two in found.region_maps if two.sign is sign)
        assert list(marked.regions.values()) == [Region("cord")]
        assert len(marked.indices) > 500


@pytest.mark.parametrize(
    ("t1", "t2", "reason"),
    [
        (Neck(dorsal=-0.12), Neck(Contrast.T2, dorsal=0.5), "reference-abnormal"),
        (Neck(left=0.15, right=0.15, cavity=0.3), Neck(Contrast.T2), "central-cavity"),
        (Neck(left=0.15, right=0.15, inflow=(0.9,) * 24), Neck(Contrast.T2), "entry-slice-inflow"),
        (Neck(left=0.15, right=0.15, span=(-12, 8)), Neck(Contrast.T2, narrow=(-6, 4)), "stenosis"),
        (Neck(left=0.15, right=0.15, snr=3.0), Neck(Contrast.T2), "reference-spread"),
    ],
)
def test_what_looks_like_the_sign_on_t1_is_not_called_present(drawn, t1, t2, reason):
    finding = of(drawn(t1, t2), Sign.CORD_T1)
    assert finding.state in (State.INDETERMINATE, State.ABSENT)
    assert reason in keys(finding)


@pytest.mark.parametrize(
    ("neck", "state", "reason"),
    [
        (Neck(Contrast.T2, left=0.3, right=0.3), State.PRESENT, "small-norm"),
        (Neck(Contrast.T2, left=0.4, right=0.4, span=(-12, 8), narrow=(-6, 4)), State.ABSENT, "stenosis"),
        (Neck(Contrast.T2, dorsal=0.5), State.INDETERMINATE, "reference-abnormal"),
        (Neck(Contrast.T2, right=0.4, span=(-12, 25)), State.INDETERMINATE, "asymmetric"),
    ],
)
def test_t2(drawn, neck, state, reason):
    finding = of(drawn(neck), Sign.CORD_T2)
    assert finding.state is state
    assert reason in keys(finding)


def test_a_thin_cord_is_compared_with_that_of_the_sex_and_the_age_of_the_patient(drawn):
    def atrophy(scale, sex, age):
        person = Acquisition(patient_sex=sex, patient_age=age)
        return of(drawn(Neck(Contrast.T2, scale=scale, acquisition=person)), Sign.CORD_ATROPHY)

    assert atrophy(0.6, "M", 40.0).state is State.PRESENT
    assert atrophy(1.0, "M", 40.0).state is State.ABSENT
    man, woman, old = atrophy(0.9, "M", 40.0), atrophy(0.9, "F", 40.0), atrophy(0.9, "M", 75.0)
    z = [finding.regions[2].value(Quantity.Z_SCORE) for finding in (man, woman, old)]
    assert z[0] < z[1]
    assert z[0] < z[2]
    assert "female" in woman.norm
    assert "no-norm" in keys(atrophy(0.6, "M", 9.0))


def test_what_a_site_learnt_is_compared_with(drawn):
    norms = Norms(
        "1",
        (
            SiteNorm(
                Sign.CORD_T1,
                Protocol("T1 spin echo"),
                COLUMNS,
                20,
                dict.fromkeys(LEVELS, Norm(1.01, 0.02, 20)),
            ),
            SiteNorm(
                Sign.CORD_ATROPHY,
                Protocol("T2 male"),
                CROSS_SECTION,
                20,
                dict.fromkeys(LEVELS, Norm(75, 5, 20)),
            ),
        ),
    )
    found = drawn(Neck(left=0.15, right=0.15), Neck(Contrast.T2, scale=0.7), norms=norms)
    assert of(found, Sign.CORD_T1).confidence is Confidence.MODERATE
    assert of(found, Sign.CORD_ATROPHY).confidence is Confidence.MODERATE


def test_a_study_without_a_usable_series_is_not_evaluated(drawn, monkeypatch):
    after = Neck(left=0.2, right=0.2, acquisition=Acquisition(contrast_agent=True))
    assert keys(of(drawn(after), Sign.CORD_T1)) == ["post-contrast"]
    assert keys(of(analyse_spine({}), Sign.CORD_T2)) == ["missing-series"]

    def nothing(_):
        raise CordNotFoundError(Reason.of("cord-not-found"))

    monkeypatch.setattr(analysis, "find_cord", nothing)
    found = analyse_spine({(Contrast.T1, Plane.AXIAL): series(Neck())})
    assert {finding.state for finding in found.findings} == {State.NOT_EVALUATED}
    assert keys(of(found, Sign.CORD_T1)) == ["cord-not-found"]


def test_images_of_impossible_size_are_not_searched():
    neck = series(Neck(Contrast.T2))
    affine = neck.affine @ np.diag([1.0, 30.0, 30.0, 1.0])
    found = analyse_spine({(Contrast.T2, Plane.AXIAL): replace(neck, affine=affine)})
    assert keys(of(found, Sign.CORD_T2)) == ["implausible-extent"]


def test_a_thoracic_cord_has_no_cervical_signs(drawn, monkeypatch):
    monkeypatch.setattr("tests.processors.spine.drawn_neck.HALF_RL", 4.5)
    found = drawn(Neck(snr=61.0), levels=False)
    assert of(found, Sign.CORD_T1).state is State.INDETERMINATE
    assert keys(of(found, Sign.CORD_T1))[0] == "no-cervical-cord"
    mistaken = drawn(Neck(snr=61.0))
    assert "level-indeterminate" in keys(of(mistaken, Sign.CORD_ATROPHY))
