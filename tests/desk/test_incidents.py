"""Incidents: news told once, tickets moved together, each with its own number, clocks and rating."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import cases, incidents, intake
from service_desk.desk.substitutes import name_substitute
from service_desk.domain.actions import TEXT_LIMIT
from service_desk.domain.errors import Invalid, OutOfTurn, Refused
from service_desk.domain.vocabulary import ClockKind, Nature, Outcome, Role, State
from service_desk.store.base import db
from service_desk.store.incidents import Incident
from service_desk.store.notices import Letter, Notice
from service_desk.store.people import User
from service_desk.store.substitutes import take_places
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

NOON = MONDAY + timedelta(days=2)


def an_incident(world: World, *tickets: Ticket, title: str = "城东变电站故障") -> Incident:
    """An incident these tickets have joined."""
    found: Incident | None = None
    for ticket in tickets:
        cases.join_incident(ticket.id, by=world.clerk, at=ticket.touched_at, incident=found, title=title)
        found = db.session.scalars(select(Incident).order_by(Incident.id.desc())).first()
    assert found
    return found


def told(key: str) -> dict[str, int | None]:
    """Who was told under a key, and of which ticket."""
    rows = db.session.scalars(select(Notice).where(Notice.key.startswith(key)))
    people = [(row.recipient_id, row.ticket_id) for row in rows]
    names = dict(db.session.execute(select(User.id, User.username)).all())
    assert len(people) == len({person for person, _ in people})
    return {names[person]: ticket for person, ticket in people}


# News


def test_an_enterprise_with_several_tickets_is_told_once(world: World) -> None:
    first, second = world.make(State.ACCEPTED), world.make(State.IN_PROGRESS)
    theirs = world.make(State.SUBMITTED, by="neighbour")
    incident = an_incident(world, first, second, theirs)
    news = incidents.tell(incident.id, by=world.clerk, at=NOON, text="预计今晚恢复供电")
    assert told(f"incident:{incident.id}:{news.id}") == {"owner": first.id, "neighbour": theirs.id}
    letters = db.session.scalars(select(Letter).where(Letter.key == f"incident:{incident.id}:{news.id}"))
    assert len({letter.recipient_id for letter in letters}) in (0, 2)
    notice = db.session.scalars(select(Notice).where(Notice.key.startswith("incident:"))).first()
    assert notice is not None
    assert notice.body == "预计今晚恢复供电"
    assert incident.title not in notice.title + notice.body


def test_each_news_is_told_anew(small_world: World) -> None:
    incident = an_incident(small_world, small_world.make(State.ACCEPTED))
    for text in ("正在抢修", "已恢复"):
        incidents.tell(incident.id, by=small_world.clerk, at=NOON, text=text)
    keys = db.session.scalars(select(Notice.key).where(Notice.key.startswith("incident:"))).all()
    assert len(keys) == len(set(keys)) == 2


def test_the_same_words_again_are_not_told_again(small_world: World) -> None:
    incident = an_incident(small_world, small_world.make(State.ACCEPTED))
    first, again = (
        incidents.tell(incident.id, by=small_world.clerk, at=NOON, text="正在抢修") for _ in range(2)
    )
    assert first.id == again.id
    assert set(told("incident:")) == {"owner"}


def test_a_member_is_told_of_their_own_ticket_beside_the_owner(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.ACCEPTED, by="member")
    incident = an_incident(world, ticket)
    incidents.tell(incident.id, by=world.clerk, at=NOON, text="正在抢修")
    assert set(told(f"incident:{incident.id}")) == {"owner", "member"}


def test_who_has_withdrawn_is_not_told(small_world: World) -> None:
    ticket = small_world.make(State.SUBMITTED)
    incident = an_incident(small_world, ticket)
    intake.withdraw(ticket.id, by=small_world.owner, at=ticket.touched_at, reason="不办了")
    incidents.tell(incident.id, by=small_world.clerk, at=NOON, text="正在抢修")
    assert told(f"incident:{incident.id}") == {}


def test_nobody_of_a_department_complained_of_is_told(small_world: World) -> None:
    world = small_world
    neighbour = world.neighbour
    neighbour.department_id = world.department("供电公司营销部").id
    db.session.commit()
    ticket = world.make(
        State.SUBMITTED, by="neighbour", nature=Nature.COMPLAINT, against=world.department("供电公司")
    )
    incident = an_incident(world, ticket, world.make(State.SUBMITTED))
    incidents.tell(incident.id, by=world.clerk, at=NOON, text="正在抢修")
    assert set(told(f"incident:{incident.id}")) == {"owner"}


@pytest.mark.parametrize("text", ["", "  \n ", "长" * (TEXT_LIMIT + 1)])
def test_news_have_a_text_within_its_limit(small_world: World, text: str) -> None:
    incident = an_incident(small_world, small_world.make(State.ACCEPTED))
    with pytest.raises(Invalid) as refused:
        incidents.tell(incident.id, by=small_world.clerk, at=NOON, text=text)
    assert "text" in refused.value.fields
    assert told("incident:") == {}


@pytest.mark.parametrize("stranger", ["owner", "power", "officer", "leader", "admin", "quality"])
def test_only_the_desk_publishes_and_closes(small_world: World, stranger: str) -> None:
    incident = an_incident(small_world, small_world.make(State.ACCEPTED))
    person = getattr(small_world, stranger)
    with pytest.raises(Refused):
        incidents.tell(incident.id, by=person, at=NOON, text="正在抢修")
    with pytest.raises(Refused):
        incidents.close(incident.id, by=person, at=NOON)


def test_what_is_over_has_no_more_news(small_world: World) -> None:
    incident = an_incident(small_world, small_world.make(State.ACCEPTED))
    assert incidents.close(incident.id, by=small_world.supervisor, at=NOON).closed_at == NOON
    with pytest.raises(OutOfTurn):
        incidents.tell(incident.id, by=small_world.clerk, at=NOON, text="又停电了")
    with pytest.raises(OutOfTurn):
        incidents.close(incident.id, by=small_world.clerk, at=NOON)


def test_a_ticket_knows_the_news_of_its_incident(small_world: World) -> None:
    alone, joined = small_world.make(State.ACCEPTED), small_world.make(State.ACCEPTED)
    incident = an_incident(small_world, joined)
    for text in ("正在抢修", "已恢复"):
        incidents.tell(incident.id, by=small_world.clerk, at=NOON, text=text)
    assert [news.text for news in incidents.news_of(joined)] == ["已恢复", "正在抢修"]
    assert incidents.news_of(alone) == []


# Together


def test_all_waiting_tickets_are_dispatched_together_each_with_its_own_clocks(world: World) -> None:
    early, late = world.make(State.ACCEPTED), world.make(State.ACCEPTED, by="neighbour")
    elsewhere = world.make(State.ACCEPTED)
    submitted = world.make(State.SUBMITTED)
    incident = an_incident(world, early, late, submitted)
    summary = incidents.dispatch_together(
        incident,
        by=world.clerk,
        at=NOON,
        lead=world.department("供电公司"),
        supports=[world.department("园区管委会")],
        text="同一原因，请一并处理",
    )
    assert (summary.done, summary.refused, summary.left) == ([early.number, late.number], [], 0)
    states = [world.ticket(each.number).state for each in (early, late, elsewhere, submitted)]
    assert states == [State.ASSIGNED, State.ASSIGNED, State.ACCEPTED, State.SUBMITTED]
    for each in (early, late):
        ticket = world.ticket(each.number)
        assert ticket.lead_department is not None
        assert ticket.lead_department.name == "供电公司"
        assert [part.department.name for part in ticket.supports] == ["园区管委会"]
        settle = ticket.clock(ClockKind.SETTLE)
        assert settle is not None
        assert settle.started_at == NOON


def test_what_cannot_be_dispatched_is_named_with_its_reason_and_holds_nothing_up(world: World) -> None:
    complaint = world.make(State.ACCEPTED, nature=Nature.COMPLAINT, against=world.department("供电公司"))
    plain = world.make(State.ACCEPTED)
    incident = an_incident(world, complaint, plain)
    summary = incidents.dispatch_together(
        incident, by=world.clerk, at=NOON, lead=world.department("供电公司")
    )
    assert summary.done == [plain.number]
    [(number, sentence)] = summary.refused
    assert number == complaint.number
    assert "被投诉单位" in sentence
    assert world.ticket(complaint.number).state is State.ACCEPTED
    assert world.ticket(plain.number).state is State.ASSIGNED


def test_the_lead_cannot_support_as_well(small_world: World) -> None:
    incident = an_incident(small_world, small_world.make(State.ACCEPTED))
    power = small_world.department("供电公司")
    with pytest.raises(Invalid):
        incidents.dispatch_together(incident, by=small_world.clerk, at=NOON, lead=power, supports=[power])


def test_the_lead_replies_to_all_it_has_in_hand(world: World) -> None:
    mine = [world.make(State.IN_PROGRESS), world.make(State.IN_PROGRESS, by="neighbour")]
    unsigned = world.make(State.ASSIGNED)
    theirs = world.make(State.IN_PROGRESS, lead="金融办")
    incident = an_incident(world, *mine, unsigned, theirs)
    summary = incidents.reply_together(
        incident, by=world.power, at=NOON, outcome=Outcome.SOLVED, text="线路已抢修"
    )
    assert summary.done == [each.number for each in mine]
    for each in mine:
        ticket = world.ticket(each.number)
        assert ticket.state is State.REPLIED
        assert ticket.last_reply is not None
        assert ticket.last_reply.text == "线路已抢修"
    assert world.ticket(unsigned.number).state is State.ASSIGNED
    assert world.ticket(theirs.number).state is State.IN_PROGRESS


def test_where_replies_are_signed_they_are_put_to_the_head_together(small_world: World) -> None:
    world = small_world
    world.department("供电公司").wants_sign_off = True
    db.session.commit()
    ticket = world.make(State.IN_PROGRESS)
    incident = an_incident(world, ticket)
    given: dict[str, Any] = {"outcome": Outcome.SOLVED, "text": "线路已抢修"}
    assert incidents.reply_together(incident, by=world.power, at=NOON, **given).done == [ticket.number]
    assert world.ticket(ticket.number).state is State.IN_PROGRESS
    again = incidents.reply_together(incident, by=world.power_head, at=NOON, **given)
    [(number, sentence)] = again.refused
    assert (number, "签发" in sentence) == (ticket.number, True)


def test_who_stands_in_for_the_head_puts_them_to_be_signed_too(small_world: World) -> None:
    world = small_world
    world.department("供电公司").wants_sign_off = True
    db.session.commit()
    ticket = world.make(State.IN_PROGRESS)
    incident = an_incident(world, ticket)
    name_substitute(
        world.power_head,
        substitute=world.power2,
        from_day=NOON.date(),
        until_day=NOON.date(),
        by=world.power_head,
        at=MONDAY,
    )
    substitute = world.power2
    take_places(substitute, NOON)
    given: dict[str, Any] = {"outcome": Outcome.SOLVED, "text": "线路已抢修"}
    assert incidents.reply_together(incident, by=substitute, at=NOON, **given).done == [ticket.number]


def test_a_date_that_does_not_go_with_the_outcome_is_said_once(small_world: World) -> None:
    incident = an_incident(small_world, small_world.make(State.IN_PROGRESS))
    with pytest.raises(Invalid):
        incidents.reply_together(
            incident, by=small_world.power, at=NOON, outcome=Outcome.PARTLY, text="先修了两台"
        )


def test_one_press_moves_so_many_and_says_how_many_are_left(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_desk.desk.one_by_one.MOST_AT_ONCE", 2)
    tickets = [small_world.make(State.ACCEPTED) for _ in range(3)]
    incident = an_incident(small_world, *tickets)
    lead = small_world.department("供电公司")
    first = incidents.dispatch_together(incident, by=small_world.clerk, at=NOON, lead=lead)
    assert (len(first.done), first.left) == (2, 1)
    second = incidents.dispatch_together(incident, by=small_world.clerk, at=NOON, lead=lead)
    assert (len(second.done), second.left) == (1, 0)


# Scope


def visible_to(world: World, username: str) -> list[str]:
    found = db.session.scalars(incidents.visible_incidents(getattr(world, username)))
    return [incident.title for incident in found]


@pytest.mark.parametrize(
    ("reader", "sees"),
    [
        ("clerk", True),
        ("quality", True),
        ("supervisor", True),
        ("power", True),
        ("power_head", True),
        ("committee", False),
        ("finance", False),
        ("owner", False),
        ("officer", False),
        ("leader", False),
        ("admin", False),
        ("auditor", False),
    ],
)
def test_an_incident_is_for_the_desk_and_for_who_leads_one_of_its_tickets(
    world: World, reader: str, *, sees: bool
) -> None:
    an_incident(world, world.make(State.IN_PROGRESS, supports=["园区管委会"]))
    assert bool(visible_to(world, reader)) is sees


def test_a_department_sees_of_an_incident_its_own_tickets(world: World) -> None:
    mine, theirs = world.make(State.IN_PROGRESS), world.make(State.IN_PROGRESS, lead="园区管委会")
    incident = an_incident(world, mine, theirs)
    seen = db.session.scalars(incidents.tickets_of(incident, world.power)).unique().all()
    assert [ticket.number for ticket in seen] == [mine.number]


def test_a_complaint_is_kept_from_whoever_works_at_the_one_complained_of(small_world: World) -> None:
    world = small_world
    clerk = world.clerk2
    clerk.department_id = world.department("供电公司营销部").id
    db.session.commit()
    complaint = world.make(State.ACCEPTED, nature=Nature.COMPLAINT, against=world.department("供电公司"))
    incident = an_incident(world, complaint)
    lead = world.department("园区管委会")
    assert incidents.how_many(incidents.tickets_of(incident, world.clerk)) == 1
    assert incidents.how_many(incidents.tickets_of(incident, world.clerk2)) == 0
    summary = incidents.dispatch_together(incident, by=world.clerk2, at=NOON, lead=lead)
    assert (summary.done, summary.refused) == ([], [])


def test_the_list_counts_open_and_all_and_shows_the_last_news(world: World) -> None:
    incident = an_incident(world, world.make(State.ACCEPTED), world.make(State.IN_PROGRESS))
    closed = world.make(State.CLOSED)
    closed.incident_id = incident.id
    db.session.commit()
    for text in ("正在抢修", "已恢复"):
        incidents.tell(incident.id, by=world.clerk, at=NOON, text=text)
    [line] = incidents.page_of_incidents(world.clerk, over=False).lines
    assert (line.open, line.total) == (2, 3)
    assert line.news is not None
    assert line.news.text == "已恢复"
    incidents.close(incident.id, by=world.clerk, at=NOON)
    assert not incidents.page_of_incidents(world.clerk, over=False).lines
    assert len(incidents.page_of_incidents(world.clerk, over=True).lines) == 1


def test_the_list_goes_on_by_key(small_world: World) -> None:
    at: datetime = NOON
    db.session.add_all([Incident(title=f"第 {n} 个", opened_at=at) for n in range(5)])
    db.session.commit()
    titles, after = [], ""
    for _ in range(3):
        page = incidents.page_of_incidents(small_world.clerk, over=False, after=after, size=2)
        titles += [line.incident.title for line in page.lines]
        after = page.next_after or ""
    assert titles == [f"第 {n} 个" for n in (4, 3, 2, 1, 0)]
    assert after == ""


def test_the_desk_has_the_roles_that_keep_incidents() -> None:
    assert set(incidents.KEEPERS) < set(incidents.READERS) == {Role.CLERK, Role.QUALITY, Role.SUPERVISOR}
