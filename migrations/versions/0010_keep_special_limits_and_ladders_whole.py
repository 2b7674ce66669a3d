"""Limits special to a category or a source; a ladder is one row with its steps"""

from datetime import time
from itertools import groupby

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
STEPS = sa.table(
    "ladder_steps",
    sa.column("kind", sa.String),
    sa.column("key", sa.String),
    sa.column("position", sa.Integer),
    sa.column("moment", sa.String),
    sa.column("count", sa.Integer),
    sa.column("at", sa.Time),
    sa.column("min_limit", sa.Integer),
    sa.column("recipients", DOCUMENT),
    sa.column("card", sa.String),
    sa.column("order_level", sa.Integer),
    sa.column("only_without_contact", sa.Boolean),
)
LADDERS = sa.table(
    "ladders",
    sa.column("id", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("limit_class", sa.String),
    sa.column("category_id", sa.Integer),
    sa.column("source", sa.String),
    sa.column("since", sa.DateTime(timezone=True)),
    sa.column("steps", DOCUMENT),
    sa.column("active", sa.Boolean),
)


def upgrade() -> None:
    with op.batch_alter_table("limits") as batch:
        batch.drop_constraint("uq_limits_kind_limit_class", type_="unique")
        batch.add_column(sa.Column("category_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("source", sa.String(length=30), nullable=True))
        batch.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.create_foreign_key(
            batch.f("fk_limits_category_id_categories"), "categories", ["category_id"], ["id"]
        )
        batch.create_index("ix_limits_kind_limit_class", ["kind", "limit_class"])
    op.create_table(
        "rule_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noun", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("limit_class", sa.String(length=30), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_rule_changes_category_id_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_changes")),
    )
    op.create_table(
        "ladders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("limit_class", sa.String(length=30), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=30), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps", DOCUMENT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_ladders_category_id_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladders")),
    )
    with op.batch_alter_table("clocks") as batch:
        batch.add_column(
            sa.Column("rules_version", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        batch.create_index("ix_clocks_state_rules_version", ["state", "rules_version", "ticket_id"])
    connection = op.get_bind()
    rows = connection.execute(sa.select(STEPS).order_by(STEPS.c.kind, STEPS.c.position)).mappings().all()
    for kind, steps in groupby(rows, key=lambda row: row["kind"]):
        connection.execute(
            LADDERS.insert().values(kind=kind, steps=[_written(step) for step in steps], active=True)
        )
    op.drop_table("ladder_steps")


def _written(step: sa.RowMapping) -> dict[str, object]:
    """A step without what is empty."""
    told = {
        "count": step["count"],
        "at": f"{step['at']:%H:%M}" if step["at"] else None,
        "min_limit": step["min_limit"],
        "card": step["card"],
        "order_level": step["order_level"],
        "only_without_contact": step["only_without_contact"],
    }
    always = {"key": step["key"], "moment": step["moment"], "recipients": step["recipients"]}
    return always | {name: value for name, value in told.items() if value}


def downgrade() -> None:
    """Special limits and ladders cannot be kept without their columns."""
    op.create_table(
        "ladder_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=True),
        sa.Column("min_limit", sa.Integer(), nullable=True),
        sa.Column("recipients", DOCUMENT, nullable=False),
        sa.Column("card", sa.String(length=10), nullable=True),
        sa.Column("order_level", sa.Integer(), nullable=True),
        sa.Column("only_without_contact", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_steps")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_ladder_steps_kind_key")),
    )
    connection = op.get_bind()
    general = sa.and_(
        LADDERS.c.active,
        LADDERS.c.limit_class.is_(None),
        LADDERS.c.category_id.is_(None),
        LADDERS.c.source.is_(None),
    )
    kept = {}
    # Of several ladders of a kind, the one begun last.
    for row in connection.execute(sa.select(LADDERS).where(general).order_by(LADDERS.c.id)).mappings():
        kept[row["kind"]] = row["steps"]
    for kind, steps in kept.items():
        for position, step in enumerate(steps):
            values = {"count": 0, "only_without_contact": False} | step
            values["at"] = time.fromisoformat(step["at"]) if "at" in step else None
            connection.execute(STEPS.insert().values(kind=kind, position=position, **values))
    with op.batch_alter_table("clocks") as batch:
        batch.drop_index("ix_clocks_state_rules_version")
        batch.drop_column("rules_version")
    op.drop_table("ladders")
    op.drop_table("rule_changes")
    limits = sa.table("limits", sa.column("category_id", sa.Integer), sa.column("source", sa.String))
    op.execute(limits.delete().where(sa.or_(limits.c.category_id.is_not(None), limits.c.source.is_not(None))))
    with op.batch_alter_table("limits") as batch:
        batch.drop_index("ix_limits_kind_limit_class")
        batch.drop_constraint(batch.f("fk_limits_category_id_categories"), type_="foreignkey")
        batch.drop_column("active")
        batch.drop_column("source")
        batch.drop_column("category_id")
        batch.create_unique_constraint("uq_limits_kind_limit_class", ["kind", "limit_class"])
