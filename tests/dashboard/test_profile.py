"""The picture of the signal along the tract: its numbers, and what the page says of it."""

import re
from dataclasses import asdict, replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from dashboard.profile import HEIGHT, WIDTH, profile_picture
from processors.findings import TRACT_SEGMENTS

from .rows import NORM, tract_profiles, uid


def plain(*profiles):
    return [asdict(profile) for profile in profiles]


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path)]


def test_everything_lies_in_the_picture():
    picture = profile_picture(plain(*tract_profiles()))
    for line in picture.lines:
        assert all(
            picture.left <= x <= picture.right and 0 <= y <= picture.foot for x, y in points(line.path)
        )
    for box in picture.segments:
        assert picture.left <= box.x
        assert box.x + box.width <= picture.right + 1e-6
        assert box.y >= 0
        assert box.y + box.height <= picture.foot
    assert all(0 <= y <= picture.foot < HEIGHT for _, y in picture.ticks)
    assert 3 <= len(picture.ticks) <= 7
    assert picture.right < WIDTH


def test_segments_follow_one_another_from_the_pons_up():
    boxes = profile_picture(plain(*tract_profiles())).segments
    assert [box.name for box in boxes] == list(reversed(TRACT_SEGMENTS))
    for box, following in pairwise(boxes):
        assert box.x + box.width == pytest.approx(following.x)


def test_a_ratio_at_two_standard_deviations_lies_on_the_edge_of_the_band():
    left, _ = tract_profiles()
    at_the_edge = replace(
        left, ratio=tuple(m + 2 * s for m, s in zip(left.norm_mean, left.norm_sd, strict=True))
    )
    picture = profile_picture(plain(at_the_edge))
    tops = {box.name: box.y for box in picture.segments}
    for name, (_, y) in zip(left.segments, points(picture.lines[0].path), strict=True):
        assert y == pytest.approx(tops[name], abs=0.06)
    assert picture.lines[0].above == ()


def test_higher_ratios_are_higher_in_the_picture():
    left, _ = tract_profiles()
    rising = replace(left, ratio=tuple(0.9 + 0.01 * n for n in range(len(left.ratio))))
    heights = [y for _, y in points(profile_picture(plain(rising)).lines[0].path)]
    assert heights == sorted(heights, reverse=True)


def test_a_gap_in_the_measurement_is_a_gap_in_the_line():
    left, right = profile_picture(plain(*tract_profiles())).lines
    assert (left.path.count("M"), right.path.count("M")) == (1, 2)


def test_what_is_above_the_norm_is_said():
    left, right = profile_picture(plain(*tract_profiles())).lines
    assert set(left.above) == {"internal_capsule", "corona_radiata", "subcortical"}
    assert (left.side, right.side) == ("left", "right")
    assert "pons" not in right.above


def test_nothing_measured_is_no_picture():
    left, _ = tract_profiles()
    assert profile_picture([]) is None
    assert profile_picture(plain(replace(left, ratio=(None,) * len(left.ratio)))) is None


def test_one_node_is_a_picture():
    left, _ = tract_profiles()
    node = replace(
        left, position_mm=(0.0,), segments=("pons",), ratio=(1.0,), norm_mean=(1.0,), norm_sd=(0.03,)
    )
    assert profile_picture(plain(node)).lines[0].path


def test_page_has_norm_and_picture(filled, client: TestClient):
    page = client.get(f"/studies/{uid(1)}").text
    assert f"Compared with: {NORM}" in page
    [drawing] = re.findall(r'<svg viewBox="0 0 840[^>]*>.*?</svg>', page, re.DOTALL)
    root = ET.fromstring(drawing)
    titles = {element.get("id"): element.text for element in root}
    assert set(root.get("aria-labelledby").split()) <= set(titles)
    assert "Left: above two standard deviations in internal capsule, corona radiata" in titles["cst_t1-desc"]
    assert [path.get("class") for path in root.iter("path")] == ["left", "right"]
    assert "http" not in drawing


def test_page_without_a_profile_has_none(filled, client: TestClient):
    page = client.get(f"/studies/{uid(2)}").text
    assert '<figure class="profile">' not in page
    assert "Compared with" not in page
