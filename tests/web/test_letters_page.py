"""What could not be delivered is shown to the administrator, and nothing of the matter with it."""

from collections.abc import Callable

from sqlalchemy import insert

from service_desk.store.base import db
from service_desk.store.notices import Letter, LetterState
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def give_up(world: World, number: int) -> None:
    """Letters to a clerk whose address the server refused."""
    letter = {
        "recipient_id": world.clerk.id,
        "robot_id": None,
        "channel": "mail",
        "address": "clerk@desk.example",
        "ticket_id": world.file().id,
        "subject": "新诉求待受理",
        "body": "江海船舶：车间电压不稳",
        "created_at": MONDAY,
        "not_before": MONDAY,
        "state": LetterState.GIVEN_UP,
        "attempts": 1,
        "last_error": "550 no such user here",
    }
    db.session.execute(insert(Letter), [letter | {"key": f"event:{each}"} for each in range(number)])
    db.session.commit()


def test_the_administrator_sees_address_and_error_but_no_matter(small_world: World, visit: Visit) -> None:
    give_up(small_world, 1)
    page = visit("admin").get("/admin/letters")
    assert "clerk@desk.example" in page
    assert "550 no such user here" in page
    assert not [words for words in ("电压", "江海船舶", "新诉求待受理", "QS-") if words in page]


def test_one_may_be_sent_again_once(small_world: World, visit: Visit) -> None:
    give_up(small_world, 1)
    admin = visit("admin")
    assert 'action="/admin/letters/1/resend"' in admin.get("/admin/letters")
    admin.post("/admin/letters/1/resend")
    assert "已重新排队" in admin.get("/admin/letters")
    letter = db.session.get_one(Letter, 1, populate_existing=True)
    assert (letter.state, letter.attempts, letter.key) == (LetterState.WAITING, 0, "event:0")
    assert "已经重新发送" in admin.post("/admin/letters/1/resend", status=409)
    admin.post("/admin/letters/99/resend", status=404)


def test_a_person_without_an_address_is_named_as_the_reason(small_world: World, visit: Visit) -> None:
    give_up(small_world, 1)
    small_world.clerk.email = None
    db.session.commit()
    assert "没有登记地址" in visit("admin").post("/admin/letters/1/resend", status=422)


def test_many_go_on_the_next_page(small_world: World, visit: Visit) -> None:
    give_up(small_world, 60)
    admin = visit("admin")
    first = admin.get("/admin/letters")
    assert first.count("550 no such user") == 50
    assert admin.get("/admin/letters?after=11").count("550 no such user") == 10


def test_an_empty_list_says_so_and_others_find_no_page(visit: Visit) -> None:
    assert "没有未送达的消息" in visit("admin").get("/admin/letters")
    for username in ("clerk", "supervisor", "auditor", "owner"):
        visit(username).get("/admin/letters", status=404)
        visit(username).post("/admin/letters/1/resend", status=404)


def test_a_key_that_is_none_begins_at_the_start(visit: Visit) -> None:
    for after in ("x", "-1", "9" * 30):
        visit("admin").get(f"/admin/letters?after={after}")
