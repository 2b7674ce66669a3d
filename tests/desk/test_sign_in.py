"""The door: five failures lock a name, known or not; links are good once. On both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from service_desk.desk import enterprises, people
from service_desk.desk.people import LINK_LIFE, LOCKED, LOCKED_FOR, MOST_FAILURES, SPENT, WRONG
from service_desk.domain.errors import Invalid, NotFound
from service_desk.store.base import db
from service_desk.store.sign_ins import PasswordLink, SignInFailure
from tests.desk.test_races import at_once, refusals
from tests.world import MONDAY, PASSWORD, World

NEW = "harbour-lights-7"
SOON = MONDAY + timedelta(minutes=1)


def knock(username: str, password: str = "wrong-password", *, at: Any = MONDAY) -> str:  # noqa: S107
    """What the door says; empty where it opens."""
    try:
        people.sign_in(username, password, at=at)
    except Invalid as error:
        return error.sentence
    return ""


@pytest.mark.parametrize("username", ["clerk", "nobody"])
def test_the_fifth_failure_locks_and_the_right_password_does_not_open(world: World, username: str) -> None:
    said = [knock(username) for _ in range(MOST_FAILURES)]
    assert said == [WRONG] * (MOST_FAILURES - 1) + [LOCKED]
    assert knock(username, PASSWORD, at=SOON) == LOCKED
    assert knock("clerk2", PASSWORD, at=SOON) == ""


def test_the_lock_falls_after_a_quarter_of_an_hour_however_often_somebody_knocks_meanwhile(
    world: World,
) -> None:
    for minute in range(MOST_FAILURES):
        knock("clerk", at=MONDAY + timedelta(minutes=minute))
    locked_at = MONDAY + timedelta(minutes=MOST_FAILURES - 1)
    for minute in range(1, 15):
        assert knock("clerk", at=locked_at + timedelta(minutes=minute)) == LOCKED
    assert knock("clerk", PASSWORD, at=locked_at + LOCKED_FOR) == ""


def test_a_success_and_a_quiet_quarter_of_an_hour_clear_what_was_counted(world: World) -> None:
    for _ in range(MOST_FAILURES - 1):
        knock("clerk")
    assert knock("clerk", PASSWORD) == ""
    assert [knock("clerk", at=SOON) for _ in range(MOST_FAILURES - 1)] == [WRONG] * (MOST_FAILURES - 1)
    assert knock("clerk", at=SOON + LOCKED_FOR) == WRONG


def test_capitals_blanks_and_wide_letters_make_no_other_name(world: World) -> None:
    for name in ("clerk", "Clerk", " CLERK ", "ｃｌｅｒｋ", "clerk"):
        knock(name)
    assert knock("clerk", PASSWORD) == LOCKED


def test_whoever_may_not_come_in_is_answered_like_a_stranger(world: World) -> None:
    person = world.clerk
    person.active = False
    db.session.commit()
    answers = [knock("clerk", PASSWORD) for _ in range(MOST_FAILURES)]
    assert answers == [knock("nobody", PASSWORD) for _ in range(MOST_FAILURES)]
    demo = world.clerk2
    demo.is_demo = True
    db.session.commit()
    with pytest.raises(Invalid, match="用户名或密码不对"):
        people.sign_in("clerk2", PASSWORD, at=MONDAY, with_demo=False)


def test_no_more_than_five_of_many_at_once_are_heard(app: Flask, world: World) -> None:
    ended = at_once(app, *[lambda: people.sign_in("clerk", "wrong-password", at=MONDAY)] * 8)
    said = [str(error) for error in refusals(ended)]
    assert (len(said), said.count(WRONG)) == (8, MOST_FAILURES - 1)
    assert knock("clerk", PASSWORD, at=SOON) == LOCKED


def test_old_failures_are_dropped_and_those_that_lock_stay(world: World) -> None:
    knock("nobody", at=MONDAY - LOCKED_FOR)
    for _ in range(MOST_FAILURES):
        knock("clerk")
    assert people.forget_old_failures(MONDAY) == 1
    assert db.session.scalar(select(func.count()).select_from(SignInFailure)) == 1
    assert knock("clerk", PASSWORD, at=SOON) == LOCKED


def test_a_typed_name_is_nowhere_to_be_read(world: World) -> None:
    knock("my-password-by-mistake")
    kept = db.session.scalars(select(SignInFailure.name_hash)).one()
    assert "password" not in kept


# Links


def test_a_link_is_good_once_and_its_token_is_not_kept(world: World) -> None:
    token = people.make_link(world.clerk, at=MONDAY)
    kept = db.session.scalars(select(PasswordLink)).one()
    assert token not in (kept.token_hash, str(kept.__dict__))
    people.set_password(token, new=NEW, at=SOON)
    with pytest.raises(NotFound, match=SPENT):
        people.set_password(token, new=NEW, at=SOON)
    assert knock("clerk", NEW) == ""


def test_a_weak_password_does_not_spend_the_link(world: World) -> None:
    token = people.make_link(world.clerk, at=MONDAY)
    with pytest.raises(Invalid, match="至少"):
        people.set_password(token, new="short", at=SOON)
    people.set_password(token, new=NEW, at=SOON)


def test_a_password_set_through_a_link_unlocks(world: World) -> None:
    for _ in range(MOST_FAILURES):
        knock("clerk")
    people.set_password(people.make_link(world.clerk, at=MONDAY), new=NEW, at=SOON)
    assert knock("clerk", NEW, at=SOON) == ""


def _two_days(world: World) -> Any:
    return LINK_LIFE


def _another_link(world: World) -> Any:
    people.make_link(world.clerk, at=SOON)
    return timedelta(minutes=2)


def _another_password(world: World) -> Any:
    people.change_password(world.clerk, current=PASSWORD, new=NEW)
    return timedelta(minutes=2)


def _an_account_put_out_of_use(world: World) -> Any:
    world.clerk.active = False
    db.session.commit()
    return timedelta(minutes=2)


@pytest.mark.parametrize("happens", [_two_days, _another_link, _another_password, _an_account_put_out_of_use])
def test_a_link_dies(world: World, happens: Callable[[World], Any]) -> None:
    token = people.make_link(world.clerk, at=MONDAY)
    later = MONDAY + happens(world)
    for act in (
        lambda: people.person_of_token(token, at=later),
        lambda: people.set_password(token, new=NEW, at=later),
    ):
        with pytest.raises(NotFound, match=SPENT):
            act()


def test_of_two_who_open_a_link_at_once_one_has_it(app: Flask, world: World) -> None:
    token = people.make_link(world.clerk, at=MONDAY)
    ended = at_once(
        app,
        lambda: people.set_password(token, new="harbour-lights-7", at=SOON),
        lambda: people.set_password(token, new="harbour-lights-8", at=SOON),
    )
    assert [str(error) for error in refusals(ended)] == [SPENT]


# Registration


def test_two_who_register_one_name_at_once_both_get_an_answer(app: Flask, world: World) -> None:
    def register(code: str, name: str, username: str) -> Callable[[], Any]:
        return lambda: enterprises.register(
            code=code,
            name=name,
            area=None,
            contact_name="王二",
            phone="13900002222",
            email=None,
            username=username,
            password="a-long-password",
            at=MONDAY,
        )

    names = at_once(
        app,
        register("91370612999754202P", "云津新厂有限公司", "newfactory"),
        register("91110000710929113P", "云津二厂有限公司", "newfactory"),
    )
    (refusal,) = refusals(names)
    assert isinstance(refusal, Invalid)
    assert "已被使用" in refusal.fields["username"]
    codes = at_once(
        app,
        register("91450804MA5K00004M", "云津三厂有限公司", "third"),
        register("91450804MA5K00004M", "云津三厂有限公司", "fourth"),
    )
    (refusal,) = refusals(codes)
    assert isinstance(refusal, Invalid)
    assert "已注册" in refusal.fields["code"]
