"""Exports that are written in the background, and looks at personal data through them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("filters", DOCUMENT, nullable=False),
        sa.Column("narrowed_to", DOCUMENT, nullable=False),
        sa.Column("shows_contacts", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("asked_key", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_in_all", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        sa.Column("rights", sa.String(length=200), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exports_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("asked_key", name=op.f("uq_exports_asked_key")),
    )
    op.create_index("ix_exports_user_id_id", "exports", ["user_id", "id"])
    op.create_index("ix_exports_state_leased_until", "exports", ["state", "leased_until"])
    with op.batch_alter_table("reveals") as batch:
        batch.alter_column("ticket_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("export_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_reveals_export_id_exports"), "exports", ["export_id"], ["id"])
        batch.create_index(op.f("ix_reveals_export_id"), ["export_id"])


def downgrade() -> None:
    # A look through an export has no ticket to be kept with.
    op.execute("DELETE FROM reveals WHERE ticket_id IS NULL")
    with op.batch_alter_table("reveals") as batch:
        batch.drop_index(op.f("ix_reveals_export_id"))
        batch.drop_constraint(op.f("fk_reveals_export_id_exports"), type_="foreignkey")
        batch.drop_column("export_id")
        batch.alter_column("ticket_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("exports")
