"""Counts of fact rows by month, so that figures need not read whole months; find complaints quickly"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

AGAINST = sa.text("against_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "fact_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=30), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("marks", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_counts")),
    )
    op.execute(
        "INSERT INTO fact_counts (month, moment, department_id, marks, amount, number) "
        "SELECT month, moment, department_id, marks, amount, count(*) FROM facts "
        "WHERE moment NOT IN ('now', 'aftermath') GROUP BY month, moment, department_id, marks, amount"
    )
    op.create_index("ix_fact_counts_month_moment", "fact_counts", ["month", "moment"])
    op.create_index(
        "ix_tickets_against_id", "tickets", ["against_id"], postgresql_where=AGAINST, sqlite_where=AGAINST
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_against_id", "tickets", postgresql_where=AGAINST, sqlite_where=AGAINST)
    op.drop_table("fact_counts")
