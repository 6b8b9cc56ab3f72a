"""What a destination refuses for good, and whether it has committed itself to keep what it took."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from db.models import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MIGRATIONS = Path(__file__).parent.parent
INDEXED = ("commitment_due_at", "commitment_transaction_uid")
COLUMNS = ("commitment", "commitment_asks", *INDEXED, "committed_at")


def _statements(name: str) -> list[str]:
    text = (MIGRATIONS / name).read_text()
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def upgrade() -> None:
    op.execute("DROP VIEW v_deliveries")
    op.add_column("delivery", sa.Column("commitment", sa.String(16), nullable=True))
    op.add_column("delivery", sa.Column("commitment_asks", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("commitment_due_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("commitment_transaction_uid", sa.String(64), nullable=True))
    op.add_column("delivery", sa.Column("committed_at", UTCDateTime(timezone=True), nullable=True))
    for column in INDEXED:
        op.create_index(f"ix_delivery_{column}", "delivery", [column])
    for statement in _statements("views_0006.sql"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW v_deliveries")
    op.execute("UPDATE delivery SET status = 'waiting' WHERE status IN ('refused', 'acknowledged')")
    op.execute("UPDATE study SET status = 'delivering' WHERE status = 'delivered_in_part'")
    for column in INDEXED:
        op.drop_index(f"ix_delivery_{column}", "delivery")
    for column in COLUMNS:
        op.drop_column("delivery", column)
    for statement in _statements("views_0005.sql"):
        if statement.startswith("CREATE VIEW v_deliveries "):
            op.execute(statement)
