"""What the database knows, for a person at a terminal."""

import json
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

_NEWEST = 50
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
    """The findings of a study; 1 if there are none."""
    with reading(open_database(settings)) as session:
        rows = session.execute(
            text("SELECT * FROM v_findings WHERE study_instance_uid = :uid"), {"uid": study_uid}
        ).mappings()
        found: list[dict[str, Any]] = [{**row, "reasons": json.loads(row["reasons"])} for row in rows]
    if as_json:
        console.print_json(json.dumps(found, default=str))
    elif found:
        table = Table()
        for column in ("sign", "state", "region", "ratio", "z-score", "norm", "reasons"):
            table.add_column(column)
        shown: set[str] = set()
        for row in found:
            region = "/".join(part for part in (row["region"], row["side"]) if part)
            state = row["state"] + (f", {row['confidence']}" if row["confidence"] else "")
            reasons = " ".join(reason["sentence"] for reason in row["reasons"])
            numbers = (_number(row["ratio"]), _number(row["z_score"]))
            first = row["sign"] not in shown
            shown.add(row["sign"])
            table.add_row(row["sign"], state, region, *numbers, row["norm"] if first else "", reasons)
        console.print(table)
    else:
        console.print(f"There are no findings of {study_uid}.")
    return 0 if found else 1


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
