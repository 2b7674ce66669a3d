"""The way round: what each role finds in its bar."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from service_desk.desk.incidents import READERS as INCIDENT_READERS
from service_desk.desk.nouns import GUIDES
from service_desk.domain.vocabulary import Role
from service_desk.store.exclusions import READERS as EXCLUSION_READERS
from service_desk.store.exports import EXPORTERS
from service_desk.store.orders import READERS as ORDER_READERS
from service_desk.store.people import User
from service_desk.web.keys import PLACE_KEYS

MEMBER_PAGES = ("members.index", "members.invite", "members.show", "members.renew_link")
GUIDE_PAGES = ("guides.index", "guides.show")
LIST_PAGES = ("admin.rows", "admin.row", "admin.new")
"""What others than administrators keep: the supervisor's stand under 报表, the clerk's under 办事指南."""
CHANNEL_PAGES = ("channels.index", "channels.try_mail", "channels.try_robot", "channels.try_gateway")


@dataclass(frozen=True)
class NavItem:
    """One entry of the bar."""

    label: str
    url: str
    icon: str
    active: bool
    key: str


def nav_of(user: User, endpoint: str) -> list[NavItem]:
    """The entries for somebody's roles; the one of the present page is active."""

    def item(label: str, target: str, icon: str, *also: str) -> NavItem:
        active = endpoint in (target, *also)
        return NavItem(label, url_for(target), icon, active, PLACE_KEYS.get(target, ""))

    if user.has(Role.CONTACT):
        return [
            item(_("提交"), "filing.new", "plus"),
            item(_("我的诉求"), "home.index", "list", "tickets.show", "tickets.index", "filing.filed"),
            item(_("消息"), "notices.index", "bell"),
            item(
                _("我的"),
                "people.account",
                "user",
                "people.password",
                "people.letters",
                *MEMBER_PAGES,
                *GUIDE_PAGES,
            ),
        ]
    items = [item(_("我的待办"), "home.index", "inbox")]
    if user.sees_tickets:
        items.append(item(_("诉求"), "tickets.index", "list", "tickets.show", "tickets.act"))
    if user.department_id is not None and user.has(Role.HANDLER, Role.HEAD):
        items.append(item(_("专窗询问"), "inquiries.index", "message"))
    if user.has(Role.CLERK, Role.OFFICER):
        items.append(item(_("代企业录入"), "filing.new", "edit"))
    if user.has(Role.CLERK, Role.QUALITY, Role.SUPERVISOR):
        items.append(item(_("企业"), "enterprises.index", "building"))
    if user.has(*ORDER_READERS):
        items.append(item(_("督办"), "orders.index", "flag"))
    if user.has(*INCIDENT_READERS):
        also = ("incidents.show", "incidents.tell", "incidents.dispatch")
        items.append(item(_("共性问题"), "incidents.index", "users", *also))
    calendar = [f"calendar.{name}" for name in ("day", "change_day", "notice", "file", "hours", "save")]
    if user.has(*GUIDES.keepers):
        lists = () if user.has(Role.SUPERVISOR) else LIST_PAGES
        items.append(item(_("办事指南"), "guides.index", "info-circle", *GUIDE_PAGES, *lists))
    items.append(item(_("日历"), "calendar.index", "calendar", *calendar))
    if user.has(Role.ADMIN):
        settings = (
            *("admin.rows", "admin.row", "admin.new", "admin.link"),
            *("letters.index", "limits.index", "limits.row", "limits.new"),
            *("ladders.index", "ladders.row", "ladders.new"),
            *("substitutes.index", "caseloads.index", "caseloads.show"),
            *CHANNEL_PAGES,
            *("start.index", "demo_data.index", "demo_data.remove"),
        )
        items.append(item(_("设置"), "admin.index", "settings", *settings))
    if user.has(Role.SUPERVISOR, Role.CLERK) or (
        user.department_id is not None and user.has(Role.HANDLER, Role.HEAD)
    ):
        items.append(item(_("看板"), "boards.index", "chart-bar", "boards.behind", "boards.clocks"))
    if user.has(Role.SUPERVISOR, Role.CLERK):
        own = ("reports.behind", "exclusions.index", *(LIST_PAGES if user.has(Role.SUPERVISOR) else ()))
        months = ("snapshots.index", "snapshots.show", "snapshots.tickets")
        items.append(item(_("报表"), "reports.index", "report", *own, *months))
    elif user.has(*EXCLUSION_READERS):
        items.append(item(_("剔除清单"), "exclusions.index", "filter-off"))
    if user.has(*EXPORTERS):
        items.append(item(_("导出"), "exports.index", "download", "exports.new", "exports.create"))
    return items
