"""The queue: the tickets somebody may see, filtered, sorted and in pages; and which of them comes next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select
from werkzeug.datastructures import MultiDict
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from service_desk import clock
from service_desk.desk.bulk import offered_to
from service_desk.desk.exports import tickets_of
from service_desk.domain import workflow
from service_desk.domain.search import LONGEST_QUERY, terms
from service_desk.domain.vocabulary import Role, Source, State
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area
from service_desk.store.exports import EXPORTERS
from service_desk.store.law import current_law
from service_desk.store.people import Department
from service_desk.store.preferences import USUAL_COLUMNS, Column, Density
from service_desk.store.queues import (
    COUNTED_UP_TO,
    Filter,
    count_capped,
    page,
    page_found,
    page_key,
    tells_due,
    todo_of,
)
from service_desk.store.saved_filters import SAVERS, SHARERS, Offered, filters_for
from service_desk.store.search import Found
from service_desk.store.tickets import Ticket
from service_desk.web.due import Dues
from service_desk.web.forms import entity_choice, word_choice
from service_desk.web.guards import me
from service_desk.web.hits import Hits
from service_desk.web.keys import ACTION_KEYS

OPEN_ONES, UNDISPATCHED = "open", "none"
"""In the queue's address: in whatever open state; with nobody yet."""
BY_DUE = "due"
LONGEST_TAG = 20
FROM_LIST, TODO = "list", "todo"
"""In a ticket's address: the list it was opened from, as the query of that list's own address; or the to-do."""


FOR_ENTERPRISES = tuple(column for column in USUAL_COLUMNS if column is not Column.ENTERPRISE)
"""Their own list needs no name of theirs."""


class FilterForm(Form):
    """What the queue can be narrowed to."""

    q = StringField(_l("搜索"))
    state = SelectField(_l("状态"))
    category = SelectField(_l("类别"))
    area = SelectField(_l("片区"))
    department = SelectField(_l("主办"))
    source = SelectField(_l("来源"))
    due = SelectField(_l("到期"))
    tag = StringField(_l("标签"))


@dataclass(frozen=True)
class Listed:
    """What the address of a list asks for; ``kept`` is all of it that means something, by name."""

    form: FilterForm
    wanted: Filter
    by_due: bool
    kept: Mapping[str, str]

    @property
    def query(self) -> str:
        """The same as the query of an address; empty for the whole list."""
        return urlencode(self.kept)

    @property
    def address(self) -> str:
        """Where it is."""
        kept: dict[str, Any] = dict(self.kept)
        return url_for("tickets.index", **kept)

    def tickets(self, now: datetime) -> Select[Ticket]:
        """Those of the tickets I may see."""
        found = tickets_of(me(), self.wanted, at=now)
        return found.where(tells_due(me())) if self.by_due else found

    def found(self, now: datetime, *more: ColumnElement[bool]) -> Found | None:
        """The same for a list of words that shows the newest first, some at a time; under conditions more."""
        if not self.wanted.q or self.by_due:
            return None
        tickets = tickets_of(me(), replace(self.wanted, q=""), at=now).where(*more)
        return Found(tickets, self.wanted.q, me())


def read_list(given: Mapping[str, str]) -> Listed:
    """What an address asks for; a value that is no choice is no condition, and what has no field is dropped."""
    form, wanted = list_filters(given)
    by_due = given.get("sort") == BY_DUE
    kept = {name: str(value) for name, value in _chosen(form).items() if value}
    return Listed(form, wanted, by_due, kept | ({"sort": BY_DUE} if by_due else {}))


def read_query(query: str) -> Listed:
    """The same of a query that was written down."""
    return read_list(dict(parse_qsl(query)))


def index() -> ResponseReturnValue:
    """The tickets I may see, filtered, newest first or what is due first, in pages by key."""
    listed, now = read_list(request.args), clock.now()
    after, found = request.args.get("after", ""), listed.found(now)
    if found is not None:
        shown, count = page_found(found, after=after)
    else:
        tickets = listed.tickets(now)
        shown, count = page(tickets, after=after, by_due=listed.by_due), count_capped(tickets)
    # By name: url_for has arguments of its own, which are no business of whoever wrote the address.
    kept: dict[str, Any] = dict(listed.kept)
    staff = not me().has(Role.CONTACT)
    return render_template(
        "tickets/index.html",
        tickets=shown.tickets,
        hits=Hits(terms(listed.wanted.q), shown.tickets, me()) if listed.wanted.q else None,
        kept=kept,
        filters=listed.form,
        sort=listed.kept.get("sort", ""),
        # Where staff open a ticket from, they can go on from.
        from_list={FROM_LIST: listed.query} if staff else {},
        save_url=url_for("saved_filters.save", **kept) if me().has(*SAVERS) else "",
        saved=[_saved(each, listed) for each in filters_for(me())] if me().has(*SAVERS) else (),
        may_save=bool(listed.query),
        may_share=me().has(*SHARERS),
        columns=me().prefers.columns if staff else FOR_ENTERPRISES,
        prefers=me().prefers,
        all_columns=Column,
        densities=Density,
        bulk=offered_to(me()) if staff else (),
        bulk_keys=ACTION_KEYS,
        bulk_url=url_for("bulk.act", **kept) if me().has(*EXPORTERS) else "",
        next_url=url_for("tickets.index", **kept, after=shown.next_after) if shown.next_after else "",
        export_url=url_for("exports.new", **kept) if me().has(*EXPORTERS) else "",
        count_label=_("共 999+ 件") if count >= COUNTED_UP_TO else _("共 %(n)s 件", n=count),
        due_of=Dues(shown.tickets, now, current_law(), reader=me()).of,
    )


