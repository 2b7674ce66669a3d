"""What every verb does first and last: lock the ticket, look whether somebody was faster, record, announce."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service_desk.desk import notices
from service_desk.desk.files import StoredFile
from service_desk.domain import workflow
from service_desk.domain.access import may_read
from service_desk.domain.actions import ASK, Action
from service_desk.domain.errors import OutOfTurn
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.attachments import Attachment
from service_desk.store.base import db
from service_desk.store.clocks import ClockPause
from service_desk.store.law import Law, current_law
from service_desk.store.moves import TOLD_TO_THE_ENTERPRISE, is_behind, place_taken, reckon_anew, take
from service_desk.store.parts import Event
from service_desk.store.people import Actor, User
from service_desk.store.replays import replay
from service_desk.store.situations import passing, situation_of
from service_desk.store.substitutes import take_places
from service_desk.store.tickets import Ticket, locked

WRITTEN_AT_ONCE = frozenset(
    {
        Action.SUBMIT,
        Action.REPLY,
        Action.CORRECT_RATING,
        Action.SUPERVISE,
        Action.INSTRUCT,
        Action.ASK_ENTERPRISE,
        Action.DECIDE_SIGN_OFF,
        *ASK.values(),
    }
)
"""Acts that a replay writes at once: other rows name their events, or a pause they begin may be taken back.

The rest of a ticket is written together: writing after each act takes half as long again. A row that is dropped before
it was written would leave its place in the order of writing to another, and events are read in the order in which they
were written.
"""


class Stale(OutOfTurn):
    """Somebody acted on the ticket after the page was loaded; ``changes`` are the lines not yet seen."""

    def __init__(self, changes: Sequence[Event], *, enterprise: bool) -> None:
        last = changes[-1]
        super().__init__(
            say(
                "您打开页面之后，这件诉求有了变化：%(who)s已“%(action)s”。您填写的内容还在，请看过变化后再决定是否提交。",
                who=last.actor_to(enterprise=enterprise),
                action=last.action,
            )
        )
        self.changes = changes


def readable_events(ticket: Ticket, user: User) -> list[Event]:
    """The lines of the history this person reads, oldest first."""
    parties = ticket.parties_of(user)
    return [
        event
        for event in ticket.events
        if may_read(event.action, parties, public=event.public, reopened=event.cycle < ticket.cycle)
    ]


def open_ticket(ticket_id: int, by: Actor | None, at: datetime, seen: int | None) -> tuple[Ticket, Law]:
    """Lock the ticket for this transaction; ``seen`` is the version of the page the person acted from.

    What had to happen by itself before ``at`` happens first, however late the clockwork is. Raises ``Stale``
    where lines this person reads have been added since.
    """
    history = replay()
    if history is not None:
        ticket = history.held[ticket_id]
        let_time_pass(ticket, at, history.law)
        return ticket, history.law
    ticket = locked(ticket_id)
    if isinstance(by, User):
        take_places(by, at)
    changes = unseen_by(by, ticket, seen) if isinstance(by, User) else []
    if changes:
        raise Stale(changes, enterprise=by is not None and by.has(Role.CONTACT))
    law = current_law()
    let_time_pass(ticket, at, law)
    return ticket, law


def unseen_by(user: User, ticket: Ticket, seen: int | None) -> list[Event]:
    """The lines this person reads that have been added since the version they saw; none where that is not known."""
    if seen is None or ticket.version <= seen:
        return []
    fresh = {event.id for event in ticket.events[seen:]}
    # Dates that follow the calendar take nothing from what somebody is about to do.
    return [
        event
        for event in readable_events(ticket, user)
        if event.id in fresh and event.action is not Action.RECALCULATE
    ]


def place_for(ticket: Ticket, action: Action, *, by: Actor, at: datetime, law: Law) -> Actor:
    """In whose place somebody would take this action: their own, or a colleague's they stand in for.

    Raises as the act itself where they may not.
    """
    if not (isinstance(by, User) and by.stands_in_for):
        return by
    situation = situation_of(ticket, by, max(at, ticket.touched_at), law)
    step = workflow.step_for(action, situation)
    return place_taken(by, workflow.place_of(step, situation).instead_of) or by


def let_time_pass(ticket: Ticket, until: datetime, law: Law) -> bool:
    """Record what had to happen by itself before ``until``, each at its own moment; whether anything did.

    A rating window, a wait for the enterprise or a deferral ends when it ends, not when somebody looks; so do the
    dates follow a changed calendar, or changed rules, from the change on.
    """
    changed = min(law.changed_at or until, until)
    happened = is_behind(ticket, law) and _pass(ticket, changed, law)
    recalculated = recalculate(ticket, changed, law)
    return _pass(ticket, until, law) or recalculated or happened


def recalculate(ticket: Ticket, at: datetime, law: Law) -> bool:
    """Bring the open clocks in line with what is in force since ``at``; whether any is due at another time now.

    One line of the record tells of them all; the enterprise reads it where its own dates moved.
    """
    if not is_behind(ticket, law):
        return False
    moved = reckon_anew(ticket, at, law)
    if moved:
        data = {
            "calendar": law.calendar.version,
            "rules": law.rules_version,
            "moved": [each.data for each in moved],
        }
        public = any(each.clock.kind in TOLD_TO_THE_ENTERPRISE for each in moved)
        finish(
            ticket, record(ticket, Action.RECALCULATE, by=None, at=at, law=law, data=data, public=public), law
        )
    return bool(moved)


def _pass(ticket: Ticket, until: datetime, law: Law) -> bool:
    happened = False
    while (due := passing(ticket, law)) is not None and due[0] < until:
        moment, action = due
        finish(ticket, record(ticket, action, by=None, at=moment, law=law), law)
        happened = True
    return happened


def record(  # noqa: PLR0913 - one argument for each thing an act may bring
    ticket: Ticket,
    action: Action,
    *,
    by: Actor | None,
    at: datetime,
    law: Law,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    public: bool | None = None,
    moves_clocks: bool = True,
    files: Sequence[StoredFile] = (),
    variant: str = "",
    guest: str = "",
) -> Event:
    """Take the action, keep its files, and queue its notices."""
    history = replay()
    if (
        history is not None
        and at <= ticket.touched_at
        and any(isinstance(row, ClockPause) for row in db.session.new)
    ):
        # What began at this very moment may be taken back: see WRITTEN_AT_ONCE.
        db.session.flush()
    event = take(
        ticket,
        action,
        by=by,
        at=at,
        law=law,
        text=text,
        data=data,
        public=public,
        moves_clocks=moves_clocks,
        variant=variant,
        guest=guest,
    )
    if history is None or action in WRITTEN_AT_ONCE:
        db.session.flush()
    if isinstance(by, User):
        for file in files:
            ticket.attachments.append(attachment_of(file, event, by))
    return event


def finish(ticket: Ticket, event: Event, law: Law) -> None:
    """Finish an act: the list's due time, and everybody told; nobody of what is replayed, it is long past."""
    ticket.refresh_due()
    if replay() is None:
        notices.announce(ticket, event, law)


def attachment_of(file: StoredFile, event: Event, by: User) -> Attachment:
    """The row of a stored file that belongs to an event."""
    return Attachment(
        event_id=event.id,
        uploader_id=by.id,
        key=file.key,
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        uploaded_at=event.at,
        public=event.public,
    )
