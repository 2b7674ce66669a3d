"""Members of an enterprise are entrusted with topics beyond what they filed themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_topics",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_member_topics_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_member_topics_category_id_categories")
        ),
        sa.PrimaryKeyConstraint("user_id", "category_id", name=op.f("pk_member_topics")),
    )


def downgrade() -> None:
    op.drop_table("member_topics")
