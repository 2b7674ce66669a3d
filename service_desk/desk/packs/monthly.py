"""月报: its nine parts, each a sentence or two and the tables they are made from."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service_desk.desk.packs.lists import LATE, NUMBER
from service_desk.desk.packs.material import Material
from service_desk.domain.figures import BY_KEY, LEVEL_KEYS, UNASSIGNED, By, Figure, Paper, period_before
from service_desk.domain.figures.advice import Suggestion, below, growing, seldom_rated, unsettled
from service_desk.domain.figures.counting import FEW
from service_desk.domain.figures.telling import days_of, moved, rate, share, word_of
from service_desk.domain.months import months_on
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import CardColour, Source, State
from service_desk.store import packs
from service_desk.store.rating_totals import FEWEST
from service_desk.xlsx.book import (
    Cell,
    Chart,
    Check,
    FigureTable,
    Heading,
    Line,
    Listed,
    Listing,
    Sheet,
    Table,
)
from service_desk.xlsx.comparing import beside_earlier, by_line, growth, trend
from service_desk.xlsx.figures import figures_of
from service_desk.xlsx.rows import ListColumn, ListRow, Look

TREND_MONTHS = 12
NAMED = 3
"""How many categories or departments a sentence names."""
NOBODY = "（未定）"


def overall(material: Material) -> Sheet:
    """总体情况."""
    report = material.report.only(*(key for key in material.report.keys if key not in LEVEL_KEYS))
    tables = [beside_earlier(report, material.count, material.period, str(word_of(material.period)))]
    if material.period.until.day == 1:
        span = replace(material.period, since=months_on(material.period.until, -TREND_MONTHS))
        counts = material.report.only("accepted", "submitted", "closings")
        tables.append(trend(counts, material.count, span))
    return Sheet(Paper.OVERALL.label, list(_overall_words(material)), tables)


def _overall_words(material: Material) -> Iterator[Sentence]:
    yield say(
        "%(word)s（%(days)s）共受理企业诉求 %(n)s 件，环比%(month)s，同比%(year)s；"
        "提交 %(submitted)s 件；办结 %(closings)s 件，环比%(closings_month)s，同比%(closings_year)s。",
        word=word_of(material.period),
        days=days_of(material.period),
        n=material.number("accepted"),
        month=moved_from(material, "accepted", year=False),
        year=moved_from(material, "accepted", year=True),
        submitted=material.number("submitted"),
        closings=material.number("closings"),
        closings_month=moved_from(material, "closings", year=False),
        closings_year=moved_from(material, "closings", year=True),
    )
    yield say(
        "%(rates)s。截至 %(at)s，在办诉求 %(open)s 件，其中超期 %(late)s 件、挂账 %(deferred)s 件。",
        rates=rates_beside(material, "on_time", "solved", "satisfied", "rated"),
        at=material.made_at,
        open=len(material.open),
        late=len(material.overdue),
        deferred=sum(1 for one in material.open if one.state is State.DEFERRED),
    )
    if not material.is_over:
        yield say("统计期尚未结束，与上期、上年同期的整期相比仅供参考。")


def rates_beside(material: Material, *keys: str) -> Sentence:
    """Shares with how they went: 按时办结率 96.15%（25/26），环比提高 1.20 个百分点；…"""
    told: list[Sentence] = []
    for key in keys:
        figure = material.figure(key)
        if figure is None:
            continue
        sentence = rate(figure, BY_KEY[key])
        if figure.value is not None:
            change = moved_from(material, key, year=False)
            sentence = say("%(rate)s，环比%(change)s", rate=sentence, change=change)
        told.append(sentence)
    return _joined(told)


def moved_from(material: Material, key: str, *, year: bool) -> Sentence:
    """How a figure went since the period before, or the year before."""
    earlier = material.year_ago if year else material.before
    return moved(material.figure(key), earlier.get((key, None)), BY_KEY[key])


def _joined(sentences: Sequence[Sentence]) -> Sentence:
    """Sentences in one, with semicolons between."""
    names = [f"s{number}" for number in range(len(sentences))]
    return say("；".join(f"%({name})s" for name in names), **dict(zip(names, sentences, strict=True)))


# Kinds and places


def categories(material: Material) -> Sheet:
    """分类分析."""
    shown = material.report.only("submitted", "accepted", "closing", "on_time", "solved")
    count, period = material.count, material.period
    tables = [
        by_line(shown, By.CATEGORY, count, period, drawn=True),
        by_line(shown, By.SOURCE, count, period, drawn=False),
        by_line(shown, By.AREA, count, period, drawn=False),
    ]
    return Sheet(
        Paper.CATEGORIES.label, [_most_of(material, By.CATEGORY), _most_of(material, By.SOURCE)], tables
    )


def _most_of(material: Material, by: By) -> Sentence:
    """Which lines had most of what was submitted."""
    figures = [
        figure
        for (key, name), figure in figures_of(material.count, material.period, by).items()
        if key == "submitted" and name
    ]
    figures.sort(key=lambda figure: -(figure.numerator or 0))
    if not figures:
        return say("期内没有提交的诉求。")
    whole = material.number("submitted")
    named = tuple(
        say(
            "%(name)s %(n)s 件（占 %(share)s）",
            name=figure.by,
            n=figure.numerator,
            share=share(figure.numerator or 0, whole),
        )
        for figure in figures[:NAMED]
    )
    return say("提交的诉求中，按%(by)s较多的为：%(named)s。", by=by, named=named)


def departments(material: Material) -> Sheet:
    """部门办理."""
    shown = material.report.only(
        "on_time", "on_time_original", "response", "closings", "duration_mean", "reworked"
    )
    lines = figures_of(material.count, material.period, By.DEPARTMENT)
    closings = sorted(
        (figure for (key, name), figure in lines.items() if key == "closings" and name),
        key=lambda figure: -(figure.numerator or 0),
    )
    named = tuple(say("%(name)s %(n)s 件", name=figure.by, n=figure.numerator) for figure in closings[:NAMED])
    words = [
        say(
            "办结 %(n)s 件，涉及 %(departments)s 个承办单位；办结较多的为：%(named)s。",
            n=material.number("closings"),
            departments=len(closings),
            named=named,
        )
        if named
        else say("期内没有办结的诉求。"),
        say(
            "%(rates)s。比率的分母不足 %(few)s 的以灰色显示，不作评价。",
            rates=rates_beside(material, "on_time", "response"),
            few=FEW,
        ),
    ]
    table = by_line(shown, By.DEPARTMENT, material.count, material.period, drawn=True)
    return Sheet(Paper.DEPARTMENTS.label, words, [table])


# What is late


@dataclass
class _Pressed:
    """What a department has open, late, and on record."""

    open: int = 0
    late: int = 0
    longest: int | None = None
    deferred: int = 0
    yellow: int = 0
    red: int = 0
    orders: int = 0
    unanswered: int = 0


def pressed_table(material: Material, *, drawn: bool) -> FigureTable:
    """What each department has open, late, and on record; what stands in 未办结清单 is counted there again."""
    lines: defaultdict[str, _Pressed] = defaultdict(_Pressed)
    for one in material.open:
        pressed = lines[one.lead or UNASSIGNED]
        pressed.open += 1
        pressed.deferred += one.state is State.DEFERRED
        days = material.late(one)
        if days is not None:
            pressed.late += 1
            pressed.longest = max(days, pressed.longest or 0)
    for card in material.cards:
        pressed = lines[card.department]
        pressed.red += card.colour == CardColour.RED
        pressed.yellow += card.colour == CardColour.YELLOW
    for order in material.orders:
        pressed = lines[order.department or UNASSIGNED]
        pressed.orders += order.is_new
        pressed.unanswered += order.waits
    names = sorted(lines, key=lambda name: (-lines[name].late, -lines[name].open, name))
    headings = [
        Heading("在办"),
        *(Heading("超期"), Heading("最长超期天数"), Heading("挂账")),
        Heading("期内黄牌"),
        Heading("期内红牌"),
        Heading("期内督办单"),
        Heading("未复督办单"),
    ]
    whole = _added(lines.values())
    rows = [*(_pressed_line(name, lines[name], name) for name in names), _pressed_line("合计", whole, None)]
    late = sum(1 for name in names if lines[name].late)
    chart = Chart("在办超期件数（按承办单位）", 1, form="0", lines=late) if drawn and late > 1 else None
    return FigureTable(
        headings, Table("在办、超期与督办（按承办单位）", rows, chart=chart), By.DEPARTMENT.label
    )


def _added(every: Collection[_Pressed]) -> _Pressed:
    return _Pressed(
        open=sum(one.open for one in every),
        late=sum(one.late for one in every),
        longest=max((one.longest for one in every if one.longest is not None), default=None),
        deferred=sum(one.deferred for one in every),
        yellow=sum(one.yellow for one in every),
        red=sum(one.red for one in every),
        orders=sum(one.orders for one in every),
        unanswered=sum(one.unanswered for one in every),
    )


def _pressed_line(name: str, pressed: _Pressed, match: str | None) -> Line:
    numbers = [pressed.open, pressed.late, pressed.longest, pressed.deferred]
    numbers += [pressed.yellow, pressed.red, pressed.orders, pressed.unanswered]
    by = By.DEPARTMENT.label if match else None
    checks = (
        Check("在办", "件数", pressed.open, Listed(Paper.OPEN.label, by)),
        Check("超期", "件数", pressed.late, Listed(Paper.OPEN.label, by, LATE)),
    )
    return Line(name, [Cell(number) for number in numbers], checks, match)


def overdue_and_orders(material: Material) -> Sheet:
    """超期与督办."""
    words = say(
        "截至制表时在办 %(open)s 件，超期 %(late)s 件；期内亮黄牌 %(yellow)s 张、红牌 %(red)s 张，"
        "下达督办单 %(orders)s 份，尚有 %(unanswered)s 份督办单未回复；按提醒阶梯应提交调度会研究的 %(meeting)s 件。",
        open=len(material.open),
        late=len(material.overdue),
        yellow=len(material.cards) - material.reds,
        red=material.reds,
        orders=material.issued,
        unanswered=len(material.unanswered),
        meeting=len(material.for_the_meeting),
    )
    remark = say("在办、超期、挂账和未复督办单以制表时为准，明细见“未办结清单”；黄牌、红牌、督办单按统计期。")
    return Sheet(
        Paper.OVERDUE_AND_ORDERS.label, [words], [pressed_table(material, drawn=True)], remarks=[remark]
    )


# Ratings


def ratings(material: Material) -> Sheet:
    """满意度与差评整改."""
    report = material.report
    if material.figure("rated") is None:
        closed = say("评价按合计提供给承办单位，满 %(n)s 件起列示，不在本表内。", n=FEWEST)
        return Sheet(Paper.RATINGS.label, [closed])
    words = [
        say(
            "%(rates)s。逾期未评的不计为好评。", rates=rates_beside(material, "rated", "satisfied", "solved")
        ),
        say(
            "差评 %(bad)s 件次：已重办 %(reworked)s 件次，维持办结 %(kept)s 件次，尚未处理 %(waiting)s 件次，"
            "逐件见“差评整改”。",
            bad=len(material.bad_ratings),
            reworked=sum(1 for row in material.bad_ratings if row.now_in > row.cycle),
            kept=sum(1 for row in material.bad_ratings if row.now_in == row.cycle and row.kept),
            waiting=material.bad_waiting,
        ),
    ]
    shown = report.only("closings", "rated", "satisfied", "solved", "bad", "bad_reworked")
    table = by_line(shown, By.DEPARTMENT, material.count, material.period, drawn=False)
    return Sheet(Paper.RATINGS.label, words, [_levels(material), table])


def _levels(material: Material) -> FigureTable:
    whole = sum(material.number(key) for key in LEVEL_KEYS)
    lines = [
        Line(BY_KEY[key].label, [Cell(material.number(key)), Cell(share(material.number(key), whole))])
        for key in LEVEL_KEYS
    ]
    bad = len(material.bad_ratings)
    check = Check("差评", "件次", bad, Listed(Paper.BAD_RATINGS.label))
    lines.append(Line("差评（含未解决）", [Cell(bad), Cell(share(bad, whole))], (check,)))
    chart = Chart("评价等次", 0, form="0", lines=len(LEVEL_KEYS)) if whole else None
    return FigureTable([Heading("件次"), Heading("占已评价")], Table("评价等次", lines, chart=chart), "等次")


# Many at once


def hot_topics(material: Material) -> Sheet:
    """热点与共性问题."""
    incidents = packs.incidents(material.tickets, material.period)
    often = [row for row in material.submitted if row.submitted >= packs.OFTEN]
    shared = [
        Line(
            say(
                "GX-%(year)s-%(number)s %(title)s",
                year=row.opened_at.year,
                number=f"{row.id:04d}",
                title=row.title,
            ),
            [
                *(Cell(row.tickets), Cell(row.enterprises), Cell(row.closed)),
                *(Cell(f"{material.day(row.opened_at)}"), Cell("已结束" if row.closed_at else "处理中")),
            ],
        )
        for row in incidents
    ]
    tables = [
        growth(BY_KEY["submitted"], By.CATEGORY, material.count, material.period),
        FigureTable(
            [Heading("诉求"), Heading("企业"), Heading("已办结"), Heading("发起日期"), Heading("状态")],
            Table("共性问题（期内有新诉求的）", shared),
            "共性问题",
        ),
        FigureTable(
            [Heading("提交数")],
            Table(
                say("多次提出诉求的企业（期内 %(n)s 件及以上）", n=packs.OFTEN),
                [Line(row.name, [Cell(row.submitted)]) for row in often],
            ),
            "企业",
        ),
    ]
    words = say(
        "期内有新诉求的共性问题 %(incidents)s 个，涉及诉求 %(tickets)s 件；"
        "提出诉求 %(often)s 件及以上的企业 %(enterprises)s 户。",
        incidents=len(incidents),
        tickets=sum(row.tickets for row in incidents),
        often=packs.OFTEN,
        enterprises=len(often),
    )
    return Sheet(Paper.HOT_TOPICS.label, [words], tables)


# Liaison


@dataclass
class _Looked:
    """What happened at the enterprises that somebody looks after."""

    enterprises: int = 0
    submitted: int = 0
    closed: int = 0
    open: int = 0
    late: int = 0


def liaison(material: Material) -> Sheet:
    """走访与包联: only what the records hold."""
    submitted = {row.enterprise_id: row.submitted for row in material.submitted}
    closed = packs.closed_by_enterprise(material.tickets, material.period)
    found = packs.liaisons()
    open_, late = (Counter(one.enterprise_id for one in some) for some in (material.open, material.overdue))

    def table(title: str, of: str) -> FigureTable:
        lines: defaultdict[str, _Looked] = defaultdict(_Looked)
        for row in found:
            looked = lines[getattr(row, of) or NOBODY]
            looked.enterprises += 1
            looked.submitted += submitted.get(row.enterprise_id, 0)
            looked.closed += closed.get(row.enterprise_id, 0)
            looked.open += open_[row.enterprise_id]
            looked.late += late[row.enterprise_id]
        names = sorted(lines, key=lambda name: (name == NOBODY, -lines[name].submitted, name))
        rows = [
            Line(
                name,
                [
                    *(Cell(lines[name].enterprises), Cell(lines[name].submitted), Cell(lines[name].closed)),
                    *(Cell(lines[name].open), Cell(lines[name].late)),
                ],
            )
            for name in names
        ]
        headings = [
            Heading("联系企业（户）"),
            Heading("期内提交"),
            Heading("期内办结"),
            Heading("在办"),
            Heading("超期"),
        ]
        return FigureTable(headings, Table(title, rows), title.removeprefix("按"))

    by_source = {
        name: figure.numerator or 0
        for (key, name), figure in figures_of(material.count, material.period, By.SOURCE).items()
        if key == "submitted"
    }
    met = tuple(
        say("%(source)s %(n)s 件", source=source, n=by_source.get(source.label, 0))
        for source in (Source.VISIT, Source.MEETING, Source.ON_SITE)
    )
    words = say(
        "已建立包联关系的企业 %(n)s 户，期内提交诉求 %(submitted)s 件。期内主动收集的诉求：%(met)s。",
        n=len(found),
        submitted=sum(submitted.get(row.enterprise_id, 0) for row in found),
        met=met,
    )
    tables = [
        table("按包联领导", "leader"),
        table("按服务专员", "officer"),
        table("按帮扶部门", "department"),
    ]
    remark = say("走访次数未在系统登记，本表只统计由走访、座谈会、现场办公带回的诉求和包联企业的诉求。")
    return Sheet(Paper.LIAISON.label, [words], tables, remarks=[remark])


# What to do


def next_steps(material: Material) -> Sheet:
    """下步建议."""
    found = list(_suggestions(material))
    columns = [NUMBER, ListColumn("建议", 84, Look.LONG), ListColumn("依据的规则", 40, Look.LONG)]
    rows = [ListRow([number, one.text, one.rule]) for number, one in enumerate(found, 1)]
    words = say(
        "以下建议由系统按所列规则从本期数据生成，是供修改的草稿，不代表处理决定；请结合实际增删后使用。"
    )
    nothing = [] if found else [say("按所列规则，本期没有需要提示的事项。")]
    return Sheet(Paper.NEXT_STEPS.label, [words, *nothing], listing=Listing(columns, rows))


def _suggestions(material: Material) -> Iterator[Suggestion]:
    by_department = figures_of(material.count, material.period, By.DEPARTMENT)
    told = {place: figure for place, figure in by_department.items() if place[0] in material.report.keys}
    yield from below(told)
    yield from growing(
        _submitted(figures_of(material.count, material.period, By.CATEGORY)),
        _submitted(figures_of(material.count, period_before(material.period), By.CATEGORY)),
    )
    yield from seldom_rated(material.figure("rated"))
    yield from unsettled(
        overdue=len(material.overdue), unanswered=len(material.unanswered), bad_waiting=material.bad_waiting
    )


def _submitted(lines: Mapping[tuple[str, str | None], Figure]) -> list[Figure]:
    return [figure for (key, _), figure in lines.items() if key == "submitted"]
