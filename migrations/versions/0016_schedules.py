"""Reports that are sent by themselves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("covers", sa.String(length=30), nullable=False),
        sa.Column("every", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at_time", sa.String(length=5), nullable=False),
        sa.Column("role_names", DOCUMENT, nullable=False),
        sa.Column("people", DOCUMENT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_schedules_name")),
    )
    op.create_index("ix_schedules_active_next_at", "schedules", ["active", "next_at"])
    op.create_table(
        "schedule_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("left_out", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_runs_schedule_id_schedules")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_runs")),
        sa.UniqueConstraint("schedule_id", "due_at", name=op.f("uq_schedule_runs_schedule_id_due_at")),
    )
    with op.batch_alter_table("exports") as batch:
        batch.add_column(sa.Column("as_of", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("run_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_exports_run_id_schedule_runs"), "schedule_runs", ["run_id"], ["id"])
        batch.create_index(op.f("ix_exports_run_id"), ["run_id"])
    with op.batch_alter_table("letters") as batch:
        batch.add_column(sa.Column("export_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_letters_export_id_exports"), "exports", ["export_id"], ["id"])
        batch.create_index(op.f("ix_letters_export_id"), ["export_id"])


def downgrade() -> None:
    with op.batch_alter_table("letters") as batch:
        batch.drop_index(op.f("ix_letters_export_id"))
        batch.drop_constraint(op.f("fk_letters_export_id_exports"), type_="foreignkey")
        batch.drop_column("export_id")
    with op.batch_alter_table("exports") as batch:
        batch.drop_index(op.f("ix_exports_run_id"))
        batch.drop_constraint(op.f("fk_exports_run_id_schedule_runs"), type_="foreignkey")
        batch.drop_column("run_id")
        batch.drop_column("as_of")
    op.drop_table("schedule_runs")
    op.drop_table("schedules")
