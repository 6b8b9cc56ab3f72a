"""Segmentations and key images beside the structured report; what an analysis made of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MIGRATIONS = Path(__file__).parent.parent
CHANGED = ("v_deliveries", "v_daily")
EARLIER = {"v_deliveries": "views_0001.sql", "v_daily": "views_0002.sql"}
ONE_OF_A_KIND = "uq_report_study_id_version_software_version_sop_class_uid"
COLUMNS = ("analysis", "source_series_uid", "description")


def _statements(name: str) -> list[str]:
    utc_date = (
        r"CAST(\1 AT TIME ZONE 'UTC' AS date)" if op.get_bind().dialect.name == "postgresql" else r"date(\1)"
    )
    text = re.sub(r"utc_date\(([a-z_.]+)\)", utc_date, (MIGRATIONS / name).read_text())
    return [statement.strip() for statement in text.split(";") if statement.strip()]


@contextmanager
def _report_rebuilt() -> Iterator[None]:
    """Keep views and deliveries while SQLite, which cannot drop a constraint, makes the table anew.

    The views would keep the new table from taking the old one's name, predecessors the old one from going;
    the deliveries would go with its rows.
    """
    if op.get_bind().dialect.name != "sqlite":
        yield
        return
    views = op.get_bind().exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view'").all()
    for name, _ in views:
        op.execute(f"DROP VIEW {name}")
    op.execute("CREATE TEMPORARY TABLE kept_delivery AS SELECT * FROM delivery")
    op.execute("CREATE TEMPORARY TABLE kept_predecessor AS SELECT id, predecessor_id FROM report")
    op.execute("UPDATE report SET predecessor_id = NULL")
    yield
    op.execute(
        "UPDATE report SET predecessor_id ="
        " (SELECT kept.predecessor_id FROM kept_predecessor kept WHERE kept.id = report.id)"
    )
    op.execute("DELETE FROM delivery")
    op.execute("INSERT INTO delivery SELECT * FROM kept_delivery")
    op.execute("DROP TABLE kept_delivery")
    op.execute("DROP TABLE kept_predecessor")
    for _, statement in views:
        op.get_bind().exec_driver_sql(statement)


def upgrade() -> None:
    for view in CHANGED:
        op.execute(f"DROP VIEW {view}")
    op.add_column("analysis", sa.Column("objects", sa.JSON(none_as_null=True), nullable=True))
    with _report_rebuilt(), op.batch_alter_table("report") as batch_op:
        batch_op.drop_constraint(ONE_OF_A_KIND, type_="unique")
        batch_op.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="sr"))
        batch_op.add_column(sa.Column("analysis", sa.String(32), nullable=True))
        batch_op.add_column(sa.Column("source_series_uid", sa.String(64), nullable=True))
        batch_op.add_column(sa.Column("description", sa.String(), nullable=True))
    op.create_index(
        "uq_report_structured_report",
        "report",
        ["study_id", "version", "software_version"],
        unique=True,
        sqlite_where=sa.text("kind = 'sr'"),
        postgresql_where=sa.text("kind = 'sr'"),
    )
    for statement in _statements("views_0005.sql"):
        op.execute(statement)


def downgrade() -> None:
    for view in ("v_objects", *CHANGED):
        op.execute(f"DROP VIEW {view}")
    op.execute("DELETE FROM report WHERE kind <> 'sr'")
    op.drop_index("uq_report_structured_report", "report")
    with _report_rebuilt(), op.batch_alter_table("report") as batch_op:
        for column in ("kind", *COLUMNS):
            batch_op.drop_column(column)
        batch_op.create_unique_constraint(
            ONE_OF_A_KIND, ["study_id", "version", "software_version", "sop_class_uid"]
        )
    op.drop_column("analysis", "objects")
    for view, name in EARLIER.items():
        for statement in _statements(name):
            if statement.startswith(f"CREATE VIEW {view} "):
                op.execute(statement)
