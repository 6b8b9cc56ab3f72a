"""The site's norms for a person at a terminal: which studies are normal, what follows, what is in use."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from db.engine import reading, writing
from db.lifecycle import study_by_uid
from db.norms import (
    add_norms,
    mark_normal,
    normal_findings,
    normal_studies,
    norms_in_use,
    unmark_normal,
    withdraw_norms,
)
from listener.calibration import Learnt, learn
from listener.database import now, open_database
from listener.settings import Settings
from listener.version import SOFTWARE_VERSION
from processors.norms import Protocol
from processors.norms.calibration import FEWEST_PEOPLE

WHO = "administrator"

_FAR = 2.0
"""Shipped standard deviations between a site's mean and the shipped one that ask for a second look."""

_WIDE = 1.5
"""Times the shipped standard deviation, itself meant to be wide, that a site's may have without a word."""

_FROM_NOW_ON = (
    "Studies that are analysed from now on are compared with them. Reports that were made stay as they are; "
    "betz retry STUDY_UID has a study analysed again."
)


def mark(
    settings: Settings, console: Console, study_uids: Sequence[str], note: str | None, *, remove: bool
) -> int:
    """Mark studies as normal, or take that back; 1, and nothing changed, if one of them never came."""
    with writing(open_database(settings)) as session:
        found = {uid: study_by_uid(session, uid) for uid in dict.fromkeys(study_uids)}
        missing = [uid for uid, study in found.items() if study is None]
        if missing:
            for uid in missing:
                console.print(f"No instance of {uid} ever came.")
            console.print("Nothing was changed.")
            return 1
        for uid, study in found.items():
            if study is None:
                continue
            if remove:
                changed = unmark_normal(session, study.id, who=WHO, now=now())
                console.print(
                    f"{uid} {'is not' if changed else 'was not'} marked as normal{_any_more(changed)}."
                )
            else:
                changed = mark_normal(session, study.id, note, who=WHO, now=now())
                console.print(f"{uid} {'is' if changed else 'was already'} marked as normal.")
    console.print("betz calibrate learns the site's norms from the studies that are marked.")
    return 0


def _any_more(changed: bool) -> str:
    return " any more" if changed else ""


def list_normals(settings: Settings, console: Console) -> int:
    """The studies marked as normal."""
    with reading(open_database(settings)) as session:
        studies = normal_studies(session)
    table = Table(title=f"Studies marked as normal: {len(studies)}", title_justify="left")
    for column in ("study", "study date", "status", "marked", "note"):
        table.add_column(column)
    for study, marked in studies:
        table.add_row(
            study.study_instance_uid,
            study.study_date or "",
            study.status.replace("_", " "),
            f"{marked.marked_at:%Y-%m-%d}",
            marked.note or "",
        )
    console.print(table)
    return 0


def calibrate_site(settings: Settings, console: Console, *, dry_run: bool) -> int:
    """Learn the site's norms and put them to use; 1 if there is nothing to learn from."""
    engine = open_database(settings)
    with writing(engine) as session:
        marked = len(normal_studies(session))
        if not marked:
            console.print("No study is marked as normal: betz normal STUDY_UID marks one.")
            return 1
        learnt = learn(normal_findings(session))
        provenance = learnt.provenance()
        _print_groups(console, provenance["groups"])
        _print_limits(console, provenance, marked)
        if not learnt.document()["site"]:
            console.print(
                f"Nothing was learnt: no protocol has {FEWEST_PEOPLE} people. The shipped norms are used."
            )
            return 1
        if dry_run:
            console.print("A dry run: nothing was stored.")
            return 0
        _store(session, console, learnt)
    return 0


def _store(session: Session, console: Console, learnt: Learnt) -> None:
    used = norms_in_use(session)
    if used is not None and used.document == learnt.document():
        console.print(f"Site norm {used.id} says the same; it stays in use.")
        return
    version = add_norms(
        session,
        learnt.document(),
        learnt.provenance(),
        studies=len(learnt.studies),
        software_version=SOFTWARE_VERSION,
        who=WHO,
        now=now(),
    )
    console.print(f"Site norm {version.id} is in use. {_FROM_NOW_ON}")


def show_norms(settings: Settings, console: Console) -> int:
    """The norms in use, and where they are from."""
    with reading(open_database(settings)) as session:
        used = norms_in_use(session)
    if used is None:
        console.print("The shipped norms are in use: the site has none of its own.")
        return 0
    console.print(
        f"Site norm {used.id} of {used.created_at:%Y-%m-%d}, learnt from {used.studies} studies by Betz "
        f"{used.software_version}, is in use."
    )
    _print_groups(console, used.provenance["groups"])
    _print_limits(console, used.provenance, None)
    return 0


