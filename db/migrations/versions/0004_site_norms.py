"""A site's own norms, the studies they are learnt from, and the profile behind a finding."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from db.models import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MIGRATIONS = Path(__file__).parent.parent
ADDED = ("v_norms", "v_profiles")
CHANGED = ("v_analyses", "v_findings", "v_studies")
EARLIER = ("views_0002.sql", "views_0003.sql")
COLUMNS = (
    ("finding", "norm"),
    ("finding", "profiles"),
    ("finding", "protocol"),
    ("analysis", "norms_version"),
    ("report", "norms_version"),
)


def _statements(name: str) -> list[str]:
    text = (MIGRATIONS / name).read_text()
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def upgrade() -> None:
    op.add_column("finding", sa.Column("norm", sa.String(256), nullable=False, server_default=""))
    op.add_column("finding", sa.Column("profiles", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("finding", sa.Column("protocol", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("analysis", sa.Column("norms_version", sa.Integer(), nullable=True))
    op.add_column("report", sa.Column("norms_version", sa.Integer(), nullable=True))
    op.create_table(
        "normal_study",
        sa.Column("study_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("marked_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name="fk_normal_study_study_id_study", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("study_id", name="pk_normal_study"),
    )
    op.create_table(
        "norms_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("software_version", sa.String(32), nullable=False),
        sa.Column("studies", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_norms_version"),
    )
    for statement in _statements("views_0004.sql"):
        op.execute(statement)


def downgrade() -> None:
    for view in (*ADDED, *CHANGED):
        op.execute(f"DROP VIEW {view}")
    for table, column in COLUMNS:
        op.drop_column(table, column)
    op.drop_table("norms_version")
    op.drop_table("normal_study")
    for name in EARLIER:
        for statement in _statements(name):
            if statement.startswith(tuple(f"CREATE VIEW {view} " for view in CHANGED)):
                op.execute(statement)
