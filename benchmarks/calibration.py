"""What calibration does to a site whose normal people differ from the shipped norm: a simulation.

Sites are drawn whose people spread around a mean that is shifted from the shipped one, with a spread of their
own. Each learns from some people; the table counts how often others of the same site, who were not learnt
from, are at two standard deviations or more: 2.3 % if the norm is right.
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import typer

from processors.findings import Algorithm, Region, Side, Sign
from processors.norms import Norm, Protocol, default_norms
from processors.norms.calibration import Sample, calibrate

SIGN, ALGORITHM, PROTOCOL = Sign.CST_T1, Algorithm("simulated", "1"), Protocol("T1", 3.0, "Simulated")
SHIPPED = default_norms().of(SIGN, PROTOCOL)
PEOPLE = (5, 8, 15, 30, 100)
SITES = (
    ("like the shipped norm", 0.0, 1.0),
    ("1 SD higher, narrower", 1.0, 0.6),
    ("2 SD higher, narrower", 2.0, 0.6),
    ("3 SD higher", 3.0, 1.0),
    ("1.5 SD lower", -1.5, 1.0),
)
"""Shift of the mean and spread, both in shipped standard deviations."""

OTHERS = 100
WITHIN_PERSON = 0.2
"""Share of the variance that is between a person's sides."""
ABNORMAL = 6.0
"""By how many shipped standard deviations a wrongly marked study lies above the others."""

app = typer.Typer(add_completion=False)


@app.command()
def calibration(
    sites: Annotated[int, typer.Option(help="Simulated sites of each kind.")] = 100,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Print the share of normal people's regions that are called bright, before and after calibration."""
    draw = np.random.default_rng(seed)
    typer.echo(f"Seed {seed}, {sites} sites of each kind; one side of one segment at 2 SD or more, %.\n")
    typer.echo("| site | shipped norm | " + " | ".join(f"{n} people" for n in PEOPLE) + " |")
    typer.echo("|---" * (2 + len(PEOPLE)) + "|")
    for wrong in (0, 1):
        for name, shift, spread in SITES:
            after, before = [], 0.0
            for n in PEOPLE:
                shares = [_site(draw, n, shift, spread, wrong) for _ in range(sites)]
                before, learnt = np.mean(shares, axis=0)
                after.append(f"{100 * learnt:.1f}")
            kind = f"{name}; one marked study is abnormal" if wrong else name
            typer.echo(f"| {kind} | {100 * before:.1f} | {' | '.join(after)} |")


def _site(draw: np.random.Generator, n: int, shift: float, spread: float, wrong: int) -> tuple[float, float]:
    """The shares with the shipped norm and with what was learnt."""
    norms = SHIPPED.segments if SHIPPED else {}
    people = [
        _person(draw, number, shift + (ABNORMAL if number < wrong else 0), spread) for number in range(n)
    ]
    learnt = next(group for group in calibrate(people) if group.protocol == PROTOCOL)
    others = [_person(draw, number, shift, spread) for number in range(OTHERS)]
    used = {name: segment.used for name, segment in learnt.segments.items()}
    return _share(norms, others), _share(used, others)


def _person(draw: np.random.Generator, number: int, shift: float, spread: float) -> Sample:
    norms = SHIPPED.segments if SHIPPED else {}
    ratios = {}
    for name, norm in norms.items():
        own = draw.normal() * np.sqrt(1 - WITHIN_PERSON)
        for side in Side:
            z = shift + spread * (own + draw.normal() * np.sqrt(WITHIN_PERSON))
            ratios[Region(name, side)] = float(norm.mean + norm.sd * z)
    return Sample(f"person {number}", f"study {number}", "20260101", SIGN, PROTOCOL, ALGORITHM, ratios)


def _share(norms: Mapping[str, Norm], people: list[Sample]) -> float:
    return float(
        np.mean([norms[r.name].z(ratio) >= 2 for person in people for r, ratio in person.ratios.items()])
    )
