"""Among the tokens of a ticket's texts: who looks after its enterprise"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE tickets SET search_version = -1")


def downgrade() -> None:
    # The tokens are more than were asked for before; nobody looks for them.
    pass
