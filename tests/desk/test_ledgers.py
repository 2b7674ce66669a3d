"""The ledger: what it says of tickets made by hand, to whom, and that it agrees with the figures."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select

from service_desk.desk.ledgers import COLUMNS, reader_of, write_ledger
from service_desk.domain.vocabulary import State
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from tests.world import MONDAY, World

LATER = MONDAY + timedelta(days=30)


def ledger(path: Path, user: User, *, contacts: bool = False) -> list[dict[str, Any]]:
    """The lines of somebody's ledger by column, and below them the last line."""
    write_ledger(
        path / "ledger.xlsx",
        visible_tickets(user),
        reader=reader_of(user, contacts=contacts),
        made_by=user.name,
        at=LATER,
        organisation="云津县企业服务专窗",
    )
    sheet = load_workbook(path / "ledger.xlsx").worksheets[0]
    titles, *rows = sheet.iter_rows(min_row=3, values_only=True)
    assert titles == tuple(column.title for column, _ in COLUMNS)
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_print(small_world: World, tmp_path: Path) -> None:
    small_world.make(State.CLOSED, supports=["金融办"])
    small_world.make(State.SUBMITTED)
    for line in ledger(tmp_path, small_world.clerk):
        print(line)
