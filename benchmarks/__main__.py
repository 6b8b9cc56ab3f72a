"""Run one benchmark by its name; without a name, list them."""

import sys
from importlib import import_module

BENCHMARKS = {
    "receive": "images a second over 1, 4 and 16 associations, beside other receivers",
    "brain": "time and memory of the brain analysis on synthetic patients",
    "signs": "how often a drawn sign is found in synthetic heads, and one that was not drawn",
    "pictures": "the pictures of the README, from a run of the demo",
}


def main(arguments: list[str]) -> int:
    """Hand the arguments after the name on to the benchmark."""
    if not arguments or arguments[0] not in BENCHMARKS:
        for name, what in BENCHMARKS.items():
            print(f"{name:10} {what}")
        return 0 if not arguments else 2
    benchmark = import_module(f"benchmarks.{arguments[0]}")
    benchmark.app(arguments[1:], prog_name=f"benchmarks {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
