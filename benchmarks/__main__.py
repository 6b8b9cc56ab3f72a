"""Run one benchmark by its name; without a name, list them."""

import sys
from importlib import import_module

BENCHMARKS = {
    "receive": "images a second over 1, 4 and 16 associations, beside other receivers",
    "brain": "time, memory and overlap of the brain analysis, beside ANTs",
    "cord": "time and memory of the cord analysis",
    "cord_overlays": "outlines of the cord on every real neck, beside those made by hand",
    "injection": "signs put into real heads, and whether they are found",
    "overlays": "tract and reference drawn on every real head, to be looked at",
    "signs": "how often a drawn sign is found in synthetic heads, and one that was not drawn",
    "study": "from the last image of a study to its last object in the PACS, and where the time goes",
    "calibration": "how often normal people are called bright before and after a site's calibration",
    "classify": "how often labelled headers are recognised, each confusion by name, series a second",
    "pictures": "the pictures of the README, from a run of the demo",
}


def main(arguments: list[str]) -> int:
    """Hand the arguments after the name on to the benchmark."""
    if not arguments or arguments[0] not in BENCHMARKS:
        for name, what in BENCHMARKS.items():
            print(f"{name:14} {what}")
        return 0 if not arguments else 2
    benchmark = import_module(f"benchmarks.{arguments[0]}")
    if not hasattr(benchmark, "app"):
        benchmark = import_module(f"benchmarks.{arguments[0]}.command")
    benchmark.app(arguments[1:], prog_name=f"benchmarks {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
