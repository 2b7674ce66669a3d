"""What a word of danger would have done: the requests of late in which it raises the alarm."""

from datetime import datetime

from sqlalchemy import or_, select

from service_desk.domain.danger import DangerWord, danger_words_in
from service_desk.store.base import db
from service_desk.store.tickets import Ticket


def alarmed_by(word: DangerWord, since: datetime) -> list[str]:
    """The numbers of the tickets submitted since then that hold the word, its exceptions apart; newest first."""
    columns = (Ticket.title, Ticket.text)
    statement = (
        select(Ticket.number, *columns)
        .where(Ticket.submitted_at >= since)
        # The database finds who may have it; what its exceptions are is for the law to tell.
        .where(or_(*(column.icontains(word.word, autoescape=True) for column in columns)))
        .order_by(Ticket.id.desc())
    )
    return [
        number
        for number, title, text in db.session.execute(statement)
        if danger_words_in(f"{title}\n{text}", [word])
    ]
