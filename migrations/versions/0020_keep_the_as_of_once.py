"""A frozen month keeps its as-of once: it was frozen at no other instant"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("month_snapshots") as batch:
        batch.drop_column("frozen_at")


def downgrade() -> None:
    with op.batch_alter_table("month_snapshots") as batch:
        batch.add_column(sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE month_snapshots SET frozen_at = as_of")
    with op.batch_alter_table("month_snapshots") as batch:
        batch.alter_column("frozen_at", nullable=False)
