"""Commands: one file a noun, each with a tuple ``COMMANDS``."""

from flask import Flask

from service_desk.cli import (
    history,
    jobs,
    ledgers,
    parks,
    people,
    records,
    reports,
    serving,
    texts,
    time,
    workflow,
)

NOUNS = (history, jobs, ledgers, parks, people, records, reports, serving, texts, time, workflow)


def init_app(app: Flask) -> None:
    """Add the commands of every noun."""
    for noun in NOUNS:
        for command in noun.COMMANDS:
            app.cli.add_command(command)
