"""An enterprise registers itself; the desk decides."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import intake
from service_desk.domain.vocabulary import Nature, Urgency
from service_desk.store.base import db
from service_desk.store.enterprises import Enterprise, EnterpriseStatus
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]

FORM: dict[str, Any] = {
    "code": "91370612999754202P",
    "name": "云津新厂有限公司",
    "area": "1",
    "contact_name": "王二",
    "phone": "13900002222",
    "email": "new@factory.example",
    "username": "newfactory",
    "password": "a-long-password",
    "repeat": "a-long-password",
}


def registered(name: str = "云津新厂有限公司") -> Enterprise | None:
    db.session.expire_all()
    return db.session.scalars(select(Enterprise).where(Enterprise.name == name)).unique().one_or_none()


def test_a_registration_waits_and_is_approved(small_world: World, visit: Visit) -> None:
    stranger = visit()
    stranger.get("/register")
    stranger.get(stranger.post("/register", **FORM))
    enterprise = registered()
    assert enterprise is not None
    assert enterprise.status is EnterpriseStatus.PENDING
    owner = visit().sign_in("newfactory", FORM["password"])
    page = owner.post(
        "/tickets/new",
        status=403,
        category=small_world.category().id,
        title="电压",
        text="不稳",
        contact_name="王二",
        contact_phone="13900002222",
        area="1",
    )
    assert "还在审核中" in page
    clerk = visit("clerk")
    assert "云津新厂有限公司" in clerk.get("/enterprises")
    assert "新企业注册待审核" in clerk.get("/notices")
    clerk.post(f"/enterprises/{enterprise.id}/decide", granted="true")
    assert "注册已通过" in owner.get("/notices")
    clerk.post(f"/enterprises/{enterprise.id}/decide", status=409, granted="true")


def test_a_refusal_needs_a_reason(small_world: World, visit: Visit) -> None:
    visit().post("/register", **FORM)
    enterprise = registered()
    assert enterprise is not None
    clerk = visit("clerk")
    clerk.post(f"/enterprises/{enterprise.id}/decide", status=422, granted="false", reason=" ")
    clerk.post(f"/enterprises/{enterprise.id}/decide", granted="false", reason="不在园区内")
    assert "不在园区内" in visit().sign_in("newfactory", FORM["password"]).get("/notices")


@pytest.mark.parametrize(
    "written", ["９１３７０６１２９９９７５４２０２Ｐ", "91370612999754202p", " 9137 0612 9997 54202P "]
)
def test_the_credit_code_is_taken_as_people_write_it(small_world: World, visit: Visit, written: str) -> None:
    visit().post("/register", **(FORM | {"code": written}))
    enterprise = registered()
    assert enterprise is not None
    assert enterprise.code == FORM["code"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        pytest.param("code", "91370612999754202Q", "校验", id="wrong check digit"),
        pytest.param("code", "123", "18", id="too short"),
        pytest.param("phone", "call me", "手机号", id="no phone"),
        pytest.param("email", "nowhere", "邮箱格式", id="no mail address"),
        pytest.param("username", "clerk", "已被使用", id="name taken"),
        pytest.param("password", "short", "10", id="weak password"),
        pytest.param("code", "91450804MA5K000018", "", id="a code that is taken or wrong"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    small_world: World, visit: Visit, field: str, value: str, said: str
) -> None:
    form = FORM | {field: value}
    if field == "password":
        form["repeat"] = value
    page = visit().post("/register", status=422, **form)
    assert said in page
    assert FORM["name"] in page
    assert registered() is None


def test_who_claims_a_known_enterprise_sees_nothing_of_it_before_the_desk_has_approved(
    small_world: World, visit: Visit
) -> None:
    """A code and a name stand on every licence: to know them proves nothing."""
    world = small_world
    assert world.owner.enterprise is not None
    area = world.owner.enterprise.area
    known = Enterprise(
        name=FORM["name"],
        code=FORM["code"],
        area=area,
        status=EnterpriseStatus.APPROVED,
        registered_at=MONDAY,
    )
    db.session.add(known)
    db.session.commit()
    ticket = world.file(by="clerk", enterprise=known, title="银行拒贷，账户被冻结")
    visit().post("/register", **FORM)
    stranger = visit().sign_in("newfactory", FORM["password"])
    assert ticket.title not in stranger.get("/")
    stranger.get(f"/tickets/{ticket.id}", status=404)
    stranger.post(f"/tickets/{ticket.id}/withdraw", status=404, reason="不办了")
    intake.accept(
        ticket.id,
        by=world.clerk,
        at=MONDAY,
        category=world.category(),
        nature=Nature.HELP,
        urgency=Urgency.NORMAL,
    )
    assert "诉求已受理" not in stranger.get("/notices")
    visit("clerk").post(f"/enterprises/{known.id}/decide", granted="true")
    assert ticket.title in stranger.get("/")


def test_who_was_refused_does_not_come_in_with_the_next_who_registers(
    small_world: World, visit: Visit
) -> None:
    visit().post("/register", **FORM)
    enterprise = registered()
    assert enterprise is not None
    refused, clerk = visit().sign_in("newfactory", FORM["password"]), visit("clerk")
    clerk.post(f"/enterprises/{enterprise.id}/decide", granted="false", reason="不是本企业人员")
    assert "不是本企业人员" in refused.get("/notices")
    visit().post("/register", **(FORM | {"username": "trueowner"}))
    clerk.post(f"/enterprises/{enterprise.id}/decide", granted="true")
    refused.get("/", status=302)
    assert "注册已通过" in visit().sign_in("trueowner", FORM["password"]).get("/notices")


def in_the_park(number: int) -> None:
    """So many more enterprises."""
    given: dict[str, Any] = {"status": EnterpriseStatus.APPROVED, "registered_at": MONDAY}
    for one in range(number):
        db.session.add(Enterprise(name=f"云津第{one:03}厂", code=f"91330000MA2B{one:05}X", **given))
    db.session.commit()


def names_on(page: str) -> list[str]:
    return re.findall(r'<a class="cut" title="(云津第\d+厂)"', page)


def test_the_list_of_enterprises_goes_on_to_the_last(small_world: World, visit: Visit) -> None:
    in_the_park(120)
    clerk, path, seen = visit("clerk"), "/enterprises", []
    while path:
        page = clerk.get(path)
        seen += names_on(page)
        (path,) = re.findall(r'rel="next" href="([^"]*)"', page) or [""]
        path = path.replace("&amp;", "&")
    assert seen == [f"云津第{one:03}厂" for one in reversed(range(120))]


def test_an_enterprise_is_found_by_a_part_of_its_name_or_code(small_world: World, visit: Visit) -> None:
    in_the_park(120)
    supervisor = visit("supervisor")
    assert names_on(supervisor.get("/enterprises?q=第007")) == ["云津第007厂"]
    assert names_on(supervisor.get("/enterprises?q=ma2b00108")) == ["云津第108厂"]
    assert "没有找到“%”" in supervisor.get("/enterprises?q=%25")
    assert len(names_on(supervisor.get("/enterprises?q=第00"))) == 10


def test_an_enterprise_leads_to_its_tickets(small_world: World, visit: Visit) -> None:
    ticket = small_world.file()
    clerk = visit("clerk")
    (address,) = re.findall(rf'href="(/tickets\?[^"]*)">{ticket.enterprise.name}<', clerk.get("/enterprises"))
    assert ticket.number in clerk.get(address.replace("&amp;", "&"))


def test_the_registrations_that_wait_longest_are_shown_and_all_are_counted(
    small_world: World, visit: Visit
) -> None:
    for one in range(53):
        db.session.add(
            Enterprise(name=f"新办企业{one:02}", status=EnterpriseStatus.PENDING, registered_at=MONDAY)
        )
    db.session.commit()
    page = visit("clerk").get("/enterprises")
    assert '<span class="count">53</span>' in page
    assert "先显示等待最久的 50 家" in page
    assert "新办企业00" in page
    assert "新办企业50" not in page
    assert "新办企业00" not in visit("quality").get("/enterprises")


def test_a_clerks_start_page_says_that_registrations_wait(small_world: World, visit: Visit) -> None:
    assert "注册等待审核" not in visit("clerk").get("/")
    db.session.add(Enterprise(name="新办企业", status=EnterpriseStatus.PENDING, registered_at=MONDAY))
    db.session.commit()
    assert '<a href="/enterprises">1 家企业的注册等待审核</a>' in visit("clerk").get("/")
    assert "注册等待审核" not in visit("quality").get("/")


def test_a_wrong_credit_code_is_said_at_once_beside_all_else(small_world: World, visit: Visit) -> None:
    page = visit().post("/register", status=422, **(FORM | {"code": "91370612999754202X", "phone": "1"}))
    assert "统一社会信用代码" in page.split('role="alert"')[1].split("</ul>")[0]
    assert "请填写手机号" in page
    assert "密码需要重填，其余内容都还在" in page
