"""Lanes: nobody is asked faster than they bear, which costs no letter an attempt, and one lane holds up no other."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from service_desk import clock
from service_desk.desk import letters as desk
from service_desk.desk.outlets import PACES
from service_desk.domain.errors import Invalid, OutOfTurn, Refused
from service_desk.scheduler import deliver_sms, deliver_to_groups
from service_desk.store.base import db, house
from service_desk.store.channels import Gateway, Listener, Method, Pace, Robot, RobotKind
from service_desk.store.notices import Channel, Letter, LetterState
from tests.vendors import SECRET, DingTalkServer, FeishuServer, Reply, Server, Vendor, WeComServer
from tests.world import MONDAY, World

VENDORS: dict[RobotKind, type[Vendor]] = {
    RobotKind.WECOM: WeComServer,
    RobotKind.DINGTALK: DingTalkServer,
    RobotKind.FEISHU: FeishuServer,
}
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def open_server(app: Flask) -> Iterator[Callable[[Server], Server]]:
    """Start a server that the desk may ask."""
    with ExitStack() as stack:

        def opened(server: Server) -> Server:
            stack.enter_context(server)
            house().webhook_origins |= {server.origin}
            return server

        yield opened


def add_robot(kind: RobotKind, webhook: str, *, name: str = "工作群", secret: str | None = None) -> Robot:
    robot = Robot(name=name, kind=kind, listener=Listener.DESK, webhook=webhook, secret=secret)
    db.session.add(robot)
    db.session.commit()
    return robot


def write(robot: Robot, number: int = 1) -> None:
    """Letters that wait for a robot."""
    one = {
        "robot_id": robot.id,
        "channel": Channel.ROBOT,
        "address": robot.name,
        "subject": "新诉求待受理（QS-2026-000001）",
        "body": "",
        "created_at": MONDAY,
        "not_before": MONDAY,
        "state": LetterState.WAITING,
        "attempts": 0,
    }
    db.session.execute(insert(Letter), [one | {"key": f"event:{robot.id}:{each}"} for each in range(number)])
    db.session.commit()


def states(robot: Robot | None = None) -> list[tuple[LetterState, int, str | None]]:
    db.session.expire_all()
    rows = db.session.scalars(select(Letter).order_by(Letter.id))
    return [
        (row.state, row.attempts, row.last_error) for row in rows if robot is None or row.robot_id == robot.id
    ]


def later(**span: float) -> None:
    """That much time passes at the gates, which go by the database's clock."""
    for robot in db.session.scalars(select(Robot)).unique():
        robot.next_free_at = robot.next_free_at and robot.next_free_at - timedelta(**span)
        robot.closed_until = robot.closed_until and robot.closed_until - timedelta(**span)
    db.session.commit()


@pytest.mark.parametrize("kind", list(RobotKind))
def test_a_letter_goes_out_signed_and_once(
    world: World, open_server: Callable[[Vendor], Vendor], kind: RobotKind
) -> None:
    secret = None if kind is RobotKind.WECOM else SECRET
    vendor = open_server(VENDORS[kind](secret))
    write(add_robot(kind, vendor.webhook, secret=secret))
    assert deliver_to_groups(MONDAY) == 1
    assert deliver_to_groups(MONDAY) == 0
    assert vendor.taken == ["新诉求待受理（QS-2026-000001）"]
    assert states() == [(LetterState.SENT, 1, None)]


def test_however_often_one_looks_no_more_go_in_a_minute_than_the_vendor_bears(
    world: World, open_server: Callable[[Vendor], Vendor]
) -> None:
    vendor = open_server(DingTalkServer())
    robot = add_robot(RobotKind.DINGTALK, vendor.webhook)
    write(robot, 40)
    sent = [deliver_to_groups(MONDAY)]
    # Short of the minute: the time that the test itself takes passes, too.
    for _ in range(5):
        assert deliver_to_groups(MONDAY) <= 1, "as time passes, not as one looks"
        later(seconds=10)
        sent.append(deliver_to_groups(MONDAY))
    assert 10 <= len(vendor.taken) <= 20
    assert len(vendor.asked) == len(vendor.taken), "the vendor never had to say that it is too fast"
    assert {attempts for state, attempts, _ in states() if state is LetterState.WAITING} == {0}


def test_being_too_fast_costs_nobody_an_attempt_and_closes_the_whole_lane(
    world: World, open_server: Callable[[Vendor], Vendor]
) -> None:
    vendor = open_server(DingTalkServer())
    vendor.most = 1  # somebody else posts by this robot, too
    robot = add_robot(RobotKind.DINGTALK, vendor.webhook)
    write(robot, 5)
    assert deliver_to_groups(MONDAY) == 1
    assert states()[1:] == [(LetterState.WAITING, 0, None)] * 4
    assert robot.closed_because == "130101 send too fast, exceed 20 times per minute"

    asked = len(vendor.asked)
    later(minutes=9)
    assert deliver_to_groups(MONDAY) == 0
    assert len(vendor.asked) == asked, "it is locked for ten minutes, and asking would not shorten that"
    vendor.most = 20
    later(minutes=2)
    assert deliver_to_groups(MONDAY) > 0


