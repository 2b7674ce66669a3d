"""Three hundred tickets of another system, imported: every clock, ticket and figure comes out, and nobody is told."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from service_desk import create_app
from service_desk.desk import facts
from service_desk.desk.drift import drifts
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.history.importing import import_history
from service_desk.desk.records import clock_records, ticket_records
from service_desk.desk.reminders import remind_due
from service_desk.domain.figures import INDICATORS, By, Figure, Period
from service_desk.domain.vocabulary import ClockState
from service_desk.store.base import Model, db
from service_desk.store.clocks import Clock
from service_desk.store.notices import Card, Letter, Notice, StepTaken
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from tests.conftest import settings_for
from tests.counting import assert_as_by_hand
from tests.world import CHINA

FOLDER = Path(__file__).parent.parent / "data" / "history"
AS_OF = datetime(2026, 11, 21, tzinfo=CHINA)
MARCH = datetime(2026, 3, 31, 12, tzinfo=CHINA)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
Line = dict[str, Any]


def texts(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").split("\n")


def expected(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def expected_lines(name: str) -> list[Line]:
    return [json.loads(text) for text in texts(name) if text]


@contextmanager
def desk_in(folder: Path) -> Iterator[Flask]:
    app = create_app(settings_for(f"sqlite:///{folder / 'desk.sqlite3'}", folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk into which the sample was imported; nobody changes it from here on."""
    folder = tmp_path_factory.mktemp("history")
    with desk_in(folder):
        upgrade()
        lay_foundation(at=datetime(2024, 1, 1, tzinfo=CHINA))
        done = import_history(texts("events.jsonl"), at=NOW).as_json()
    assert done == {
        "lines": 3058,
        "tickets": 300,
        "imported": 300,
        "unchanged": 0,
        "refused": [],
        "created": {"departments": [], "enterprises": 45, "categories": []},
    }
    return folder


@pytest.fixture(scope="module")
def opened(imported: Path) -> Iterator[None]:
    with desk_in(imported):
        yield


@pytest.fixture
def copied(imported: Path, tmp_path: Path) -> Iterator[None]:
    """The same desk, for a test that goes on from there."""
    shutil.copy(imported / "desk.sqlite3", tmp_path / "desk.sqlite3")
    with desk_in(tmp_path):
        yield


def that_counts(line: Line) -> Line:
    """The dates of a void clock say nothing."""
    says_nothing = ("pauses", "extend", "due", "original_due") if line["result"] == "void" else ()
    return {key: value for key, value in line.items() if key not in (*says_nothing, "stopped")}


@pytest.mark.usefixtures("opened")
def test_every_clock_of_the_sample_comes_out_in_every_value_and_in_order() -> None:
    mine = [that_counts(line) for line in clock_records(None, as_of=AS_OF)]
    assert mine == [that_counts(line) for line in expected_lines("expected_clocks.jsonl")]
    assert len(mine) == 3250


@pytest.mark.usefixtures("opened")
def test_every_ticket_of_the_sample_ends_as_expected() -> None:
    assert list(ticket_records(None, as_of=AS_OF)) == expected_lines("expected_tickets.jsonl")


@pytest.mark.usefixtures("opened")
def test_no_open_clock_differs_from_its_facts_and_events() -> None:
    assert list(drifts()) == []


@pytest.mark.usefixtures("opened")
def test_events_stand_in_the_order_in_which_they_happened() -> None:
    for ticket in db.session.scalars(select(Ticket)).unique():
        moments = [event.at for event in ticket.events]
        assert moments == sorted(moments), ticket.imported_number


EXPECTED_FIGURES = pytest.mark.parametrize(
    ("name", "by"),
    [
        pytest.param("expected_figures.json", None, id="now, the whole"),
        pytest.param("expected_figures.json", By.MONTH, id="now, by month"),
        pytest.param("expected_figures.json", By.DEPARTMENT, id="now, by department"),
        pytest.param("expected_figures.json", By.CATEGORY, id="now, by category"),
        pytest.param("expected_figures_asof.json", None, id="as of March, the whole"),
        pytest.param("expected_figures_asof.json", By.DEPARTMENT, id="as of March, by department"),
    ],
)


@EXPECTED_FIGURES
@pytest.mark.usefixtures("opened")
def test_every_figure_comes_out_of_the_histories(name: str, by: By | None) -> None:
    assert counted(name, by) == expected(name)["figures"][by.value if by else "all"]


@EXPECTED_FIGURES
@pytest.mark.usefixtures("opened")
def test_every_figure_comes_out_of_stored_rows(name: str, by: By | None) -> None:
    facts.store_facts(AS_OF)
    assert counted(name, by) == expected(name)["figures"][by.value if by else "all"]


def counted(name: str, by: By | None) -> list[Line]:
    sample = expected(name)
    as_of = datetime.fromisoformat(sample["as_of"])
    period = Period(date.fromisoformat(sample["from"]), date.fromisoformat(sample["to"]), as_of)
    return [row(figure) for figure in facts.figures(select(Ticket), period, indicators=INDICATORS, by=by)]


@pytest.mark.parametrize(
    ("as_of", "since", "until"),
    [
        pytest.param(AS_OF, date(2025, 1, 1), date(2026, 11, 21), id="now, over all of it"),
        pytest.param(MARCH, date(2025, 10, 9), date(2026, 4, 1), id="as of March, over a part"),
    ],
)
@pytest.mark.usefixtures("opened")
def test_every_figure_of_the_sample_is_as_counted_by_hand(as_of: datetime, since: date, until: date) -> None:
    facts.store_facts(AS_OF)
    assert_as_by_hand(as_of, since, until)


def row(figure: Figure) -> Line:
    return {
        key: getattr(figure, key) for key in ("by", "key", "numerator", "denominator", "excluded", "value")
    }


