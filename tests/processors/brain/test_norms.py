"""The norms cover every segment and say where they come from."""

import json

import pytest

from processors.findings import TRACT_SEGMENTS, Sign
from processors.norms import FOLDER, Norm, tract_norms


def test_every_segment_has_a_norm():
    norms = tract_norms(Sign.CST_T1, "T1")
    assert set(norms) == set(TRACT_SEGMENTS)
    assert all(norm.sd > 0 and norm.n > 0 for norm in norms.values())


def test_norms_carry_their_provenance():
    document = json.loads((FOLDER / "cst_t1.json").read_text(encoding="utf-8"))
    assert all(family["provenance"] for family in document["families"].values())


def test_an_unknown_family_is_an_error():
    with pytest.raises(KeyError):
        tract_norms(Sign.CST_T1, "T9")


def test_z_counts_standard_deviations():
    assert Norm(1.0, 0.05, 4).z(1.1) == pytest.approx(2)
