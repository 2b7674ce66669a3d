"""Store facts for the figures"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTED = [
    *("ticket_id", "department_id", "category_id", "area_id", "source", "enterprise_id"),
    *("until", "month", "marks", "amount"),
]
BEHIND = sa.text("facts_version <> version")


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("marks", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_facts_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )
    op.create_index(op.f("ix_facts_ticket_id"), "facts", ["ticket_id"])
    op.create_index("ix_facts_moment_at", "facts", ["moment", "at"], postgresql_include=COUNTED)
    op.add_column("tickets", sa.Column("facts_version", sa.Integer(), server_default="-1", nullable=False))
    op.create_index("ix_tickets_enterprise_id_submitted_at", "tickets", ["enterprise_id", "submitted_at"])
    op.create_index("ix_tickets_touched_at", "tickets", ["touched_at"])
    op.create_index(
        "ix_tickets_facts_behind", "tickets", ["id"], postgresql_where=BEHIND, sqlite_where=BEHIND
    )


def downgrade() -> None:
    for index in ("facts_behind", "touched_at", "enterprise_id_submitted_at"):
        op.drop_index(f"ix_tickets_{index}", table_name="tickets")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("facts_version")
    op.drop_table("facts")
