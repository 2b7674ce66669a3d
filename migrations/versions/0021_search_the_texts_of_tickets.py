"""Search: the folded texts of tickets, and an index of their tokens, which the clockwork fills"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UNINDEXED = sa.text("search_version <> version")
TOKENS = {
    "postgresql": (
        (
            "CREATE TABLE search_tokens ("
            "id bigint PRIMARY KEY REFERENCES search_texts (id) ON DELETE CASCADE, tokens tsvector NOT NULL)"
        ),
        "CREATE INDEX ix_search_tokens_tokens ON search_tokens USING gin (tokens)",
    ),
    # Tokens are ASCII with these marks, and whatever is not ASCII.
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE search_tokens USING fts5 "
            "(tokens, content='', columnsize=0, detail=none, tokenize=\"ascii tokenchars '_#~*-@'\")"
        ),
    ),
}


def upgrade() -> None:
    op.create_table(
        "search_texts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("numbers", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_search_texts_ticket_id_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_texts")),
    )
    op.create_index("ix_search_texts_ticket_id", "search_texts", ["ticket_id"])
    for statement in TOKENS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.add_column("tickets", sa.Column("search_version", sa.Integer(), server_default="-1", nullable=False))
    op.create_index(
        "ix_tickets_unindexed", "tickets", ["id"], postgresql_where=UNINDEXED, sqlite_where=UNINDEXED
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_unindexed", "tickets", postgresql_where=UNINDEXED, sqlite_where=UNINDEXED)
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("search_version")
    op.execute("DROP TABLE search_tokens")
    op.drop_table("search_texts")
