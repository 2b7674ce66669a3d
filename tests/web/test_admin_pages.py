"""Settings: every list has its page, its form and its history; nobody but an administrator finds them."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from service_desk.desk.nouns import NOUNS
from service_desk.domain.vocabulary import Role, State
from service_desk.store.base import db
from service_desk.store.catalogue import Category, DangerRow, Matter
from service_desk.store.enterprises import Area
from service_desk.store.lists import Alteration, ReasonCode, ReplyTemplate
from service_desk.store.people import Department, User
from tests.visitor import Visitor, counted
from tests.world import MONDAY, PASSWORD, World

Visit = Callable[..., Visitor]
KEPT = [name for name, noun in NOUNS.items() if Role.ADMIN in noun.keepers]
"""The lists of the administrator; others have keepers of their own."""
MOST = 15


class FormReader(HTMLParser):
    """What the main form of a page would send as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._select = self._text = ""
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._inside = "data-keep-typed" in given
        if not self._inside:
            return
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given["value"]
        elif tag == "textarea":
            self._text = name
            self.fields[name] = ""
        elif tag == "input" and given.get("type") == "checkbox":
            if "checked" in given:
                self.fields.setdefault(name, []).append(given["value"])
        elif tag == "input" and name:
            self.fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data.lstrip("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        if tag == "form":
            self._inside = False


def typed(page: str, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with changes; None takes a tick away."""
    fields = FormReader(page).fields | changes
    return {name: value for name, value in fields.items() if value is not None}


NEW: dict[str, dict[str, Any]] = {
    "departments": {"name": "气象局", "aliases": "县气象局，气象台", "phone": "0775-1234567"},
    "areas": {"name": "临港新区"},
    "matters": {"category": "用电", "name": "光伏并网", "keywords": "光伏、并网", "lead": "供电公司"},
    "rules": {
        "name": "港口电压",
        "priority": "3",
        "keywords": "岸电",
        "lead": "供电公司",
        "enterprise": "江海船舶",
    },
    "reasons": {"kind": "return", "label": "材料不全", "position": "9"},
    "templates": {"name": "已解决", "text": "{企业名称}：您好，{诉求编号}已办好。"},
    "categories": {"name": "用热", "example": "蒸汽压力、停汽", "position": "30"},
    "danger-words": {"word": "烧起来", "exceptions": "没有烧起来"},
    "people": {"username": "zhaolei", "name": "赵磊", "roles": ["clerk"], "email": "zhao@desk.example"},
    "robots": {
        "name": "专窗工作群",
        "kind": "dingtalk",
        "listener": "desk",
        "webhook": "https://oapi.dingtalk.com/robot/send?access_token=0123456789",
        "secret": "SEC0123456789",
    },
    "gateways": {
        "name": "短信平台",
        "method": "post",
        "url": "https://sms.example/send",
        "headers": "Content-Type: application/json\nX-Key: {secret}",
        "body": '{"to": "{phone}", "text": "{text}"}',
        "secret": "hush-hush-7",
        "success_status": "200",
        "per_minute": "60",
    },
    "schedules": {
        "name": "周一调度会材料",
        "kind": "closure",
        "covers": "last_week",
        "every": "week",
        "number": "1",
        "at_time": "08:30",
        "roles": ["supervisor"],
    },
    "guides": {"title": "用电增容怎么申请", "body": "到供电窗口申请。", "keywords": "扩容"},
}
OTHER: dict[str, dict[str, Any]] = {
    "departments": {"phone": "0775-7654321"},
    "areas": {"name": "临港片区"},
    "matters": {"keywords": "光伏"},
    "rules": {"keywords": "岸电、船电"},
    "reasons": {"label": "材料不齐"},
    "templates": {"text": "{联系人}：您好，已办好。"},
    "categories": {"example": "蒸汽压力、停汽、开栓"},
    "danger-words": {"word": "烧起来了", "exceptions": "没有烧起来了"},
    "people": {"name": "赵蕾"},
    "robots": {"name": "专窗值班群"},
    "gateways": {"per_minute": "30"},
    "schedules": {"name": "周三调度会材料"},
    "guides": {"title": "用电扩容怎么申请"},
}


@pytest.mark.parametrize("noun", NOUNS)
def test_a_row_is_added_changed_put_out_of_use_and_all_of_it_is_written_down(
    small_world: World, visit: Visit, noun: str
) -> None:
    keeper = NOUNS[noun].keepers[0].value
    admin = visit(keeper)
    assert f"/admin/{noun}/new" in admin.get(f"/admin/{noun}")
    admin.get(f"/admin/{noun}/new")
    admin.post(f"/admin/{noun}/new", **NEW[noun])
    (new,) = db.session.scalars(select(Alteration).where(Alteration.noun == noun))
    path = f"/admin/{noun}/{new.row_id}"
    admin.post(path, **typed(admin.get(path), **OTHER[noun]))
    admin.post(path, **typed(admin.get(path), active=None))
    page = admin.get(path)
    (name, after) = next(iter(OTHER[noun].items()))
    assert f"由“{NEW[noun][name] if noun != 'matters' else '光伏、并网'}”改为“{after}”" in page
    active = "发布" if noun == "guides" else "在用"
    assert f"{active}：由“是”改为“否”" in page
    assert f"{keeper}名" in page
    assert "已停用" in admin.get(
        f"/admin/{noun}?q={after if name in ('name', 'label', 'word', 'title') else NEW[noun]['name']}"
    )
    row = db.session.get(NOUNS[noun].entity, new.row_id, populate_existing=True)
    assert row is not None
    assert not row.active


@pytest.mark.parametrize("username", ["owner", "clerk", "supervisor", "power_head", "auditor", "leader"])
def test_nobody_else_finds_the_settings(small_world: World, visit: Visit, username: str) -> None:
    visitor = visit(username)
    visitor.get("/admin", status=404)
    for noun in KEPT:
        for path in (f"/admin/{noun}", f"/admin/{noun}/new", f"/admin/{noun}/1"):
            visitor.get(path, status=404)
        for path in (f"/admin/{noun}/new", f"/admin/{noun}/1"):
            visitor.post(path, status=404, name="x")
    visitor.post(f"/admin/people/{small_world.admin.id}/link", status=404)


def test_every_page_is_led_to_and_costs_little(visit: Visit) -> None:
    admin = visit("admin")
    assert 'href="/admin"' in admin.get("/")
    front = admin.get("/admin") + admin.get("/admin/channels")
    for noun in KEPT:
        assert f"/admin/{noun}" in front
        for path in (f"/admin/{noun}", f"/admin/{noun}/new", f"/admin/{noun}/1"):
            if noun in ("templates", "rules", "robots", "gateways") and path.endswith("1"):
                continue
            admin.get(path)
            with counted() as statements:
                admin.get(path)
            assert len(statements) <= MOST, (path, statements)


def test_what_is_no_list_and_no_row_does_not_exist(visit: Visit) -> None:
    admin = visit("admin")
    for path in ("/admin/tickets", "/admin/departments/99999", "/admin/people/99999", "/admin/areas/x"):
        admin.get(path, status=404)
    admin.post("/admin/people/99999/link", status=404)
    for page in ("0", "-1", "x", "9" * 30):
        admin.get(f"/admin/departments?page={page}&q=%25")


def test_of_two_administrators_the_second_sees_what_changed_and_keeps_what_was_typed(visit: Visit) -> None:
    first, second = visit("admin"), visit("admin")
    path = "/admin/departments/1"
    seen = second.get(path)
    first.post(path, **typed(first.get(path), phone="0775-1111111"))
    page = second.post(path, status=409, **typed(seen, phone="0775-2222222"))
    assert "admin名改过这一条" in page
    assert "改为“0775-1111111”" in page
    assert 'value="0775-2222222"' in page
    second.post(path, **typed(page))
    assert "由“0775-1111111”改为“0775-2222222”" in second.get(path)


@pytest.mark.parametrize(
    ("path", "changes", "said"),
    [
        pytest.param("departments/new", {"name": "金融办"}, "已经有这一条", id="name taken"),
        pytest.param("departments/new", {"name": "供电局"}, "已是“供电公司”的名称或别名", id="alias taken"),
        pytest.param("departments/new", {"name": ""}, "请填写“名称”", id="no name"),
        pytest.param("departments/new", {"name": "长" * 61}, "最多 60 字", id="too long"),
        pytest.param("departments/new", {"name": "气象局", "aliases": "甲" * 301}, "最多 300 字", id="many"),
        pytest.param("areas/new", {"name": "港口物流园"}, "已经有这一条", id="area taken"),
        pytest.param("reasons/new", {"label": "事项重复"}, "已经有这一条", id="reason taken"),
        pytest.param("reasons/new", {"position": "x"}, "整数", id="no number"),
        pytest.param("reasons/new", {"kind": "none"}, "用于", id="no kind"),
        pytest.param("matters/new", {"name": "停电与电能质量"}, "同名的事项", id="matter taken"),
        pytest.param("matters/new", {"support_names": ["供电公司"]}, "去掉主办单位", id="lead supports"),
        pytest.param("templates/new", {"text": "{公司}您好"}, "不认识“{公司}”", id="unknown opening"),
        pytest.param("categories/new", {"name": "用电"}, "已经有这一条", id="category taken"),
        pytest.param("categories/new", {"name": "长" * 31}, "最多 30 字", id="category too long"),
        pytest.param("danger-words/new", {"word": "起火"}, "已经有这一条", id="danger word taken"),
        pytest.param("danger-words/new", {"word": "火"}, "请写完整的词", id="one character"),
        pytest.param("danger-words/new", {"exceptions": "防火"}, "须包含“烧起来”", id="stray exception"),
        pytest.param("danger-words/new", {"exceptions": "烧起来"}, "并且比它长", id="no exception"),
        pytest.param("people/new", {"username": "clerk"}, "已被使用", id="username taken"),
        pytest.param("people/new", {"username": "a b"}, "请用 3–60 位", id="no username"),
        pytest.param("people/new", {"roles": []}, "请选择“角色”", id="no role"),
        pytest.param("people/new", {"roles": ["contact"]}, "角色", id="an enterprise's role"),
        pytest.param("people/new", {"roles": ["handler"]}, "要选所属单位", id="handler of nothing"),
        pytest.param("people/new", {"email": "nowhere"}, "邮箱格式", id="no address"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_stays(
    small_world: World, visit: Visit, path: str, changes: dict[str, Any], said: str
) -> None:
    noun = path.partition("/")[0]
    before = len(db.session.scalars(select(NOUNS[noun].entity)).unique().all())
    page = visit("admin").post(f"/admin/{path}", status=422, **(NEW[noun] | changes))
    assert said in page
    assert NEW[noun].get("keywords", "") in page
    assert len(db.session.scalars(select(NOUNS[noun].entity)).unique().all()) == before


def test_a_department_is_not_its_own_parent(small_world: World, visit: Visit) -> None:
    admin, marketing = visit("admin"), small_world.department("供电公司营销部")
    path = f"/admin/departments/{marketing.parent_id}"
    page = admin.post(path, status=422, **typed(admin.get(path), parent=str(marketing.id)))
    assert "是它自己或它的下属" in page
    page = admin.post(path, status=422, **typed(admin.get(path), parent=str(marketing.parent_id)))
    assert "是它自己或它的下属" in page


def test_a_department_with_work_and_people_stays_in_use(small_world: World, visit: Visit) -> None:
    small_world.make(State.IN_PROGRESS)
    admin, path = visit("admin"), f"/admin/departments/{small_world.department('供电公司').id}"
    page = admin.get(path)
    assert "现在有 1 件交办在这个单位，3 个账号、1 个下属单位" in page
    assert "<dd>供电公司营销部</dd>" in page
    page = admin.post(path, status=422, **typed(page, active=None))
    assert "还不能停用，指向它的还有：1 件在办的交办、3 个在用账号、1 个下属单位" in page
    assert "7 条事项（用电服务、" in page


def test_matters_that_keep_a_department_in_use_are_named(small_world: World, visit: Visit) -> None:
    weather = Department(name="气象局")
    db.session.add(weather)
    db.session.flush()
    db.session.add(Matter(name="防雷检测", category=small_world.category(), lead=weather))
    db.session.commit()
    admin, path = visit("admin"), f"/admin/departments/{weather.id}"
    page = admin.post(path, status=422, **typed(admin.get(path), active=None))
    assert "还不能停用，指向它的还有：1 条事项（防雷检测）。请先改派、调走。" in page


def test_the_last_changes_of_a_list_say_whose_link_was_made(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    clerk = small_world.clerk
    admin.post(f"/admin/people/{clerk.id}/link", status=200)
    assert f"修改“{clerk.name}”" in admin.get("/admin/people").replace("</span>", "")


def test_what_is_out_of_use_is_not_offered_and_stays_where_it_was(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ACCEPTED)
    admin, clerk, owner = visit("admin"), visit("clerk"), visit("owner")
    weather = Department(name="气象局")
    db.session.add(weather)
    db.session.commit()
    area = db.session.scalars(select(Area)).one()
    assert "气象局</span>" in clerk.get(f"/tickets/{ticket.id}")
    for visitor, form in ((owner, "/tickets/new"), (visit(), "/register")):
        assert f">{area.name}</option>" in visitor.get(form)
    for path in (f"/admin/departments/{weather.id}", f"/admin/areas/{area.id}"):
        admin.post(path, **typed(admin.get(path), active=None))
    assert "气象局</span>" not in clerk.get(f"/tickets/{ticket.id}")
    for visitor, form in ((owner, "/tickets/new"), (visit(), "/register")):
        assert f">{area.name}</option>" not in visitor.get(form)


def test_a_matter_out_of_use_proposes_nobody(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ACCEPTED)
    assert "新装与增容" in visit("clerk").get(f"/tickets/{ticket.id}")
    matter = db.session.scalars(select(Matter).where(Matter.name == "新装与增容")).one()
    admin, path = visit("admin"), f"/admin/matters/{matter.id}"
    assert "“用电”类现在有 1 件还没有派单" in admin.get(path)
    admin.post(path, **typed(admin.get(path), active=None))
    assert "新装与增容" not in visit("clerk").get(f"/tickets/{ticket.id}")


def test_a_renamed_department_is_renamed_where_it_supports(small_world: World, visit: Visit) -> None:
    admin, path = visit("admin"), f"/admin/departments/{small_world.department('园区管委会').id}"
    before = db.session.scalars(select(Matter)).all()
    holding = [matter.id for matter in before if "园区管委会" in matter.support_names]
    assert holding
    admin.post(path, **typed(admin.get(path), name="经开区管委会", aliases="管委会"))
    db.session.expire_all()
    for number in holding:
        matter = db.session.get(Matter, number)
        assert matter is not None
        assert "经开区管委会" in matter.support_names


def row_id(entity: type[Category] | type[DangerRow], name: str) -> int:
    title = Category.name if entity is Category else DangerRow.word
    return db.session.execute(select(entity.id).where(title == name)).scalar_one()


def test_a_category_says_what_hangs_on_it_and_stays_in_use_while_matters_do(
    small_world: World, visit: Visit
) -> None:
    small_world.make(State.IN_PROGRESS)
    small_world.make(State.CLOSED)
    matters = len(
        db.session.scalars(select(Matter).where(Matter.category_id == small_world.category().id)).all()
    )
    admin, path = visit("admin"), f"/admin/categories/{row_id(Category, '用电')}"
    page = admin.get(path)
    assert f"现在有 1 件未办结的诉求、{matters} 条事项、0 条派单规则属于这一类" in page
    assert 'name="name"' not in page
    page = admin.post(path, status=422, **typed(page, active=None))
    assert f"还不能停用：有 {matters} 条事项" in page


def test_arrears_stay_in_use_whatever_hangs_on_them(small_world: World, visit: Visit) -> None:
    for matter in db.session.scalars(select(Matter)):
        matter.active = False
    db.session.commit()
    admin, path = visit("admin"), f"/admin/categories/{row_id(Category, '拖欠账款')}"
    assert "不能停用" in admin.post(path, status=422, **typed(admin.get(path), active=None))


def test_a_category_out_of_use_is_not_offered_and_stays_where_it_was(
    small_world: World, visit: Visit
) -> None:
    admin, owner, clerk = visit("admin"), visit("owner"), visit("clerk")
    admin.post("/admin/categories/new", **NEW["categories"])
    number = row_id(Category, "用热")
    ticket = small_world.file(category="用热", title="蒸汽压力低")
    other = small_world.file()
    offered = f'id="category-{number}"'
    assert offered in owner.get("/tickets/new")
    admin.post(f"/admin/categories/{number}", **typed(admin.get(f"/admin/categories/{number}"), active=None))
    assert offered not in owner.get("/tickets/new")
    choice = f'value="{number}">用热'
    assert choice in clerk.get(f"/tickets/{ticket.id}")
    assert choice not in clerk.get(f"/tickets/{other.id}")


def test_a_danger_word_says_how_often_it_was_met_and_gives_no_alarm_out_of_use(
    small_world: World, visit: Visit
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        small_world.file(title="车间起火，已扑灭", at=MONDAY - timedelta(days=89))
        small_world.file(title="多年以前起火", at=MONDAY - timedelta(days=91))
        small_world.file(title="咨询防起火涂料")
        admin, number = visit("admin"), row_id(DangerRow, "起火")
        path = f"/admin/danger-words/{number}"
        exceptions = typed(admin.get(path))["exceptions"] + "、防起火"
        admin.post(path, **typed(admin.get(path), exceptions=exceptions))
        assert "有 1 件提到这个词" in admin.get(path)
        assert '"\\u8d77\\u706b"' in visit("owner").get("/tickets/new")
        admin.post(path, **typed(admin.get(path), active=None))
        assert '"\\u8d77\\u706b"' not in visit("owner").get("/tickets/new")
        assert "这个词已停用" in admin.get(path)


def test_a_danger_word_is_tried_before_it_is_saved_and_shows_no_titles(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.file(title="隔壁仓库烧起来")
    harmless = small_world.file(title="还好没有烧起来")
    with time_machine.travel(MONDAY, tick=False):
        page = visit("admin").post("/admin/danger-words/new", 200, preview="1", **NEW["danger-words"])
    assert "有 1 件会提示紧急电话" in page
    assert ticket.number in page
    assert harmless.number not in page
    assert ticket.title not in page
    assert "烧起来" not in db.session.scalars(select(DangerRow.word)).all()


# People


def test_no_browser_asks_for_every_role(visit: Visit) -> None:
    page = visit("admin").get("/admin/people/new")
    ticks = re.findall(r'<input[^>]*name="roles"[^>]*>', page)
    assert len(ticks) == len(Role) - 1
    assert not [tick for tick in ticks if "required" in tick]


def person(username: str) -> User:
    db.session.expire_all()
    return db.session.scalars(select(User).where(User.username == username)).unique().one()


def link_on(page: str) -> str:
    """The path of the link a page shows once."""
    shown = re.search(r"http://127\.0\.0\.1:8000(/set-password/[\w-]+)", page)
    assert shown is not None
    return shown[1]


def test_a_new_person_gets_a_link_that_is_shown_once(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    path = admin.post("/admin/people/new", **NEW["people"])
    assert "/set-password/" not in admin.get(path)
    link = link_on(admin.post(f"{path}/link", status=200))
    assert "/set-password/" not in admin.get(path)
    assert "设置密码的链接：由“否”改为“是”" in admin.get(path)
    visit().post(link, new="harbour-lights-7", repeat="harbour-lights-7")
    assert person("zhaolei").roles == {Role.CLERK}
    visit().sign_in("zhaolei", "harbour-lights-7").get("/enterprises")


def test_a_link_made_meanwhile_stands_in_nobodys_way(small_world: World, visit: Visit) -> None:
    admin, path = visit("admin"), f"/admin/people/{person('clerk').id}"
    page = admin.get(path)
    admin.post(f"{path}/link", status=200)
    admin.post(path, **typed(page, name="李晓梅"))
    assert person("clerk").name == "李晓梅"


def test_a_link_of_the_administrator_unlocks(small_world: World, visit: Visit) -> None:
    stranger = visit()
    for _ in range(5):
        stranger.post("/sign-in", status=422, username="clerk", password="wrong-password")
    stranger.post("/sign-in", status=422, username="clerk", password=PASSWORD)
    visit("admin").post(f"/admin/people/{person('clerk').id}/link", status=200)
    stranger.sign_in("clerk")


def test_who_is_put_out_of_use_is_out_and_stays_out_of_old_sessions(small_world: World, visit: Visit) -> None:
    admin, clerk = visit("admin"), visit("clerk")
    path = f"/admin/people/{person('clerk').id}"
    link = link_on(admin.post(f"{path}/link", status=200))
    admin.post(path, **typed(admin.get(path), active=None))
    clerk.get("/", status=302)
    visit().get(link, status=404)
    admin.post(f"{path}/link", status=422)
    admin.post(path, **typed(admin.get(path), active="y"))
    clerk.get("/", status=302)
    visit().get(link, status=404)
    visit("clerk")


def test_an_administrator_cannot_lock_the_door_behind_himself(small_world: World, visit: Visit) -> None:
    admin, path = visit("admin"), f"/admin/people/{person('admin').id}"
    for change in ({"active": None}, {"roles": ["clerk"]}):
        assert "不能停用自己" in admin.post(path, status=422, **typed(admin.get(path), **change))
    assert person("admin").has(Role.ADMIN)


def test_an_enterprises_person_keeps_role_and_enterprise(small_world: World, visit: Visit) -> None:
    admin, path = visit("admin"), f"/admin/people/{person('owner').id}"
    page = admin.get(path)
    assert "江海船舶" in page
    assert 'name="roles"' not in page
    admin.post(path, **typed(page, name="李一一", roles=["admin"], department="1"))
    assert person("owner").name == "李一一"
    assert person("owner").roles == {Role.CONTACT}


def test_the_administrator_sees_no_ticket(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    admin = visit("admin")
    for noun in KEPT:
        for path in (f"/admin/{noun}", f"/admin/{noun}/1"):
            page = admin.ask("GET", path).text
            assert ticket.title not in page
            assert ticket.number not in page


def test_the_reasons_of_the_law_are_there_from_the_first_day(small_world: World) -> None:
    labels = set(db.session.scalars(select(ReasonCode.label)))
    assert {"非本单位职责", "事项重复", "应走法定途径", "诉求不清且逾期未补正"} <= labels
    assert db.session.scalars(select(ReplyTemplate)).all() == []
    assert db.session.scalars(select(Department.wants_sign_off).distinct()).all() == [False]


def test_nonsense_is_answered_with_a_sentence(sqlite_app: Flask, visit: Visit) -> None:
    sqlite_app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    keepers = {noun: visit("admin" if noun in KEPT else "supervisor") for noun in NOUNS}
    for noun, keeper in keepers.items():
        for nonsense in ("9" * 30, "-1", "😀", "\r\nX: y", "9" * 5000):
            fields = {field.name: nonsense for field in NOUNS[noun].fields} | {"seen": nonsense}
            for path in (f"/admin/{noun}/new", f"/admin/{noun}/1"):
                answer = keeper.ask("POST", path, data=fields)
                assert answer.status_code in (302, 404, 409, 422), (noun, nonsense, answer.status_code)
