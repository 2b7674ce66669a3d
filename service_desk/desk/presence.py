"""Two people before one ticket: what each is typing is kept, and each is told of the other; nobody is locked out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from service_desk.domain.access import DESK
from service_desk.domain.actions import Action, Party
from service_desk.domain.sentences import Sentence, say
from service_desk.store.base import db, transaction
from service_desk.store.drafts import ActionDraft, Presence, put
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

HERE_FOR = timedelta(seconds=60)
"""Who has not been heard of for so long is not there any more."""
DRAFTS_KEPT = timedelta(days=30)


@transaction
def save_action_draft(
    ticket_id: int, action: Action, fields: Mapping[str, str], *, by: User, at: datetime
) -> None:
    """Keep what somebody is typing; the last one counts."""
    key = {"user_id": by.id, "ticket_id": ticket_id, "action": action.value}
    put(ActionDraft, key, {"fields": dict(fields), "saved_at": at})


@transaction
def forget_action_draft(ticket_id: int, action: Action, *, by: User) -> None:
    """It has been sent."""
    db.session.execute(
        delete(ActionDraft).where(
            ActionDraft.user_id == by.id,
            ActionDraft.ticket_id == ticket_id,
            ActionDraft.action == action.value,
        )
    )


def action_draft(ticket_id: int, action: Action, *, by: User) -> Mapping[str, str]:
    """What this person has begun to write; empty where nothing."""
    draft = db.session.get(ActionDraft, (by.id, ticket_id, action.value))
    return draft.fields if draft else {}


@transaction
def be_present(ticket_id: int, *, by: User, at: datetime, typing: bool) -> None:
    """Say that somebody has the page open, and whether they are writing."""
    put(Presence, {"ticket_id": ticket_id, "user_id": by.id}, {"seen_at": at, "typing": typing})


def others_present(ticket: Ticket, *, user: User, at: datetime) -> list[Sentence]:
    """Who else of one's own side has the page open: colleagues of the desk, or of the departments."""
    present = (
        select(User, Presence.typing)
        .join(Presence, Presence.user_id == User.id)
        .where(Presence.ticket_id == ticket.id, Presence.seen_at > at - HERE_FOR, User.id != user.id)
        .order_by(User.id)
    )
    mine = _side(ticket, user)
    return [
        say("%(name)s正在填写", name=other.name) if typing else say("%(name)s正在查看", name=other.name)
        for other, typing in db.session.execute(present).unique()
        if _side(ticket, other) == mine
    ]


def _side(ticket: Ticket, user: User) -> str:
    parties = ticket.parties_of(user)
    if parties & DESK:
        return "desk"
    return "enterprise" if Party.CONTACT in parties else f"department {user.department_id}"


def forget_what_is_past(now: datetime) -> int:
    """Remove drafts nobody went on with, and those long gone from a page; how many drafts."""
    return _forget(now)


@transaction
def _forget(now: datetime) -> int:
    db.session.execute(delete(Presence).where(Presence.seen_at < now - HERE_FOR))
    old = delete(ActionDraft).where(ActionDraft.saved_at < now - DRAFTS_KEPT).returning(ActionDraft.user_id)
    return len(db.session.scalars(old).all())