def number_of(entity: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(entity)) or 0


@pytest.mark.usefixtures("opened")
def test_names_are_text_nobody_gets_an_account_or_hears_of_the_past() -> None:
    assert [number_of(entity) for entity in (User, Notice, Letter, Card)] == [0, 0, 0, 0]


@pytest.mark.usefixtures("copied")
def test_reminders_begin_with_the_first_step_that_lies_ahead() -> None:
    assert remind_due(NOW) == 0

    live = select(Clock.next_step_at).where(
        Clock.state == ClockState.RUNNING, Clock.next_step_at.is_not(None)
    )
    coming = sorted(moment for moment in db.session.scalars(live) if moment is not None)
    assert coming[0] > NOW
    assert remind_due(coming[0]) > 0
    sent = db.session.scalars(select(StepTaken.fired_at).where(StepTaken.sent)).all()
    assert set(sent) == {coming[0]}


@pytest.mark.usefixtures("copied")
def test_imported_again_only_what_is_new_is_taken() -> None:
    done = import_history(texts("again.jsonl"), at=NOW).as_json()

    sample = expected("again_expected.json")
    assert {key: done[key] for key in ("lines", "tickets", "imported", "unchanged")} == {
        key: sample[key] for key in ("lines", "tickets", "imported", "unchanged")
    }
    assert [(each["ticket"], each["seq"], each["reason"]) for each in done["refused"]] == [
        ("L00041", 1, "seq 1 已导入，内容不同"),
        ("L00022", 8, "seq 8 的时间早于 seq 7（2025-01-01 09:00:00 < 2025-03-04 23:27:51）"),
    ]


RULES = {
    "unknown event": "没有‘close’这个动作；可用：submit, add_info,",
    "time without offset": "第 13 行：“2026-03-02T10:00:00”缺少时区",
    "earlier than the line before": "seq 3 的时间早于 seq 2（09:29:59 < 09:30:00）",
    "not in this state (accepted)": "当时是“待派单”",
    "missing outcome": "第 24 行：缺少 outcome（办理结果）",
    "missing date of the rest": "请填写余项完成日期",
    "the handler may not verify": "（verify 于 2026-03-04 15:00:00、当时是“待审核”、回访员、h1）",
    "asked and decided by the same person": "申请人和审批人不能是同一个人",
    "arrears of a large enterprise are never refused as a civil dispute": "不得以民事纠纷为由不予受理",
    "return window over (2026-03-03T17:30:00+08:00)": "退单期限已过（2026-03-03 17:30）",
    "asked when it was already due": "办理时限 2026-03-09 17:30 已到",
    "more days than allowed (5)": "最多延期 1 次、共 5 日",
    "more extensions than allowed (1)": "最多延期 1 次，已延期 1 次",
    "the second extension is the supervisor's": "第二次延期由督查员审批",
    "no extension for 咨询": "最多延期 0 次",
    "the rating window runs until 2026-03-11T17:30:00+08:00": "评价期到 2026-03-11 17:30",
    "an appeal within 10 working days": "期限到 2026-03-25 17:30",
    "not a support of this ticket": "“工信局”不是这件诉求的协办单位",
    "credit code": "校验码不符，请核对是否录错：91450804996639233A",
    "parent not known": "没有编号为“NOWHERE”的诉求",
    "seq twice": "seq 3 出现两次（第 101 行和第 102 行）",
    "not this role's action (clerk)": "reply 由主办单位、主办单位负责人办理，不能由受理员办理",
    "nothing was asked": "没有待审批的",
    "not in this state (assigned: the bad rating opened a rework)": "当时是“待签收”",
    "from the third move on the supervisor decides": "已流转 2 次，第三次流转起由督查员决定",
    "one return an assignment": "每次交办只能申请一次退单",
    "from cycle 3 on the supervisor reopens": "第三轮起的重办由督查员决定",
    "corrected within 2 working days": "期限到 2026-03-09 17:30",
    "rated within 30 days of the closing": "期限到 2026-04-10 17:30",
    "the supplement may still come": "补正期到 2026-03-09 17:30",
    "parent of another enterprise": "“R01”是另一家企业的诉求",
    "nothing to check": "这次撤回不需要核实",
    "a next reply within 30 days": "请填写 2026-03-03 至 2026-04-02 之间的日期",
    "no bad rating": "只有被差评且没有重办的诉求",
    "the rest within 90 days": "请填写 2026-03-04 至 2026-06-02 之间的日期",
    "value of urgency": "urgency（紧急程度）不能是“复杂”；可用：特急、紧急、一般",
    "the parent is not open": "“R01”现在是“已办结”，不能并入",
    "lowering the urgency is the supervisor's": "降低紧急程度、派单后延长时限、改按复杂事项办理，由督查员更正",
    "an exclusion within 10 working days of the closing": "期限到 2026-03-19 17:30",
}
"""What the sample's reasons are called here."""


@pytest.mark.usefixtures("world")
def test_each_broken_rule_refuses_its_ticket_and_the_others_go_in() -> None:
    sample = expected("refused_expected.json")

    done = import_history(texts("refused.jsonl"), at=NOW).as_json()

    found = {(each["ticket"], each["seq"]): each["reason"] for each in done["refused"]}
    assert set(found) == {(each["ticket"], each["seq"]) for each in sample["refused"]}
    for each in sample["refused"]:
        assert RULES[each["reason"]] in found[each["ticket"], each["seq"]]
    here = db.session.scalars(select(Ticket.imported_number).order_by(Ticket.imported_number)).all()
    assert [number for number in here if number] == sample["imported"]
    assert done["created"] == {"departments": [], "enterprises": 1, "categories": []}
