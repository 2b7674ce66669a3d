"""Three hundred tickets of another system, replayed through the verbs: every clock and figure comes out."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from flask_migrate import upgrade
from sqlalchemy import select

from service_desk import create_app
from service_desk.desk import facts
from service_desk.desk.drift import drifts
from service_desk.desk.foundation import lay_foundation
from service_desk.domain.errors import DeskError
from service_desk.domain.figures import INDICATORS, By, Figure, Period
from service_desk.domain.vocabulary import ClockKind
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.tickets import Ticket
from tests.conftest import settings_for
from tests.replay import FOLDER, Line, Replay, instant, read
from tests.world import CHINA

AS_OF = datetime(2026, 11, 21, tzinfo=CHINA)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """The whole sample at an empty desk; nobody changes it from here on."""
    folder = tmp_path_factory.mktemp("history")
    app = create_app(settings_for(f"sqlite:///{folder / 'history.sqlite3'}", folder))
    with app.app_context():
        upgrade()
        lay_foundation(at=datetime(2024, 1, 1, tzinfo=CHINA))
        tickets = read(FOLDER / "events.jsonl")
        replay = Replay(max(instant(line) for lines in tickets.values() for line in lines))
        replay.by_time(tickets)
        db.session.commit()
        yield replay
        db.session.remove()
        db.engine.dispose()


def in_china(moment: datetime | None) -> str | None:
    return moment.astimezone(CHINA).isoformat() if moment else None


def as_printed(number: str, clock: Clock) -> Line:
    """A clock as the sample prints it; a return window that has passed unused is void."""
    passed = clock.kind is ClockKind.RETURN_WINDOW and clock.due_at is not None and clock.due_at < AS_OF
    return {
        "ticket": number,
        "kind": clock.kind.value,
        "department": clock.department.name if clock.department else None,
        "cycle": clock.cycle,
        "start": in_china(clock.started_at),
        "limit": clock.limit_number,
        "unit": clock.unit.value,
        "pauses": [[in_china(pause.started_at), in_china(pause.ended_at)] for pause in clock.pauses],
        "extend": clock.extended,
        "due": in_china(clock.due_at),
        "original_due": in_china(clock.original_due_at),
        "judged_at": in_china(clock.judged_at),
        "result": "void" if passed and clock.is_live else clock.state.value,
    }


def in_order(clocks: list[Line]) -> list[Line]:
    return sorted(clocks, key=lambda line: json.dumps(line, ensure_ascii=False))


def that_counts(line: Line) -> Line:
    """The dates of a void clock say nothing."""
    says_nothing = ("pauses", "extend", "due", "original_due") if line["result"] == "void" else ()
    return {key: value for key, value in line.items() if key not in says_nothing}


def test_every_clock_of_the_sample_comes_out_in_every_value(replayed: Replay) -> None:
    expected = read_unordered("expected_clocks.jsonl")
    for number, clocks in expected.items():
        ticket = db.session.get_one(Ticket, replayed.tickets[number])
        mine = [that_counts(as_printed(number, clock)) for clock in ticket.clocks]
        assert in_order(mine) == in_order([that_counts(line) for line in clocks]), number
    assert sum(map(len, expected.values())) == 3250


@pytest.mark.usefixtures("replayed")
def test_no_open_clock_differs_from_its_facts_and_events() -> None:
    assert list(drifts()) == []


def read_unordered(name: str) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for text in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        found.setdefault(line["ticket"], []).append(line)
    return found


def test_every_ticket_of_the_sample_ends_as_expected(replayed: Replay) -> None:
    numbers = {ticket_id: number for number, ticket_id in replayed.tickets.items()}
    for number, (expected,) in read_unordered("expected_tickets.jsonl").items():
        ticket = db.session.get_one(Ticket, replayed.tickets[number])
        lead = ticket.last_lead
        found: dict[str, Any] = {
            "state": ticket.state.value,
            "lead": lead.department.name if lead else None,
            "supports": [part.department.name for part in ticket.supports],
            "cycle": ticket.cycle,
            "moves": ticket.moves,
            "category": ticket.category.name,
            "urgency": ticket.urgency.label,
            # What nobody has confirmed yet stands as it was submitted.
            "nature": ticket.nature.label if expected["nature"] else None,
            "limits": ticket.limit_class.label,
            "submitted": in_china(ticket.submitted_at),
            "parent": numbers.get(ticket.parent_id or 0),
            "incident": ticket.incident.title if ticket.incident else None,
        }
        assert found == {key: expected[key] for key in found}, number


@pytest.mark.parametrize(
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
def test_every_figure_comes_out_of_the_stored_rows(replayed: Replay, name: str, by: By | None) -> None:
    assert replayed.tickets
    sample = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    as_of = datetime.fromisoformat(sample["as_of"])
    period = Period(date.fromisoformat(sample["from"]), date.fromisoformat(sample["to"]), as_of)

    figures = facts.figures(select(Ticket), period, indicators=INDICATORS, by=by)

    assert [row(figure) for figure in figures] == sample["figures"][by.value if by else "all"]


def row(figure: Figure) -> Line:
    return {
        key: getattr(figure, key) for key in ("by", "key", "numerator", "denominator", "excluded", "value")
    }


REFUSED = {
    ticket["ticket"]: ticket
    for ticket in json.loads((FOLDER / "refused_expected.json").read_text(encoding="utf-8"))["refused"]
}
ABOUT_THE_FILE = {
    "unknown event",
    "time without offset",
    "earlier than the line before",
    "missing outcome",
    "credit code",
    "seq twice",
    "value of urgency",
}
"""What is refused before the law is asked: how lines are written."""


@pytest.mark.parametrize(
    "number", [n for n, line in REFUSED.items() if line["reason"] not in ABOUT_THE_FILE], ids=str
)
@pytest.mark.usefixtures("small_world")
def test_what_the_law_forbids_is_refused_at_its_line_with_a_sentence(number: str) -> None:
    expected, tickets = REFUSED[number], read(FOLDER / "refused.jsonl")
    replay = Replay(AS_OF)
    parents = [line["parent"] for line in tickets[number] if line.get("parent") in tickets]
    for parent in parents:
        for line in tickets[parent]:
            replay.take(line)
    for line in tickets[number]:
        if line["seq"] < expected["seq"]:
            replay.take(line)
    refused = next(line for line in tickets[number] if line["seq"] == expected["seq"])
    with pytest.raises(DeskError) as refusal:
        replay.take(refused)
    assert refusal.value.sentence.endswith("。")
