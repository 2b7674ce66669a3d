"""The calendar on the wall, and an administrator who changes it."""

import io
import json
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk.calendar_files import excel_form
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.calendars import CalendarDay, CalendarVersion
from service_desk.xlsx.form import blank_form
from tests.visitor import Visitor, a_file, counted
from tests.web.test_statements import MOST, grow
from tests.world import World

Visit = Callable[..., Visitor]
NOTICES = Path(__file__).parents[1] / "data" / "notices"
NOTICE_2027 = """国务院办公厅关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至12日（周五）放假调休，共8天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假，共1天。
六、中秋节：9月15日（周三）放假，共1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
"""


def carried(page: str) -> dict[str, Any]:
    """What the form of a preview carries unseen."""
    found = {
        name: unescape(value) for name, value in re.findall(r'name="(draft|seen)"[^>]* value="([^"]*)"', page)
    }
    assert set(found) == {"draft", "seen"}
    return found


def versions() -> list[CalendarVersion]:
    db.session.expire_all()
    return list(db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id)))


STAFF = ["clerk", "quality", "supervisor", "officer", "leader", "power", "power_head", "admin", "auditor"]


@pytest.mark.parametrize("username", STAFF)
def test_all_staff_read_the_calendar_and_only_administrators_are_led_to_change_it(
    visit: Visit, username: str
) -> None:
    reader = visit(username)
    page = reader.get("/calendar?year=2026")
    assert "2026 年日历" in page
    assert 'href="/calendar/days/2026-10-10"' in page
    assert page.count("wall-sign make-up") == 6 + 1, "the make-up days of 2026, and the key"
    assert ("粘贴放假通知" in page) == (username == "admin")
    assert "国庆节调休上班" in reader.get("/calendar/days/2026-10-10")


@pytest.mark.parametrize("path", ["/calendar", "/calendar/days/2026-10-10", "/calendar/notice"])
def test_an_enterprise_has_no_calendar_page(visit: Visit, path: str) -> None:
    visit("owner").get(path, 404)


@pytest.mark.parametrize("username", [name for name in STAFF if name != "admin"] + ["owner"])
def test_nobody_but_an_administrator_changes_anything(visit: Visit, username: str) -> None:
    somebody = visit(username)
    for path in ("/calendar/notice", "/calendar/file", "/calendar/hours", "/calendar/form.json"):
        somebody.get(path, 404)
    for path in ("notice", "file", "hours", "save", "recalculation", "days/2026-03-03"):
        somebody.post(f"/calendar/{path}", 404, kind="rest", name="放假", text=NOTICE_2027, scope="whole")
    assert len(versions()) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/days/2026-02-30",
        "/calendar/days/x",
        "/calendar/days/1999-01-01",
        "/calendar/days/2100-01-01",
    ],
)
def test_there_is_no_page_of_a_day_that_is_none(visit: Visit, path: str) -> None:
    visit("clerk").get(path, 404)


@pytest.mark.parametrize("year", ["", "x", "1999", "9" * 50, "²", "-1"])
def test_a_year_that_is_none_is_this_year(visit: Visit, year: str) -> None:
    assert "年日历" in visit("clerk").get(f"/calendar?year={year}&before={year}")


@pytest.mark.parametrize("year", [2004, 2015, 2026])
def test_the_years_since_2004_are_there(visit: Visit, year: int) -> None:
    page = visit("clerk").get(f"/calendar?year={year}")
    assert "尚未录入" not in page
    assert "wall-sign holiday" in page


def test_a_day_says_how_many_deadlines_end_on_it_within_the_readers_scope(
    small_world: World, visit: Visit
) -> None:
    small_world.make(State.IN_PROGRESS)
    small_world.make(State.IN_PROGRESS, lead="金融办")
    settle_day = "/calendar/days/2026-03-09"
    assert "当天有 2 个时限到期" in visit("clerk").get(settle_day)
    assert "当天有 2 个时限到期" in visit("admin").get(settle_day)
    assert "您能看到的诉求中，当天有 1 个时限到期" in visit("power").get(settle_day)
    assert "时限到期" not in visit("auditor").get(settle_day)


