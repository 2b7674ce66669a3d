"""The empty desk: what it knows from the first day on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from service_desk import create_app
from service_desk.desk.foundation import DATA, LISTS, is_laid, lay_foundation, read_data
from service_desk.desk.notices import Audience
from service_desk.domain.asked import Asked
from service_desk.domain.deadlines import Limit
from service_desk.domain.limits import Profile
from service_desk.domain.routing import Knowledge, MatterEntry, propose
from service_desk.domain.vocabulary import ClockKind, LimitClass, Unit
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.law import current_law
from service_desk.store.limits import LimitRow
from service_desk.store.people import Department
from tests.conftest import settings_for

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ICONS = Path(__file__).parents[1] / "tools" / "icons.txt"
REQUESTS = [json.loads(line) for line in (DATA / "requests.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A desk with its foundation and nothing else."""
    folder = tmp_path_factory.mktemp("foundation")
    app = create_app(settings_for(f"sqlite:///{folder / 'desk.sqlite3'}", folder))
    with app.app_context():
        db.create_all()
        assert not is_laid()
        lay_foundation(at=NOW)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def matters(laid: Flask) -> list[MatterEntry]:
    """The whole matter list, as the desk reads it."""
    return list(current_law().matters)


def test_laying_it_again_changes_nothing(laid: Flask) -> None:
    def rows() -> list[int | None]:
        return [db.session.scalar(select(func.count()).select_from(entity)) for _, entity, _ in LISTS]

    before, version = rows(), current_law().version
    assert lay_foundation(at=NOW) == ()
    assert (rows(), current_law().version) == (before, version)
    assert is_laid()


def test_what_an_administrator_changed_stays(laid: Flask) -> None:
    row = db.session.scalars(select(LimitRow).where(LimitRow.kind == "supplement").limit(1)).one()
    row.number = 9
    db.session.commit()
    lay_foundation(at=NOW)
    db.session.expire_all()
    assert row.number == 9
    row.number = 5
    db.session.commit()


@pytest.mark.parametrize(
    ("kind", "klass", "limit"),
    [
        pytest.param(ClockKind.ACCEPT, LimitClass.CRITICAL, Limit(2, Unit.WORKING_HOURS), id="特急受理"),
        pytest.param(
            ClockKind.FIRST_CONTACT, LimitClass.URGENT, Limit(1, Unit.WORKING_DAYS), id="紧急首次联系"
        ),
        pytest.param(ClockKind.DISPATCH, LimitClass.ARREARS, Limit(10, Unit.WORKING_DAYS), id="拖欠派单"),
        pytest.param(ClockKind.SETTLE, LimitClass.NORMAL, Limit(5, Unit.WORKING_DAYS), id="一般办理"),
        pytest.param(ClockKind.SETTLE, LimitClass.ARREARS, Limit(30, Unit.NATURAL_DAYS), id="拖欠办理"),
        pytest.param(ClockKind.PROMISE, LimitClass.ARREARS, Limit(45, Unit.NATURAL_DAYS), id="拖欠承诺"),
        pytest.param(ClockKind.ORDER, LimitClass.URGENT, Limit(1, Unit.WORKING_DAYS), id="紧急督办"),
    ],
)
def test_limits_are_those_of_the_law(laid: Flask, kind: ClockKind, klass: LimitClass, limit: Limit) -> None:
    assert current_law().limits.of(kind, Profile(klass)) == limit


def test_a_rework_has_a_limit_of_its_own(laid: Flask) -> None:
    limits = current_law().limits
    assert limits.of(ClockKind.SETTLE, Profile(LimitClass.COMPLEX), cycle=2) == Limit(7, Unit.WORKING_DAYS)


def test_every_clock_with_a_limit_has_one_for_every_class(laid: Flask) -> None:
    named_dates = {ClockKind.NEXT_REPLY, ClockKind.REST}
    limits = current_law().limits
    assert all(
        limits.of(kind, Profile(klass)).number
        for kind in ClockKind
        if kind not in named_dates
        for klass in LimitClass
    )


