"""The sheets that list: what is open, late, due, put off, returned, ordered, rated badly, left out."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from service_desk.desk.packs.material import Material
from service_desk.domain.figures import UNASSIGNED, Paper, Part, part_of
from service_desk.domain.masking import mask_within
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import CardColour, ExcludedFigure, OrderLevel
from service_desk.store import packs
from service_desk.store.packs import AnyRow, OpenTicket
from service_desk.xlsx.book import Listing, Sheet
from service_desk.xlsx.cells import Value
from service_desk.xlsx.rows import ListColumn, ListRow, Look

NUMBER = ListColumn("序号", 6, Look.NUMBER)
ABOUT = (
    ListColumn("诉求编号", 16),
    ListColumn("企业名称", 24),
    ListColumn("标题", 32, Look.LONG),
    ListColumn("诉求类别", 10),
)
LEAD = ListColumn("承办单位", 16)
STATE = ListColumn("当前状态", 10)
LATE = "超期天数"
SOON = timedelta(days=7)


def _listing(columns: Sequence[ListColumn], rows: Iterable[ListRow]) -> Listing:
    numbered = (ListRow([number, *row.values], row.late) for number, row in enumerate(rows, 1))
    return Listing([NUMBER, *columns], list(numbered))


def _about(material: Material, row: AnyRow | OpenTicket) -> list[Value]:
    return [row.number, row.enterprise, material.title(row), row.category]


def _lists(paper: Paper, sentence: Sentence, listing: Listing) -> Sheet:
    return Sheet(paper.label, [sentence], listing=listing)


# What is open


OPEN_COLUMNS = (
    *ABOUT,
    LEAD,
    STATE,
    ListColumn("提交日期", 11, Look.DAY),
    ListColumn("办理到期", 11, Look.DAY),
    ListColumn("当前环节", 10),
    ListColumn("环节到期", 16, Look.MOMENT),
    ListColumn(LATE, 9, Look.NUMBER),
)


def _open_row(material: Material, one: OpenTicket) -> ListRow:
    kind, due = one.deadline(material.at)
    days = material.days_late(due)
    values = [
        *_about(material, one),
        one.lead or UNASSIGNED,
        one.state.label,
        material.day(one.submitted_at),
        material.day(one.settle_due),
        kind.label,
        material.local(due),
        days,
    ]
    return ListRow(values, late=days is not None)


def _open_listing(material: Material, some: Iterable[OpenTicket]) -> Listing:
    return _listing(OPEN_COLUMNS, (_open_row(material, one) for one in some))


def _by_lead(material: Material, some: Sequence[OpenTicket]) -> list[OpenTicket]:
    """By department, what is latest first."""
    return sorted(
        some,
        key=lambda one: (
            one.lead is None,
            one.lead or "",
            -(material.late(one) or 0),
            one.number,
        ),
    )


def open_list(material: Material) -> Sheet:
    """未办结清单."""
    sentence = say(
        "截至制表时在办诉求 %(n)s 件，其中 %(late)s 件当前环节已超期（整行标红）。"
        "“办理到期”为主办单位的办理时限，暂停中的为空；超期天数为工作日。",
        n=len(material.open),
        late=len(material.overdue),
    )
    return _lists(Paper.OPEN, sentence, _open_listing(material, _by_lead(material, material.open)))


def overdue_list(material: Material) -> Sheet:
    """当前超期."""
    sentence = say(
        "截至制表时超期诉求 %(n)s 件，按承办单位排列，同一单位超期久的在前；超期天数为工作日。",
        n=len(material.overdue),
    )
    return _lists(Paper.OVERDUE, sentence, _open_listing(material, _by_lead(material, material.overdue)))


def due_soon(material: Material) -> Sheet:
    """一周内到期: the seven days from now on, whatever the period."""
    ends = material.at + SOON
    some = [one for one in material.open if one.due_at is not None and material.at <= one.due_at < ends]
    some.sort(key=lambda one: (one.due_at or ends, one.number))
    sentence = say("自制表时起 7 天内到期的诉求 %(n)s 件，先到期的在前。", n=len(some))
    # None of them is late.
    rows = (ListRow(_open_row(material, one).values[:-1]) for one in some)
    return _lists(Paper.DUE_SOON, sentence, _listing(OPEN_COLUMNS[:-1], rows))


def meeting_list(material: Material) -> Sheet:
    """提请会议研究."""
    some = sorted(
        material.for_the_meeting, key=lambda one: (-(material.days_late(one.settle_due) or 0), one.number)
    )
    columns = (
        *ABOUT,
        LEAD,
        STATE,
        ListColumn("办理到期", 16, Look.MOMENT),
        ListColumn("办理超期天数", 10, Look.NUMBER),
    )
    rows = (
        ListRow(
            [
                *_about(material, one),
                one.lead or UNASSIGNED,
                one.state.label,
                material.local(one.settle_due),
                material.days_late(one.settle_due),
            ],
            late=True,
        )
        for one in some
    )
    sentence = say(
        "按提醒阶梯，办理超期达到二级督办天数的诉求提交周调度会研究，本次 %(n)s 件，超期久的在前，天数为工作日。",
        n=len(some),
    )
    return _lists(Paper.MEETING, sentence, _listing(columns, rows))


def deferred_list(material: Material) -> Sheet:
    """挂账."""
    found = packs.deferrals(material.tickets, material.reader)
    columns = (
        *ABOUT,
        LEAD,
        ListColumn("挂账批准", 11, Look.DAY),
        ListColumn("下次答复", 11, Look.DAY),
        ListColumn("挂账方案", 40, Look.LONG),
    )
    rows = (
        ListRow(
            [
                *_about(material, row),
                row.lead or "",
                material.day(row.decided_at),
                row.next_reply,
                mask_within(row.text or "", row.contact_name),
            ],
            late=row.next_reply is not None and row.next_reply < material.law.calendar.day_of(material.at),
        )
        for row in found
    )
    sentence = say("截至制表时挂账诉求 %(n)s 件。下次答复日期已过的整行标红。", n=len(found))
    return _lists(Paper.DEFERRED, sentence, _listing(columns, rows))


def returned_list(material: Material) -> Sheet:
    """多次退单."""
    found = packs.returned_often(material.tickets, material.reader)
    columns = (
        *ABOUT,
        LEAD,
        STATE,
        ListColumn("申请次数", 9, Look.NUMBER),
        ListColumn("同意次数", 9, Look.NUMBER),
        ListColumn("最近申请单位", 16),
        ListColumn("最近退单理由", 16),
    )
    rows = (
        ListRow(
            [
                *_about(material, row),
                row.lead or UNASSIGNED,
                row.state.label,
                *(row.asked, int(row.granted or 0), row.asker or "", str(row.data.get("reason_code", ""))),
            ]
        )
        for row in found
    )
    sentence = say(
        "申请退单 %(least)s 次及以上、尚未办结的诉求 %(n)s 件。", least=packs.MORE_THAN_ONCE, n=len(found)
    )
    return _lists(Paper.RETURNED, sentence, _listing(columns, rows))


# Cards and orders


def card_list(material: Material) -> Sheet:
    """黄牌红牌."""
    columns = (
        *ABOUT,
        LEAD,
        ListColumn("牌别", 8),
        ListColumn("环节", 10),
        ListColumn("到期时间", 16, Look.MOMENT),
        ListColumn("亮牌时间", 16, Look.MOMENT),
    )
    rows = (
        ListRow(
            [
                *_about(material, row),
                row.department,
                CardColour(row.colour).label,
                row.kind.label,
                *(material.local(row.due_at), material.local(row.given_at)),
            ],
            late=row.colour == CardColour.RED,
        )
        for row in material.cards
    )
    sentence = say(
        "统计期内亮黄牌 %(yellow)s 张、红牌 %(red)s 张，按承办单位排列，红牌整行标红。",
        yellow=len(material.cards) - material.reds,
        red=material.reds,
    )
    return _lists(Paper.CARDS, sentence, _listing(columns, rows))


def order_list(material: Material) -> Sheet:
    """督办未复: those unanswered, whenever they were issued."""
    columns = (
        *ABOUT,
        LEAD,
        ListColumn("督办序号", 8, Look.NUMBER),
        ListColumn("级别", 8),
        ListColumn("督办要求", 34, Look.LONG),
        ListColumn("下达日期", 11, Look.DAY),
        ListColumn("回复期限", 16, Look.MOMENT),
        ListColumn(LATE, 9, Look.NUMBER),
    )
    waiting = sorted(material.unanswered, key=lambda row: -row.level)
    rows = (
        ListRow(
            [
                *_about(material, row),
                row.department or "",
                row.order_number,
                OrderLevel(str(row.level)).label,
                mask_within(row.demand, row.contact_name),
                material.day(row.issued_at),
                material.local(row.due_at),
                material.days_late(row.due_at),
            ],
            late=material.days_late(row.due_at) is not None,
        )
        for row in waiting
    )
    sentence = say(
        "统计期内下达督办单 %(issued)s 份；截至制表时未回复 %(n)s 份（含此前下达的），级别高的在前，"
        "逾期未复的整行标红。",
        issued=material.issued,
        n=len(waiting),
    )
    return _lists(Paper.ORDERS, sentence, _listing(columns, rows))


# Ratings


def _rating(solved: object, level: object) -> str:
    return say("%(solved)s，%(level)s", solved=solved, level=level) if solved and level else ""


def _done_about(row: AnyRow) -> str:
    if row.now_in > row.cycle:
        return say("已重办")
    return say("维持办结") if row.kept else say("尚未处理")


def _bad_rows(material: Material, found: Iterable[AnyRow], *, words: bool) -> Iterable[ListRow]:
    for row in found:
        reworked = row.now_in > row.cycle
        outcome = row.outcome.label if row.outcome else say("办理中") if reworked else ""
        values: list[Value] = [
            *_about(material, row),
            row.department or "",
            material.day(row.closed_at),
            _rating(row.solved, row.level),
            *([mask_within(row.words, row.contact_name)] if words else []),
            _done_about(row),
            outcome,
            _rating(row.solved_again, row.level_again),
        ]
        yield ListRow(values, late=not reworked and not row.kept)


def _bad_columns(*, words: bool) -> list[ListColumn]:
    said = [ListColumn("评价意见", 34, Look.LONG)] if words else []
    return [
        *(*ABOUT, LEAD, ListColumn("办结日期", 11, Look.DAY), ListColumn("评价", 19), *said),
        *(ListColumn("处理", 10), ListColumn("重办结果", 11), ListColumn("重办后评价", 19)),
    ]


def bad_list(material: Material) -> Sheet:
    """差评整改: with the enterprise's words only in the report that is about ratings."""
    words = Paper.NEXT_STEPS not in material.report.parts
    sentence = say(
        "统计期内办结后被评为差评（不满意、非常不满意或未解决）的 %(n)s 件次，一次办结一行；"
        "既未重办也未维持办结的整行标红。",
        n=len(material.bad_ratings),
    )
    rows = _bad_rows(material, material.bad_ratings, words=words)
    sheet = _lists(Paper.BAD_RATINGS, sentence, _listing(_bad_columns(words=words), rows))
    return sheet if material.reader.desk else _told_in_part(sheet)


