"""Have facts reckoned anew that may be wrong: durations after a withdrawal, exclusions; find corrections quickly"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ratings_corrects_id", "ratings", ["corrects_id"])
    # These alone: until the clockwork has reckoned them, their figures are told from their histories.
    op.execute(
        "UPDATE tickets SET facts_version = -1 WHERE id IN "
        "(SELECT ticket_id FROM events WHERE action IN ('check_withdrawal', 'decide_exclusion'))"
    )


def downgrade() -> None:
    # What is stored of facts holds either way.
    op.drop_index("ix_ratings_corrects_id", table_name="ratings")
