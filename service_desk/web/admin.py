"""Settings: the lists an administrator keeps, each with what was changed in it. Of tickets nothing is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.desk import administration as desk
from service_desk.desk.channels import GATEWAYS, ROBOTS
from service_desk.desk.danger_words import alarmed_by
from service_desk.desk.demo_removal import has_demo
from service_desk.desk.lists import Noun, Row
from service_desk.desk.nouns import DANGER_WORDS, GUIDES, LATELY, MATTERS, NOUNS, PEOPLE, RULES
from service_desk.desk.returned import Dispatches, dispatches_by
from service_desk.desk.routing import rule_of, would_have
from service_desk.domain.danger import DangerWord
from service_desk.domain.errors import Invalid
from service_desk.domain.routing import MadeBy
from service_desk.domain.vocabulary import Role
from service_desk.settings import current_settings
from service_desk.store.base import db
from service_desk.store.lists import Alteration, alterations_of
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.admin_forms import ListForm, form_for, found, history, shown, values_of
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.words import said

bp = Blueprint("admin", __name__)
PAGE = 50
KEEPERS = tuple({role for noun in NOUNS.values() for role in noun.keepers})
LAST_PAGE = 1000
SHORT_HISTORY = 10
SHOWN_OF_PREVIEW = 100


@dataclass(frozen=True)
class Entry:
    """A row of a list as its table shows it."""

    id: int
    title: str
    cells: list[tuple[str, str]]
    active: bool


@bp.get("/admin")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """The lists there are."""
    # Ways out have a page of their own that leads to their lists.
    lists = [noun for noun in NOUNS.values() if Role.ADMIN in noun.keepers and noun not in (ROBOTS, GATEWAYS)]
    return render_template("admin/index.html", nouns=lists, has_demo=has_demo())


@bp.get("/admin/<noun>")
@roles_required(*KEEPERS)
def rows(noun: str) -> ResponseReturnValue:
    """One list, and what was last changed in it."""
    kept = _noun(noun)
    wanted = (request.args.get("q") or "").strip()[:50]
    page = request.args.get("page", 1, type=int)
    page = page if 1 <= page <= LAST_PAGE else 1
    # By number, not by key: lists are short, and their order is people's own.
    here = found(kept, wanted).offset((page - 1) * PAGE).limit(PAGE + 1)
    entries = db.session.scalars(here).unique().all()
    more = url_for("admin.rows", noun=noun, q=wanted or None, page=page + 1) if len(entries) > PAGE else ""
    return render_template(
        "admin/rows.html",
        noun=kept,
        way_back=_way_back(kept),
        wanted=wanted,
        labels=_labels(kept),
        entries=[_entry(kept, row) for row in entries[:PAGE]],
        next_url=more,
        history=history(kept, alterations_of(kept.name, limit=SHORT_HISTORY)),
    )


@bp.route("/admin/<noun>/new", methods=["GET", "POST"])
@roles_required(*KEEPERS)
def new(noun: str) -> ResponseReturnValue:
    """A new row."""
    kept = _noun(noun)
    form = form_for(kept, None, seen=0, bound=request.method == "POST")
    if request.method == "GET":
        return _page(kept, None, form)
    if form.validate():
        if "preview" in request.form:
            return _page(kept, None, form, preview=_tried(form, kept, None))
        try:
            row = desk.add(kept, values_of(form, kept, None), by=me(), at=clock.now())
        except Invalid as error:
            show_on(form, error)
        else:
            flash(_("已新增“%(title)s”。", title=getattr(row, kept.title)), "success")
            # Whoever is new still needs a link, and a way out wants to be tried.
            going_on = {"row_id": row.id} if kept in (PEOPLE, ROBOTS, GATEWAYS) else {}
            return redirect(url_for("admin.row" if going_on else "admin.rows", noun=noun, **going_on))
    return _page(kept, None, form), 422


@bp.route("/admin/<noun>/<int:row_id>", methods=["GET", "POST"])
@roles_required(*KEEPERS)
def row(noun: str, row_id: int) -> ResponseReturnValue:
    """One row: what a change affects, the form, and what was changed before."""
    kept = _noun(noun)
    present = db.session.get(kept.entity, row_id) or abort(404)
    form = form_for(kept, present, seen=_last_alteration(kept, row_id), bound=request.method == "POST")
    if request.method == "GET":
        return _page(kept, present, form)
    if not form.validate():
        return _page(kept, present, form), 422
    if "preview" in request.form:
        return _page(kept, present, form, preview=_tried(form, kept, present))
    try:
        given = values_of(form, kept, present)
        desk.change(kept, row_id, given, seen=form.seen_id, by=me(), at=clock.now())
    except Invalid as error:
        show_on(form, error)
        return _page(kept, present, form), 422
    except desk.Altered as error:
        unseen = alterations_of(kept.name, row_id, after=form.seen_id)
        form.seen.data = str(unseen[0].id)
        return _page(kept, present, form, conflict=said(error.sentence), unseen=unseen), 409
    flash(_("已保存。"), "success")
    return redirect(url_for("admin.row", noun=noun, row_id=row_id))


@bp.post("/admin/people/<int:row_id>/link")
@roles_required(Role.ADMIN)
def link(row_id: int) -> ResponseReturnValue:
    """A one-time link at which somebody sets a password; shown in this answer and nowhere else."""
    person, token = desk.make_password_link(row_id, by=me(), at=clock.now())
    address = f"{current_settings().base_url}{url_for('people.set_password', token=token)}"
    return render_template("admin/link.html", person=person, address=address)


@dataclass(frozen=True)
class Preview:
    """What a row as typed would have done lately: how often, and each ticket's number with what changes."""

    title: str
    lines: list[tuple[str, str]]


