"""Keep more lists, and what led to a lead"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LISTS = ("categories", "danger_words")


def upgrade() -> None:
    for name in LISTS:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("routed_by", sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column("routed_by_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_assignments_routed_by_routed_by_id",
            ["routed_by", "routed_by_id", "assigned_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index("ix_assignments_routed_by_routed_by_id")
        batch_op.drop_column("routed_by_id")
        batch_op.drop_column("routed_by")
    for name in LISTS:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_column("active")
