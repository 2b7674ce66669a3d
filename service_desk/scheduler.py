"""The clockwork: the table of jobs, and ``run``, which repeats them until the process is asked to end.

A process of its own, never inside a web worker. Any number may run: APScheduler only tells when to look, and
what there is to do is claimed in the database.
"""

import logging
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask, current_app

from service_desk import clock
from service_desk.channels import mail
from service_desk.channels.outgoing import Attachment
from service_desk.desk import (
    calendar,
    delivery,
    digests,
    drift,
    exports,
    facts,
    housekeeping,
    outlets,
    people,
    presence,
    recalculation,
    reminders,
    schedules,
    search,
)
from service_desk.desk.sweeping import STOPPING
from service_desk.settings import current_settings
from service_desk.store.exports import XLSX, path_of_export
from service_desk.store.notices import Channel, Letter

THREADS = 6
"""Enough for three channels that hang, with room for the work beside."""
ENDING = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """One row of the table: ``run`` takes the present instant and gives back how much it touched."""

    name: str
    every: timedelta
    run: Callable[[datetime], int]


def deliver(now: datetime) -> int:
    """Send the mail that waits; none where no mail server is set. How many letters went out."""
    settings = current_settings()
    if settings.smtp_url is None:
        return 0
    with mail.Post(mail.Server.at(settings.smtp_url), settings.mail_from) as post:
        return delivery.deliver(now, [delivery.Lane(Channel.MAIL, post.send)], _words)


def deliver_to_groups(now: datetime) -> int:
    """Send what waits for the robots of chat groups; how many messages went out."""
    return delivery.deliver(now, outlets.robot_lanes(now, clock.now), _words)


def deliver_sms(now: datetime) -> int:
    """Send the text messages that wait; none where no gateway is in use. How many went out."""
    return delivery.deliver(now, outlets.sms_lanes(), _words)


def write_exports(_now: datetime) -> int:
    """Write the exports that wait; how many were finished."""
    return exports.write_waiting(clock.now, organisation=current_settings().desk_name)


def _words(letter: Letter) -> delivery.Said:
    """A letter's words as its channel sends them."""
    settings = current_settings()
    url = f"{settings.base_url}/{path}" if (path := _path(letter)) else None
    if letter.channel is not Channel.MAIL:
        return delivery.Said(f"{letter.subject}\n{letter.body}".strip(), url=url)
    words = {"title": letter.subject, "body": letter.body, "url": url, "desk_name": settings.desk_name}
    # Rendered without the pages' context: there is no request here.
    templates = current_app.jinja_env
    return delivery.Said(
        templates.get_template("letters/notice.txt").render(words),
        templates.get_template("letters/notice.html").render(words),
        url,
        _attachment(letter),
    )


def _attachment(letter: Letter) -> Attachment | None:
    export = letter.export
    if export is None or not export.goes_by_mail:
        return None
    return Attachment(export.name, path_of_export(export.file_key or ""), XLSX)


def _path(letter: Letter) -> str | None:
    """What a letter leads to."""
    token = people.link_of_letter(letter, at=clock.now())
    if token is not None:
        return f"set-password/{token}"
    if letter.ticket_id is not None:
        return f"tickets/{letter.ticket_id}"
    if letter.export_id is not None:
        return "exports"
    return "notices" if letter.key.startswith(digests.DIGEST) else None


JOBS = (
    Job("remind", timedelta(minutes=1), reminders.remind_due),
    # A job for each channel, so that one that hangs holds up no other.
    Job("deliver", timedelta(seconds=10), deliver),
    Job("deliver_to_groups", timedelta(seconds=10), deliver_to_groups),
    Job("deliver_sms", timedelta(seconds=10), deliver_sms),
    Job("digests", timedelta(minutes=1), digests.send_due),
    Job("pass_time", timedelta(minutes=5), housekeeping.pass_time),
    Job("check_clocks", timedelta(minutes=30), drift.check_by_night),
    Job("facts", timedelta(seconds=5), facts.store_facts),
    Job("add_up_counts", timedelta(minutes=1), facts.add_up_counts),
    Job("check_counts", timedelta(minutes=30), facts.check_counts_by_night),
    Job("search", timedelta(seconds=5), search.index_texts),
    Job("recalculate", timedelta(seconds=30), recalculation.recalculate_open_clocks),
    Job("warn_of_missing_year", timedelta(hours=1), calendar.warn_of_missing_year),
    Job("forget_old_failures", timedelta(hours=1), people.forget_old_failures),
    Job("forget_drafts", timedelta(hours=1), presence.forget_what_is_past),
    Job("schedules", timedelta(minutes=1), schedules.send_due),
    Job("export", timedelta(seconds=5), write_exports),
    Job("drop_expired_exports", timedelta(hours=1), exports.drop_expired),
    Job("drop_stale_uploads", timedelta(hours=6), housekeeping.drop_stale_uploads),
)


def run(app: Flask, jobs: Iterable[Job] = JOBS) -> None:
    """Repeat the jobs until SIGTERM or SIGINT; what is in hand then is finished first."""
    # Blocked before the first thread starts, so that the signals wait for sigwait and interrupt nobody.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    # It warns of every run that takes longer than its interval, which is no fault.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs:
        trigger = IntervalTrigger(seconds=job.every.total_seconds(), timezone=UTC)
        scheduler.add_job(run_once, trigger, (app, job), id=job.name, next_run_time=clock.now())
    scheduler.start()
    log.info("clockwork started")
    signal.sigwait(ENDING)
    STOPPING.set()
    scheduler.shutdown(wait=True)
    log.info("clockwork stopped")


def run_once(app: Flask, job: Job) -> None:
    """Run one job in a context, and so with a session, of its own; an error is logged and never fatal."""
    with app.app_context():
        try:
            touched = job.run(clock.now())
        except Exception:
            log.exception("job failed", job=job.name)
            return
    log.log(logging.INFO if touched else logging.DEBUG, "job done", job=job.name, touched=touched)
