"""Colleagues stand in for one another, and people and departments keep reply templates of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "substitutions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("named_by_id", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_substitutions_{column}_users")
            for column in ("person_id", "substitute_id", "named_by_id", "ended_by_id")
        ),
    )
    for end in ("person_id", "substitute_id"):
        op.create_index(f"ix_substitutions_{end}_until_day", "substitutions", [end, "until_day"])
    op.create_table(
        "own_templates",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_own_templates_owner_id_users"),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name="fk_own_templates_department_id_departments"
        ),
    )
    for column in ("owner_id", "department_id"):
        op.create_index(f"ix_own_templates_{column}", "own_templates", [column])
    with op.batch_alter_table("approvals") as batch:
        batch.add_column(sa.Column("asked_for_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_approvals_asked_for_id_users", "users", ["asked_for_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("approvals") as batch:
        batch.drop_constraint("fk_approvals_asked_for_id_users", type_="foreignkey")
        batch.drop_column("asked_for_id")
    op.drop_table("own_templates")
    op.drop_table("substitutions")
