"""What the database knows, for a person at a terminal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from db.engine import reading, writing
from db.lifecycle import study_by_uid
from db.norms import norms_in_use
from db.retries import Again, process_again
from listener.database import now, open_database
from listener.settings import Settings
from listener.version import SOFTWARE_VERSION
from processors.findings import Quantity

_NEWEST = 50
_TOLD = (
    Quantity.RATIO,
    Quantity.DARKNESS,
    Quantity.CROSS_SECTIONAL_AREA,
    Quantity.FLATNESS,
    Quantity.INTRACRANIAL_RATIO,
    Quantity.GREY_MATTER_VOLUME,
)
"""The numbers that signs are about, the first of them that a region has to be shown."""
_STANDINGS = {
    "waiting": "Waiting for {}",
    "refused": "Refused by {}",
    "acknowledged": "Acknowledged, and not yet committed to, by {}",
}
_ANSWERS = {
    Again.STILL_RECEIVING: "The study has not settled yet; it is processed when it has.",
    Again.ANALYSED: "The study will be analysed again.",
    Again.DELIVERED: "This version of Betz, with these norms, has reported on the study: its report will be "
    "delivered again.",
}


def print_status(settings: Settings, console: Console) -> None:
    """The newest studies, and the deliveries that wait."""
    with reading(open_database(settings)) as session:
        studies = session.execute(
            text(
                "SELECT study_instance_uid, status, status_reason, instances, signs_present, signs_evaluable,"
                " last_received_at FROM v_studies ORDER BY last_received_at DESC LIMIT :newest"
            ),
            {"newest": _NEWEST},
        ).all()
        waiting = session.execute(
            text(
                "SELECT study_instance_uid, destination, status, kind, commitment, MAX(attempts) AS attempts,"
                " MAX(last_outcome) AS last_outcome, COUNT(*) AS objects FROM v_deliveries"
                " WHERE status <> 'delivered' GROUP BY study_instance_uid, destination, status, kind,"
                " commitment ORDER BY MIN(created_at), destination, kind"
            )
        ).all()
    table = Table(title="Studies, the newest first", title_justify="left")
    for column in ("study", "status", "images", "signs present", "last image"):
        table.add_column(column)
    for row in studies:
        status = row.status.replace("_", " ") + (f"\n{row.status_reason}" if row.status_reason else "")
        signs = f"{row.signs_present} of {row.signs_evaluable} evaluable"
        table.add_row(
            row.study_instance_uid, status, str(row.instances), signs, str(row.last_received_at)[:19]
        )
    console.print(table)
    for row in waiting:
        tried = f"{row.attempts} attempts, {row.last_outcome}" if row.attempts else "not tried yet"
        how = _STANDINGS.get(row.status, row.status).format(row.destination)
        console.print(f"{how}: {row.study_instance_uid}, {row.objects} {row.kind} ({tried})")


def print_results(settings: Settings, console: Console, study_uid: str, *, as_json: bool) -> int:
    """The findings of a study, with every number of each region; 1 if there are none."""
    with reading(open_database(settings)) as session:
        asked = {"uid": study_uid}
        rows = session.execute(
            text("SELECT * FROM v_findings WHERE study_instance_uid = :uid"), asked
        ).mappings()
        found: list[dict[str, Any]] = [{**row, "reasons": json.loads(row["reasons"])} for row in rows]
        numbers = session.execute(
            text(
                "SELECT sign, region, side, quantity, value, unit FROM v_measurements"
                " WHERE study_instance_uid = :uid"
            ),
            asked,
        ).all()
    measured: dict[tuple[str, str | None, str | None], dict[str, tuple[float, str]]] = {}
    for sign, region, side, quantity, value, unit in numbers:
        measured.setdefault((sign, region, side), {})[quantity] = (value, unit)
    if as_json:
        for row in found:
            own = measured.get((row["sign"], row["region"], row["side"]), {})
            row["measurements"] = {quantity: value for quantity, (value, _) in own.items()}
        console.print_json(json.dumps(found, default=str))
    elif found:
        console.print(_findings_table(found, measured))
    else:
        console.print(f"There are no findings of {study_uid}.")
    return 0 if found else 1


def _findings_table(
    found: Sequence[Mapping[str, Any]],
    measured: Mapping[tuple[str, str | None, str | None], Mapping[str, tuple[float, str]]],
) -> Table:
    """A row for each region; what is the sign's own stands in its first."""
    table = Table()
    for column in ("sign", "state", "region", "measured", "norm", "z-score", "compared with", "reasons"):
        table.add_column(column)
    shown: set[str] = set()
    for row in found:
        own = measured.get((row["sign"], row["region"], row["side"]), {})
        region = "/".join(part for part in (row["region"], row["side"]) if part)
        state = row["state"] + (f", {row['confidence']}" if row["confidence"] else "")
        reasons = " ".join(reason["sentence"] for reason in row["reasons"])
        first = row["sign"] not in shown
        shown.add(row["sign"])
        has_norm = {"norm_mean", "norm_sd"} <= set(own)
        norm = f"{own['norm_mean'][0]:.3f} ± {own['norm_sd'][0]:.3f}" if has_norm else ""
        table.add_row(
            row["sign"] if first else "",
            state if first else "",
            region,
            _told(own),
            norm,
            _number(row["z_score"]),
            row["norm"] if first else "",
            reasons if first else "",
        )
    return table


def _told(own: Mapping[str, tuple[float, str]]) -> str:
    """What the sign is about, with its unit where it has one."""
    name = next((name for name in _TOLD if name in own), None)
    if name is None:
        return ""
    value, unit = own[name]
    return f"{value:.3f}" if unit.startswith("{") else f"{value:.1f} {unit}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def process_study_again(settings: Settings, console: Console, study_uid: str) -> int:
    """Have a study processed again; 1 if there is no such study."""
    with writing(open_database(settings)) as session:
        study = study_by_uid(session, study_uid)
        if study is None:
            console.print(f"No instance of {study_uid} ever came.")
            return 1
        site = norms_in_use(session)
        again = process_again(
            session,
            study.id,
            "administrator",
            now(),
            software_version=SOFTWARE_VERSION,
            destinations_of=settings.destinations_of,
            norms_version=None if site is None else site.id,
        )
    console.print(_ANSWERS[again])
    return 0
