"""Which stack goes to which analysis, and why."""

from itertools import permutations

import pytest

from listener.classification import Classification
from listener.routing import FEWEST_IMAGES, ClassifiedStack, missing_series, route
from processors.acquisition import BodyPart, Contrast, Plane


def stack(
    uid: str = "1.1",
    contrast: Contrast = Contrast.T1,
    part: BodyPart = BodyPart.BRAIN,
    plane: Plane = Plane.AXIAL,
    *,
    confidence: float = 0.9,
    images: int = 30,
    fault: str | None = None,
    number: int = 0,
    b_value: float | None = None,
    weighting: float | None = None,
) -> ClassifiedStack:
    found = Classification(contrast, part, plane, confidence, ())
    return ClassifiedStack(
        uid, number, images, found, fault, b_value=b_value, susceptibility_weighting=weighting
    )


def chosen(*stacks: ClassifiedStack) -> list[tuple[str, str]]:
    return [(d.stack.series_instance_uid, d.analysis) for d in route(stacks) if d.analysis]


@pytest.mark.parametrize(
    ("one", "analysis", "why"),
    [
        (stack(), "brain", "T1 of the brain, axial."),
        (stack(part=BodyPart.CERVICAL_SPINE), "spine", "T1 of the cervical spine, axial."),
        (stack(fault="Two geometries."), None, "Two geometries."),
        (stack(images=FEWEST_IMAGES - 1), None, "Too few images for a volume (2)."),
        (stack(confidence=0.49), None, "It is not sure enough what the series is (T1, 49%)."),
        (stack(contrast=Contrast.STIR), None, "No analysis reads this contrast (STIR)."),
    ],
)
def test_each_decision_says_why(one: ClassifiedStack, analysis: str | None, why: str):
    [decision] = route([one])
    assert (decision.analysis, decision.why) == (analysis, why)


def test_body_parts_that_no_analysis_reads():
    others = [part for part in BodyPart if part not in (BodyPart.BRAIN, BodyPart.CERVICAL_SPINE)]
    assert others
    for part in others:
        [decision] = route([stack(part=part)])
        assert decision.analysis is None
        assert str(part) in decision.why


def test_best_plane_then_most_images_then_surest_is_taken():
    candidates = [
        stack("1.1", plane=Plane.SAGITTAL, images=200),
        stack("1.2", plane=Plane.AXIAL, images=20),
        stack("1.3", plane=Plane.AXIAL, images=30, confidence=0.7),
        stack("1.4", plane=Plane.AXIAL, images=30, confidence=0.8),
    ]
    for order in permutations(candidates):
        assert chosen(*order) == [("1.4", "brain")]
    assert chosen(*candidates, stack("1.5", plane=Plane.THREE_D)) == [("1.5", "brain")]


def test_choice_does_not_depend_on_the_order_of_arrival():
    twins = [stack(f"1.{n}") for n in range(4)] + [stack("1.2", number=1)]
    assert len({tuple(chosen(*order)) for order in permutations(twins)}) == 1


@pytest.mark.parametrize("values", list(permutations([0.0, 1000.0, 2000.0, None])))
def test_of_a_diffusion_series_the_usual_weighting_is_taken(values: tuple[float | None, ...]):
    stacks = [stack(contrast=Contrast.DWI, number=i, b_value=b) for i, b in enumerate(values)]
    [taken] = [d.stack for d in route(stacks) if d.analysis]
    assert taken.b_value == 1000


@pytest.mark.parametrize("values", list(permutations([15.0, 51.0, 96.0, None])))
def test_of_a_susceptibility_weighted_series_the_echo_nearest_to_the_usual_is_taken(
    values: tuple[float | None, ...],
):
    stacks = [stack(contrast=Contrast.SWI, number=i, weighting=value) for i, value in enumerate(values)]
    [taken] = [d.stack for d in route(stacks) if d.analysis]
    assert taken.susceptibility_weighting == 51


def test_spine_takes_a_stack_of_each_plane_and_the_brain_one_of_each_contrast():
    spine = BodyPart.CERVICAL_SPINE
    stacks = [
        stack("1.1", part=spine, plane=Plane.AXIAL),
        stack("1.2", part=spine, plane=Plane.SAGITTAL),
        stack("1.3", Contrast.T2, part=spine, plane=Plane.SAGITTAL),
        stack("1.4", Contrast.FLAIR),
        stack("1.5", Contrast.FLAIR, plane=Plane.CORONAL),
        stack("1.6", Contrast.T1_POST_CONTRAST),
    ]
    assert chosen(*stacks) == [
        ("1.1", "spine"),
        ("1.2", "spine"),
        ("1.3", "spine"),
        ("1.4", "brain"),
        ("1.6", "brain"),
    ]


def test_every_stack_gets_one_decision_in_its_place():
    stacks = [stack("1.1"), stack("1.1", number=1), stack("1.2", images=1), stack("1.3")]
    assert [d.stack for d in route(stacks)] == stacks
    assert route([]) == ()


def test_stack_that_cannot_be_used_does_not_displace_one_that_can():
    assert chosen(stack("1.1", fault="Broken."), stack("1.2", images=10)) == [("1.2", "brain")]


def test_missing_series():
    have = [stack(), stack(contrast=Contrast.T2, confidence=0.3)]
    assert missing_series(["T1 brain", "T2 brain", "SWI brain"], have) == ("T2 brain", "SWI brain")
    assert missing_series([], []) == ()
