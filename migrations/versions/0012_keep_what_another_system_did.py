"""The history of another system: its numbers, its lines, and handlers by name"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("tickets", "incidents"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("imported_number", sa.String(length=60), nullable=True))
            batch.create_unique_constraint(op.f(f"uq_{table}_imported_number"), ["imported_number"])
    with op.batch_alter_table("assignments") as batch:
        batch.add_column(sa.Column("handler_name", sa.String(length=60), nullable=True))
    op.create_table(
        "imported_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_imported_lines_ticket_id_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_lines")),
        sa.UniqueConstraint("ticket_id", "seq", name=op.f("uq_imported_lines_ticket_id_seq")),
    )


def downgrade() -> None:
    op.drop_table("imported_lines")
    with op.batch_alter_table("assignments") as batch:
        batch.drop_column("handler_name")
    for table in ("incidents", "tickets"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_imported_number"), type_="unique")
            batch.drop_column("imported_number")