def test_a_pasted_notice_is_previewed_confirmed_with_a_reason_and_kept(visit: Visit) -> None:
    admin = visit("admin")
    preview = admin.post("/calendar/notice", 200, text=NOTICE_2027, scope="whole")
    assert "录入 2027 年全年安排" in preview
    assert "没有时限变动" in preview
    assert len(versions()) == 1, "nothing is saved by a preview"
    refused = admin.post("/calendar/save", 422, **carried(preview), reason=" ")
    assert "请填写“原因”。" in refused
    led_to = admin.post("/calendar/save", **carried(refused), reason="国办发明电〔2026〕9 号")
    page = admin.get(led_to)
    assert "2027 年日历" in page
    assert "尚未录入" not in page
    assert "国办发明电〔2026〕9 号" in page
    assert "2027-01-31 周日：每周安排 → 上班（春节）" in page
    made = versions()[-1]
    assert (made.loaded_by, made.years, len(made.changes)) == ("admin名", [2027], 33)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(NOTICE_2027.replace("1月1日（周五", "1月1日（周六"), "2027-01-01 是周五", id="weekday"),
        pytest.param("<script>alert(1)</script>", "没有找到年份", id="no notice"),
        pytest.param("", "请填写“通知全文”。", id="nothing"),
        pytest.param(NOTICE_2027.replace("2027年", "9999年"), "9999", id="far off"),
        pytest.param("放" * 10_001, "最多 10000 字", id="too long"),
    ],
)  # fmt: skip
def test_a_notice_that_cannot_be_taken_comes_back_with_what_is_wrong(
    visit: Visit, text: str, sentence: str
) -> None:
    page = visit("admin").post("/calendar/notice", 422, text=text, scope="whole")
    assert sentence in page
    assert "<script>alert" not in page
    assert len(versions()) == 1


def test_a_day_is_closed_by_a_click_and_given_back(visit: Visit, small_world: World) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    admin = visit("admin")
    preview = admin.post("/calendar/days/2026-03-05", 200, kind="closed", name="台风停工")
    assert "个时限会变动" in preview
    assert ticket.number in preview
    assert ticket.title not in preview, "an administrator reads numbers, no titles"
    assert "江海船舶" not in preview
    admin.post("/calendar/save", **carried(preview), reason="台风黄色预警")
    day = admin.get("/calendar/days/2026-03-05")
    assert "本园区停工：台风停工" in day
    assert "wall-sign closed" in admin.get("/calendar?year=2026")
    back = admin.post("/calendar/days/2026-03-05", 200, kind="week")
    admin.post("/calendar/save", **carried(back), reason="台风未登陆")
    assert db.session.get(CalendarDay, date(2026, 3, 5)) is None
    assert [len(each.changes) for each in versions()] == [0, 1, 1]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "closed", "name": ""}, "请写明是什么节日或原因。"),
        ({"kind": "closed", "name": "台" * 61}, "最多 60 字"),
        ({"kind": "week"}, "和现在的日历没有不同"),
        ({"kind": "nonsense", "name": "x"}, "选"),
        ({}, "改为"),
    ],
)
def test_a_day_badly_filled_in_comes_back(visit: Visit, given: dict[str, Any], sentence: str) -> None:
    assert sentence in visit("admin").post("/calendar/days/2026-03-05", 422, **given)


def test_the_second_of_two_administrators_is_told(visit: Visit) -> None:
    admin = visit("admin")
    first = admin.post("/calendar/days/2026-03-05", 200, kind="closed", name="台风停工")
    second = admin.post("/calendar/days/2026-03-06", 200, kind="closed", name="停电停工")
    admin.post("/calendar/save", **carried(first), reason="台风")
    told = admin.post("/calendar/save", 409, **carried(second), reason="停电检修")
    assert "admin名改过日历（台风）" in told
    assert "停电检修" in told, "the reason typed is still there"
    admin.post("/calendar/save", **carried(told), reason="停电检修")
    assert [each.reason for each in versions()][1:] == ["台风", "停电检修"]