def test_a_lane_that_does_not_answer_holds_up_no_other(
    world: World, open_server: Callable[[Server], Server]
) -> None:
    vendor = WeComServer()
    open_server(vendor)
    bad = open_server(Server(lambda _asked: Reply(b"<html>", headers={"Content-Type": "text/html"})))
    broken = add_robot(RobotKind.WECOM, f"{bad.origin}/hook", name="坏了的群")
    working = add_robot(RobotKind.WECOM, vendor.webhook)
    write(broken, 2)
    write(working)
    assert deliver_to_groups(MONDAY) == 1
    assert states(working) == [(LetterState.SENT, 1, None)]
    assert states(broken) == [(LetterState.WAITING, 1, "HTTP 200：回答不是 JSON（text/html）")] * 2
    deliver_to_groups(MONDAY + A_MINUTE * 10)
    assert len(bad.asked) == 1, "the gate stays closed for a minute"


def test_after_eight_attempts_it_is_given_up_and_may_be_sent_again_under_its_id(
    world: World, open_server: Callable[[Vendor], Vendor]
) -> None:
    vendor = open_server(WeComServer())
    robot = add_robot(RobotKind.WECOM, vendor.webhook.replace("key=", "key=x"))
    write(robot)
    for day in range(10):
        deliver_to_groups(MONDAY + timedelta(days=day))
        later(minutes=2)
    ((state, attempts, error),) = states()
    assert (state, attempts) == (LetterState.GIVEN_UP, 8)
    assert error is not None
    assert "93000" in error

    letter = db.session.scalars(select(Letter)).one()
    with pytest.raises(Refused):
        desk.resend(letter.id, by=world.supervisor, at=MONDAY)
    db.session.execute(update(Robot).values(webhook=vendor.webhook, active=False))
    db.session.commit()
    with pytest.raises(Invalid, match="停用"):
        desk.resend(letter.id, by=world.admin, at=MONDAY)
    db.session.execute(update(Robot).values(active=True))
    db.session.commit()
    assert desk.resend(letter.id, by=world.admin, at=MONDAY).id == letter.id
    with pytest.raises(OutOfTurn):
        desk.resend(letter.id, by=world.admin, at=MONDAY)
    assert deliver_to_groups(MONDAY) == 1
    assert states() == [(LetterState.SENT, 1, None)]


def test_a_mail_that_is_sent_again_goes_to_the_address_of_today(world: World) -> None:
    letter = Letter(
        key="event:1",
        recipient_id=world.clerk.id,
        channel=Channel.MAIL,
        address="old@desk.example",
        subject="x",
        body="",
        created_at=MONDAY,
        not_before=MONDAY,
        state=LetterState.GIVEN_UP,
    )
    db.session.add(letter)
    db.session.commit()
    assert desk.resend(letter.id, by=world.admin, at=MONDAY).address == "clerk@desk.example"


def test_text_messages_go_to_those_who_want_them_and_say_little(
    world: World, open_server: Callable[[Server], Server]
) -> None:
    server = open_server(Server(lambda _asked: Reply.of({"code": "OK"})))
    world.owner.wants_sms = True
    db.session.add(
        Gateway(
            name="短信平台",
            method=Method.POST,
            url=f"{server.origin}/send",
            headers="Content-Type: application/json",
            body='{"to": "{phone}", "text": "{text}", "id": "{id}"}',
            success_path="code",
            success_value="OK",
        )
    )
    db.session.commit()
    house().law = None
    ticket = world.file()
    assert deliver_sms(MONDAY) == 1
    letter = db.session.scalars(select(Letter).where(Letter.channel == Channel.SMS)).one()
    assert server.asked[0].json == {
        "to": "13800001111",
        "text": f"诉求已提交（{ticket.number}） http://127.0.0.1:8000/tickets/{ticket.id}",
        "id": str(letter.id),
    }


def test_the_paces_are_those_of_the_vendors() -> None:
    for kind, most in ((RobotKind.WECOM, 20), (RobotKind.DINGTALK, 20), (RobotKind.FEISHU, 100)):
        assert _most_within(PACES[kind], A_MINUTE) <= most
    assert _most_within(PACES[RobotKind.FEISHU], timedelta(seconds=1)) <= 5


def _most_within(pace: Pace, span: timedelta) -> int:
    """How many pass in a half-open span that begins with a full gate."""
    robot, passed, moment, end = Robot(), 0, MONDAY, MONDAY + span
    while moment < end:
        room = robot.room(pace, at=moment)
        robot.let_through(room, pace, at=moment)
        passed += room
        moment += timedelta(milliseconds=100)
    return passed


@given(st.integers(min_value=1, max_value=600))
def test_so_many_in_a_minute_are_no_more(most: int) -> None:
    pace = Pace.in_a_minute(most)
    assert pace.burst + A_MINUTE // pace.every <= max(most, 2)


def test_the_real_clock_opens_a_gate_again(world: World, open_server: Callable[[Vendor], Vendor]) -> None:
    robot = add_robot(RobotKind.WECOM, open_server(WeComServer()).webhook)
    robot.closed_until = clock.now() + A_MINUTE
    db.session.commit()
    write(robot)
    assert deliver_to_groups(MONDAY) == 0
    robot.closed_until = clock.now() - A_MINUTE
    db.session.commit()
    assert deliver_to_groups(MONDAY) == 1
