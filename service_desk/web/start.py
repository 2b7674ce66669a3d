"""The first days of a desk: a list of what to set up, each line with how it stands and where it is done."""

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from service_desk import clock
from service_desk.desk.readiness import MAY_DO_WITHOUT, Item, Line, Ready, confirm, readiness
from service_desk.domain.vocabulary import Role
from service_desk.settings import current_settings
from service_desk.web.guards import me, roles_required

bp = Blueprint("start", __name__)

WHY = {
    Item.PARK: _l(
        "页面、链接和二维码都用它们；由运维用 SERVICE_DESK_NAME、SERVICE_DESK_PHONE、SERVICE_DESK_BASE_URL 设置。"
    ),
    Item.DEPARTMENTS: _l("诉求派给单位办理，名称要和本园区的一致。"),
    Item.MATTERS: _l("派单建议由此而来：哪类事由谁主办、谁协办。"),
    Item.AREAS: _l("企业注册和提交时选择，报表按片区统计。"),
    Item.CALENDAR: _l("时限按工作日计算，要知道哪天放假、哪天补班。"),
    Item.HOURS: _l("时限从上班时间起算，下班后提交的算下一个工作日。"),
    Item.PEOPLE: _l("没有受理员、回访员、督查员，诉求就会停在半路；主办单位要有经办人和负责人。"),
    Item.CHANNELS: _l("到期提醒和答复要能发到人手上，设置后请发一条测试消息。"),
    Item.LIMITS: _l("每一步几个工作日、超期提醒谁，都从这里来。"),
    Item.BACKUP: _l("数据库和附件目录要每天备份，并试过恢复；做法见随程序提供的 docs/operations.md。"),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A line of the list as the page shows it; ``ways`` are labels and addresses of where it is done."""

    line: Line
    why: str
    ways: tuple[tuple[str, str], ...]
    tick: str


@bp.get("/admin/start")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """The list."""
    return start_page(desk_readiness())


@bp.post("/admin/start/<item>")
@roles_required(Role.ADMIN)
def confirmed(item: str) -> ResponseReturnValue:
    """Say that a line is right as it is, or take that back."""
    wanted = next((each for each in Item if each.value == item), None) or abort(404)
    confirm(wanted, by=me(), at=clock.now(), confirmed="undo" not in request.form)
    return redirect(url_for("start.index", _anchor=wanted.value))


def desk_readiness() -> tuple[Line, ...]:
    """How this desk stands."""
    settings = current_settings()
    return readiness(
        clock.now(),
        desk_name=settings.desk_name,
        desk_phone=settings.desk_phone,
        base_url=settings.base_url,
        sends_mail=settings.smtp_url is not None,
    )


def start_page(lines: tuple[Line, ...]) -> str:
    """The list as a page."""
    ways = _ways()
    return render_template(
        "start/index.html",
        steps=[
            Step(
                line,
                str(WHY[line.item]),
                ways.get(line.item, ()),
                _("本园区不需要") if line.item in MAY_DO_WITHOUT else _("我已确认"),
            )
            for line in lines
        ],
        left=sum(line.ready is Ready.TO_DO for line in lines),
    )


def _ways() -> dict[Item, tuple[tuple[str, str], ...]]:
    """Where each line is done."""
    return {
        Item.DEPARTMENTS: ((_("单位"), url_for("admin.rows", noun="departments")),),
        Item.MATTERS: ((_("事项"), url_for("admin.rows", noun="matters")),),
        Item.AREAS: ((_("片区"), url_for("admin.rows", noun="areas")),),
        Item.CALENDAR: ((_("录入通知"), url_for("calendar.notice")), (_("日历"), url_for("calendar.index"))),
        Item.HOURS: ((_("上班时间"), url_for("calendar.hours")),),
        Item.PEOPLE: (
            (_("新增账号"), url_for("admin.new", noun="people")),
            (_("人员和角色"), url_for("admin.rows", noun="people")),
        ),
        Item.CHANNELS: ((_("消息渠道"), url_for("channels.index")),),
        Item.LIMITS: ((_("时限"), url_for("limits.index")), (_("提醒阶梯"), url_for("ladders.index"))),
    }  # fmt: skip
