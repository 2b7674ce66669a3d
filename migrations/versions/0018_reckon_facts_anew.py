"""Have every ticket's facts reckoned anew: durations after a withdrawal under pressure and exclusions were wrong"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE tickets SET facts_version = -1")


def downgrade() -> None:
    """What is stored holds either way."""
