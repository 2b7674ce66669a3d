"""Intake: an enterprise files, the desk accepts or answers, the enterprise adds, urges or withdraws."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from service_desk.desk import routing
from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.files import MAX_FILES, StoredFile, too_many_files
from service_desk.domain.actions import LINE_LIMIT, NAME_LIMIT, PHONE_LIMIT, TEXT_LIMIT, Action
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Nature, Payer, Role, Source, State, Urgency
from service_desk.domain.workflow import UNDER_PRESSURE
from service_desk.store.attachments import Attachment
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.drafts import Draft, keep_draft
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus
from service_desk.store.law import Law, current_law
from service_desk.store.moves import reclassify
from service_desk.store.numbers import next_number
from service_desk.store.parts import Event, Reply
from service_desk.store.people import Actor, Department, User
from service_desk.store.replays import replay
from service_desk.store.tickets import Ticket

LONGEST_DELAY = timedelta(days=366)
"""How long after its receipt a request may still be entered on somebody's behalf."""
LATEST_DEMAND = timedelta(days=366)
"""How long after its receipt the dates of a paper from above may lie."""


@transaction
def save_draft(fields: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Keep what somebody is typing; one draft a person, the last one counts."""
    keep_draft(by.id, fields, at)


@transaction
def discard_draft(*, by: User, pending: Collection[int] = ()) -> None:
    """Begin anew: neither the draft nor those of the uploads that its form shows are wanted."""
    db.session.execute(delete(Draft).where(Draft.user_id == by.id))
    _drop(row for row in pending_files(by) if row.id in pending)


@transaction
def keep_pending(files: Sequence[StoredFile], *, by: User, at: datetime) -> list[Attachment]:
    """Keep uploads of a form that is not sent yet, so that they need not be chosen again.

    Raises ``Invalid`` where they are too many together with those kept before.
    """
    # However many arrive at once, they are counted one after the other.
    db.session.execute(select(User.id).where(User.id == by.id).with_for_update())
    over = len(pending_files(by)) + len(files) - MAX_FILES
    if over > 0:
        raise too_many_files(over)
    rows = [
        Attachment(
            uploader_id=by.id,
            key=file.key,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            uploaded_at=at,
        )
        for file in files
    ]
    db.session.add_all(rows)
    return rows


@transaction
def drop_pending(attachment_id: int, *, by: User) -> None:
    """Take back one upload that was not sent yet."""
    _drop(row for row in pending_files(by) if row.id == attachment_id)


def _drop(rows: Iterable[Attachment]) -> None:
    for row in rows:
        row.path.unlink(missing_ok=True)
        db.session.delete(row)


def pending_files(user: User) -> list[Attachment]:
    """Uploads of this person that belong to no ticket yet, oldest first."""
    statement = (
        select(Attachment)
        .where(Attachment.uploader_id == user.id, Attachment.ticket_id.is_(None))
        .order_by(Attachment.id)
    )
    return list(db.session.scalars(statement))


@dataclass(frozen=True)
class LastFiled:
    """What somebody's last filing knew; the next one is likely to know the same."""

    submission_key: str | None
    contact_phone: str
    area_id: int | None


def last_filed(user: User) -> LastFiled | None:
    """Of the last ticket this person filed; None before the first."""
    statement = select(Ticket.submission_key, Ticket.contact_phone, Ticket.area_id)
    row = db.session.execute(
        statement.where(Ticket.filed_by_id == user.id).order_by(Ticket.id.desc()).limit(1)
    ).one_or_none()
    return LastFiled(*row) if row is not None else None


def filed_before(submission_key: str, by: User) -> Ticket | None:
    """The ticket this very form already made, if it was sent twice."""
    statement = select(Ticket).where(Ticket.submission_key == submission_key, Ticket.filed_by_id == by.id)
    return db.session.scalar(statement)


@transaction
def submit(  # noqa: PLR0913 - the fields of the filing form, by name
    *,
    by: User,
    at: datetime,
    enterprise: Enterprise,
    category: Category,
    title: str,
    text: str,
    contact_name: str,
    contact_phone: str,
    area: Area | None = None,
    nature: Nature = Nature.HELP,
    payer: Payer | None = None,
    against: Department | None = None,
    source: Source = Source.ENTERPRISE,
    received_at: datetime | None = None,
    above_office: str | None = None,
    above_number: str | None = None,
    above_due: date | None = None,
    above_reply: date | None = None,
    urgency: Urgency = Urgency.NORMAL,
    submission_key: str | None = None,
    files: Sequence[StoredFile] = (),
    pending: Collection[int] = (),
) -> Ticket:
    """File a request; the same ``submission_key`` again gives the ticket already made.

    ``files`` come with it; of the uploads kept before, those whose ids the form shows: ``pending``.

    ``received_at`` is the true time of receipt when the desk files on somebody's behalf. What the paper
    from above says is kept where the ``source`` comes from above. Raises ``Invalid`` or ``Refused`` with
    the sentence for the person.
    """
    made = filed_before(submission_key, by) if submission_key else None
    if made is not None:
        return made
    _check_filer(by, enterprise)
    _check_lengths(title=title, text=text, contact_name=contact_name, contact_phone=contact_phone)
    _check_filing(
        category, payer, nature, complaint_has_target=against is not None or not by.has(Role.CONTACT)
    )
    if received_at is not None and not at - LONGEST_DELAY <= received_at <= at:
        raise Invalid("实际收到时间须在过去一年之内。", fields={"received_at": "请填写实际收到的时间。"})
    law = current_law()
    if source.is_from_above:
        _check_dates_from_above(law.calendar.day_of(received_at or at), due=above_due, reply=above_reply)
    else:
        above_office = above_number = above_due = above_reply = None
    ticket = Ticket(
        submission_key=submission_key,
        enterprise=enterprise,
        enterprise_id=enterprise.id,
        category=category,
        area=area,
        filed_by_id=by.id,
        title=title,
        text=text,
        contact_name=contact_name,
        contact_phone=contact_phone,
        nature=nature,
        urgency=urgency,
        payer=payer if category.is_arrears else None,
        against=against if nature is Nature.COMPLAINT else None,
        source=source,
        above_office=above_office,
        above_number=above_number,
        above_due=above_due,
        above_reply=above_reply,
        is_demo=by.is_demo,
    )
    event = enter(ticket, by=by, at=received_at or at, law=law, files=files)
    for row in pending_files(by):
        if row.id in pending:
            row.event_id = event.id
            ticket.attachments.append(row)
    db.session.execute(delete(Draft).where(Draft.user_id == by.id))
    finish(ticket, event, law)
    return ticket


def enter(ticket: Ticket, *, by: Actor, at: datetime, law: Law, files: Sequence[StoredFile] = ()) -> Event:
    """Give a new ticket its number and submit it, within the caller's transaction."""
    ticket.state, ticket.cycle, ticket.version = State.DRAFT, 1, 0
    ticket.number = next_number(law.calendar.day_of(at).year)
    ticket.submitted_at = ticket.touched_at = at
    # Nothing yet, and so nothing to be looked up.
    ticket.events, ticket.clocks, ticket.assignments, ticket.approvals = [], [], [], []
    ticket.replies, ticket.ratings, ticket.orders, ticket.attachments = [], [], [], []
    db.session.add(ticket)
    data = {
        "category": ticket.category.name,
        "area": ticket.area.name if ticket.area else "",
        "urgency": ticket.urgency.value,
        "nature": ticket.nature.value,
    }
    return record(ticket, Action.SUBMIT, by=by, at=at, law=law, data=data, files=files)


def _check_filer(by: User, enterprise: Enterprise) -> None:
    """An approved enterprise files for itself; the desk and its officer may file for it."""
    own = by.enterprise_id == enterprise.id and by.has(Role.CONTACT)
    if own and enterprise.status is not EnterpriseStatus.APPROVED:
        raise Refused("企业注册还在审核中，通过后才能提交诉求。审核结果会通知您。")
    looks_after = enterprise.liaison is not None and enterprise.liaison.officer_id == by.id
    if not (own or by.has(Role.CLERK) or looks_after):
        raise Refused("只能替本企业提交诉求。")


LENGTHS = {"title": LINE_LIMIT, "text": TEXT_LIMIT, "contact_name": NAME_LIMIT, "contact_phone": PHONE_LIMIT}
"""The most letters of what a filing brings."""


def _check_lengths(**given: str) -> None:
    for name, value in given.items():
        if len(value) > LENGTHS[name]:
            sentence = say("最多 %(limit)s 字，请精简后再提交。", limit=LENGTHS[name])
            raise Invalid(sentence, fields={name: sentence})


def check_payer(category: Category, payer: Payer | None) -> None:
    """Who owes decides what may become of a matter of arrears, so it is known from the first."""
    if category.is_arrears and payer is None:
        raise Invalid("请选择付款方的类型。", fields={"payer": "拖欠账款需要说明付款方是哪一类单位。"})


def _check_filing(
    category: Category, payer: Payer | None, nature: Nature, *, complaint_has_target: bool
) -> None:
    check_payer(category, payer)
    if nature is Nature.COMPLAINT and not complaint_has_target:
        sentence = "投诉需要说明投诉哪个单位；该单位的人员看不到这件投诉。"
        raise Invalid("请选择被投诉单位。", fields={"against": sentence})


def _check_dates_from_above(received: date, *, due: date | None, reply: date | None) -> None:
    """What is demanded lies ahead of the day it was received on, and not years away."""
    wrong: dict[str, str] = {
        name: say(
            "日期须在收到之日（%(first)s）至 %(last)s 之间。", first=received, last=received + LATEST_DEMAND
        )
        for name, day in (("above_due", due), ("above_reply", reply))
        if day is not None and not received <= day <= received + LATEST_DEMAND
    }
    if wrong:
        raise Invalid("来文要求的日期不能早于收到来文之日，也不能在一年以后。", fields=wrong)


@transaction
def accept(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    category: Category,
    nature: Nature,
    urgency: Urgency,
    against: Department | None = None,
    payer: Payer | None = None,
) -> Ticket:
    """Accept with category, nature and urgency confirmed; a changed limit class recomputes the promise."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    before = ticket.profile
    if category.is_arrears:
        ticket.payer = payer or ticket.payer
    check_payer(category, ticket.payer)
    ticket.category, ticket.nature, ticket.urgency = category, nature, urgency
    if nature is Nature.COMPLAINT and against is not None:
        ticket.against, ticket.against_id = against, against.id
    history = replay()
    ticket.is_complex = routing.is_complex(ticket) if history is None else history.is_complex
    data = {
        "category": category.name,
        "nature": nature.value,
        "urgency": urgency.value,
        "complex": ticket.is_complex,
    }
    event = record(ticket, Action.ACCEPT, by=by, at=at, law=law, data=data)
    if ticket.profile != before:
        reclassify(ticket, event.at, law)
    finish(ticket, event, law)
    return ticket


@transaction
def answer(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The desk answers by itself: a class of its own in the figures, never a department's closing."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.ANSWER, by=by, at=at, law=law, text=text, files=files)
    ticket.replies.append(
        Reply(event=event, cycle=ticket.cycle, at=event.at, text=text, verified_at=event.at)
    )
    finish(ticket, event, law)
    return ticket


@transaction
def ask_supplement(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """Something is missing: the enterprise is asked for it, and accept and promise stand still."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.ASK_SUPPLEMENT, by=by, at=at, law=law, text=text), law)
    return ticket


@transaction
def supplement(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The enterprise gives what was missing."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.SUPPLEMENT, by=by, at=at, law=law, text=text, files=files), law)
    return ticket


@transaction
def add_info(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The enterprise adds to what it said."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.ADD_INFO, by=by, at=at, law=law, text=text, files=files), law)
    return ticket


@transaction
def note(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """A remark only the desk reads."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.NOTE, by=by, at=at, law=law, text=text), law)
    return ticket


@transaction
def urge(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str = "") -> Ticket:
    """Ask whoever has it in hand to hurry; the enterprise once a working day."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.URGE, by=by, at=at, law=law, text=text), law)
    return ticket


@transaction
def withdraw(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, reason: str) -> Ticket:
    """The enterprise takes it back; once a department had it, somebody checks that it was voluntary."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.WITHDRAW, by=by, at=at, law=law, text=reason), law)
    return ticket


@transaction
def check_withdrawal(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, voluntary: bool, text: str = ""
) -> Ticket:
    """Was the withdrawal voluntary? Under pressure the ticket is taken up again where it was accepted."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(
        ticket,
        Action.CHECK_WITHDRAWAL,
        by=by,
        at=at,
        law=law,
        text=text,
        data={"voluntary": voluntary},
        variant="" if voluntary else UNDER_PRESSURE,
    )
    finish(ticket, event, law)
    return ticket
