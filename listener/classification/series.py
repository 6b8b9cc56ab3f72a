"""The header of a series → contrast, body part, plane, and why. Pure."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from listener.classification import words as say
from listener.classification.body import body_part_of
from listener.classification.contrast import contrast_of
from listener.classification.facts import Facts, facts_of
from listener.classification.headers import Header, number_in, numbers_in
from processors.acquisition import BodyPart, Contrast, Plane

OBLIQUE_BEYOND = 0.75
"""Cosine of the angle (41°) to the nearest anatomical plane beyond which a stack belongs to none."""

CONFIDENT = 0.5
"""A classification that is less sure than this is for a person to read, not for an analysis to rely on."""

THICKEST_3D_MM = 1.6
LONGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Classification:
    """What a series is.

    Attributes
    ----------
    confidence
        0 to 1: of the contrast, or of the body part where that is less sure and is not unknown. Below
        :data:`CONFIDENT` it is no ground for an analysis.
    evidence
        Short sentences for and against.
    """

    contrast: Contrast
    body_part: BodyPart
    plane: Plane
    confidence: float
    evidence: tuple[str, ...]


def classify(header: Header) -> Classification:
    """Classify a series, or one stack of it, by its header; never raises.

    Parameters
    ----------
    header
        See :mod:`listener.classification.headers`. ``NumberOfInstances`` (of the stack) helps to tell
        a neck from a head.
    """
    facts = facts_of(header)
    contrast = contrast_of(facts)
    plane, why_plane = _plane(header, facts)
    slices = Plane.OBLIQUE if plane is None else plane
    body = body_part_of(header, facts, contrast.contrast, slices)
    final = _three_d(header, facts, slices)
    sure = contrast.confidence
    if body.body_part is not BodyPart.UNKNOWN:
        sure = min(sure, body.confidence)
    evidence = (*contrast.evidence, *body.evidence, why_plane)
    return Classification(contrast.contrast, body.body_part, final, round(sure, 2), evidence)


def _plane(header: Header, facts: Facts) -> tuple[Plane | None, str]:
    cosines = numbers_in(header, "ImageOrientationPatient", 6)
    if cosines is not None and max(map(abs, cosines)) < 2:
        (a, b, c), (d, e, f) = cosines[:3], cosines[3:]
        normal = (abs(b * f - c * e), abs(c * d - a * f), abs(a * e - b * d))
        length = math.hypot(*normal)
        if length > 0.5:
            nearest = normal.index(max(normal))
            if normal[nearest] / length < OBLIQUE_BEYOND:
                return Plane.OBLIQUE, "the slices are oblique"
            plane = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[nearest]
            return plane, f"the orientation is {plane}"
    named = [
        plane
        for plane, pattern in (
            (Plane.AXIAL, say.AXIAL),
            (Plane.SAGITTAL, say.SAGITTAL),
            (Plane.CORONAL, say.CORONAL),
        )
        if pattern.search(facts.series_words)
    ]
    if len(named) == 1:
        return named[0], f"described as {named[0]}"
    return None, "the plane is not clear"


def _three_d(header: Header, facts: Facts, plane: Plane) -> Plane:
    thickness = number_in(header, "SliceThickness")
    if not facts.spatial_3d or thickness is None or not 0 < thickness <= THICKEST_3D_MM:
        return plane
    spacing = numbers_in(header, "PixelSpacing", 2)
    if spacing is not None and not 0.5 <= thickness / max(*spacing, 1e-6) <= 2.5:
        return plane
    return Plane.THREE_D


def classify_lines(lines: Iterable[str]) -> Iterator[str]:
    """Classify JSON lines: an object of keyword and value each, one series a line; one answer for each line.

    Yields
    ------
    str
        A JSON object with ``contrast``, ``body``, ``plane``, ``confidence`` and ``reason``. A line that is
        no header is answered too, as ``other`` with confidence 0 and the reason.
    """
    for line in lines:
        try:
            header = json.loads(line) if len(line) <= LONGEST_LINE else None
            problem = None if isinstance(header, dict) else "the line is not a JSON object, or is too long"
        except (ValueError, RecursionError):
            header, problem = None, "the line is not JSON"
        answer = (
            classify(header)
            if problem is None and header is not None
            else Classification(
                Contrast.OTHER, BodyPart.UNKNOWN, Plane.OBLIQUE, 0.0, (problem or "no header",)
            )
        )
        yield json.dumps(
            {
                "contrast": answer.contrast.value,
                "body": answer.body_part.value,
                "plane": answer.plane.value,
                "confidence": answer.confidence,
                "reason": "; ".join(answer.evidence),
            }
        )
