"""The views show the findings that were last reported; a study can wait for storage or database."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from db.models import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MIGRATIONS = Path(__file__).parent.parent
VIEWS = ("v_studies", "v_findings", "v_measurements")


def _statements(name: str) -> list[str]:
    text = (MIGRATIONS / name).read_text()
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def upgrade() -> None:
    for column in ("away_since", "again_at"):
        op.add_column("study", sa.Column(column, UTCDateTime(timezone=True), nullable=True))
    for statement in _statements("views_0003.sql"):
        op.execute(statement)


def downgrade() -> None:
    for view in VIEWS:
        op.execute(f"DROP VIEW {view}")
    for column in ("again_at", "away_since"):
        op.drop_column("study", column)
    for statement in (*_statements("views_0001.sql"), *_statements("views_0002.sql")):
        if statement.startswith(tuple(f"CREATE VIEW {view} " for view in VIEWS)):
            op.execute(statement)
