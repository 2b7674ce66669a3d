"""Letters go out once, wait when they cannot, are given up in the end, and none is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Timer

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from service_desk.channels.outgoing import Outgoing
from service_desk.desk import delivery, sweeping
from service_desk.desk.delivery import Lane, Said
from service_desk.scheduler import deliver
from service_desk.store.base import db, house
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.store.people import Rhythm
from tests.conftest import run_sql
from tests.mailbox import Mailbox
from tests.world import MONDAY, World

DAY = timedelta(days=1)
MAIL = Lane(Channel.MAIL, lambda _letter: "250 OK")


@pytest.fixture(autouse=True)
def officer_takes_each(world: World) -> None:
    """Nobody waits for a digest here."""
    world.officer.rhythm = Rhythm.SINGLE
    db.session.commit()


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """The mail server the desk is told to use."""
    with Mailbox() as box:
        _use(app, box.url)
        yield box


def _use(app: Flask, url: str) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, smtp_url=url, mail_from="desk@park.example")
    house().sends_mail = True


def letters() -> list[Letter]:
    db.session.expire_all()
    return list(db.session.scalars(select(Letter).order_by(Letter.id)))


def addresses(box: Mailbox) -> list[str]:
    return sorted(str(message["To"]) for message in box.arrived)


def test_a_letter_goes_out_with_text_html_and_the_way_to_the_ticket(world: World, mailbox: Mailbox) -> None:
    ticket = world.file()
    assert deliver(MONDAY) == 4, "the enterprise, two clerks and the officer"
    assert addresses(mailbox) == [f"{name}@desk.example" for name in ("clerk2", "clerk", "officer", "owner")]

    message = next(each for each in mailbox.arrived if each["To"] == "officer@desk.example")
    letter = next(each for each in letters() if each.address == "officer@desk.example")
    assert message["Subject"] == f"服务企业动态：提交（{ticket.number}）"
    assert message["Message-ID"] == f"<letter-{letter.id}@park.example>"
    assert message["From"] == "desk@park.example"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        assert f"http://127.0.0.1:8000/tickets/{ticket.id}" in part.get_content()
    assert (letter.state, letter.sent_at, letter.last_error) == (LetterState.SENT, MONDAY, None)


def test_nothing_goes_out_twice(world: World, mailbox: Mailbox) -> None:
    world.file()
    deliver(MONDAY)
    assert deliver(MONDAY + DAY) == 0
    assert len(mailbox.arrived) == 4


def test_a_letter_waits_until_its_time(world: World, mailbox: Mailbox) -> None:
    evening = MONDAY.replace(hour=20)
    world.file(at=evening)
    assert deliver(evening) == 0
    assert deliver(evening + timedelta(hours=13)) == 4


def test_who_left_while_a_letter_waited_is_not_written_to(world: World, mailbox: Mailbox) -> None:
    world.file()
    world.clerk.active = False
    db.session.commit()
    deliver(MONDAY)
    assert addresses(mailbox) == [f"{name}@desk.example" for name in ("clerk2", "officer", "owner")]
    (kept,) = [letter for letter in letters() if letter.address == "clerk@desk.example"]
    assert (kept.state, kept.last_error) == (LetterState.GIVEN_UP, "不再发给这个收件人")


def test_what_is_put_off_is_tried_again_later_and_later(world: World, mailbox: Mailbox) -> None:
    world.file()
    mailbox.out_of_order = "451 come back later"
    moment = MONDAY
    for attempt, minutes in enumerate(delivery.MINUTES_BETWEEN, start=1):
        assert deliver(moment) == 0
        for letter in letters():
            assert (letter.state, letter.attempts) == (LetterState.WAITING, attempt)
            assert 0.8 * minutes <= (letter.not_before - moment) / timedelta(minutes=1) <= 1.2 * minutes
            assert "451 come back later" in (letter.last_error or "")
        moment = max(letter.not_before for letter in letters())

    mailbox.out_of_order = ""
    assert deliver(moment) == 4
    assert {letter.state for letter in letters()} == {LetterState.SENT}
    assert len(mailbox.arrived) == 4


def test_after_eight_attempts_it_is_given_up_with_its_error(world: World, mailbox: Mailbox) -> None:
    world.file()
    mailbox.out_of_order = "451 come back later"
    for days in range(10):
        deliver(MONDAY + days * DAY)
    assert {(letter.state, letter.attempts) for letter in letters()} == {(LetterState.GIVEN_UP, 8)}
    assert all("451" in (letter.last_error or "") for letter in letters())


def test_an_address_refused_for_good_is_given_up_at_once_and_alone(world: World, mailbox: Mailbox) -> None:
    world.file()
    mailbox.unknown.add("clerk@desk.example")
    assert deliver(MONDAY) == 3
    states = {letter.address: (letter.state, letter.attempts, letter.last_error) for letter in letters()}
    assert states["clerk@desk.example"] == (LetterState.GIVEN_UP, 1, "550 no such user here")
    assert states["officer@desk.example"][0] is LetterState.SENT
    assert states["clerk2@desk.example"][0] is LetterState.SENT


@pytest.mark.parametrize("address", ["no address", "两@desk.example", "a@b\nBcc: c@d"])
def test_an_address_that_is_none_is_given_up(world: World, mailbox: Mailbox, address: str) -> None:
    world.file()
    db.session.execute(update(Letter).where(Letter.address == "officer@desk.example").values(address=address))
    db.session.commit()
    assert deliver(MONDAY) == 3
    assert next(each for each in letters() if each.address == address).state is LetterState.GIVEN_UP


def test_while_no_server_answers_everything_waits(world: World, app: Flask) -> None:
    _use(app, "smtp://127.0.0.1:1")
    world.file()
    assert deliver(MONDAY) == 0
    for letter in letters():
        assert (letter.state, letter.attempts, letter.leased_until) == (LetterState.WAITING, 1, None)
        assert "ConnectionRefusedError" in (letter.last_error or "")


def test_the_error_that_is_kept_names_neither_user_nor_password(
    world: World, app: Flask, mailbox: Mailbox
) -> None:
    _use(app, f"smtp://postman:hush%2Fhush@127.0.0.1:{mailbox.port}")
    world.file()
    assert deliver(MONDAY) == 0
    assert {letter.last_error for letter in letters()} == {"535 *** does not sign in with ***"}
    assert {letter.state for letter in letters()} == {LetterState.WAITING}, "settings can be put right"


def test_a_letter_in_hand_is_nobody_elses(world: World, mailbox: Mailbox) -> None:
    world.file()
    assert len(delivery.claim(MAIL, at=MONDAY)) == 4
    assert deliver(MONDAY) == 0
    assert delivery.claim(MAIL, at=MONDAY + DAY) == [], "the lease goes by the database's clock, not by ours"


def test_what_a_dead_process_had_in_hand_is_taken_over_when_its_lease_ends(
    world: World, mailbox: Mailbox
) -> None:
    world.file()
    delivery.claim(MAIL, at=MONDAY)
    db.session.execute(update(Letter).values(leased_until=MONDAY))
    db.session.commit()
    assert deliver(MONDAY) == 4


def test_a_process_that_is_asked_to_end_puts_back_what_it_has_not_tried(
    world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.file()

    def send_one(_letter: object) -> str:
        sweeping.STOPPING.set()
        return "250 OK"

    try:
        assert delivery.deliver(MONDAY, [replace(MAIL, send=send_one)], lambda one: Said(one.body)) == 1
    finally:
        sweeping.STOPPING.clear()
    assert sorted((letter.state, letter.attempts) for letter in letters()) == [
        (LetterState.SENT, 1),
        (LetterState.WAITING, 0),
        (LetterState.WAITING, 0),
        (LetterState.WAITING, 0),
    ]
    assert deliver(MONDAY) == 3


def test_more_than_one_batch_goes_out_in_one_run(world: World, mailbox: Mailbox) -> None:
    for _ in range(delivery.BATCH // 2):
        world.file()
    waiting = db.session.scalar(select(func.count()).select_from(Letter))
    assert deliver(MONDAY) == waiting == len(mailbox.arrived) > delivery.BATCH


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_went_out_while_the_database_was_away_does_not_go_out_again(
    world: World, postgres_url: str
) -> None:
    """It is sent, the database goes before that can be noted, and comes back a moment later."""
    house().sends_mail = True
    world.file()
    name = db.engine.url.database
    come_back = Timer(1.5, run_sql, (postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))

    def send(_letter: Outgoing) -> str:
        if not come_back.ident:
            everybody = f"(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            run_sql(postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            run_sql(postgres_url, f"SELECT pg_terminate_backend{everybody}")
            come_back.start()
        return "250 OK"

    sent = delivery.deliver(MONDAY, [Lane(Channel.MAIL, send)], lambda _letter: Said("words"))
    come_back.join()
    assert {letter.state for letter in letters()} == {LetterState.SENT}
    assert sent == len(letters()) > 1
