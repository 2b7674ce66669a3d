"""Send letters to groups and phones, and as digests"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "robots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("listener", sa.String(length=30), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_robots_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robots")),
        sa.UniqueConstraint("name", name=op.f("uq_robots_name")),
    )
    with op.batch_alter_table("robots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_robots_department_id"), ["department_id"], unique=False)

    op.create_table(
        "sms_gateways",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("success_status", sa.Integer(), nullable=False),
        sa.Column("success_path", sa.String(length=100), nullable=True),
        sa.Column("success_value", sa.String(length=60), nullable=True),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_gateways")),
        sa.UniqueConstraint("name", name=op.f("uq_sms_gateways_name")),
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.alter_column("recipient_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column(
            "channel",
            existing_type=sa.String(length=20),
            type_=sa.String(length=30),
            existing_nullable=False,
        )
        batch_op.add_column(sa.Column("robot_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_letters_robot_id_robots"), "robots", ["robot_id"], ["id"])
        batch_op.create_unique_constraint(batch_op.f("uq_letters_key_robot_id"), ["key", "robot_id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_letters_person_or_group"), "(recipient_id IS NULL) <> (robot_id IS NULL)"
        )

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wants_mail", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("wants_sms", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("rhythm", sa.String(length=30), server_default="usual", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("rhythm")
        batch_op.drop_column("wants_sms")
        batch_op.drop_column("wants_mail")

    # What the older version cannot send: groups' letters go, those gathered for a digest go out one by one.
    op.execute("DELETE FROM letters WHERE recipient_id IS NULL")
    op.execute("UPDATE letters SET state = 'waiting' WHERE state = 'gathered'")
    op.execute("UPDATE letters SET state = 'sent', sent_at = created_at WHERE state = 'digested'")
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_letters_person_or_group"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_letters_key_robot_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_letters_robot_id_robots"), type_="foreignkey")
        batch_op.drop_column("robot_id")
        batch_op.alter_column(
            "channel",
            existing_type=sa.String(length=30),
            type_=sa.String(length=20),
            existing_nullable=False,
        )
        batch_op.alter_column("recipient_id", existing_type=sa.Integer(), nullable=False)

    op.drop_table("sms_gateways")
    with op.batch_alter_table("robots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_robots_department_id"))

    op.drop_table("robots")
