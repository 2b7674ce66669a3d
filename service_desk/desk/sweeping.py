"""Sweeps: one act on each of many rows, a transaction each, so that one bad row never holds up the rest."""

from collections.abc import Callable, Sequence
from threading import Event

import structlog
from sqlalchemy import Select

from service_desk.store.base import db

BATCH = 500

STOPPING = Event()
"""Set when this process is asked to end: a sweep then ends between two rows, and a later run goes on."""

log = structlog.get_logger()


def sweep(name: str, rows: Select[int], act: Callable[[int], bool]) -> int:
    """Act on every row whose id ``rows`` selects, in order of id; how many acts returned true.

    An act that raises is logged with its row and leaves the others alone; it comes up again in the next run.
    """
    touched, last = 0, 0
    while batch := _after(last, rows):
        for row_id in batch:
            if STOPPING.is_set():
                return touched
            touched += _act(name, row_id, act)
        last = batch[-1]
    return touched


def sweep_in_batches(
    name: str,
    rows: Select[int],
    act: Callable[[Sequence[int]], int],
    *,
    size: int,
    is_held_up: Callable[[], bool] = lambda: False,
) -> int:
    """Act on the rows whose ids ``rows`` selects, so many in one transaction; the sum of what the acts gave back.

    Where an act raises, its rows are acted on one by one, so that the one that cannot be is logged and left alone.
    Ends early once ``is_held_up``, which is asked before each batch.
    """
    touched, last = 0, 0
    while found := _after(last, rows):
        for begin in range(0, len(found), size):
            if STOPPING.is_set() or is_held_up():
                return touched
            touched += _act_on_all(name, found[begin : begin + size], act)
        last = found[-1]
    return touched


def _act_on_all(name: str, row_ids: Sequence[int], act: Callable[[Sequence[int]], int]) -> int:
    db.session.expire_all()
    try:
        return act(row_ids)
    except Exception:
        if len(row_ids) == 1:
            log.exception("one row of a sweep failed", sweep=name, row=row_ids[0])
            return 0
    return sum(_act_on_all(name, [row_id], act) for row_id in row_ids)


def _after(last: int, rows: Select[int]) -> Sequence[int]:
    column = rows.selected_columns[0]
    found = db.session.scalars(rows.where(column > last).order_by(column).limit(BATCH)).all()
    # The reading transaction ends here: on SQLite it would keep every other writer waiting.
    db.session.rollback()
    return found


def _act(name: str, row_id: int, act: Callable[[int], bool]) -> bool:
    db.session.expire_all()
    try:
        return act(row_id)
    except Exception:
        log.exception("one row of a sweep failed", sweep=name, row=row_id)
        return False
