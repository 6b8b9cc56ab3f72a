"""The norms that come with the product: one JSON document for each sign."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from catalogue.texts import TEXTS
from processors.findings import Sign
from processors.norms.distributions import Norm, SegmentNorms
from processors.norms.protocol import wider_families

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ShippedFamily:
    """The norms of one family of sequences, and where they are from."""

    name: str
    n: int
    segments: Mapping[str, Norm]
    provenance: tuple[str, ...]


def shipped_norms(sign: Sign, family: str) -> SegmentNorms | None:
    """The shipped norms for a sign and family of sequences; ``None`` where the sign has none.

    A family without norms of its own takes those of the next wider one that has some; where none has, those
    of the sign's family with the greatest standard deviations.
    """
    found = shipped_family(sign, family)
    if found is None:
        return None
    return SegmentNorms(TEXTS["norms"]["shipped"].format(name=found.name, n=found.n), found.segments)


def shipped_family(sign: Sign, family: str) -> ShippedFamily | None:
    """The family of shipped norms that stands for a family of sequences."""
    families = shipped_families(sign)
    for name in wider_families(family):
        if name in families:
            return families[name]
    return max(families.values(), key=_width, default=None)


@cache
def shipped_families(sign: Sign) -> Mapping[str, ShippedFamily]:
    """Every family that there are shipped norms for, by name; none where the sign has no document."""
    path = FOLDER / f"{sign}.json"
    if not path.is_file():
        return MappingProxyType({})
    document = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: ShippedFamily(
                name,
                int(entry["n"]),
                MappingProxyType(
                    {
                        region: Norm(
                            float(numbers["mean"]), float(numbers["sd"]), int(numbers.get("n", entry["n"]))
                        )
                        for region, numbers in entry["segments"].items()
                    }
                ),
                tuple(entry.get("provenance", ())),
            )
            for name, entry in document["families"].items()
        }
    )


def _width(family: ShippedFamily) -> float:
    return sum(norm.sd for norm in family.segments.values()) / max(len(family.segments), 1)