@pytest.mark.parametrize(
    "draft",
    ["", "{", "[]", "null", '{"marks": [["2026-03-05", {"work": 1}]], "years": [], "week": null}',
     '{"marks": [["x", null]], "years": [], "week": null}', '{"marks": [], "years": ["x"], "week": null}',
     '{"marks": [], "years": [], "week": {"0": [["12:00", "09:00"]]}}',
     '{"marks": [], "years": [], "week": {"9": [["09:00", "12:00"]]}}',
     '{"marks": [], "years": [], "week": {}}', '{"marks": [["1999-03-05", null]], "years": [], "week": null}',
     '{"marks": [], "years": [], "week": null}', "[" * 50_000, '{"marks": [], "years": [9999], "week": null}',
     '{"marks": [], "years": [99999999999], "week": null}', '{"marks": {}, "years": 1, "week": 1}',
     '{"marks": [["2026-03-05", {"work": true, "name": "", "local": false}]], "years": [], "week": null}',
     '{"marks": [["2026-03-05", {"work": true, "name": "\\ud800", "local": false}]], "years": [], "week": null}',
     '{"marks": [["2026-03-05", {"work": true, "name": "a\\u0000", "local": false}]], "years": [], "week": null}',
     '{"marks": [], "years": [Infinity], "week": null}'],
)  # fmt: skip
def test_a_draft_that_was_tampered_with_is_refused(visit: Visit, draft: str) -> None:
    visit("admin").post("/calendar/save", 422, draft=draft, seen="1", reason="x")
    assert len(versions()) == 1


@pytest.mark.parametrize(
    "monday", [[["13:00", "14:00"], ["09:00", "12:00"]], [["09:00", "10:00"], ["11:00+08:00", "12:00+08:00"]]]
)
@pytest.mark.usefixtures("small_world")
def test_hours_out_of_order_or_with_a_zone_are_put_right(visit: Visit, monday: list[list[str]]) -> None:
    draft = json.dumps({"marks": [], "years": [], "week": {"0": monday}})
    page = visit("admin").post("/calendar/save", 409, draft=draft, seen="0", reason="x")
    assert "周一 " in page


@pytest.mark.parametrize("seen", ["", "0", "2", "x", "9" * 40])
def test_a_version_nobody_has_seen_saves_nothing(visit: Visit, seen: str) -> None:
    admin = visit("admin")
    kept = carried(admin.post("/calendar/days/2026-03-05", 200, kind="closed", name="台风"))
    admin.post("/calendar/save", 409, draft=kept["draft"], seen=seen, reason="台风")
    assert len(versions()) == 1


# Files


def as_json(*days: object) -> tuple[io.BytesIO, str]:
    return a_file(json.dumps({"days": list(days)}).encode(), "2027.json")


def as_excel(*rows: tuple[str, str, str]) -> tuple[io.BytesIO, str]:
    return a_file(blank_form("x", ("日期", "类型", "名称"), rows), "2027.xlsx")


@pytest.mark.parametrize(
    "file",
    [
        as_json(
            {"day": "2027-01-01", "type": "rest", "name": "元旦"},
            {"day": "2027-01-31", "type": "work", "name": "春节"},
        ),
        as_excel(("2027-01-01", "休", "元旦"), ("2027/1/31", "班", "春节")),
    ],
    ids=["json", "xlsx"],
)
def test_a_file_is_previewed_and_saved(visit: Visit, file: tuple[io.BytesIO, str]) -> None:
    admin = visit("admin")
    preview = admin.post("/calendar/file", 200, year="2027", scope="whole", file=file)
    assert "录入 2027 年全年安排" in preview
    admin.post("/calendar/save", **carried(preview), reason="按通知录入")
    kept = {
        row.day: (row.is_work, row.name)
        for row in db.session.scalars(select(CalendarDay))
        if row.day.year == 2027
    }
    assert kept == {date(2027, 1, 1): (False, "元旦"), date(2027, 1, 31): (True, "春节")}


