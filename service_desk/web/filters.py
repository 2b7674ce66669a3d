"""How values look on a page."""

from datetime import date, datetime, timedelta

from flask import Flask
from flask_babel import gettext as _

from service_desk.domain.dates import day_words, moment_words
from service_desk.domain.deadlines import hours_and_minutes
from service_desk.domain.masking import mask_name, mask_phone
from service_desk.store.base import house
from service_desk.web.words import said


def stamp(moment: datetime | None) -> str:
    """``2026-11-30 周一 17:30`` in the park."""
    if moment is None:
        return ""
    local = moment.astimezone(house().timezone)
    return said(moment_words(local))


def clock_time(moment: datetime) -> str:
    """``17:30`` in the park."""
    return f"{moment.astimezone(house().timezone):%H:%M}"


def day(moment: datetime | date | None) -> str:
    """``2026-11-30 周一`` in the park."""
    if moment is None:
        return ""
    local = moment.astimezone(house().timezone) if isinstance(moment, datetime) else moment
    return said(day_words(local))


def on_paper(moment: datetime | date | None) -> str:
    """``2026年11月30日 17:30`` in the park, or a day alone: what is printed is read in other years, too."""
    if moment is None:
        return ""
    local = moment.astimezone(house().timezone) if isinstance(moment, datetime) else moment
    words = str(_("%(year)s年%(month)s月%(day)s日", year=local.year, month=local.month, day=local.day))
    return f"{words} {local:%H:%M}" if isinstance(local, datetime) else words


def filesize(size: int) -> str:
    """``1.2 MB``."""
    kilobyte = 1024
    if size < kilobyte * kilobyte:
        return f"{max(1, round(size / kilobyte))} KB"
    return f"{size / kilobyte / kilobyte:.1f} MB"


def hours(amount: timedelta) -> str:
    """``1 小时 20 分``."""
    return said(hours_and_minutes(amount))


def init_app(app: Flask) -> None:
    """Make the filters known to the templates."""
    for one in (stamp, clock_time, day, on_paper, said, mask_phone, mask_name, filesize, hours):
        app.add_template_filter(one)
