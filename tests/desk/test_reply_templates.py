"""Reply templates: one's own come first, then the department's, then everybody's; on each database."""

from service_desk.desk.caseloads import caseloads
from service_desk.desk.reply_templates import keep_template, may_keep, templates_for
from service_desk.domain.actions import Action
from service_desk.domain.vocabulary import Role, State
from service_desk.store.base import db
from service_desk.store.lists import ReplyTemplate
from service_desk.store.people import User
from tests.world import MONDAY, World


def test_templates_are_offered_from_the_nearest_on(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    unit = world.department("供电公司").id
    db.session.add(ReplyTemplate(name="通用的", text="{企业名称}"))
    db.session.commit()
    keep_template(name="单位的", text="{今天}", department_id=unit, by=world.power_head)
    keep_template(name="我的", text="{诉求编号}", department_id=None, by=world.power)
    offered = templates_for(ticket, Action.REPLY, by=world.power, today=MONDAY.date())
    assert [(each.name, each.text) for each in offered] == [
        ("我的", ticket.number),
        ("单位的", "2026年3月2日"),
        ("通用的", "江海船舶"),
    ]
    assert not templates_for(ticket, Action.NOTE, by=world.power, today=MONDAY.date())


def test_a_template_taken_out_of_the_departments_stays_with_who_took_it(small_world: World) -> None:
    stands_in = User(username="head2", name="另一位", department_id=small_world.power.department_id)
    stands_in.roles = {Role.HEAD}
    db.session.add(stands_in)
    db.session.commit()
    unit = small_world.department("供电公司").id
    shared = keep_template(name="单位的", text="您好", department_id=unit, by=small_world.power_head)
    keep_template(name="我的", text="您好", department_id=None, by=stands_in, template_id=shared.id)
    assert may_keep(shared, stands_in)
    assert not may_keep(shared, small_world.power_head)


def test_a_caseload_is_what_somebody_has_in_hand(world: World) -> None:
    world.make(State.IN_PROGRESS)
    world.make(State.REPLIED)
    assert [(person.username, number) for person, number in caseloads(world.power_head)] == [("power", 1)]
    assert not caseloads(world.finance_head)
