"""Substitutes: a colleague does somebody's work from a day to a day, in their place and under the same separations."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from service_desk.desk import handling, requests
from service_desk.desk.reminders import remind_due
from service_desk.desk.substitutes import colleagues_of, end_substitution, name_substitute
from service_desk.domain.actions import Action
from service_desk.domain.errors import DeskError, Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.vocabulary import Nature, Outcome, Role, State
from service_desk.store.base import db
from service_desk.store.notices import Notice
from service_desk.store.people import User
from service_desk.store.queues import decides, waiting_for, whose_turn
from service_desk.store.scope import visible_tickets
from service_desk.store.substitutes import Substitution, substitutions_of, take_places
from service_desk.store.tickets import Ticket
from tests.world import CHINA, MONDAY, World

TODAY = MONDAY.date()
HEARERS = ("power", "power_head", "marketing", "power2")
FRIDAY = TODAY + timedelta(days=4)


def stands_in(
    w: World,
    substitute: str,
    person: str,
    *,
    since: date = TODAY,
    until: date = FRIDAY,
    at: datetime = MONDAY,
) -> Substitution:
    return name_substitute(
        getattr(w, person),
        substitute=getattr(w, substitute),
        from_day=since,
        until_day=until,
        by=getattr(w, person),
        at=at,
    )


def later(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def at_work(w: World, username: str, at: datetime) -> User:
    """Somebody as a page knows them at this instant."""
    person: User = getattr(w, username)
    take_places(person, at)
    return person


def sees(person: User, ticket: Ticket) -> bool:
    return db.session.scalar(visible_tickets(person).where(Ticket.id == ticket.id)) is not None


def is_asked(person: User, ticket: Ticket) -> bool:
    mine = waiting_for(person).where(Ticket.id == ticket.id)
    return db.session.scalar(mine) is not None


def titles(username: str, ticket: Ticket) -> list[str]:
    told = (
        select(Notice.title)
        .join(User, User.id == Notice.recipient_id)
        .where(User.username == username, Notice.ticket_id == ticket.id)
        .order_by(Notice.id)
    )
    return list(db.session.scalars(told))


def put_to_the_head(w: World, *, by: str = "power2") -> Ticket:
    """A reply that waits for the head of the power company to sign it."""
    ticket = w.make(State.IN_PROGRESS)
    w.department("供电公司").wants_sign_off = True
    db.session.commit()
    requests.ask_sign_off(
        ticket.id, by=getattr(w, by), at=later(5), outcome=Outcome.SOLVED, text="已更换变压器。"
    )
    return ticket


def test_the_substitute_signs_in_the_heads_place_and_the_record_says_so(world: World) -> None:
    ticket = put_to_the_head(world)
    with pytest.raises(Refused):
        requests.decide_sign_off(ticket.id, by=world.committee, at=later(6), granted=True)
    stands_in(world, "marketing", "power_head", at=later(4))
    requests.decide_sign_off(ticket.id, by=world.marketing, at=later(6), granted=True)
    signed = world.ticket_by_id(ticket.id)
    line = signed.events[-1]
    assert signed.state is State.REPLIED
    assert (line.by_id, line.by_name) == (world.marketing.id, "marketing名（代 power_head名）")
    assert (line.data["for_id"], line.data["for"]) == (world.power_head.id, "power_head名")
    assert line.department is world.department("供电公司")
    assert signed.approvals[-1].decided_by_name == "marketing名（代 power_head名）"


@pytest.mark.parametrize("who", ["power", "power2"], ids=["one who handled it", "one who asked"])
def test_the_substitute_is_kept_out_as_anybody_is(small_world: World, who: str) -> None:
    ticket = put_to_the_head(small_world)
    stands_in(small_world, who, "power_head")
    substitute = at_work(small_world, who, later(6))
    assert substitute.stands_in_for == (small_world.power_head,)
    with pytest.raises(Refused):
        requests.decide_sign_off(ticket.id, by=substitute, at=later(6), granted=True)


@pytest.mark.parametrize(
    "at",
    [datetime(2026, 3, 2, 23, 59, tzinfo=CHINA), datetime(2026, 3, 7, 0, 0, tzinfo=CHINA)],
    ids=["before its first day", "after its last day"],
)
def test_the_days_are_the_parks_and_both_included(small_world: World, at: datetime) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    stands_in(small_world, "marketing", "power_head", since=TODAY + timedelta(days=1))
    for first_or_last in (
        datetime(2026, 3, 3, 0, 0, tzinfo=CHINA),
        datetime(2026, 3, 6, 23, 59, tzinfo=CHINA),
    ):
        assert sees(at_work(small_world, "marketing", first_or_last), ticket)
    assert not sees(at_work(small_world, "marketing", at), ticket)
    with pytest.raises(Refused):
        handling.progress(ticket.id, by=small_world.marketing, at=at, text="已到现场。")


def test_heading_a_unit_below_signs_nothing_for_the_department(small_world: World) -> None:
    """Who heads the sub-unit and stands in for the head puts a reply to be signed as any deputy does."""
    w = small_world
    w.marketing.roles = {Role.HANDLER, Role.HEAD}
    w.department("供电公司").wants_sign_off = True
    db.session.commit()
    ticket = w.make(State.IN_PROGRESS)
    stands_in(w, "marketing", "power_head")
    with pytest.raises(DeskError, match="送签"):
        handling.reply(ticket.id, by=w.marketing, at=later(6), outcome=Outcome.SOLVED, text="已更换变压器。")


def test_who_stands_in_names_nobody_in_turn(small_world: World) -> None:
    w = small_world
    stands_in(w, "power", "power_head")
    with pytest.raises(Invalid) as refused:
        stands_in(w, "power2", "power", since=FRIDAY, until=FRIDAY + timedelta(days=3))
    assert refused.value.fields.keys() == {"from_day"}
    stands_in(w, "power2", "power", since=FRIDAY + timedelta(days=1), until=FRIDAY + timedelta(days=3))


def test_no_calendar_ends_before_the_latest_day(small_world: World) -> None:
    with pytest.raises(Invalid):
        stands_in(small_world, "power2", "power", since=date.max, until=TODAY)


def test_what_was_asked_in_somebodys_place_that_person_does_not_decide(small_world: World) -> None:
    """The handler who heads the department now had it asked for in their place."""
    w = small_world
    ticket = w.make(State.ASSIGNED)
    handling.sign(ticket.id, by=w.power2, at=later(4))
    w.department("供电公司").wants_sign_off = True
    db.session.commit()
    stands_in(w, "marketing", "power")
    requests.ask_sign_off(
        ticket.id, by=w.marketing, at=later(5), outcome=Outcome.SOLVED, text="已更换变压器。"
    )
    w.power.roles = {*w.power_head.roles}
    db.session.commit()
    assert not is_asked_to_sign(w.power, ticket)
    with pytest.raises(Refused):
        requests.decide_sign_off(ticket.id, by=w.power, at=later(6), granted=True)
    assert is_asked_to_sign(w.power_head, ticket)
    requests.decide_sign_off(ticket.id, by=w.power_head, at=later(6), granted=True)


def is_asked_to_sign(person: User, ticket: Ticket) -> bool:
    return ticket.id in db.session.scalars(decides(person)).all()


def test_the_substitute_sees_and_is_asked_what_the_person_is_for_the_time(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    assert not sees(at_work(world, "marketing", later(5)), ticket)
    stands_in(world, "marketing", "power")
    substitute = at_work(world, "marketing", later(5))
    assert sees(substitute, ticket)
    assert is_asked(substitute, ticket)
    assert whose_turn(substitute, [ticket.id]) == {ticket.id: "power名"}
    assert not sees(at_work(world, "marketing", MONDAY + timedelta(days=7)), ticket)


def test_a_part_of_ones_own_department_is_ones_own_turn(small_world: World) -> None:
    ticket = small_world.make(State.ASSIGNED)
    stands_in(small_world, "power2", "power")
    assert whose_turn(at_work(small_world, "power2", later(4)), [ticket.id]) == {}
    handling.sign(ticket.id, by=small_world.power, at=later(4))
    assert whose_turn(at_work(small_world, "power2", later(5)), [ticket.id]) == {ticket.id: "power名"}


@pytest.mark.parametrize("complained_of", ["供电公司", "供电公司营销部"])
def test_a_complaint_stays_hidden_from_the_people_it_is_about(small_world: World, complained_of: str) -> None:
    w = small_world
    ticket = w.make(
        State.ASSIGNED, lead="金融办", nature=Nature.COMPLAINT, against=w.department(complained_of)
    )
    ticket.assignments[-1].department_id = ticket.lead_department_id = w.department("供电公司").id
    db.session.commit()
    stands_in(w, "marketing", "power_head")
    substitute = at_work(w, "marketing", later(5))
    assert not sees(substitute, ticket)
    assert not w.ticket_by_id(ticket.id).places_of(substitute)
    with pytest.raises(DeskError):
        handling.sign(ticket.id, by=w.marketing, at=later(5))


def test_the_substitute_signs_the_part_for_the_persons_department(small_world: World) -> None:
    ticket = small_world.make(State.ASSIGNED)
    stands_in(small_world, "marketing", "power")
    handling.sign(ticket.id, by=small_world.marketing, at=later(4))
    signed = small_world.ticket_by_id(ticket.id)
    assert signed.assignments[-1].handled_by == "power名"
    assert signed.events[-1].department is small_world.department("供电公司")
    handling.hand_over(ticket.id, by=small_world.marketing, at=later(5), to=small_world.power2)
    assert small_world.ticket_by_id(ticket.id).assignments[-1].handled_by == "power2名"


def test_both_are_told_and_nobody_twice(world: World) -> None:
    stands_in(world, "marketing", "power")
    stands_in(world, "power2", "power_head")
    ticket = world.make(State.ASSIGNED)
    assert titles("power", ticket) == ["新交办，请签收"]
    assert titles("marketing", ticket) == ["新交办，请签收（代 power名）"]
    assert titles("power2", ticket) == ["新交办，请签收"]


def test_reminders_meant_for_somebody_reach_the_substitute_too(small_world: World) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    stands_in(small_world, "marketing", "power", until=TODAY + timedelta(days=30))
    remind_due(datetime(2026, 3, 6, 9, 1, tzinfo=CHINA))
    reminded = {
        name: [each for each in titles(name, ticket) if each.startswith("办理还剩")] for name in HEARERS
    }
    assert reminded == {
        "power": ["办理还剩 1 个工作日"],
        "power_head": ["办理还剩 1 个工作日"],
        "marketing": ["办理还剩 1 个工作日（代 power名）"],
        "power2": [],
    }


def test_a_place_ends_with_what_makes_the_two_colleagues(small_world: World) -> None:
    stands_in(small_world, "marketing", "power")
    small_world.marketing.department_id = small_world.department("金融办").id
    db.session.commit()
    assert not at_work(small_world, "marketing", later(5)).stands_in_for


YESTERDAY = TODAY - timedelta(days=1)
WRONG: dict[str, tuple[Callable[[World], object], str]] = {
    "oneself": (lambda w: stands_in(w, "power", "power"), "substitute"),
    "another department": (lambda w: stands_in(w, "finance", "power"), "substitute"),
    "the department above": (lambda w: stands_in(w, "power", "marketing"), "substitute"),
    "another role of the desk": (lambda w: stands_in(w, "clerk", "supervisor"), "substitute"),
    "past days": (lambda w: stands_in(w, "power2", "power", since=YESTERDAY), "from_day"),
    "an end before the beginning": (lambda w: stands_in(w, "power2", "power", until=YESTERDAY), "until_day"),
    "91 days": (lambda w: stands_in(w, "power2", "power", until=TODAY + timedelta(days=90)), "until_day"),
    "two at a time": (
        lambda w: [stands_in(w, name, "power") for name in ("power2", "marketing")],
        "from_day",
    ),
    "one who is away": (
        lambda w: [stands_in(w, "power_head", "power2"), stands_in(w, "power2", "power")],
        "substitute",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit(small_world: World, case: tuple[Callable[[World], object], str]) -> None:
    act, field = case
    with pytest.raises(Invalid) as refusal:
        act(small_world)
    assert set(refusal.value.fields) == {field}


def test_nobody_names_a_substitute_for_a_colleague(small_world: World) -> None:
    w = small_world
    with pytest.raises(Refused):
        name_substitute(
            w.power, substitute=w.power2, from_day=TODAY, until_day=FRIDAY, by=w.power2, at=MONDAY
        )


def test_90_days_are_allowed_and_colleagues_are_those_of_the_department_or_the_role(
    small_world: World,
) -> None:
    stands_in(small_world, "power2", "power", until=TODAY + timedelta(days=89))
    assert {each.username for each in colleagues_of(small_world.power)} == {
        "marketing",
        "power2",
        "power_head",
    }
    assert {each.username for each in colleagues_of(small_world.clerk)} == {"clerk2"}


def test_an_administrator_names_and_either_end_ends_it_and_both_hear(small_world: World) -> None:
    w = small_world
    named = name_substitute(
        w.power, substitute=w.power2, from_day=TODAY, until_day=FRIDAY, by=w.admin, at=MONDAY
    )
    with pytest.raises(NotFound):
        end_substitution(named.id, by=w.committee, at=later(1))
    end_substitution(named.id, by=w.power2, at=later(1))
    assert not at_work(w, "power2", later(2)).stands_in_for
    assert not substitutions_of(w.power, later(2))
    with pytest.raises(OutOfTurn):
        end_substitution(named.id, by=w.power, at=later(2))
    told = select(User.username, Notice.title).join(User, User.id == Notice.recipient_id)
    assert {tuple(row) for row in db.session.execute(told)} == {
        ("power", "已设置代办"),
        ("power2", "请您代办"),
        ("power", "代办已提前结束"),
        ("power2", "代办已提前结束"),
    }


def test_between_people_of_the_desk_nothing_is_added(small_world: World) -> None:
    """The same role does the same work already; acts are each one's own."""
    stands_in(small_world, "clerk2", "clerk")
    assert not at_work(small_world, "clerk2", later(1)).stands_in_for
    ticket = small_world.make(State.ACCEPTED)
    assert ticket.events[-1].action is Action.ACCEPT
    assert "代" not in ticket.events[-1].by_name
