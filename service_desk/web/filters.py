"""How values look on a page."""

from datetime import date, datetime, timedelta

from flask import Flask
from flask_babel import gettext as _

from service_desk import clock
from service_desk.domain.deadlines import hours_and_minutes
from service_desk.domain.masking import mask_name, mask_phone
from service_desk.store.base import house
from service_desk.web.words import said


def stamp(moment: datetime | None) -> str:
    """``11月30日 17:30`` in the park, with the year where it is not this one."""
    if moment is None:
        return ""
    local = moment.astimezone(house().timezone)
    return f"{day(local)} {local:%H:%M}"


def clock_time(moment: datetime) -> str:
    """``17:30`` in the park."""
    return f"{moment.astimezone(house().timezone):%H:%M}"


def day(moment: datetime | date | None) -> str:
    """``11月30日`` in the park, with the year where it is not this one."""
    if moment is None:
        return ""
    local = moment.astimezone(house().timezone) if isinstance(moment, datetime) else moment
    this_year = clock.now().astimezone(house().timezone).year
    if local.year == this_year:
        return str(_("%(month)s月%(day)s日", month=local.month, day=local.day))
    return str(_("%(year)s年%(month)s月%(day)s日", year=local.year, month=local.month, day=local.day))


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
