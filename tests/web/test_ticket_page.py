"""What the ticket's page says of itself: how far the matter came, and whom it does not name."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, event, func, insert, select, update

from service_desk.desk import cases, handling, intake, requests
from service_desk.desk.notices import MOST_UNREAD
from service_desk.domain.vocabulary import Level, Outcome, Solved, State
from service_desk.store.base import db
from service_desk.store.enterprises import Enterprise
from service_desk.store.notices import Notice
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
TUESDAY = MONDAY + timedelta(days=1)


def present_step(page: str) -> str:
    """The step of the four that is said to be under way."""
    found = re.search(r'<li class="present" aria-current="step">.*?<span>(\S+)', page, re.DOTALL)
    return found.group(1) if found else ""


def rejected(world: World) -> int:
    ticket = world.make(State.SUBMITTED)
    requests.ask_rejection(
        ticket.id,
        by=world.clerk,
        at=TUESDAY,
        reason_code="应走法定途径",
        text="已在诉讼中",
        legal_route="向法院起诉",
    )
    requests.decide_rejection(ticket.id, by=world.supervisor, at=TUESDAY, granted=True)
    return ticket.id


def merged(world: World) -> int:
    ticket, parent = world.make(State.ACCEPTED), world.file(at=TUESDAY)
    cases.merge(ticket.id, by=world.clerk, at=TUESDAY, parent=parent)
    return ticket.id


def withdrawn_and_checked(world: World) -> int:
    ticket = world.make(State.IN_PROGRESS)
    intake.withdraw(ticket.id, by=world.owner, at=TUESDAY, reason="不办了")
    intake.check_withdrawal(ticket.id, by=world.quality, at=TUESDAY, voluntary=True)
    return ticket.id


@pytest.mark.parametrize(
    ("scene", "staff", "enterprise"),
    [
        (rejected, "收集转办", "提交受理"),
        (merged, "分析研判", "研判派单"),
        (withdrawn_and_checked, "问题解决", "办理答复"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_matter_that_ended_early_stands_where_it_ended(
    small_world: World, visit: Visit, scene: Callable[[World], int], staff: str, enterprise: str
) -> None:
    path = f"/tickets/{scene(small_world)}"
    assert present_step(visit("clerk").get(path)) == staff
    assert present_step(visit("owner").get(path)) == enterprise


def test_correcting_a_ticket_shows_no_contact_and_keeps_what_is_left_empty(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.ACCEPTED, contact_name="欧阳明日", contact_phone="13912345678")
    clerk, path = visit("clerk"), f"/tickets/{ticket.id}/correct"
    page = clerk.get(path)
    assert "欧阳明日" not in page
    assert "13912345678" not in page
    clerk.post(path, title="电压还是不稳", contact_phone="", version=str(ticket.version))
    kept = small_world.ticket(ticket.number)
    assert (kept.title, kept.contact_name, kept.contact_phone) == ("电压还是不稳", "欧阳明日", "13912345678")


def test_who_opened_a_ticket_has_read_what_was_told_of_it(world: World, visit: Visit) -> None:
    ticket = world.make(State.ASSIGNED)
    other = world.make(State.ASSIGNED)

    def unread(name: str) -> int:
        return visit(name).get("/notices").count("（未读）")

    before = {name: unread(name) for name in ("power", "power_head")}
    visit("power").get(f"/tickets/{ticket.id}")
    assert 0 < unread("power") < before["power"]
    page = visit("power").get(f"/tickets/{other.id}")
    assert "data-unread hidden" in page
    assert (unread("power"), unread("power_head")) == (0, before["power_head"])


def test_an_old_notice_among_many_is_read_too(world: World, visit: Visit) -> None:
    ticket, other = world.make(State.ASSIGNED), world.make(State.ASSIGNED)
    some = {"recipient_id": world.power.id, "ticket_id": other.id, "title": "催办", "body": ""}
    newer = [some | {"key": f"newer:{n}", "created_at": TUESDAY} for n in range(MOST_UNREAD)]
    db.session.execute(insert(Notice), newer)
    db.session.commit()
    unread = select(func.count(Notice.id)).where(
        Notice.recipient_id == world.power.id, Notice.ticket_id == ticket.id, Notice.read_at.is_(None)
    )
    assert db.session.scalar(unread)
    visit("power").get(f"/tickets/{ticket.id}")
    assert not db.session.scalar(unread)


@pytest.mark.parametrize(("path", "status"), [("/tickets/{ticket}", 200), ("/notices/{notice}", 302)])
def test_a_notice_is_marked_as_read_while_others_write(
    world: World, visit: Visit, database_url: str, path: str, status: int
) -> None:
    """What a page read before somebody else wrote does not keep it from writing, as SQLite would have it."""
    ticket = world.make(State.ASSIGNED)
    power = visit("power")
    notice = db.session.scalar(select(func.max(Notice.id)).where(Notice.recipient_id == world.power.id))
    others = create_engine(database_url)
    reads: list[str] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM users" in statement and not reads:
            reads.append(statement)
            with others.begin() as connection:
                connection.execute(update(Enterprise).values(contact_name="王五"))

    db.session.rollback()
    event.listen(db.engine, "after_cursor_execute", meanwhile)
    try:
        power.get(path.format(ticket=ticket.id, notice=notice), status)
    finally:
        event.remove(db.engine, "after_cursor_execute", meanwhile)
        others.dispose()
    assert reads
    assert db.session.get_one(Notice, notice).read_at is not None


def asked_for(page: str) -> str:
    """The card of the step that a page asks for."""
    return page.partition('<section class="card asked')[2].partition("</section>")[0]


def test_what_can_be_found_wanting_is_one_step_from_what_can_be_passed(world: World, visit: Visit) -> None:
    ticket = world.make(State.REPLIED)
    page = visit("quality").get(f"/tickets/{ticket.id}")
    assert "审核通过" in asked_for(page)
    assert f"/tickets/{ticket.id}/send_back" in asked_for(page)
    assert page.count(f"/tickets/{ticket.id}/send_back") == 1
    badly = world.make(State.CLOSED, outcome=Outcome.POLICY, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    card = asked_for(visit("supervisor").get(f"/tickets/{badly.id}"))
    assert "维持办结" in card
    assert f"/tickets/{badly.id}/rework" in card


def test_where_a_department_signs_off_that_is_what_is_asked_for(world: World, visit: Visit) -> None:
    world.department("供电公司").wants_sign_off = True
    db.session.commit()
    ticket = world.make(State.IN_PROGRESS)
    path = f"/tickets/{ticket.id}"
    handling.first_contact(
        ticket.id, by=world.power, at=ticket.touched_at, who="李一", how="电话", reached=True
    )
    assert f'action="{path}/ask_sign_off"' in asked_for(visit("power").get(path))
    requests.ask_sign_off(
        ticket.id, by=world.power, at=ticket.touched_at, outcome=Outcome.SOLVED, text="已增设变压器。"
    )
    card = asked_for(visit("power_head").get(path))
    assert "签发答复" in card
    assert re.search(r'type="submit"[^>]*>提交意见</button>', card)


def test_how_long_it_took_is_counted_to_its_end(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.CLOSED, outcome=Outcome.POLICY)
    days = (ticket.touched_at.date() - ticket.submitted_at.date()).days
    page = visit("clerk").get(f"/tickets/{ticket.id}")
    assert (f"前后历时 {days} 天" if days else "当天结束") in page
    intake.note(ticket.id, by=small_world.clerk, at=ticket.touched_at + timedelta(days=30), text="电话回访过")
    later = visit("clerk").get(f"/tickets/{ticket.id}")
    assert "电话回访过" in later
    assert (f"前后历时 {days} 天" if days else "当天结束") in later