def rework_list(material: Material) -> Sheet:
    """差评重办: what is worked on again after a bad rating, whenever it was rated."""
    found = packs.bad_ratings(material.tickets, None, material.reader)
    sentence = say("因差评正在重办的诉求 %(n)s 件次。", n=len(found))
    listing = _listing(_bad_columns(words=False), _bad_rows(material, found, words=False))
    sheet = _lists(Paper.REWORK, sentence, listing)
    return sheet if material.reader.desk else _told_in_part(sheet)


def _told_in_part(sheet: Sheet) -> Sheet:
    note = say("单件评价仅供服务专窗使用；承办单位只看到本单位因差评重办的诉求。")
    return Sheet(sheet.name, sheet.words, listing=sheet.listing, remarks=[note])


# Exclusions


def exclusion_list(material: Material) -> Sheet:
    """剔除明细: what was granted to be left out of the figures of this report."""
    figures = {figure.value for figure in ExcludedFigure}
    indicators = [one for one in material.report.indicators if one.key in figures]
    left_out = {
        (fact.ticket, fact.cycle, indicator.key)
        for fact in material.rows_of(indicators)
        for indicator in indicators
        if fact.moment is indicator.moment and part_of(indicator, fact.marks) is Part.EXCLUDED
    }
    # A ticket may have been left out of another figure, or in another cycle, in another period.
    found = [
        row
        for row in packs.exclusions(
            material.tickets, sorted({number for number, *_ in left_out}), material.reader
        )
        if (row.number, row.cycle, row.data["figure"]) in left_out
    ]
    columns = (
        *ABOUT,
        ListColumn("申请单位", 16),
        ListColumn("指标", 12),
        ListColumn("剔除理由", 14),
        ListColumn("说明", 32, Look.LONG),
        ListColumn("审批人", 10),
        ListColumn("审批日期", 11, Look.DAY),
    )
    rows = (
        ListRow(
            [
                *_about(material, row),
                row.asker or "",
                ExcludedFigure(row.data["figure"]).label,
                str(row.data.get("reason_code", "")),
                mask_within(row.text, row.contact_name),
                row.decided_by_name or "",
                material.day(row.decided_at),
            ]
        )
        for row in found
    )
    sentence = say("从本期解决率、满意率、按时办结率中剔除的 %(n)s 项，均经督查员批准。", n=len(found))
    return _lists(Paper.EXCLUSIONS, sentence, _listing(columns, rows))