def test_the_calendar_knows_the_notices(laid: Flask) -> None:
    calendar = current_law().calendar
    assert calendar.loaded_years == frozenset(range(2004, 2027))
    assert calendar.is_make_up(datetime(2026, 2, 14, tzinfo=UTC).date())


@pytest.mark.usefixtures("laid")
class TestLadders:
    def test_settle_climbs_from_the_handler_to_the_supervisor(self) -> None:
        steps = next(each.steps for each in current_law().ladders if each.kind is ClockKind.SETTLE)
        assert [step.rule.key for step in steps] == [
            "half",
            "left_3",
            "left_1",
            "left_0",
            "overdue_1",
            "overdue_3",
            "overdue_5",
        ]
        assert [step.card for step in steps] == [None, None, "yellow", None, "red", None, None]
        assert [step.order_level for step in steps][-2:] == [1, 2]
        assert steps[0].only_without_contact
        assert "supervisor" in steps[-1].recipients

    def test_recipients_add_up_from_step_to_step(self) -> None:
        for ladder in current_law().ladders:
            for lower, higher in pairwise(ladder.steps):
                assert set(lower.recipients) <= set(higher.recipients)

    def test_recipients_are_audiences(self) -> None:
        named = {
            name for ladder in current_law().ladders for step in ladder.steps for name in step.recipients
        }
        assert named <= {audience.value for audience in Audience}

    def test_nobody_is_reminded_of_a_right_that_lapses(self) -> None:
        assert set(ClockKind) - {each.kind for each in current_law().ladders} == {ClockKind.RETURN_WINDOW}


def test_the_seventeen_categories_have_an_example_and_an_icon_of_the_sprite(laid: Flask) -> None:
    icons = set(ICONS.read_text("utf-8").split())
    categories = db.session.scalars(select(Category).order_by(Category.position)).all()
    assert len(categories) == 17
    assert all(category.example and category.icon in icons for category in categories)
    assert {request["category"] for request in REQUESTS} == {category.name for category in categories}


class TestMatters:
    def test_every_category_has_one_line_of_its_own(self, matters: list[MatterEntry]) -> None:
        own = [matter.category for matter in matters if not matter.keywords]
        assert sorted(own) == sorted(category["name"] for category in read_data("categories.json"))

    def test_every_department_named_is_there(self, matters: list[MatterEntry]) -> None:
        departments = set(db.session.scalars(select(Department.name)))
        assert all(matter.lead in departments for matter in matters if matter.category != "其他")
        assert all(set(matter.supports) <= departments - {matter.lead} for matter in matters)

    def test_no_line_was_lost_on_the_way(self, matters: list[MatterEntry]) -> None:
        assert len(matters) == len(read_data("matters.json"))

    @pytest.mark.parametrize(
        ("category", "title", "lead"),
        [
            pytest.param("用电", "船台施工以来电压不稳", "供电公司", id="电压"),
            pytest.param("用电", "物业转供电加价", "市场监管局", id="转供电加价"),
            pytest.param("行政审批", "排污许可证怎么办", "生态环境局", id="排污许可"),
            pytest.param("行政审批", "营业执照变更", "市场监管局", id="营业执照"),
            pytest.param("行政审批", "公积金封存", "公积金中心", id="公积金"),
            pytest.param("行政审批", "道路运输许可", "交通局", id="道路运输"),
            pytest.param("行政审批", "施工许可证", "住建局", id="施工许可"),
            pytest.param("行政审批", "办个证", "行政审批局", id="其余审批"),
            pytest.param("园区配套", "孩子入学", "教育局", id="入学"),
        ],
    )
    def test_words_lead_to_the_department(
        self, matters: list[MatterEntry], category: str, title: str, lead: str
    ) -> None:
        proposal = propose(Knowledge((), matters), Asked(title, "", category))
        assert proposal is not None
        assert proposal.lead == lead

    def test_what_belongs_nowhere_stays_with_the_desk(self, matters: list[MatterEntry]) -> None:
        assert propose(Knowledge((), matters), Asked("想问点事", "", "其他")) is None
