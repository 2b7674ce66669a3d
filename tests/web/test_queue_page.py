"""The queue as each person keeps it: filters under a name, columns and the height of rows."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.preferences import USUAL_COLUMNS, Column, Density, Preferences
from service_desk.store.saved_filters import SavedFilter
from tests.visitor import Visitor, counted
from tests.world import World

Visit = Callable[..., Visitor]
LATE = "/tickets?state=open&due=overdue&sort=due"


def saved(page: str) -> list[tuple[str, str]]:
    """The saved filters of a queue's page: words and addresses."""
    bar = re.search(r'<nav class="saved-list".*?</nav>', page, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', bar.group(), re.DOTALL) if bar else []
    return [
        (re.sub(r"<[^>]+>", "/", words).strip("/ "), address.replace("&amp;", "&"))
        for address, words in found
    ]


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col">([^<]+)</th>', page)


def test_a_filter_is_saved_under_a_name_and_is_one_click_away(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    back = clerk.post(
        f"/tickets/filters?{LATE.partition('?')[2]}&page=7&state=x&_anchor=y", name="  催办  超期 "
    )
    assert back == LATE
    page = clerk.get(back)
    assert saved(page) == [("催办 超期", LATE)]
    assert 'aria-current="true">催办 超期' in page
    assert 'aria-current="true">催办 超期' not in clerk.get("/tickets")
    # The same name again is another filter under it.
    clerk.post("/tickets/filters?state=closed", name="催办 超期")
    assert saved(clerk.get("/tickets")) == [("催办 超期", "/tickets?state=closed")]
    row = db.session.query(SavedFilter).one()
    clerk.post(f"/tickets/filters/{row.id}/drop?state=closed")
    assert saved(clerk.get("/tickets")) == []


def test_a_filter_is_private_until_it_is_shared_with_the_desk(small_world: World, visit: Visit) -> None:
    clerk, clerk2 = visit("clerk"), visit("clerk2")
    clerk.post("/tickets/filters?state=open", name="我的")
    clerk.post("/tickets/filters?due=today", name="今天", shared="on")
    private, shared = db.session.query(SavedFilter).order_by(SavedFilter.id).all()
    assert saved(clerk2.get("/tickets")) == [("今天/clerk名 共享", "/tickets?due=today")]
    assert saved(visit("quality").get("/tickets")) != []
    assert saved(visit("power").get("/tickets")) == []
    assert saved(visit("leader").get("/tickets")) == []
    assert "/drop" not in clerk2.get("/tickets")
    for other in (clerk2, visit("supervisor"), visit("power")):
        for row in (private, shared):
            other.post(f"/tickets/filters/{row.id}/drop", 404)
    visit("quality").post("/tickets/filters?state=open", 403, name="大家的", shared="on")
    assert db.session.query(SavedFilter).count() == 2


@pytest.mark.parametrize("username", ["owner", "admin", "auditor"])
def test_filters_and_columns_are_for_those_who_have_a_queue(
    small_world: World, visit: Visit, username: str
) -> None:
    visitor = visit(username)
    assert "保存筛选" not in visitor.get("/tickets")
    visitor.post("/tickets/filters?state=open", 404, name="x")
    visitor.post("/account/queue", 404, density="loose")


def test_what_cannot_be_saved_says_why(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")

    def answer(query: str, name: str) -> str:
        return clerk.get(clerk.post(f"/tickets/filters?{query}", name=name))

    assert "请先选好筛选条件" in answer("state=nonsense", "空的")
    assert "请给筛选起个名字" in answer("state=open", " ")
    assert "最多 40 字" in answer("state=open", "长" * 41)
    # The longest that a filter may hold fits.
    assert "已保存" in answer(f"q={'查' * 60}&tag={'签' * 30}&state=open&sort=due", "长" * 40)
    for number in range(19):
        clerk.post("/tickets/filters?state=open", name=f"第 {number} 个")
    assert "最多保存 20 个" in answer("state=open", "第二十一个")


def test_columns_and_rows_are_as_each_person_keeps_them(small_world: World, visit: Visit) -> None:
    small_world.make(State.IN_PROGRESS)
    clerk = visit("clerk")
    assert heads(clerk.get("/tickets"))[:3] == ["编号", "标题", "企业"]
    clerk.post("/account/queue", density="loose", columns=["last_line", "due", "nonsense"], back="/tickets")
    page = clerk.get("/tickets")
    assert heads(page) == ["编号", "标题", "时限", "最新进展"]
    assert 'class="tickets pickable loose"' in page
    assert small_world.clerk.prefers == Preferences(
        goes_on=False, density=Density.LOOSE, columns=(Column.DUE, Column.LAST_LINE)
    )
    assert heads(visit("clerk2").get("/tickets"))[2:] == [column.label for column in USUAL_COLUMNS]
    clerk.post("/account/queue", density="compact", columns=[column.value for column in Column])
    assert len(heads(clerk.get("/tickets"))) == 2 + len(Column)
    # An enterprise's own list stays as it is.
    assert "企业" not in heads(visit("owner").get("/tickets"))


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"columns": "due", "density": 7, "keys": "no"},
        {"columns": ["gone"], "density": "tight", "more": {}},
    ],
    ids=["nothing", "of other kinds", "of another version"],
)
def test_preferences_that_mean_nothing_are_those_of_everybody(kept: dict[str, object]) -> None:
    columns = () if kept.get("columns") == ["gone"] else USUAL_COLUMNS
    assert Preferences.read(kept) == replace(Preferences(), columns=columns)
    assert Preferences.read(Preferences.read(kept).to_keep()) == Preferences.read(kept)


def test_the_queue_with_all_it_can_show_costs_few_statements(small_world: World, visit: Visit) -> None:
    for title in ("电压不稳", "停电", "跳闸"):
        small_world.make(State.IN_PROGRESS, title=title)
    clerk = visit("clerk")
    clerk.post("/tickets/filters?state=open", name="在办", shared="on")
    clerk.post("/account/queue", columns=[column.value for column in Column])
    clerk.get("/tickets")
    with counted() as statements:
        clerk.get("/tickets?state=open&sort=due")
    assert len(statements) <= 11, statements
