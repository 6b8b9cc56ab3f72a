"""Views of the events, the analyses and every measurement; the daily counts in one pass over each table."""

import re
from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


MIGRATIONS = Path(__file__).parent.parent


def _statements(name: str) -> list[str]:
    utc_date = (
        r"CAST(\1 AT TIME ZONE 'UTC' AS date)" if op.get_bind().dialect.name == "postgresql" else r"date(\1)"
    )
    text = re.sub(r"utc_date\(([a-z_.]+)\)", utc_date, (MIGRATIONS / name).read_text())
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def upgrade() -> None:
    for statement in _statements("views_0002.sql"):
        op.execute(statement)


def downgrade() -> None:
    for view in ("v_daily", "v_measurements", "v_analyses", "v_events"):
        op.execute(f"DROP VIEW {view}")
    for statement in _statements("views_0001.sql"):
        if statement.startswith("CREATE VIEW v_daily"):
            op.execute(statement)
