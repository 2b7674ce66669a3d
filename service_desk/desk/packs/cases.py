"""典型案例: which matters of a period are worth telling, by rules that are printed with them."""

from collections.abc import Iterator, Sequence

from service_desk.desk.packs.lists import ABOUT, LEAD, NUMBER
from service_desk.desk.packs.material import Material
from service_desk.domain.figures import Fact, Paper
from service_desk.domain.sentences import Sentence, say
from service_desk.store import packs
from service_desk.xlsx.book import Listing, Sheet
from service_desk.xlsx.rows import ListColumn, ListRow, Look

MOST = 3
"""Of each sort: examples, not a list."""
LONG = 10
"""Working days from which on a matter may count as slow."""

Chosen = tuple[Sentence, Fact, Sentence]
"""The sort of example, the closing that it is, and why it was chosen."""


def cases(material: Material) -> Sheet:
    """典型案例."""
    chosen = list(_chosen(material))
    told = packs.told_of(material.tickets, [fact.ticket for _, fact, _ in chosen])
    columns = [
        *(NUMBER, ListColumn("案例", 11), *ABOUT, LEAD),
        *(ListColumn("用时（工作日）", 14, Look.NUMBER), ListColumn("入选理由", 40, Look.LONG)),
    ]
    rows: list[ListRow] = []
    for sort, fact, why in chosen:
        row = told[fact.ticket]
        about = [row.number, row.enterprise, material.title(row), row.category]
        rows.append(ListRow([len(rows) + 1, sort, *about, fact.department, fact.amount, why]))
    rules = say(
        "案例由系统按规则从期内办结中选取，每类最多 %(most)s 件，供起草时参考，请核实后使用。"
        "经验做法：企业评价“已解决”“非常满意”，且在原时限内（不计延期）办结，用时短的在前；"
        "办理缓慢：用时 %(long)s 个工作日以上，用时长的在前；重办：重新办理后又办结的，轮次多的在前。",
        most=MOST,
        long=LONG,
    )
    return Sheet(Paper.CASES.label, [rules], listing=Listing(columns, rows))


def _chosen(material: Material) -> Iterator[Chosen]:
    closings = material.closings
    if material.reader.desk:
        yield from _praised(material, closings)
    slow = sorted(
        (fact for fact in closings if fact.amount >= LONG), key=lambda fact: (-fact.amount, fact.ticket)
    )
    for fact in slow[:MOST]:
        yield say("办理缓慢"), fact, say("用时 %(n)s 个工作日", n=fact.amount)
    again: dict[str, Fact] = {}
    for fact in closings:
        if fact.cycle > 1 and (fact.ticket not in again or again[fact.ticket].cycle < fact.cycle):
            again[fact.ticket] = fact
    for fact in sorted(again.values(), key=lambda fact: (-fact.cycle, fact.ticket))[:MOST]:
        yield say("重办"), fact, say("第 %(cycle)s 轮办结，重办 %(n)s 次", cycle=fact.cycle, n=fact.cycle - 1)


def _praised(material: Material, closings: Sequence[Fact]) -> Iterator[Chosen]:
    praised = {(row.number, row.cycle) for row in packs.praised(material.tickets, material.period)}
    found = [fact for fact in closings if (fact.ticket, fact.cycle) in praised]
    for fact in sorted(found, key=lambda fact: (fact.amount, fact.ticket))[:MOST]:
        why = say("企业评价已解决、非常满意，%(n)s 个工作日办结，在原时限内", n=fact.amount)
        yield say("经验做法"), fact, why