def _tried(form: ListForm, noun: Noun, row: Row) -> Preview | None:
    """What a row as typed would have done to the last 90 days; None where what was typed cannot be tried."""
    if noun not in TRIED:
        abort(404)
    try:
        given = values_of(form, noun, row)
    except Invalid as error:
        show_on(form, error)
        return None
    with db.session.no_autoflush:
        return TRIED[noun](given, clock.now() - LATELY)


def _rule_tried(given: dict[str, Any], since: datetime) -> Preview:
    changed = would_have(rule_of(given), since)
    return Preview(
        _("近 90 天里，这条规则会改变 %(n)s 件的派单建议", n=len(changed)),
        [(one.number, f"{one.had or _('没有主办')} → {one.would}") for one in changed[:SHOWN_OF_PREVIEW]],
    )


def _danger_word_tried(given: dict[str, Any], since: datetime) -> Preview:
    numbers = alarmed_by(DangerWord(given["word"], tuple(given["exceptions"])), since)
    return Preview(
        _("近 90 天里，有 %(n)s 件会提示紧急电话并建议特急", n=len(numbers)),
        [(number, "") for number in numbers[:SHOWN_OF_PREVIEW]],
    )


@dataclass(frozen=True)
class Sent:
    """What became of what a row proposed, and which of the tickets the reader may see."""

    dispatches: Dispatches
    visible: frozenset[int]


PROPOSES = {RULES: MadeBy.RULE, MATTERS: MadeBy.MATTER}
"""The lists whose rows propose who leads."""
TRIED = {RULES: _rule_tried, DANGER_WORDS: _danger_word_tried}
"""The lists whose rows are tried before they are saved."""


def _sent_by(noun: Noun, row: Row) -> Sent | None:
    """What became of the dispatches that followed a rule or matter of late; a ticket's number leads who may see it."""
    made_by = PROPOSES.get(noun)
    if made_by is None or row is None:
        return None
    found = dispatches_by(made_by, row.id, since=clock.now() - LATELY)
    numbers = [one.ticket_id for one in found.latest]
    mine = visible_tickets(me()).with_only_columns(Ticket.id).where(Ticket.id.in_(numbers))
    return Sent(found, frozenset(db.session.scalars(mine)) if numbers else frozenset())


def _noun(name: str) -> Noun:
    noun = NOUNS.get(name)
    return noun if noun is not None and me().has(*noun.keepers) else abort(404)


def _way_back(noun: Noun) -> tuple[str, str]:
    """Where a list is found: settings are the administrator's."""
    if Role.ADMIN in noun.keepers:
        return _("设置"), url_for("admin.index")
    if noun is GUIDES:
        return _("给企业看的"), url_for("guides.index")
    return _("报表"), url_for("reports.index")


def _last_alteration(noun: Noun, row_id: int) -> int:
    return next((one.id for one in alterations_of(noun.name, row_id, limit=1)), 0)


def _columns(noun: Noun) -> list[Any]:
    return [field for name in noun.columns for field in noun.fields if field.name == name]


def _labels(noun: Noun) -> list[str]:
    together = (noun.together.label,) if noun.together else ()
    return [said(label) for label in (*(field.label for field in _columns(noun)), *together)]


def _entry(noun: Noun, row: Row) -> Entry:
    said_by = noun.snapshot(row)
    words = [shown(field, said_by[field.name]) for field in _columns(noun)]
    if noun.together:
        words.append(said(noun.together.words(said_by)))
    return Entry(
        id=row.id,
        title=said_by[noun.title],
        cells=list(zip(_labels(noun), words, strict=True)),
        active=row.active,
    )


def _page(
    noun: Noun,
    row: Row,
    form: ListForm,
    *,
    conflict: str = "",
    unseen: Sequence[Alteration] = (),
    preview: Preview | None = None,
) -> str:
    return render_template(
        "admin/row.html",
        noun=noun,
        way_back=_way_back(noun),
        row=row,
        title=getattr(row, noun.title) if row is not None else _("新增%(what)s", what=said(noun.row_label)),
        form=form,
        concerns=said(noun.concerns(row, clock.now())),
        conflict=conflict,
        unseen=history(noun, unseen),
        may_preview=noun in TRIED,
        preview=preview,
        sent=_sent_by(noun, row),
        beside=[(said(label), words) for label, words in noun.beside(row)] if row is not None else [],
        history=history(noun, alterations_of(noun.name, row.id)) if row is not None else [],
    )
