"""Digests: what somebody was told since the last morning, in one letter as the office opens."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select

from service_desk.desk.sweeping import sweep
from service_desk.domain.sentences import say
from service_desk.store.base import db, house, transaction
from service_desk.store.law import current_law
from service_desk.store.notices import Letter, LetterState
from service_desk.store.people import User
from service_desk.store.scope import complaints_about

DIGEST = "digest:"
"""What the key of a digest begins with; its day follows."""

MOST_ENTRIES = 50
LONGEST_ENTRY = 120


def send_due(now: datetime) -> int:
    """Make a digest of what was gathered for each person, while the office is open; how many digests."""
    calendar = current_law().calendar
    if calendar.next_opening(now) > now:
        # What waited over a night, a weekend or a time without clockwork goes when the office opens.
        return 0
    firsts = (
        select(func.min(Letter.id).label("id"))
        .join(User, User.id == Letter.recipient_id)
        .where(Letter.state == LetterState.GATHERED, Letter.not_before <= now, User.active)
        .group_by(Letter.recipient_id, Letter.channel)
        .subquery()
    )
    return sweep("digests", select(firsts.c.id), lambda letter_id: make_digest(letter_id, at=now))


@transaction
def make_digest(letter_id: int, *, at: datetime) -> bool:
    """Put all that was gathered for the reader of this letter by its channel into one; whether there was any.

    A person gets one a day by each channel: key and recipient are unique, and what was gathered is locked.
    """
    first = db.session.get(Letter, letter_id)
    if first is None:
        return False
    day = current_law().calendar.day_of(at)
    key = f"{DIGEST}{day.isoformat()}"
    same = (Letter.recipient_id == first.recipient_id, Letter.channel == first.channel)
    if db.session.scalar(select(exists().where(Letter.key == key, *same))):
        return False
    gathered = db.session.scalars(
        select(Letter)
        .where(*same, Letter.state == LetterState.GATHERED, Letter.not_before <= at)
        .order_by(Letter.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not gathered:
        return False
    for letter in gathered:
        letter.state = LetterState.DIGESTED
    readable = _readable(gathered)
    if not readable:
        return False
    words = house().say
    db.session.add(
        Letter(
            key=key,
            recipient_id=first.recipient_id,
            channel=first.channel,
            address=gathered[-1].address,
            subject=words(say("摘要：%(n)s 条消息", n=len(readable))),
            body=_body(readable),
            created_at=at,
            not_before=at,
        )
    )
    return True


def _readable(gathered: Sequence[Letter]) -> Sequence[Letter]:
    """Without what became a complaint about the reader's department meanwhile."""
    reader = gathered[0].recipient
    if reader is None or reader.department_id is None:
        return gathered
    about = complaints_about(reader.department_id, [one.ticket_id for one in gathered if one.ticket_id])
    return [letter for letter in gathered if letter.ticket_id not in about]


def _body(gathered: Sequence[Letter]) -> str:
    """A line for each letter, the first ones in full, the number of the others."""
    lines = [_line(letter) for letter in gathered[:MOST_ENTRIES]]
    more = len(gathered) - MOST_ENTRIES
    if more > 0:
        lines.append(house().say(say("另有 %(n)s 条，请登录查看。", n=more)))
    return "\n".join(lines)


def _line(letter: Letter) -> str:
    about = " ".join(letter.body.split())
    if len(about) > LONGEST_ENTRY:
        about = about[:LONGEST_ENTRY] + "…"
    return (
        house().say(say("%(subject)s：%(about)s", subject=letter.subject, about=about))
        if about
        else letter.subject
    )
