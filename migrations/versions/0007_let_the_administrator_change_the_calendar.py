"""Let the administrator change the calendar, and know by which calendar a clock was reckoned"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("calendar_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes", document, nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("hours", document, nullable=True))
        batch_op.add_column(
            sa.Column("open_tickets", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        batch_op.add_column(sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    # What is there was reckoned by what is there.
    op.execute("UPDATE calendar_versions SET finished_at = loaded_at")

    with op.batch_alter_table("calendar_days", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_local", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("calendar_version", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        batch_op.create_index(
            "ix_clocks_state_calendar_version", ["state", "calendar_version", "ticket_id"], unique=False
        )
        batch_op.create_index("ix_clocks_state_due_at", ["state", "due_at"], unique=False)
    op.execute(
        "UPDATE clocks SET calendar_version = coalesce((SELECT max(calendar_versions.id) FROM calendar_versions), 0)"
    )


def downgrade() -> None:
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.drop_index("ix_clocks_state_due_at")
        batch_op.drop_index("ix_clocks_state_calendar_version")
        batch_op.drop_column("calendar_version")

    with op.batch_alter_table("calendar_days", schema=None) as batch_op:
        batch_op.drop_column("is_local")

    with op.batch_alter_table("calendar_versions", schema=None) as batch_op:
        for name in ("finished_at", "stopped_at", "open_tickets", "hours", "changes"):
            batch_op.drop_column(name)
