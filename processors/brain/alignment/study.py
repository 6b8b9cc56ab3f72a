"""All brain series of a study carried to the atlas: one full registration, the others rigid to it."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.acquisition import Contrast
from processors.brain.alignment.assessment import FAILED, Assessment, acceptable, assess, plausible
from processors.brain.alignment.coregistration import coregister, through_atlas
from processors.brain.alignment.registration import Registration, RegistrationError, register
from processors.brain.alignment.working_image import THREADS, start_toolkit, working_image
from processors.findings import Reason
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

PREFERENCE = (
    Contrast.T1,
    Contrast.T1_MTC,
    Contrast.T1_POST_CONTRAST,
    Contrast.FLAIR,
    Contrast.T2,
    Contrast.PD,
    Contrast.T2_STAR,
    Contrast.SWI,
    Contrast.ADC,
    Contrast.DWI,
)
"""Which contrast is registered with the atlas, the first that can be."""
SIDED = PREFERENCE[:5]
"""Contrasts that show enough of a brain's asymmetry to say which side is left; the others may move the sides
of no series but their own."""
FAINT = frozenset({Contrast.SWI})
"""Contrasts on which the tissues hardly differ, so that they say little of where the atlas lies: synthetic
heads lay right to .2 mm where they seemed to slip by 11 mm."""
MIN_SHARPNESS = 0.12
"""Of the agreement with the anchor, from which the place of such a series is sure."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where each point of one series lies in the atlas, and whether that can be trusted.

    Attributes
    ----------
    registration
        Of the study's anchor series with the atlas; ``None`` where no series could be registered.
    to_anchor
        LPS matrix, shape (4, 4), from this series to the anchor.
    assessment
        Of this series' own pixels.
    problem
        Why labels may not be carried over, or ``None``.
    """

    registration: Registration | None
    to_anchor: FloatArray
    assessment: Assessment
    problem: Reason | None = None

    def to_atlas(self, points: FloatArray) -> FloatArray:
        """Atlas LPS millimetres of the series' LPS millimetres, both of shape (n, 3).

        Raises
        ------
        RegistrationError
            If nothing could be registered; ``problem`` says so beforehand.
        """
        if self.registration is None:
            raise RegistrationError("the series was not registered")
        return self.registration.to_atlas(points @ self.to_anchor[:3, :3].T + self.to_anchor[:3, 3])


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    contrast: Contrast
    volume: Volume
    image: sitk.Image
    """The volume at the resolution it is aligned at."""


def align_study(volumes: Mapping[Contrast, Volume]) -> dict[Contrast, Alignment]:
    """Align every series of a study with the atlas; the same study always gives the same result.

    The first series that registers well is the anchor, and the others are brought to it. A series that cannot
    be brought to it is registered by itself. Where one fits the anchor clearly better with left and right
    exchanged, its sides are in doubt; and those of the whole study, unless two others agree.
    """
    order = sorted(volumes, key=_rank)
    start_toolkit()
    with ThreadPoolExecutor(THREADS) as threads:
        series = list(threads.map(lambda c: _Series(c, volumes[c], working_image(volumes[c])), order))
    aligned: dict[Contrast, Alignment] = {}
    anchor: Registration | None = None
    agreeing: list[Contrast] = []
    opposed: list[Contrast] = []
    while anchor is None and len(aligned) < len(order):
        contrast = order[len(aligned)]
        aligned[contrast] = _by_itself(series[len(aligned)])
        if aligned[contrast].problem is None:
            anchor = aligned[contrast].registration
            agreeing.append(contrast)
    others = series[len(aligned) :]
    if anchor is not None:
        for one, (alignment, sides_agree) in zip(others, _beside(others, anchor), strict=True):
            aligned[one.contrast] = alignment
            if alignment.problem is None and sides_agree is not None:
                (agreeing if sides_agree else opposed).append(one.contrast)
    doubt = Reason.of("laterality-conflict")
    for contrast in in_doubt(agreeing, opposed, aligned):
        aligned[contrast] = replace(aligned[contrast], problem=aligned[contrast].problem or doubt)
    return {contrast: aligned[contrast] for contrast in volumes}


def in_doubt(
    agreeing: Collection[Contrast], opposed: Collection[Contrast], every: Collection[Contrast]
) -> tuple[Contrast, ...]:
    """The series of a study whose sides are in doubt.

    Parameters
    ----------
    agreeing
        The anchor, and the series that agree with it about the sides.
    opposed
        The series that fit it clearly better with left and right exchanged.
    every
        All series, which are all as good as the anchor.
    """
    against = [contrast for contrast in opposed if contrast in SIDED]
    outvoted = len(against) == 1 and sum(contrast in SIDED for contrast in agreeing) > 1
    return tuple(opposed) if outvoted or not against else tuple(every)


def _beside(others: Sequence[_Series], anchor: Registration) -> list[tuple[Alignment, bool | None]]:
    """Series brought to the anchor, and whether each agrees with it about the sides; ``None`` if unknown.

    From the scanner's coordinates first; where that cannot be trusted, from where both lie in the atlas, and
    if that fails too by the series' own registration.
    """
    with ThreadPoolExecutor(THREADS) as threads:
        brought = list(threads.map(lambda one: _brought_to(one, anchor, np.eye(4)), others))
    return [
        found if found[0].problem is None else _through_own_registration(one, anchor)
        for one, found in zip(others, brought, strict=True)
    ]


def _through_own_registration(one: _Series, anchor: Registration) -> tuple[Alignment, bool | None]:
    alone = _by_itself(one)
    if alone.registration is None or alone.problem is not None:
        return alone, None
    rigid, sides_agree = _brought_to(one, anchor, through_atlas(alone.registration, anchor))
    return (rigid if rigid.problem is None else alone), sides_agree


def _rank(contrast: Contrast) -> int:
    return PREFERENCE.index(contrast) if contrast in PREFERENCE else len(PREFERENCE)


def _by_itself(one: _Series) -> Alignment:
    try:
        registration = register(one.volume, one.image)
    except RegistrationError:
        return Alignment(None, np.eye(4), FAILED, Reason.of("registration-failed"))
    return _assessed(one, registration, np.eye(4))


def _brought_to(one: _Series, anchor: Registration, start: FloatArray) -> tuple[Alignment, bool | None]:
    try:
        found = coregister(one.image, anchor, start)
    except RegistrationError:
        return Alignment(None, start, FAILED, Reason.of("registration-failed")), None
    sure = one.contrast in FAINT and found.sharpness >= MIN_SHARPNESS
    return _assessed(one, anchor, found.to_anchor, sure=sure), found.sides_agree


def _assessed(
    one: _Series, registration: Registration, to_anchor: FloatArray, *, sure: bool = False
) -> Alignment:
    unjudged = Alignment(registration, to_anchor, FAILED)
    found = assess(one.image, unjudged.to_atlas, registration.affine[:3, :3] @ to_anchor[:3, :3])
    fits = plausible(found, part=True) if sure else acceptable(found, one.contrast)
    problem = None if fits else Reason.of("registration-failed")
    return Alignment(registration, to_anchor, found, problem)
