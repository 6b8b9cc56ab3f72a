"""The instances and frames of a series, grouped into stacks that are one volume each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from listener.classification.headers import Header, codes_in, number_in, numbers_in
from listener.classification.place import with_position_range

SAME_ORIENTATION = 5e-3
"""Difference of direction cosines (0.3°) within a stack; a stricter check is made when it is read."""

SAME_TIME_MS = 0.06
"""Difference of echo or inversion times that rounding explains."""

SAME_SPACING_MM = 2e-3
MOST_KNOWN = 64
"""More different values than this are no stacks; each later one is taken as it is."""

_NON_IMAGE_MODALITIES = frozenset({"SR", "PR", "KO", "SEG", "RTSTRUCT", "DOC", "REG", "AU", "ECG"})
_COMPONENTS = {
    "M": "magnitude", "M_FFE": "magnitude", "M_SE": "magnitude", "M_IR": "magnitude",
    "MAGNITUDE": "magnitude", "P": "phase", "P_FFE": "phase", "PHASE": "phase", "PHASE MAP": "phase",
    "R": "real", "REAL": "real",
    "I": "imaginary", "IMAGINARY": "imaginary", "W": "water", "WATER": "water", "F": "fat", "FAT": "fat",
    "IP": "in phase", "IN_PHASE": "in phase", "OP": "opposed phase", "OPP_PHASE": "opposed phase",
    "OUT_PHASE": "opposed phase", "MNIP": "projection", "MIP": "projection", "MIN IP": "projection",
    "PROJECTION IMAGE": "projection", "ADC": "ADC", "TRACEW": "trace", "FA": "anisotropy",
}  # fmt: skip

_GEOMETRY = "two geometries"
_CONTRAST = "mixed contrasts"
_TIME = "several time points"


@dataclass(frozen=True, slots=True)
class Stack:
    """Instances or frames that are one volume.

    Attributes
    ----------
    members
        Indices into the headers that were split, in their order.
    header
        The first member's, with ``NumberOfInstances`` set to the size of the stack and the positions of its
        outermost slices, see :data:`listener.classification.place.POSITION_RANGE`.
    note
        Why the series was split, or why this stack is no volume; empty for a series that is one stack.
    usable
        Whether the members are images that could be a volume.
    """

    members: tuple[int, ...]
    header: Header = field(hash=False)
    note: str = ""
    usable: bool = True


def split_stacks(headers: Sequence[Header]) -> tuple[Stack, ...]:
    """Group the instances and frames of one series.

    Parameters
    ----------
    headers
        One per instance or frame, from :func:`listener.classification.headers.headers_of`, in any order.

    Returns
    -------
    tuple of Stack
        Every header is a member of exactly one stack; in the order of their first members.
    """
    known: dict[str, list[tuple[float, ...]]] = {}
    groups: dict[_Key, list[int]] = {}
    for index, header in enumerate(headers):
        groups.setdefault(_key(header, known), []).append(index)
    stacks = [(key, members) for key, group in groups.items() for members in _passes(headers, group)]
    stacks.sort(key=lambda stack: stack[1][0])
    series_note = _note([key for key, _ in stacks])
    return tuple(
        Stack(
            members=tuple(members),
            header=with_position_range(
                {**headers[members[0]], "NumberOfInstances": len(members)},
                [headers[index] for index in members],
            ),
            note=key.refusal or series_note,
            usable=not key.refusal,
        )
        for key, members in stacks
    )


def frames_by_instance(stack: Stack, headers: Sequence[Header]) -> dict[str, tuple[int, ...]]:
    """The SOP Instance UIDs of a stack, each with its frame numbers (from 1; none of a single-frame object).

    This is what :func:`processors.reading.read_volume` takes as its choice of frames.
    """
    chosen: dict[str, tuple[int, ...]] = {}
    for index in stack.members:
        uid = str(headers[index].get("SOPInstanceUID", ""))
        number = number_in(headers[index], "FrameNumber")
        chosen[uid] = chosen.get(uid, ()) + (() if number is None else (int(number),))
    return chosen


@dataclass(frozen=True, slots=True)
class _Key:
    """What the members of a stack have in common; ``refusal`` says why they are no images, if so."""

    refusal: str = ""
    geometry: tuple[object, ...] = ()
    contrast: tuple[object, ...] = ()
    time: float | None = None


def _key(header: Header, known: dict[str, list[tuple[float, ...]]]) -> _Key:
    refusal = _refusal(header)
    if refusal:
        return _Key(refusal)

    def like(keyword: str, count: int, tolerance: float) -> tuple[float, ...] | None:
        found = numbers_in(header, keyword, count)
        return None if found is None else _first_like(found, known.setdefault(keyword, []), tolerance)

    kind = codes_in(header, "ImageType") | codes_in(header, "ComplexImageComponent")
    time = number_in(header, "TemporalPositionIdentifier")
    return _Key(
        geometry=(
            like("ImageOrientationPatient", 6, SAME_ORIENTATION),
            number_in(header, "Rows"),
            number_in(header, "Columns"),
            like("PixelSpacing", 2, SAME_SPACING_MM),
        ),
        contrast=(
            frozenset(_COMPONENTS[value] for value in kind if value in _COMPONENTS),
            like("EchoTime", 1, SAME_TIME_MS),
            like("InversionTime", 1, SAME_TIME_MS),
            number_in(header, "EchoNumbers"),
            number_in(header, "DiffusionBValue"),
        ),
        time=time if time is not None else number_in(header, "TemporalPositionIndex"),
    )


def _first_like(
    found: tuple[float, ...], known: list[tuple[float, ...]], tolerance: float
) -> tuple[float, ...]:
    """The first known values that these differ from by no more than a tolerance, or these."""
    for values in known:
        if all(abs(a - b) <= tolerance for a, b in zip(values, found, strict=True)):
            return values
    if len(known) < MOST_KNOWN:
        known.append(found)
    return found


def _refusal(header: Header) -> str:
    if codes_in(header, "Modality") & _NON_IMAGE_MODALITIES:
        return "non-image"
    if header.get("HasPixelData") is False:
        return "no pixel data"
    return ""


def _passes(headers: Sequence[Header], members: list[int]) -> list[list[int]]:
    """A group whose every position was imaged equally often, split into one pass after the other.

    Vendors do not number the repetitions of a dynamic series reliably; the order of instances does.
    """
    places = [numbers_in(headers[index], "ImagePositionPatient", 3) for index in members]
    if any(place is None for place in places):
        return [members]
    ordered = sorted(
        zip(places, members, strict=True),
        key=lambda pair: (pair[0] or (), number_in(headers[pair[1]], "InstanceNumber") or 0, pair[1]),
    )
    columns = [[index for _, index in run] for _, run in groupby(ordered, key=lambda pair: pair[0])]
    repeats = {len(column) for column in columns}
    if repeats == {1} or len(repeats) > 1 or len(columns) == 1:
        return [members]
    return [sorted(column[number] for column in columns) for number in range(repeats.pop())]


def _note(keys: Sequence[_Key]) -> str:
    usable = [key for key in keys if not key.refusal]
    notes = [
        note
        for values, note in (
            ({key.geometry for key in usable}, _GEOMETRY),
            ({key.contrast for key in usable}, _CONTRAST),
            ({key.time for key in usable}, _TIME),
        )
        if len(values) > 1
    ]
    if not notes and len(usable) > 1:
        notes = [_TIME]
    return ", ".join(notes)
