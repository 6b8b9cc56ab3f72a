"""The pictures of what was found, for the dashboard."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

VIEW = """
CREATE VIEW v_pictures AS
SELECT
    study.study_instance_uid,
    picture.version,
    picture.analysis,
    picture.position,
    picture.sign,
    picture.title,
    picture.png
FROM picture
JOIN study ON study.id = picture.study_id
"""


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("analysis", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sign", sa.String(32), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name="fk_picture_study_id_study", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_picture"),
        sa.UniqueConstraint("study_id", "analysis", "position", name="uq_picture_study_id_analysis_position"),
    )
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW v_pictures")
    op.drop_table("picture")
