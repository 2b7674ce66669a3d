"""Tickets behind with facts or the index of words: indexed with the columns that say so, to be told from there alone"""

from alembic import op
from sqlalchemy import text

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WAITING = {"ix_tickets_facts_behind": "facts_version", "ix_tickets_unindexed": "search_version"}


def upgrade() -> None:
    for index, reckoned in WAITING.items():
        _make_again(index, ["id", "version", reckoned], reckoned)


def downgrade() -> None:
    for index, reckoned in WAITING.items():
        _make_again(index, ["id"], reckoned)


def _make_again(index: str, columns: list[str], reckoned: str) -> None:
    behind = text(f"{reckoned} <> version")
    op.drop_index(index, "tickets")
    op.create_index(index, "tickets", columns, postgresql_where=behind, sqlite_where=behind)
