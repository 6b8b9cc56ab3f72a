"""What a site says of its own series."""

import pytest
from pydantic import ValidationError

from listener.classification import classify
from listener.classification.overrides import Override, override
from listener.settings import Settings
from processors.acquisition import BodyPart, Contrast

SERIES = {
    "Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Manufacturer": "SIEMENS",
    "ImageType": ["ORIGINAL", "PRIMARY", "M"], "SeriesDescription": "XP-17 sag", "EchoTime": 3.1,
}  # fmt: skip
IS_T1 = Override("ours", {"SeriesDescription": "xp*", "EchoTime": (2, 5)}, Contrast.T1, BodyPart.BRAIN)


def test_the_first_that_applies_decides():
    later = Override("later", {"SeriesDescription": "*"}, Contrast.T2)
    found, applied = override(SERIES, classify(SERIES), (IS_T1, later))
    assert (found.contrast, found.body_part, found.confidence) == (Contrast.T1, BodyPart.BRAIN, 1.0)
    assert applied is IS_T1
    assert "ours" in found.evidence[0]
    assert override(SERIES, classify(SERIES), (later, IS_T1))[1] is later


@pytest.mark.parametrize(
    ("change", "applies"),
    [
        ({}, True), ({"EchoTime": 5}, True), ({"EchoTime": 5.1}, False), ({"EchoTime": None}, False),
        ({"SeriesDescription": "a xp"}, False), ({"SeriesDescription": None}, False),
        ({"SeriesDescription": ["other", "Xp"]}, True), ({"EchoTime": "3.0"}, True),
        ({"EchoTime": "x"}, False),
    ],
)  # fmt: skip
def test_every_condition_must_hold(change, applies):
    assert IS_T1.applies(SERIES | change) is applies


def test_a_body_part_alone_leaves_the_contrast():
    found, _ = override(
        SERIES, classify(SERIES), (Override("neck", {"EchoTime": 3.1}, body_part=BodyPart.CERVICAL_SPINE),)
    )
    assert found.contrast is classify(SERIES).contrast
    assert found.body_part is BodyPart.CERVICAL_SPINE


def test_ignored_series_reach_nothing():
    found, _ = override(
        SERIES, classify(SERIES), (Override("no", {"SeriesDescription": "XP*"}, ignore=True),)
    )
    assert found.contrast is Contrast.OTHER
    assert found.confidence == 0


@pytest.mark.parametrize(
    "kind",
    [
        ["ORIGINAL", "PRIMARY", "P"],
        ["DERIVED", "SECONDARY", "MNIP"],
        ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"],
    ],
)
def test_phase_projections_and_maps_are_named_or_left(kind):
    series = SERIES | {"ImageType": kind}
    found, applied = override(series, classify(series), (IS_T1,))
    assert applied is None
    assert found.contrast is not Contrast.T1
    assert any("left aside" in reason for reason in found.evidence)
    named = Override("named", {"ImageType": kind[-1]}, Contrast.T1)
    assert override(series, classify(series), (named,))[0].contrast is Contrast.T1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"where": {}, "contrast": "T1"}, "no condition"),
        ({"where": {"SeriesDescription": "x"}}, "needs a contrast or a body part"),
        (
            {"where": {"SeriesDescription": "x"}, "ignore": True, "contrast": "T1"},
            "needs a contrast or a body part",
        ),
        ({"where": {"SeriesDescriptions": "x"}, "contrast": "T1"}, "SeriesDescriptions"),
        ({"where": {"SeriesDescription": "x"}, "contrast": "T3"}, "contrast"),
        ({"where": {"SeriesDescription": "x"}, "contrasts": "T1"}, "contrasts"),
        ({"where": {"EchoTime": [9, 2]}, "contrast": "T1"}, "lowest"),
    ],
)
def test_a_wrong_override_is_refused_at_the_start(wrong, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError, match=said):
        Settings(overrides=[{"name": "mine", **wrong}])


def test_overrides_from_the_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "betz.toml").write_text(
        '[[overrides]]\nname = "a"\ncontrast = "T1"\n'
        'where = { SeriesDescription = "xp*", EchoTime = [2, 5] }\n'
    )
    (one,) = Settings().classification()
    assert one.applies(SERIES)
    assert one.contrast is Contrast.T1


def test_brackets_in_a_pattern_are_meant_as_they_stand():
    one = Override("fat", {"SeriesDescription": "t1 [fs]*"}, ignore=True)
    assert one.applies(SERIES | {"SeriesDescription": "T1 [FS] tra"})
    assert not one.applies(SERIES | {"SeriesDescription": "T1 f"})
