"""On PostgreSQL: the tokens of a text in its own row, so that whoever finds it has it read"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _index_again()
    op.execute("DROP TABLE search_tokens")
    op.execute("ALTER TABLE search_texts ADD COLUMN tokens tsvector NOT NULL")
    # Tokens are seldom read but by the index: out of line they leave the texts close together.
    op.execute("ALTER TABLE search_texts ALTER COLUMN tokens SET STORAGE EXTERNAL")
    op.execute("CREATE INDEX ix_search_texts_tokens ON search_texts USING gin (tokens)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _index_again()
    op.execute("ALTER TABLE search_texts DROP COLUMN tokens")
    op.execute(
        "CREATE TABLE search_tokens ("
        "id bigint PRIMARY KEY REFERENCES search_texts (id) ON DELETE CASCADE, tokens tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_search_tokens_tokens ON search_tokens USING gin (tokens)")


def _index_again() -> None:
    """The clockwork does, in the background; until then the newest texts are read instead."""
    op.execute("UPDATE tickets SET search_version = -1")
    op.execute("TRUNCATE search_texts CASCADE")
