"""Reports are exports of a period"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("exports") as batch:
        batch.add_column(sa.Column("since", sa.Date(), nullable=True))
        batch.add_column(sa.Column("until", sa.Date(), nullable=True))


def downgrade() -> None:
    # A kind that is not known any more cannot be shown.
    op.execute("DELETE FROM exports WHERE since IS NOT NULL")
    with op.batch_alter_table("exports") as batch:
        batch.drop_column("until")
        batch.drop_column("since")