def withdraw(settings: Settings, console: Console) -> int:
    """Take the site norms in use back; 1 if there are none."""
    with writing(open_database(settings)) as session:
        withdrawn = withdraw_norms(session, who=WHO, now=now())
        before = norms_in_use(session)
    if withdrawn is None:
        console.print("The site has no norms of its own to withdraw.")
        return 1
    instead = "The shipped norms are" if before is None else f"Site norm {before.id} is"
    console.print(f"Site norm {withdrawn.id} is withdrawn. {instead} in use. {_FROM_NOW_ON}")
    return 0


def _print_groups(console: Console, groups: Sequence[Mapping[str, Any]]) -> None:
    """A table for each group of protocols: mean ± SD of the signal ratio, and the number of people."""
    for group in groups:
        if _is_one_of(group, groups):
            continue
        table = Table(
            title=f"{_named(group)}: {group['n']} {'person' if group['n'] == 1 else 'people'}",
            title_justify="left",
        )
        table.add_column("segment")
        for column in ("shipped", "n", "site", "n", "used"):
            table.add_column(column, justify="right")
        for name, segment in group["segments"].items():
            shipped, site, used = (segment[key] for key in ("default", "observed", "used"))
            table.add_row(
                name.replace("_", " "),
                _norm(shipped),
                str(shipped["n"]),
                _norm(site) if site["n"] > 1 else "–",
                str(site["n"]),
                _norm(used) if site["n"] >= FEWEST_PEOPLE else _instead(group, groups),
            )
        console.print(table)


def _instead(group: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> str:
    """What is used for a protocol of too few people: a wider group that has enough, or what is shipped."""
    for wider in Protocol.from_plain(group["protocol"]).pooled()[1:]:
        for other in groups:
            if (
                other["sign"] == group["sign"]
                and other["algorithm"] == group["algorithm"]
                and Protocol.from_plain(other["protocol"]) == wider
                and any(segment["observed"]["n"] >= FEWEST_PEOPLE for segment in other["segments"].values())
            ):
                return "as any field" if wider.field_strength is None else "as any vendor"
    return "shipped"


def _is_one_of(group: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all people of a wider group are in one narrower group, whose row says it all."""
    wider = Protocol.from_plain(group["protocol"])
    return any(
        other["sign"] == group["sign"]
        and other["algorithm"] == group["algorithm"]
        and other["n"] == group["n"]
        and wider in Protocol.from_plain(other["protocol"]).pooled()[1:]
        for other in groups
    )


def _named(group: Mapping[str, Any]) -> str:
    protocol = Protocol.from_plain(group["protocol"])
    pooled = ", any field" if protocol.field_strength is None else ", any vendor"
    return f"{group['sign']}, {protocol}{'' if protocol.manufacturer else pooled}"


def _norm(norm: Mapping[str, float]) -> str:
    return f"{norm['mean']:.3f} ± {norm['sd']:.3f}"


def _print_limits(console: Console, provenance: Mapping[str, Any], marked: int | None) -> None:
    """What was left out and why, and what asks for a second look."""
    used = len(provenance["studies"])
    console.print(
        f"{used} of {marked} studies marked as normal were used." if marked else f"{used} studies were used."
    )
    for sign, reasons in provenance["left_out"].items():
        counted = ", ".join(f"{count} × {why}" for why, count in sorted(reasons.items()))
        console.print(f"Left out of {sign}: {counted}.")
    for group in provenance["groups"]:
        if _is_one_of(group, provenance["groups"]):
            continue
        where = _named(group)
        outlying: dict[str, list[str]] = {}
        for name, segment in group["segments"].items():
            region = name.replace("_", " ")
            for uid in segment["outliers"]:
                outlying.setdefault(uid, []).append(region)
            shipped, site = segment["default"], segment["observed"]
            if site["n"] >= FEWEST_PEOPLE and abs(site["mean"] - shipped["mean"]) > _FAR * shipped["sd"]:
                console.print(
                    f"Look again: {where}, {region}: the site's mean is more than {_FAR:g} SD from the "
                    "shipped one."
                )
            if site["n"] >= FEWEST_PEOPLE and site["sd"] > _WIDE * shipped["sd"]:
                console.print(
                    f"Look again: {where}, {region}: these people differ from one another by more than "
                    "people usually do."
                )
        for uid, regions in outlying.items():
            console.print(f"Left out as an outlier: {uid} ({where}: {', '.join(regions)}).")
    for uid, sign in provenance["doubtful"]:
        console.print(f"Look again: {sign} is present in {uid}, which is marked as normal.")
