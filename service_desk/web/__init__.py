"""The pages: blueprints, one file a noun, and what every page has."""

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from service_desk import clock
from service_desk.desk.calendar import missing_words, missing_year
from service_desk.domain.errors import DeskError
from service_desk.domain.vocabulary import Role
from service_desk.settings import current_settings
from service_desk.store.law import current_law
from service_desk.web import (
    admin,
    assets,
    attachments,
    boards,
    bulk,
    calendar,
    caseloads,
    channels,
    compression,
    dates,
    demo_data,
    design,
    enterprises,
    exclusions,
    exports,
    filing,
    filters,
    guards,
    guides,
    health,
    home,
    incidents,
    inquiries,
    ladders,
    language,
    letters,
    limits,
    members,
    news,
    notices,
    orders,
    papers,
    people,
    preferences,
    rating,
    reply_templates,
    reports,
    saved_filters,
    snapshots,
    start,
    substitutes,
    tickets,
    track,
    wall,
    workflow,
)
from service_desk.web.assets import KEPT_FOR_EVER, asset, script, stylesheet
from service_desk.web.nav import nav_of
from service_desk.web.throttle import limiter
from service_desk.web.words import said, translated

log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# What a refusal by the server itself says to a person: title and what to do.
HTTP_WORDS = {
    400: (_l("请求不完整"), _l("请返回上一页重新提交。")),
    403: (_l("没有权限"), _l("如需办理，请联系系统管理员。")),
    404: (_l("没有找到"), _l("地址可能有误，或您没有查看的权限。")),
    405: (_l("不能这样打开"), _l("请从页面上的按钮进入。")),
    413: (
        _l("内容太大"),
        _l(
            "文字请控制在 5000 字以内，每个文件不超过 20 MB，最多 9 个。您填写的内容仍保留在上一页，请返回修改。"
        ),
    ),
    429: (_l("操作太频繁"), _l("请过一会儿再试。")),
    500: (_l("系统出错了"), _l("错误已经记录，没有保存任何改动。请稍后再试，或致电专窗。")),
}


def init_app(app: Flask) -> None:
    """Add the pages."""
    Babel(app, locale_selector=language.reader_language)
    filters.init_app(app)
    guards.init_app(app)
    limiter.init_app(app)
    for module in (
        admin,
        assets,
        attachments,
        boards,
        bulk,
        calendar,
        caseloads,
        channels,
        dates,
        demo_data,
        design,
        enterprises,
        exclusions,
        exports,
        filing,
        guides,
        health,
        home,
        incidents,
        inquiries,
        ladders,
        language,
        letters,
        limits,
        members,
        news,
        notices,
        orders,
        papers,
        people,
        preferences,
        rating,
        reply_templates,
        reports,
        saved_filters,
        snapshots,
        start,
        substitutes,
        tickets,
        track,
        wall,
        workflow,
    ):
        app.register_blueprint(module.bp)
    app.context_processor(_shared)
    compression.init_app(app)
    app.after_request(_secure)
    app.register_error_handler(DeskError, _refused)
    app.register_error_handler(HTTPException, _http_problem)
    # The extension adds this method.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=translated, ngettext=ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _shared() -> dict[str, object]:
    """What every template can rely on."""
    signed_in = current_user.is_authenticated
    shell = "public"
    if signed_in:
        shell = "enterprise" if current_user.has(Role.CONTACT) else "staff"
    return {
        "nav": nav_of(current_user, request.endpoint or "") if signed_in else [],
        "shell": shell,
        "unread": len(notices.unread()) if signed_in else 0,
        "delay": health.delay_for(current_user) if signed_in else "",
        "desk_name": current_settings().desk_name,
        "desk_phone": current_settings().desk_phone,
        "page_language": language.page_language(),
        "other_language": language.other_language,
        "asset": asset,
        "icons": asset("vendor/icons.svg"),
        "script": script,
        "stylesheet": stylesheet,
        "now": clock.now(),
        "calendar_warning": _calendar_warning() if signed_in else "",
        "due_of": lambda _ticket: None,
    }


def _calendar_warning() -> str:
    """What administrators read on every page while the notice of a year is missing."""
    if not current_user.has(Role.ADMIN):
        return ""
    year = missing_year(clock.now(), current_law().calendar)
    return said(missing_words(year)) if year is not None else ""


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint in KEPT_FOR_EVER:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def _refused(error: DeskError) -> ResponseReturnValue:
    """A broken rule as a page: why, and what was typed."""
    title = {403: _("不能这样办理"), 404: _("没有找到"), 409: _("现在不能这样办理")}.get(
        error.status, _("请修改后再提交")
    )
    return _problem(title, said(error.sentence), _("请返回上一页查看最新情况。"), error.status)


def _http_problem(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400 or error.response is not None:  # noqa: PLR2004 - a redirect is no problem
        return error
    if status >= 500:  # noqa: PLR2004
        log.error("page failed", path=request.path, exc_info=error)
    title, what_next = HTTP_WORDS.get(status, (_("出错了"), _("请返回上一页再试。")))
    return _problem(title, what_next, "", status)


def _problem(title: str, sentence: str, what_next: str, status: int) -> ResponseReturnValue:
    typed = guards.typed_text() if request.method == "POST" and status != 413 else []  # noqa: PLR2004
    page = render_template(
        "errors/problem.html", title=title, sentence=sentence, what_next=what_next, typed=typed, go_on=None
    )
    return page, status
