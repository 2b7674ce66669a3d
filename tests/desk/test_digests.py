"""Digests: once a day as the office opens, each person's own; what is critical does not wait for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from service_desk.desk import digests
from service_desk.desk.people import choose_letters
from service_desk.domain.vocabulary import State, Urgency
from service_desk.scheduler import deliver
from service_desk.store.base import db, house
from service_desk.store.notices import Letter, LetterState, Notice
from service_desk.store.people import Rhythm
from service_desk.store.tickets import Ticket
from tests.desk.test_delivery import _use
from tests.mailbox import Mailbox
from tests.world import CHINA, MONDAY, World

DAY = timedelta(days=1)
TUESDAY_MORNING = MONDAY.replace(hour=9, minute=0) + DAY
FRIDAY = MONDAY + 4 * DAY
THE_MONDAY_AFTER = TUESDAY_MORNING + 6 * DAY


@pytest.fixture(autouse=True)
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """The mail server the desk is told to use."""
    with Mailbox() as box:
        _use(app, box.url)
        yield box


def letters_to(world: World, username: str) -> list[Letter]:
    db.session.expire_all()
    mine = select(Letter).where(Letter.recipient_id == getattr(world, username).id).order_by(Letter.id)
    return list(db.session.scalars(mine))


def digests_of(world: World, username: str) -> list[Letter]:
    return [letter for letter in letters_to(world, username) if letter.key.startswith("digest:")]


def test_an_officer_reads_the_news_of_a_day_the_next_morning(world: World, mailbox: Mailbox) -> None:
    tickets = [world.make(State.ACCEPTED), world.make(State.SUBMITTED)]
    assert {letter.state for letter in letters_to(world, "officer")} == {LetterState.GATHERED}
    assert digests.send_due(TUESDAY_MORNING) == 1
    (digest,) = digests_of(world, "officer")
    assert digest.subject == "摘要：3 条消息"
    assert digest.body.splitlines() == [
        f"服务企业动态：提交（{tickets[0].number}）：江海船舶：车间电压不稳，需增容变压器",
        f"服务企业动态：受理（{tickets[0].number}）：江海船舶：车间电压不稳，需增容变压器",
        f"服务企业动态：提交（{tickets[1].number}）：江海船舶：车间电压不稳，需增容变压器",
    ]
    deliver(TUESDAY_MORNING)
    arrived = [message for message in mailbox.arrived if message["To"] == "officer@desk.example"]
    assert [message["Subject"] for message in arrived] == ["摘要：3 条消息"]
    part = arrived[0].get_body(("plain",))
    assert part is not None
    assert "http://127.0.0.1:8000/notices" in part.get_content()
    notices = select(Notice).where(Notice.recipient_id == world.officer.id)
    assert len(db.session.scalars(notices).all()) == 3, "in the product everything came at once"


def test_a_day_has_one_digest_however_often_the_clockwork_looks(world: World) -> None:
    world.file()
    assert digests.send_due(TUESDAY_MORNING) == 1
    world.file(at=TUESDAY_MORNING - timedelta(minutes=1))
    db.session.execute(update(Letter).where(Letter.state == LetterState.GATHERED).values(not_before=MONDAY))
    db.session.commit()
    assert digests.send_due(TUESDAY_MORNING + timedelta(minutes=1)) == 0, "what came late goes tomorrow"
    assert digests.send_due(TUESDAY_MORNING + DAY) == 1
    assert [digest.key for digest in digests_of(world, "officer")] == [
        "digest:2026-03-03",
        "digest:2026-03-04",
    ]


@pytest.mark.parametrize(
    ("filed", "morning"),
    [
        pytest.param(MONDAY, TUESDAY_MORNING, id="in the morning, the next day"),
        pytest.param(
            MONDAY.replace(hour=8, minute=59), MONDAY.replace(hour=9, minute=0), id="before opening"
        ),
        pytest.param(FRIDAY, THE_MONDAY_AFTER, id="on Friday, on Monday"),
        pytest.param(FRIDAY + DAY, THE_MONDAY_AFTER, id="on Saturday, on Monday"),
        pytest.param(
            datetime(2026, 2, 13, 10, tzinfo=CHINA),
            datetime(2026, 2, 14, 9, tzinfo=CHINA),
            id="before a Saturday that is worked, on it",
        ),
        pytest.param(
            datetime(2026, 9, 30, 10, tzinfo=CHINA),
            datetime(2026, 10, 8, 9, tzinfo=CHINA),
            id="before the national holidays, after them",
        ),
    ],
)
def test_it_comes_as_the_office_opens_on_a_working_day(
    world: World, filed: datetime, morning: datetime
) -> None:
    world.file(at=filed)
    moment = filed.replace(minute=0, second=0)
    while not digests.send_due(moment):
        moment += timedelta(minutes=30)
        assert moment <= morning
    assert moment == morning


def test_a_clockwork_that_slept_over_the_morning_makes_it_while_the_office_is_open(world: World) -> None:
    world.file()
    assert digests.send_due(TUESDAY_MORNING.replace(hour=20)) == 0
    assert digests.send_due(TUESDAY_MORNING.replace(hour=12, minute=30)) == 0
    assert digests.send_due(TUESDAY_MORNING.replace(hour=15)) == 1


def test_what_is_critical_comes_by_itself_and_at_once(world: World) -> None:
    evening = MONDAY.replace(hour=20)
    world.make(State.ACCEPTED, at=evening, hours=0.1, urgency=Urgency.CRITICAL)
    accepted = letters_to(world, "officer")[-1]
    assert (accepted.state, accepted.not_before) == (LetterState.WAITING, accepted.created_at)


def test_everybody_chooses(world: World) -> None:
    choose_letters(world.officer, mail=True, sms=False, rhythm=Rhythm.SINGLE)
    choose_letters(world.clerk, mail=True, sms=False, rhythm=Rhythm.DIGEST)
    choose_letters(world.clerk2, mail=False, sms=False, rhythm=Rhythm.USUAL)
    world.file()
    assert [letter.state for letter in letters_to(world, "officer")] == [LetterState.WAITING]
    assert [letter.state for letter in letters_to(world, "clerk")] == [LetterState.GATHERED]
    assert letters_to(world, "clerk2") == []
    assert [letter.state for letter in letters_to(world, "owner")] == [LetterState.WAITING]
    assert digests.send_due(TUESDAY_MORNING) == 1
    assert [letter.state for letter in letters_to(world, "clerk")] == [
        LetterState.DIGESTED,
        LetterState.WAITING,
    ]


def test_who_left_gets_none_and_what_became_a_complaint_about_them_is_left_out(world: World) -> None:
    choose_letters(world.power, mail=True, sms=False, rhythm=Rhythm.DIGEST)
    first, second = world.make(State.ASSIGNED), world.make(State.ASSIGNED)
    against = world.department("供电公司").id
    db.session.execute(update(Ticket).where(Ticket.id == first.id).values(against_id=against))
    world.officer.active = False
    db.session.commit()
    assert digests.send_due(TUESDAY_MORNING) == 1
    (digest,) = digests_of(world, "power")
    assert second.number in digest.body
    assert first.number not in digest.body
    assert digests_of(world, "officer") == []


def test_a_long_list_says_how_much_more_there_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "MOST_ENTRIES", 2)
    for _ in range(5):
        world.file()
    digests.send_due(TUESDAY_MORNING)
    (digest,) = digests_of(world, "officer")
    assert digest.subject == "摘要：5 条消息"
    assert digest.body.splitlines()[2:] == ["另有 3 条，请登录查看。"]
    assert house().sends_mail
