"""Put categories and danger words out of use"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None

LISTS = ("categories", "danger_words")


def upgrade() -> None:
    for name in LISTS:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    for name in LISTS:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_column("active")
