"""Loading an office's own requests and directory."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import select

from service_desk import create_app
from service_desk.desk.foundation import DATA, lay_foundation
from service_desk.desk.loading import Loaded, load_enterprises, load_requests
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import Role, State, Urgency
from service_desk.store.base import db
from service_desk.store.enterprises import Enterprise, EnterpriseStatus
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from service_desk.xlsx import reading
from tests.conftest import settings_for

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CODE = "91510904MAX4FLDE75"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'desk.sqlite3'}", tmp_path))
    with app.app_context():
        db.create_all()
        lay_foundation(at=NOW)
        yield app
        db.session.remove()
        db.engine.dispose()


def line(**given: Any) -> str:
    usual = {"id": "A1", "title": "停电", "description": "整条路没电", "category": "用电"}
    return json.dumps(
        {**usual, "enterprise_name": "云津甲厂", "park_area": "东区", **given}, ensure_ascii=False
    )


def load(*lines: str) -> Loaded:
    return load_requests(lines, at=NOW)


def enterprises() -> list[Enterprise]:
    return list(db.session.scalars(select(Enterprise).order_by(Enterprise.id)).unique())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "directory.xlsx"


def write(path: Path, *rows: tuple[Any, ...]) -> Path:
    book = Workbook()
    for row in (
        ("企业名称", "统一社会信用代码", "联系人", "联系电话", "所在片区", "是否规上", "服务专员"),
        *rows,
    ):
        book.worksheets[0].append(row)
    book.save(path)
    return path


@pytest.mark.usefixtures("desk")
class TestRequests:
    def test_a_line_becomes_a_submitted_ticket(self) -> None:
        done = load(line(urgency="紧急"))
        ticket = db.session.scalars(select(Ticket)).unique().one()
        assert (done.lines, done.loaded) == (1, 1)
        assert (ticket.state, ticket.urgency, ticket.title) == (State.SUBMITTED, Urgency.URGENT, "停电")
        assert (ticket.enterprise.name, ticket.category.name) == ("云津甲厂", "用电")
        assert (ticket.area.name if ticket.area else None, ticket.is_demo) == ("东区", False)

    def test_the_whole_sample_goes_in_once(self) -> None:
        lines = (DATA / "requests.jsonl").read_text("utf-8").split("\n")
        first, second = load(*lines), load(*lines)
        assert (first.loaded, first.refused) == (90, [])
        assert (second.loaded, second.unchanged) == (0, 90)

    def test_an_enterprise_nobody_knows_is_provisional_with_a_reason(self) -> None:
        load(line(), line(id="A2"))
        (enterprise,) = enterprises()
        assert (enterprise.code, enterprise.status) == (None, EnterpriseStatus.APPROVED)
        assert "待核实" in (enterprise.status_reason or "")

    def test_a_category_nobody_knows_is_made(self) -> None:
        load(line(category="航运"))
        assert db.session.scalars(select(Ticket)).unique().one().category.name == "航运"

    def test_the_account_that_loads_cannot_sign_in(self) -> None:
        load(line())
        loader = db.session.scalars(select(User)).unique().one()
        assert (loader.active, loader.password_hash) == (False, None)

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            pytest.param("{", "不是 JSON", id="not JSON"),
            pytest.param("[]", "应是一个 JSON 对象", id="no object"),
            pytest.param(line(id=""), "缺少 id", id="no id"),
            pytest.param(line(title=" "), "缺少 title", id="no title"),
            pytest.param(line(description=None), "缺少 description", id="no text"),
            pytest.param(line(title="长" * 101), "title 最多 100 字", id="a title too long"),
            pytest.param(line(urgency="火急"), "urgency 不能是“火急”", id="a word unknown"),
        ],
    )
    def test_a_bad_line_is_refused_with_its_number(self, bad: str, reason: str) -> None:
        done = load(line(id="A9"), "", bad)
        assert done.loaded == 1
        (refusal,) = done.refused
        assert refusal.line == 3
        assert refusal.reason.startswith("第 3 行：")
        assert reason in refusal.reason

    def test_the_same_id_with_another_text_is_refused(self) -> None:
        load(line())
        assert "内容不同" in load(line(title="停水")).refused[0].reason


@pytest.mark.usefixtures("desk")
class TestEnterprises:
    def test_the_sample_directory_goes_in_once(self) -> None:
        first = load_enterprises(DATA / "enterprises.xlsx", at=NOW)
        second = load_enterprises(DATA / "enterprises.xlsx", at=NOW)
        assert (first.loaded, first.refused) == (60, [])
        assert (second.loaded, second.unchanged) == (0, 60)

    def test_a_row_becomes_an_enterprise(self, directory: Path) -> None:
        officer = User(username="o", name="周某")
        officer.roles = {Role.OFFICER}
        db.session.add(officer)
        db.session.commit()
        row = ("云津甲厂", f" {CODE.lower()} ", "王某", 13800001234, "东区", "是", "周某")
        load_enterprises(write(directory, row), at=NOW)
        db.session.expire_all()
        (enterprise,) = enterprises()
        assert (enterprise.code, enterprise.contact_phone, enterprise.tags) == (CODE, "13800001234", "规上")
        assert enterprise.area is not None
        assert enterprise.liaison is not None
        assert enterprise.liaison.officer_id == officer.id

    def test_an_enterprise_without_code_gets_its_code(self, directory: Path) -> None:
        load(line())
        done = load_enterprises(write(directory, ("云津甲厂", CODE, None, None, None, None, None)), at=NOW)
        (enterprise,) = enterprises()
        assert (done.completed, done.loaded, enterprise.code) == (1, 0, CODE)
        assert enterprise.status_reason is None

    @pytest.mark.parametrize(
        ("name", "code", "reason"),
        [
            pytest.param("", CODE, "缺少企业名称", id="no name"),
            pytest.param("甲厂", None, "请填写统一社会信用代码", id="no code"),
            pytest.param("甲厂", CODE[:-1] + "6", "校验码不符", id="a wrong check sign"),
            pytest.param("乙厂", CODE, "已登记为“甲厂”", id="another's code"),
        ],
    )
    def test_a_bad_row_is_refused_with_its_number(
        self, directory: Path, name: str, code: str | None, reason: str
    ) -> None:
        good = ("甲厂", CODE, None, None, None, None, None)
        done = load_enterprises(write(directory, good, (name, code, "王某", None, None, None, None)), at=NOW)
        assert done.loaded == 1
        (refusal,) = done.refused
        assert (refusal.line, reason in refusal.reason) == (3, True)

    def test_a_file_that_is_no_workbook_is_refused(self, directory: Path) -> None:
        directory.write_text("企业名称", encoding="utf-8")
        with pytest.raises(Invalid, match="不是 xlsx 工作簿"):
            load_enterprises(directory, at=NOW)

    def test_a_workbook_that_unzips_to_too_much_is_not_opened(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MOST_BYTES", 100)
        with pytest.raises(Invalid, match="不予打开"):
            load_enterprises(write(directory), at=NOW)
