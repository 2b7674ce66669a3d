"""Have every ticket's facts reckoned anew, as some durations and exclusions were wrong; find corrections quickly"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ratings_corrects_id", "ratings", ["corrects_id"])
    op.execute("UPDATE tickets SET facts_version = -1")


def downgrade() -> None:
    # What is stored of facts holds either way.
    op.drop_index("ix_ratings_corrects_id", table_name="ratings")