@dataclass(frozen=True)
class SavedLink:
    """A saved filter as the queue offers it; ``drop_url`` is there for one's own."""

    name: str
    owner: str
    url: str
    drop_url: str
    shared: bool
    is_open: bool


def _saved(offered: Offered, listed: Listed) -> SavedLink:
    saved, kept = offered.filter, dict[str, Any](listed.kept)
    return SavedLink(
        name=saved.name,
        owner=offered.owner,
        url=f"{url_for('tickets.index')}?{saved.query}",
        drop_url="" if offered.owner else url_for("saved_filters.drop", filter_id=saved.id, **kept),
        shared=saved.shared,
        is_open=saved.query == listed.query,
    )


def address_of_list(query: str) -> str:
    """The list a ticket was opened from."""
    return url_for("home.index") if query == TODO else read_query(query).address


def address_of_next(query: str, ticket: Ticket, now: datetime) -> str:
    """The page of the ticket that follows in the list it was opened from; the list itself where none does."""
    following = _next_to_do(ticket) if query == TODO else _next_listed(read_query(query), ticket, now)
    return address_of_list(query) if following is None else _address_in_list(following, query)


def _next_to_do(ticket: Ticket) -> int | None:
    """Whoever is done with the last of them begins at the first again."""
    waiting = todo_of(me())
    place = waiting.index(ticket.id) + 1 if ticket.id in waiting else 0
    return next((each for each in (*waiting[place:], *waiting[:place]) if each != ticket.id), None)


def _next_listed(listed: Listed, ticket: Ticket, now: datetime) -> int | None:
    found = listed.found(now)
    if found is not None:
        return next(iter(found.newest(1, before=ticket.id)), None)
    key = page_key(ticket, by_due=listed.by_due)
    followers = page(listed.tickets(now), after=key, by_due=listed.by_due, size=1).tickets
    return followers[0].id if followers else None


def _address_in_list(ticket_id: int, query: str) -> str:
    return f"{url_for('tickets.show', ticket_id=ticket_id)}?{urlencode({FROM_LIST: query})}"


def list_filters(given: Mapping[str, str]) -> tuple[FilterForm, Filter]:
    """The filter form, and what it asks for; a value that is no choice is no condition."""
    form = FilterForm()
    any_one = SelectChoice("", _("全部"))
    form.state.choices, form.state.coerce = word_choice(State)
    reached = {state.value for state in workflow.REACHED}
    form.state.choices = [choice for choice in form.state.choices if choice.value in reached]
    form.source.choices, form.source.coerce = word_choice(Source)
    for field, entity in ((form.category, Category), (form.area, Area), (form.department, Department)):
        rows: Any = db.session.scalars(select(entity).order_by(entity.id)).all()
        field.choices, field.coerce = entity_choice(rows)
    # Groups that a figure leads to.
    form.state.choices.insert(0, SelectChoice(OPEN_ONES, _("未办结")))
    form.department.choices.insert(0, SelectChoice(UNDISPATCHED, _("未派单")))
    for field, group in ((form.state, OPEN_ONES), (form.department, UNDISPATCHED)):
        field.coerce = _or_group(group, field.coerce)
    form.due.choices = [SelectChoice("today", _("今天到期")), SelectChoice("overdue", _("已超期"))]
    for field in (form.state, form.category, form.area, form.department, form.source, form.due):
        field.choices = [any_one, *field.choices]
    form.process(MultiDict(given))
    chosen = _chosen(form)
    state, department = chosen["state"], chosen["department"]
    wanted = Filter(
        state=state if state != OPEN_ONES else None,
        only_open=state == OPEN_ONES,
        undispatched=department == UNDISPATCHED,
        category_id=chosen["category"],
        area_id=chosen["area"],
        department_id=department if department != UNDISPATCHED else None,
        source=chosen["source"],
        due=chosen["due"] or "",
        tag=chosen["tag"],
        q=chosen["q"],
    )
    return form, wanted


def _chosen(form: FilterForm) -> dict[str, Any]:
    """What stands in the form, by field: choices that are offered, texts within their limits."""

    def choice(field: Any) -> Any:
        offered = any(each.value == field.data for each in field.choices)
        return field.data if offered and field.data else None

    texts = {"q": LONGEST_QUERY, "tag": LONGEST_TAG}
    return {
        field.name: (field.data or "").strip()[: texts[field.name]] if field.name in texts else choice(field)
        for field in form
    }


def _or_group(group: str, coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Takes what ``coerce`` takes, and the name of a group beside it."""
    return lambda value: group if value == group else coerce(value)
