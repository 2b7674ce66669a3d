"""The empty desk: the rules and lists it starts with. All of it is data that an administrator may change."""

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select

from service_desk.domain.vocabulary import ClockKind, LimitClass, Unit
from service_desk.domain.worktime import MONDAY_TO_FRIDAY
from service_desk.store.base import Base, db, transaction
from service_desk.store.calendars import CalendarDay, CalendarVersion, OfficeHours
from service_desk.store.catalogue import Category, DangerRow, Matter
from service_desk.store.law import LawVersion, law_changed
from service_desk.store.limits import LadderRow, LimitRow
from service_desk.store.lists import ReasonCode, ReasonKind
from service_desk.store.people import Department

DATA = Path(__file__).resolve().parent.parent / "data"
CALENDAR_YEARS = range(2004, 2027)
UNITS = {"h": Unit.WORKING_HOURS, "d": Unit.NATURAL_DAYS}
"""The letters of the limits table; a number without one is working days."""


def is_laid() -> bool:
    """Whether the desk has rules to go by."""
    return bool(db.session.scalar(select(exists().where(LawVersion.id.is_not(None)))))


@transaction
def lay_foundation(*, at: datetime) -> tuple[str, ...]:
    """Fill every list that is still empty and give back their names; what is there stays as it is."""
    laid = []
    for name, entity, lay in LISTS:
        if db.session.scalar(select(entity).limit(1)) is None:
            lay(at)
            db.session.flush()
            laid.append(name)
    if laid or not is_laid():
        law_changed()
    return tuple(laid)


@cache
def read_data(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """One of the files beside the code."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def read_lines(name: str) -> tuple[Any, ...]:
    """The same of a file of JSON lines."""
    return tuple(map(json.loads, (DATA / name).read_text(encoding="utf-8").splitlines()))


def _load_calendar(at: datetime) -> None:
    version = CalendarVersion(
        loaded_at=at,
        loaded_by="系统",
        reason=f"国务院办公厅 {CALENDAR_YEARS[0]}—{CALENDAR_YEARS[-1]} 年节假日安排，随系统安装",
        years=list(CALENDAR_YEARS),
        finished_at=at,
    )
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        CalendarDay(
            day=date.fromisoformat(notice["date"]),
            is_work=notice["work"],
            name=notice["name"],
            version_id=version.id,
        )
        for notice in read_data("calendar_2004_2026.json")
    )


def _set_office_hours(_at: datetime) -> None:
    db.session.add_all(
        OfficeHours(weekday=weekday, opens=interval.start, closes=interval.end)
        for weekday, hours in MONDAY_TO_FRIDAY.items()
        for interval in hours
    )


def _set_limits(_at: datetime) -> None:
    for kind, columns in read_data("limits.json").items():
        for klass, limit in columns.items():
            unit = UNITS.get(limit[-1], Unit.WORKING_DAYS)
            number = int(limit.rstrip("".join(UNITS)))
            db.session.add(LimitRow(kind=kind, limit_class=LimitClass(klass), number=number, unit=unit))


def _set_ladders(_at: datetime) -> None:
    for kind, steps in read_data("ladders.json").items():
        db.session.add(LadderRow(kind=ClockKind(kind), steps=steps))


def _add_categories(_at: datetime) -> None:
    db.session.add_all(
        Category(position=position, **category)
        for position, category in enumerate(read_data("categories.json"))
    )


def _add_departments(_at: datetime) -> None:
    rows = read_data("departments.json")
    departments = {
        row["name"]: Department(name=row["name"], aliases=row["aliases"], is_external=row["external"])
        for row in rows
    }
    db.session.add_all(departments.values())
    db.session.flush()
    for row in rows:
        if "parent" in row:
            departments[row["name"]].parent_id = departments[row["parent"]].id


def _add_matters(_at: datetime) -> None:
    """A line whose category an administrator has renamed meanwhile is left out; so is a lead long gone."""
    categories = {category.name: category.id for category in db.session.scalars(select(Category))}
    departments = {department.name: department.id for department in db.session.scalars(select(Department))}
    db.session.add_all(
        Matter(
            category_id=categories[line["category"]],
            name=line["name"],
            keywords=line["keywords"],
            lead_id=departments.get(line["lead"]),
            support_names=[name for name in line["supports"] if name in departments],
            is_complex=line.get("complex", False),
        )
        for line in read_data("matters.json")
        if line["category"] in categories
    )


def _add_reasons(_at: datetime) -> None:
    db.session.add_all(
        ReasonCode(kind=ReasonKind(kind), label=label, position=position)
        for kind, labels in read_data("reasons.json").items()
        for position, label in enumerate(labels)
    )


def _add_danger_words(_at: datetime) -> None:
    db.session.add_all(DangerRow(**line) for line in read_data("danger_words.json"))


LISTS: tuple[tuple[str, type[Base], Callable[[datetime], None]], ...] = (
    ("calendar", CalendarVersion, _load_calendar),
    ("office_hours", OfficeHours, _set_office_hours),
    ("limits", LimitRow, _set_limits),
    ("ladders", LadderRow, _set_ladders),
    ("categories", Category, _add_categories),
    ("departments", Department, _add_departments),
    ("matters", Matter, _add_matters),
    ("reasons", ReasonCode, _add_reasons),
    ("danger_words", DangerRow, _add_danger_words),
)