def test_errors_in_a_file_are_told_row_by_row(visit: Visit) -> None:
    rows = [
        ("2027-02-30", "休", "春节"),
        ("2027-01-01", "假", "元旦"),
        ("2027-01-02", "休", ""),
        ("2026-01-02", "休", "元旦"),
        ("2027-01-04", "班", "元旦"),
        ("2027-01-05", "休", "元旦"),
        ("2027-01-05", "休", "元旦"),
    ]
    page = visit("admin").post("/calendar/file", 422, year="2027", scope="whole", file=as_excel(*rows))
    for sentence in (
        "第 2 行：日期“2027-02-30”要写成 2027-01-01 这样。",
        "第 3 行：类型“假”要写“休”或“班”。",
        "第 4 行：名称要写，最多 60 字。",
        "第 5 行：2026-01-02 不在 2027 年。",
        "第 6 行：2027-01-04 是周一，本来就上班，不是补班。",
        "第 8 行：2027-01-05 前面已经写过。",
    ):
        assert sentence in page
    assert len(versions()) == 1


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (a_file(b"", "x.json"), "不是这里要的 JSON"),
        (a_file(b"[1]", "x.json"), "不是这里要的 JSON"),
        (a_file(b'{"days": 3}', "x.json"), "应当是一个列表"),
        (a_file(b'{"days": []}', "x.json"), "文件里没有日期"),
        (a_file(b'{"days": [3, null, {"day": ["x"]}]}', "x.json"), "第 3 行"),
        (a_file(b"[" * 100_000, "x.json"), "不是这里要的 JSON"),
        (
            a_file(b'{"days": [{"day": "2027-01-01", "type": "rest", "name": "\\ud800"}]}', "x.json"),
            "第 1 行：名称里有不能保存的字符",
        ),
        (a_file(b"PK\x03\x04", "安排.xlsx"), "“安排.xlsx”不是 xlsx 工作簿"),
        (a_file(blank_form("x", ("甲", "乙"), [("1", "2")]), "x.xlsx"), "第一行要有"),
        (a_file(b"%PDF", "x.pdf"), "请上传 .json 或 .xlsx 文件"),
        (a_file(b"x" * (300 * 1024 + 1), "x.json"), "文件太大"),
    ],
)
def test_what_is_no_such_file_is_refused(visit: Visit, file: tuple[io.BytesIO, str], sentence: str) -> None:
    file[0].seek(0)
    kept = a_file(file[0].read(), file[1])
    assert sentence in visit("admin").post("/calendar/file", 422, year="2027", scope="some", file=kept)


def test_a_file_form_without_a_file_comes_back(visit: Visit) -> None:
    admin = visit("admin")
    assert "请填写“文件”。" in admin.post("/calendar/file", 422, year="2027", scope="some")
    assert "请选择文件。" in admin.post(
        "/calendar/file", 422, year="2027", scope="some", file=a_file(b"", "")
    )


def test_the_forms_to_fill_in_are_taken_as_they_are(visit: Visit) -> None:
    admin = visit("admin")
    for kind in ("json", "xlsx"):
        answer = admin.ask("GET", f"/calendar/form.{kind}")
        assert answer.status_code == 200
        content = answer.get_data()
        answer.close()
        page = admin.post(
            "/calendar/file", 200, year="2026", scope="whole", file=a_file(content, f"x.{kind}")
        )
        assert "替换 2026 年全年安排" in page
    admin.get("/calendar/form.exe", 404)
    assert excel_form()


# Office hours

