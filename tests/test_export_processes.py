"""Schedulers as real processes before one export: one writes it, and what kills that one is made good by another."""

import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from service_desk import clock
from service_desk.desk import exports
from service_desk.store.base import db
from service_desk.store.exports import Export, ExportKind, ExportState
from tests.processes import environment, running, until
from tests.web.test_statements import grow
from tests.world import World

TICKETS = 120
CLOCKWORK = """
import time
from dataclasses import replace
from datetime import timedelta
from service_desk import scheduler
from service_desk.desk import exports, ledgers
from service_desk.xlsx import rows, stream
from wsgi import app
# Small batches with a rest between them, so that it can be killed in the middle, packed beside like those of a long
# list; a lease that ends while we wait.
ledgers.BATCH, exports.LEASE = 10, timedelta(seconds=2)
rows.AT_ONCE, stream.FEW_LOTS = 10, 2
go_on = exports._go_on
def slowly(*given, **more):
    time.sleep(0.05)
    go_on(*given, **more)
exports._go_on = slowly
jobs = [job for job in scheduler.JOBS if job.name == "export"]
scheduler.run(app, [replace(job, every=timedelta(seconds=0.2)) for job in jobs])
"""


def test_a_killed_writer_is_followed_by_another_and_the_file_is_whole(
    app: Flask, world: World, database_url: str, tmp_path: Path
) -> None:
    grow(world, TICKETS)
    export_id = exports.ask_for(ExportKind.LEDGER, by=world.clerk, at=clock.now()).id
    log, env = tmp_path / "processes.log", environment(database_url, tmp_path)
    folder = tmp_path / "attachments" / "exports"

    def seen(column: str) -> object:
        with db.engine.connect().execution_options(read_only=True) as connection:
            return connection.scalar(select(getattr(Export, column)).where(Export.id == export_id))

    with ExitStack() as stack:

        def start() -> Popen[bytes]:
            return stack.enter_context(running(sys.executable, "-c", CLOCKWORK, env=env, log=log))

        first = start()
        until(lambda: folder.exists() and any(folder.iterdir()), "some rows are written")
        first.kill()
        first.wait()
        assert seen("state") == ExportState.RUNNING, "it was killed in the middle"
        others = [start(), start()]
        until(lambda: seen("state") == ExportState.DONE, "another has written it", seconds=60)
        until(lambda: log.read_text().count("clockwork started") == 3, "both others run")
        for process in others:
            process.terminate()
        assert [process.wait(timeout=10) for process in others] == [0, 0]

    (file,) = folder.iterdir()
    assert file.name == f"{seen('file_key')}.xlsx"
    assert seen("attempts") == 2
    numbers = [row[1] for row in load_workbook(file).worksheets[0].iter_rows(min_row=4, values_only=True)]
    assert len(set(numbers[:-1])) == len(numbers) - 1 == seen("rows_done")
