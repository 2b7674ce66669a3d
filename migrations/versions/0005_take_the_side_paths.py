"""Take the side paths"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


EXTENSIONS = {
    "critical": (1, 2, "working_days"),
    "urgent": (1, 3, "working_days"),
    "normal": (1, 5, "working_days"),
    "complex": (2, 10, "working_days"),
    "complaint": (1, 10, "working_days"),
    "enquiry": (0, 0, "working_days"),
    "arrears": (2, 60, "natural_days"),
}


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"], name=op.f("fk_incidents_opened_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_table(
        "incident_news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_incident_news_by_id_users")),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_news_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_news")),
    )
    with op.batch_alter_table("incident_news", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_news_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clock_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_name", sa.String(length=60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=60), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_approvals_asked_by_id_users")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_approvals_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_approvals_clock_id_clocks")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_approvals_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_approvals_department_id_departments")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_approvals_event_id_events")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_approvals_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approvals_department_id"), ["department_id"], unique=False)
        batch_op.create_index(
            "ix_approvals_state_kind_ticket_id", ["state", "kind", "ticket_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_approvals_ticket_id"), ["ticket_id"], unique=False)

    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column("latest_date", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "extensions",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=False,
                server_default="[]",
            )
        )
        batch_op.add_column(
            sa.Column(
                "former_limits",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=False,
                server_default="[]",
            )
        )

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("corrects_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_ratings_corrects_id_ratings"), "ratings", ["corrects_id"], ["id"]
        )

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tag_words", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("split_from_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("incident_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("above_office", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("above_number", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("above_due", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("above_reply", sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f("ix_tickets_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_split_from_id"), ["split_from_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_tickets_incident_id_incidents"), "incidents", ["incident_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_tickets_parent_id_tickets"), "tickets", ["parent_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_tickets_split_from_id_tickets"), "tickets", ["split_from_id"], ["id"]
        )

    _say_what_reviews_are_about()
    _limit_extensions()


def _say_what_reviews_are_about() -> None:
    """Until now a ticket had one review at a time, and its state tells what it was about."""
    for state, about in (("replied", "reply"), ("closed", "rating"), ("withdrawn", "withdrawal")):
        op.get_bind().execute(
            sa.text(
                "UPDATE clocks SET about = :about WHERE kind = 'review' AND state IN ('running', 'paused') "
                "AND ticket_id IN (SELECT id FROM tickets WHERE state = :state)"
            ),
            {"state": state, "about": about},
        )


def _limit_extensions() -> None:
    """A desk whose limits are laid gets the rows on extensions too."""
    connection = op.get_bind()
    if not connection.scalar(sa.text("SELECT count(*) FROM limits")):
        return
    limits = sa.table(
        "limits", sa.column("kind"), sa.column("limit_class"), sa.column("number"), sa.column("unit")
    )
    rows = []
    for klass, (times, days, unit) in EXTENSIONS.items():
        rows.append({"kind": "extensions", "limit_class": klass, "number": times, "unit": "working_days"})
        rows.append({"kind": "extension_days", "limit_class": klass, "number": days, "unit": unit})
    op.bulk_insert(limits, rows)


def downgrade() -> None:
    op.execute("DELETE FROM limits WHERE kind IN ('extensions', 'extension_days')")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_tickets_split_from_id_tickets"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_tickets_parent_id_tickets"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_tickets_incident_id_incidents"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_tickets_split_from_id"))
        batch_op.drop_index(batch_op.f("ix_tickets_parent_id"))
        batch_op.drop_index(batch_op.f("ix_tickets_incident_id"))
        batch_op.drop_column("tag_words")
        batch_op.drop_column("above_reply")
        batch_op.drop_column("above_due")
        batch_op.drop_column("above_number")
        batch_op.drop_column("above_office")
        batch_op.drop_column("incident_id")
        batch_op.drop_column("split_from_id")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ratings_corrects_id_ratings"), type_="foreignkey")
        batch_op.drop_column("corrects_id")

    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.drop_column("former_limits")
        batch_op.drop_column("extensions")
        batch_op.drop_column("latest_date")
        batch_op.drop_column("about")

    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approvals_ticket_id"))
        batch_op.drop_index("ix_approvals_state_kind_ticket_id")
        batch_op.drop_index(batch_op.f("ix_approvals_department_id"))

    op.drop_table("approvals")
    with op.batch_alter_table("incident_news", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_news_incident_id"))

    op.drop_table("incident_news")
    op.drop_table("incidents")
