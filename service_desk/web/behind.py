"""The tickets behind a number of a report or a board, in pages by key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select

from service_desk.store.law import Law
from service_desk.store.queues import COUNTED_UP_TO, count_capped, page
from service_desk.store.tickets import Ticket
from service_desk.web.due import Dues
from service_desk.web.guards import me


def behind_page(
    found: Select[Ticket],
    *,
    title: str,
    about: Sequence[str],
    way_back: tuple[str, str],
    asked: Mapping[str, Any],
    now: datetime,
    law: Law,
) -> str:
    """The list: what the number is ``about``, the ``way_back`` to its page, and what the address ``asked`` for."""
    shown, count = page(found, after=request.args.get("after", "")), count_capped(found)
    kept: dict[str, Any] = {name: request.args[name] for name in asked if request.args.get(name)}
    return render_template(
        "reports/behind.html",
        title=title,
        about=[*about, _("999+ 件") if count >= COUNTED_UP_TO else _("%(n)s 件", n=count)],
        way_back=way_back,
        tickets=shown.tickets,
        next_url=url_for(request.endpoint or "", **kept, after=shown.next_after) if shown.next_after else "",
        due_of=Dues(shown.tickets, now, law, reader=me()).of,
    )
