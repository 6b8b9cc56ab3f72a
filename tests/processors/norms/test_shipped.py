"""The shipped norms cover every segment, say where they come from, and stand in for one another."""

import json

import pytest

from processors.brain.cortex.precentral_atrophy import CORTEX, INTRACRANIAL, NAME, PRECENTRAL
from processors.findings import TRACT_SEGMENTS, Region, Side, Sign, regions_of
from processors.norms import Norm, Protocol, default_norms
from processors.norms.calibration import Sample, calibrate
from processors.norms.protocol import GENERAL
from processors.norms.shipped import FOLDER, shipped_families, shipped_family, shipped_norms

BESIDE = {Sign.PRECENTRAL_ATROPHY: {CORTEX, INTRACRANIAL}}
"""Norms of what else a sign compares its regions with."""

DOCUMENTS = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_documents_say_where_their_numbers_are_from(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["sign"] == path.stem
    assert document["families"]
    for family in document["families"].values():
        assert family["provenance"]
        assert all(family["provenance"])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_norms_are_of_the_signs_own_regions_and_have_a_width(path):
    sign = Sign(path.stem)
    known = {region.name for region in regions_of(sign)}
    for family in shipped_families(sign).values():
        assert set(family.segments) <= known | BESIDE.get(sign, set())
        assert all(norm.sd > 0 and norm.n >= 0 and norm.mean > 0 for norm in family.segments.values())


def test_every_segment_of_the_tract_has_a_norm_on_t1():
    norms = default_norms().of(Sign.CST_T1, Protocol("T1"))
    assert set(norms.segments) == set(TRACT_SEGMENTS)


def test_a_family_without_norms_takes_the_next_wider_ones(monkeypatch):
    give(monkeypatch, T1=0.02, **{"T1 gradient echo": 0.03, GENERAL: 0.05})
    assert shipped_family(Sign.CST_T1, "T1 gradient echo 3-D").name == "T1 gradient echo"
    assert shipped_family(Sign.CST_T1, "T1 spin echo").name == "T1"
    assert shipped_family(Sign.CST_T1, "FLAIR").name == GENERAL


def test_without_a_wider_family_the_widest_norms_count(monkeypatch):
    give(monkeypatch, T1=0.02, T2=0.04)
    assert shipped_family(Sign.CST_T1, "FLAIR 3-D").name == "T2"
    assert shipped_norms(Sign.CST_T1, "FLAIR").name == "shipped default, T2, n = 4"


def test_a_sign_without_norms_has_none(monkeypatch):
    give(monkeypatch)
    assert shipped_norms(Sign.CST_T1, "T1") is None
    assert default_norms().of(Sign.CST_T1, Protocol("T1", 3.0, "GE")) is None


def test_z_counts_standard_deviations():
    assert Norm(1.0, 0.05, 4).z(1.1) == pytest.approx(2)


def give(monkeypatch, **sd_of_family: float) -> None:
    from processors.norms.shipped import ShippedFamily

    families = {
        name: ShippedFamily(name, 4, {"pons": Norm(1.0, sd, 4)}, ("made up",))
        for name, sd in sd_of_family.items()
    }
    monkeypatch.setattr("processors.norms.shipped.shipped_families", lambda _: families)


def test_what_a_site_does_not_learn_keeps_its_shipped_norm():
    sign, protocol = Sign.PRECENTRAL_ATROPHY, Protocol("T1", 3.0, "GE")
    people = [
        Sample(
            f"person {n}", f"study {n}", "20260101", sign, protocol, PRECENTRAL,
            {Region(NAME, side): 1.2 + 0.01 * n for side in Side},
        )
        for n in range(12)
    ]  # fmt: skip
    shipped = default_norms().of(sign, protocol).segments
    (learnt,) = (group.segments for group in calibrate(people) if group.protocol == protocol)
    assert learnt[NAME].used.mean > shipped[NAME].mean + 0.05
    assert {name: learnt[name].used for name in (CORTEX, INTRACRANIAL)} == {
        name: shipped[name] for name in (CORTEX, INTRACRANIAL)
    }
