"""Chat groups: told once of what concerns them, of complaints no word too much, and nothing of those about them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from service_desk.channels.outgoing import Outgoing
from service_desk.desk import closing, dispatch, handling, reminders, requests, supervision
from service_desk.desk.delivery import Lane, Said, deliver
from service_desk.desk.notices import Audience, groups_of
from service_desk.domain.vocabulary import Level, Nature, OrderLevel, Solved, State, Urgency
from service_desk.scheduler import deliver_to_groups
from service_desk.store.base import db
from service_desk.store.channels import Listener, Robot, RobotKind
from service_desk.store.law import law_changed
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.store.tickets import Ticket
from tests.visitor import counted
from tests.world import MONDAY, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GROUPS = {
    "电力群": (Listener.DEPARTMENT, "供电公司"),
    "营销群": (Listener.DEPARTMENT, "供电公司营销部"),
    "金融群": (Listener.DEPARTMENT, "金融办"),
    "专窗群": (Listener.DESK, None),
    "督查群": (Listener.SUPERVISOR, None),
}


@pytest.fixture(autouse=True)
def robots(world: World) -> None:
    """A robot in each of the groups."""
    for name, (listener, office) in GROUPS.items():
        department = world.department(office) if office else None
        webhook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
        db.session.add(
            Robot(name=name, kind=RobotKind.WECOM, listener=listener, department=department, webhook=webhook)
        )
    law_changed()
    db.session.commit()


def written_to(group: str) -> list[Letter]:
    db.session.expire_all()
    return list(db.session.scalars(select(Letter).where(Letter.address == group).order_by(Letter.id)))


def told(group: str) -> list[str]:
    """What things a group was told of, in their order."""
    return [letter.subject.partition("（")[0] for letter in written_to(group)]


def test_a_department_is_told_once_however_many_work_there(world: World) -> None:
    world.make(State.IN_PROGRESS)
    assert told("电力群") == ["新交办，请签收"]
    assert told("营销群") == told("金融群") == []
    assert told("专窗群") == ["新诉求待受理"]


def test_supports_are_told_and_supervisors_of_what_they_are(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS, supports=["金融办"])
    supervision.supervise(
        ticket.id, by=world.supervisor, at=MONDAY + DAY, level=OrderLevel.FIRST, text="请说明原因"
    )
    supervision.answer_order(
        ticket.id, by=world.power, at=MONDAY + 2 * DAY, text="设备到货晚", new_date=(MONDAY + 5 * DAY).date()
    )
    assert told("金融群") == ["新协办，请签收"]
    assert told("电力群") == ["新交办，请签收", "督办单，请回复"]
    assert told("督查群") == ["督办单已回复"]


def test_a_department_hears_what_it_must_act_on_and_no_small_talk(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    handling.progress(ticket.id, by=world.power, at=MONDAY + 5 * HOUR, text="设备已订货", public=True)
    requests.ask_extension(ticket.id, by=world.power, at=MONDAY + 6 * HOUR, days=2, text="等设备到货")
    requests.decide_extension(ticket.id, by=world.clerk, at=MONDAY + 7 * HOUR, granted=True, text="同意")
    assert told("电力群") == ["新交办，请签收", "延期申请：同意"]


def test_replies_sent_back_and_rework_are_heard_and_bad_ratings_by_those_above(world: World) -> None:
    ticket = world.make(State.REPLIED)
    closing.send_back(ticket.id, by=world.quality, at=MONDAY + 6 * HOUR, text="缺现场照片")
    assert told("电力群") == ["新交办，请签收", "答复被退回，请补办"]
    world.make(State.CLOSED, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    assert told("电力群")[-1] == "重办，请签收"
    assert "收到差评" in told("专窗群")
    assert "收到差评" in told("督查群")


def test_what_a_group_reads_names_nobody(world: World) -> None:
    ticket = world.make(State.ASSIGNED)
    (letter,) = written_to("电力群")
    assert letter.subject == f"新交办，请签收（{ticket.number}）"
    assert letter.body == "车间电压不稳，需增容变压器\n到期：2026-03-03 周二 17:30"
    for kept_back in ("江海船舶", "李一", "13800001111", "焊机"):
        assert kept_back not in letter.subject + letter.body


def test_of_a_complaint_not_even_the_title_is_read(world: World) -> None:
    world.make(
        State.ASSIGNED,
        nature=Nature.COMPLAINT,
        lead="园区管委会",
        against=world.department("金融办"),
        title="金融办拖着不办",
    )
    (letter,) = written_to("专窗群")
    assert letter.body == "到期：2026-03-03 周二 17:30"
    assert "拖着不办" not in letter.subject


def test_who_is_complained_of_is_told_nothing(world: World) -> None:
    world.make(State.IN_PROGRESS)
    reminders.remind_due(MONDAY + 65 * DAY)
    before = told("金融群")
    assert before, "the liaison department of the enterprise hears of what is long overdue"
    world.make(State.IN_PROGRESS, nature=Nature.COMPLAINT, against=world.department("金融办"))
    reminders.remind_due(MONDAY + 65 * DAY)
    assert told("金融群") == before
    assert told("电力群").count("新交办，请签收") == 2


def test_units_of_whom_is_complained_of_are_told_nothing_either(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    marketing = world.department("供电公司营销部")
    ticket.assignments[0].department_id = marketing.id
    audiences = {Audience.LEAD, Audience.DESK}
    assert [group.name for group in groups_of(ticket, audiences, world.law)] == ["营销群", "专窗群"]
    ticket.against_id = marketing.parent_id
    assert [group.name for group in groups_of(ticket, audiences, world.law)] == ["专窗群"]


def test_a_reminder_comes_once(world: World) -> None:
    world.make(State.IN_PROGRESS)
    for _ in range(2):
        reminders.remind_due(MONDAY + 4 * DAY)
    assert told("电力群") == ["新交办，请签收", "首次联系已超期 3 个工作日", "办理还剩 1 个工作日"]


def test_groups_cost_no_statement_but_the_one_that_writes(world: World) -> None:
    ticket = world.make(State.ACCEPTED)
    with counted() as statements:
        dispatch.dispatch(ticket.id, by=world.clerk, at=MONDAY + 3 * HOUR, lead=world.department("供电公司"))
    assert not [one for one in statements if "robots" in one]
    assert len([one for one in statements if one.startswith("INSERT INTO letters")]) == 1


def test_critical_matters_do_not_wait_for_the_office(world: World) -> None:
    world.make(State.ASSIGNED, at=MONDAY.replace(hour=20), hours=0.1, urgency=Urgency.CRITICAL)
    (letter,) = written_to("电力群")
    assert letter.not_before == letter.created_at


def test_what_became_a_complaint_about_the_group_is_not_sent(world: World) -> None:
    ticket = world.make(State.ASSIGNED)
    against = world.department("供电公司").id
    db.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(against_id=against))
    numbers = db.session.scalars(select(Robot.id)).all()
    db.session.commit()
    sent: list[str] = []

    def send(letter: Outgoing) -> str:
        sent.append(letter.address)
        return "0 ok"

    deliver(
        MONDAY + DAY,
        [Lane(Channel.ROBOT, send, robot_id=number) for number in numbers],
        lambda letter: Said(letter.body),
    )
    assert sent == ["专窗群"]
    (letter,) = written_to("电力群")
    assert letter.state is LetterState.GIVEN_UP


def test_an_address_that_is_no_longer_allowed_is_not_asked(world: World) -> None:
    db.session.execute(update(Robot).values(webhook="https://127.0.0.1:1/nobody"))
    db.session.commit()
    world.make(State.ASSIGNED)
    assert deliver_to_groups(MONDAY + DAY) == 0
    (letter,) = written_to("电力群")
    assert (letter.state, letter.attempts) == (LetterState.WAITING, 1)
    assert letter.last_error == "不允许向这个地址发送"
