"""What a site learns of the cord, whose numbers are not all ratios."""

from datetime import UTC, datetime

import numpy as np
import pytest

from db.norms import NormalFinding
from listener.calibration import learn
from processors.findings import (
    Algorithm,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ALGORITHM = Algorithm("cord", "1")


def measured(sign, region, *reasons, **numbers):
    quantities = tuple(Measurement(Quantity(name), value) for name, value in numbers.items())
    state = State.INDETERMINATE if reasons else State.ABSENT
    return Finding(
        sign,
        state,
        ALGORITHM,
        reasons=tuple(Reason.of(key, slices=2) for key in reasons),
        regions=(RegionMeasurements(region, quantities),),
    )


def learnt_of(findings, family):
    return learn(
        [
            NormalFinding(
                study_instance_uid=f"1.{number}",
                person=str(number),
                taken=str(number),
                finding=finding,
                protocol={"family": family, "field_strength": 3.0, "manufacturer": "GE"},
                measured_at=NOW,
            )
            for number, finding in enumerate(findings)
        ]
    )


def learnt(findings, family):
    return {str(group.protocol): group.segments for group in learnt_of(findings, family).groups}


def test_the_area_at_the_reference_age_is_learnt_for_a_sex():
    areas = np.linspace(78, 90, 20)
    findings = [
        measured(
            Sign.CORD_ATROPHY,
            Region("C3"),
            cross_sectional_area=area - 5,
            area_at_reference_age=area,
            coverage=80,
        )
        for area in areas
    ]
    groups = learnt(findings, "T2 female")
    assert groups["T2 female 3 T GE"]["C3"].observed.mean == pytest.approx(84)
    assert groups["T2 female 3 T GE"]["C3"].used.mean == pytest.approx(84, abs=4)


def test_a_level_of_few_voxels_or_of_half_its_slices_is_not_learnt_and_inflow_elsewhere_does_no_harm():
    def ratio(voxels, coverage):
        numbers = {"ratio": 1.02, "voxels": voxels, "coverage": coverage}
        return measured(Sign.CORD_T1, Region("C4", Side.LEFT), "grey-zone", "entry-slice-inflow", **numbers)

    observed = learnt([ratio(60, 60)] * 6 + [ratio(5, 100)] * 3 + [ratio(60, 20)] * 3, "T1 spin echo")
    assert observed["T1 spin echo 3 T GE"]["C4"].observed.n == 6


def test_a_cord_whose_levels_are_not_known_is_no_person_to_learn_from():
    numbers = {"ratio": 1.02, "voxels": 300, "coverage": 100}
    known = [measured(Sign.CORD_T1, Region("C4", Side.LEFT), **numbers)] * 6
    unknown = [measured(Sign.CORD_T1, Region("cord", Side.LEFT), **numbers)] * 3
    found = learnt_of([*known, *unknown], "T1 spin echo")
    assert {group.n for group in found.groups} == {6}
    assert found.left_out["cord_t1"]["no region measured well enough"] == 3
