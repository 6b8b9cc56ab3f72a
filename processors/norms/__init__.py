"""Reference distributions of the measured quantities, and where each came from."""

import json
from dataclasses import dataclass
from pathlib import Path

from processors.findings import Sign

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Norm:
    """Mean and standard deviation of a quantity in people without the sign, and how many they were."""

    mean: float
    sd: float
    n: int

    def z(self, value: float) -> float:
        """Standard deviations above the mean."""
        return (value - self.mean) / self.sd


def tract_norms(sign: Sign, family: str) -> dict[str, Norm]:
    """The norm of each tract segment's signal ratio for a sign and family of sequences.

    Raises
    ------
    KeyError
        If there are no norms for this family.
    """
    document = json.loads((FOLDER / f"{sign}.json").read_text(encoding="utf-8"))
    entry = document["families"][family]
    return {
        name: Norm(float(numbers["mean"]), float(numbers["sd"]), int(entry["n"]))
        for name, numbers in entry["segments"].items()
    }
