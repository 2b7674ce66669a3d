"""Rating by a one-time link, without an account: opening the page records nothing, sending it does."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import RadioField

from service_desk import clock
from service_desk.desk.rating_links import PHONE_TAIL, make_rating_link, rate_by_link, ticket_to_rate
from service_desk.domain.actions import Party
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.vocabulary import Level, Role, Solved
from service_desk.store.tickets import Ticket
from service_desk.web.forms import FilledIn, line, text, word_choice
from service_desk.web.guards import me, roles_required, visible_or_404
from service_desk.web.people import show_on
from service_desk.web.throttle import limiter

bp = Blueprint("rating", __name__)
TILES = {"data-tiles": ""}


class RatingForm(FlaskForm):
    """Solved? How satisfied? And the last digits of the contact's phone."""

    solved = RadioField(_l("解决了吗？"), validators=[FilledIn()], render_kw=TILES)
    level = RadioField(_l("满意吗？"), validators=[FilledIn()], render_kw=TILES)
    text = text(_l("想说的话"), required=False, description=_l("如不满意，请告诉我们哪里没办好"))
    phone_tail = line(_l("联系电话后四位"), limit=PHONE_TAIL, description=_l("用来确认是您本人"))


def _form() -> RatingForm:
    form = RatingForm()
    form.solved.choices, _coerce = word_choice(Solved)
    form.level.choices, _coerce = word_choice(Level)
    return form


@bp.post("/tickets/<int:ticket_id>/rating-link")
@roles_required(Role.CLERK, Role.QUALITY)
def make(ticket_id: int) -> ResponseReturnValue:
    """Make a link and show it this once, to be handed to the contact."""
    ticket = visible_or_404(ticket_id)
    token = make_rating_link(ticket.id, by=me(), at=clock.now())
    address = url_for("rating.rate", token=token, _external=True)
    return render_template("rating/made.html", ticket=ticket, address=address)


@bp.route("/rate/<token>", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def rate(token: str) -> ResponseReturnValue:
    """The page behind a link; only sending it records a rating."""
    ticket = ticket_to_rate(token)
    form = _form()
    if not form.is_submitted():
        return _page(ticket, form)
    if not form.validate():
        return _page(ticket, form), 422
    if current_user.is_authenticated and Party.CONTACT not in ticket.parties_of(me()):
        raise Refused(_("这个链接只给企业的联系人评价使用，请退出登录后由联系人填写。"))
    try:
        rate_by_link(
            token,
            at=clock.now(),
            phone_tail=form.phone_tail.data or "",
            solved=Solved(form.solved.data),
            level=Level(form.level.data),
            text=form.text.data or "",
        )
    except Invalid as error:
        show_on(form, error)
        return _page(ticket_to_rate(token), form), 422
    flash(_("感谢您的评价。"), "success")
    return redirect(url_for("rating.thanks"))


@bp.get("/rated")
def thanks() -> ResponseReturnValue:
    """After a rating by link."""
    return render_template("rating/thanks.html")


def _page(ticket: Ticket, form: RatingForm) -> str:
    reply = ticket.last_reply
    return render_template("rating/rate.html", ticket=ticket, form=form, reply=reply)
