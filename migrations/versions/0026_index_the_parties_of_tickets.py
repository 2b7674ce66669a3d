"""Among the tokens of a ticket's texts: whom it is of"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("search_texts", sa.Column("parties", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE tickets SET search_version = -1")


def downgrade() -> None:
    # SQLite's index forgets only what it is told word by word.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO search_tokens (search_tokens) VALUES ('delete-all')")
    op.execute("DELETE FROM search_texts")
    with op.batch_alter_table("search_texts") as table:
        table.drop_column("parties")
    op.execute("UPDATE tickets SET search_version = -1")