WEEK: dict[str, Any] = {f"d{n}": "y" for n in range(5)} | {
    f"d{n}{part}": time
    for n in range(5)
    for part, time in (("a1", "09:00"), ("b1", "12:00"), ("a2", "13:30"), ("b2", "17:30"))
}


def test_office_hours_are_changed_under_the_same_preview(visit: Visit, small_world: World) -> None:
    small_world.make(State.IN_PROGRESS)
    admin = visit("admin")
    assert 'value="13:30"' in admin.get("/calendar/hours")
    assert "和现在的日历没有不同" in admin.post("/calendar/hours", 422, **WEEK)
    preview = admin.post("/calendar/hours", 200, **WEEK | {f"d{n}b2": "18:00" for n in range(5)})
    assert (
        "周一至周五 09:00–12:00、13:30–17:30；周六至周日 休息 → 周一至周五 09:00–12:00、13:30–18:00"
        in preview
    )
    assert "推后" in preview
    admin.post("/calendar/save", **carried(preview), reason="夏令时")
    assert "13:30–18:00" in admin.get("/calendar")


@pytest.mark.parametrize(
    ("altered", "sentence"),
    [
        ({"d0a1": "", "d0b1": "", "d0a2": "", "d0b2": ""}, "周一要上班，却没有填上班时间。"),
        ({"d0a2": "11:30"}, "周一的两段时间重叠：11:30 在前一段的 12:00 之前。"),
        ({"d0b2": "13:30"}, "周一的下班时间 13:30 不晚于上班时间 13:30。"),
        ({"d0b2": "08:00"}, "周一的下班时间 08:00 不晚于上班时间 13:30。"),
        ({"d0b2": ""}, "周一有一段时间只填了一半。"),
        ({"d5a1": "09:00", "d5b1": "12:00"}, "周六填了时间，却没有勾选上班。"),
        (dict.fromkeys(WEEK, ""), "一周至少要有一天上班。"),
        ({"d0a1": "25:00"}, "有几处需要修改"),
    ],
)
def test_hours_by_which_no_office_works_are_refused(
    visit: Visit, altered: dict[str, str], sentence: str
) -> None:
    given: dict[str, Any] = {name: value for name, value in (WEEK | altered).items() if value}
    assert sentence in visit("admin").post("/calendar/hours", 422, **given)


# What it costs


def test_the_pages_cost_the_same_however_many_tickets_there_are(small_world: World, visit: Visit) -> None:
    grow(small_world, 300)
    admin, clerk = visit("admin"), visit("clerk")
    kept = carried(admin.post("/calendar/days/2026-03-05", 200, kind="closed", name="台风"))
    admin.post("/calendar/save", **kept, reason="台风")
    for reader in (admin, clerk):
        for path in ("/calendar", "/calendar/days/2026-03-05"):
            reader.get(path)
            with counted() as statements:
                reader.get(path)
            assert len(statements) <= MOST, (path, len(statements))
    for path in ("/calendar/notice", "/calendar/file", "/calendar/hours"):
        with counted() as statements:
            admin.get(path)
        assert len(statements) <= MOST, (path, len(statements))
    with counted() as statements:
        page = admin.post("/calendar/days/2026-03-06", 200, kind="closed", name="台风")
    assert len(statements) <= MOST
    assert "列出最先到期的 100 个" in page
    assert page.count("<td>推后</td>") + page.count("<td>提前</td>") == 100


def test_the_weekend_beside_a_holiday_belongs_to_it_on_the_wall(visit: Visit) -> None:
    page = visit("clerk").get("/calendar?year=2026")
    signs = r'days/2026-(\d\d-\d\d)"[^>]*>\d+<span class="wall-sign [\w-]+">(.)<'
    shown = dict(re.findall(signs, page))
    assert "".join(shown[f"10-0{day}"] for day in range(1, 8)) == "休" * 7
    assert shown["01-03"] == "休"
    assert shown["01-04"] == "班"
    assert "10-11" not in shown
