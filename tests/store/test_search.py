"""Words find the tickets in which they stand, and nobody finds one by what he may not read."""

import random
import re
from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, insert, select, text, update

from service_desk.desk import cases, closing, dispatch, handling, search
from service_desk.domain.vocabulary import Nature, Outcome, Source, State, Urgency
from service_desk.store.base import db
from service_desk.store.enterprises import Liaison
from service_desk.store.facts import is_behind
from service_desk.store.people import User
from service_desk.store.queues import COUNTED_UP_TO, page_found
from service_desk.store.scope import visible_tickets
from service_desk.store.search import MOST_TOLD, Found
from service_desk.store.search_texts import is_unindexed
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

LATER = MONDAY + timedelta(days=30)
WORDS = [
    "变压器",
    "变",
    "电压",
    "压低",
    "停电",
    "110kV",
    "2026",
    "QS",
    "kv12",
    "，",
    " ",
    "O'K",
    "a\\b",
    "雨",
    "臺",
]
FAR_APART = 3_001
"""Between one ticket's id and the next: a few hundred tickets then fill many spans."""


def rows(world: World, texts: Iterable[str], *, apart: int = 1, state: State = State.SUBMITTED) -> list[int]:
    """Tickets with these texts as rows alone: their ids."""
    ids = []
    for count, words in enumerate(texts, 1):
        ids.append(1_000 + count * apart)
        db.session.execute(
            insert(Ticket).values(
                id=ids[-1],
                number=f"QS-2026-{ids[-1]:06}",
                enterprise_id=world.owner.enterprise_id,
                category_id=world.category().id,
                title=words[:10],
                text=words,
                contact_name="李一",
                contact_phone=f"1380000{count:04}",
                source=Source.ENTERPRISE,
                nature=Nature.HELP,
                urgency=Urgency.NORMAL,
                state=state,
                version=1,
                submitted_at=MONDAY,
                touched_at=MONDAY,
            )
        )
    db.session.commit()
    return ids


def found_by(reader: User, query: str, *conditions: ColumnElement[bool]) -> set[int]:
    """What somebody finds: page by page, counted, and as a whole are the same."""
    found = Found(visible_tickets(reader).where(*conditions), query, reader)
    shown, count = page_found(found, size=50)
    ids = [ticket.id for ticket in shown.tickets]
    while shown.next_after:
        shown, _ = page_found(found, after=shown.next_after, size=50)
        ids += [ticket.id for ticket in shown.tickets]
    assert ids == sorted(ids, reverse=True)
    assert count == min(len(ids), COUNTED_UP_TO)
    assert {ticket.id for ticket in db.session.scalars(found.whole).unique()} == set(ids)
    return set(ids)


def by_hand(query: str, ticket: Ticket) -> bool:
    """A look at every text, one after the other."""
    texts = re.sub(r"[\W_]", " ", f"{ticket.title}|{ticket.enterprise.name}|{ticket.text}").lower()
    texts = texts.replace("臺", "台")
    numbers = f"{ticket.number} {ticket.enterprise.code}".lower()

    def says(word: str) -> bool:
        if len(word) >= 4 and re.fullmatch("[0-9a-z-]+", word) and word in numbers:
            return True
        if re.fullmatch("[0-9]{4}", word) and ticket.contact_phone.endswith(word):
            return True
        chunks = re.split(r"[\W_]+", word)
        return all(
            re.search(("(?<![0-9a-z])" if chunk[:1].isascii() else "") + chunk, texts) for chunk in chunks
        )

    wanted = query.lower().replace("臺", "台").split()[:5]
    return all(map(says, wanted)) and re.search(r"[^\W_]", query) is not None


def test_a_search_finds_what_a_look_at_every_text_finds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20260302)  # noqa: S311 - the same texts every time
    texts = ["".join(chance.choices(WORDS, k=chance.randint(1, 12))) for _ in range(220)]
    rows(world, texts, apart=FAR_APART)
    queries = [
        *(" ".join(chance.choices(["", *WORDS], k=chance.randint(1, 3))).strip()[:50] for _ in range(15)),
        *("".join(chance.choices(WORDS, k=2))[chance.randint(0, 2) :][:50] for _ in range(15)),
        *("0001", "qs-2026-00", "6-00", "45080", "ma5k", "10kv", "变压器 0007", "江海", "海船舶", "三友服饰"),
    ]
    tickets = db.session.scalars(select(Ticket)).unique().all()
    wanted = {query: {ticket.id for ticket in tickets if by_hand(query, ticket)} for query in queries}
    assert sum(map(bool, wanted.values())) > len(queries) / 3, "most find something, or this shows little"
    for indexed in (search.BATCH, len(tickets)):
        search.index_texts_of([ticket.id for ticket in tickets[:indexed]])
        for query, expected in wanted.items():
            assert found_by(world.clerk, query) == expected, query
            newest_first = sorted(expected, reverse=True)
            for most, before in ((1, None), (9, None), (40, None), (25, FAR_APART * 150)):
                found = Found(visible_tickets(world.clerk), query, world.clerk)
                older = [one for one in newest_first if before is None or one < before]
                assert found.newest(most, before=before) == older[:most], (query, most)
    # Of some tickets only, the newest are looked at one by one, the others sought in the index.
    some, theirs = Ticket.id % 2 == 0, {ticket.id for ticket in tickets if ticket.id % 2 == 0}
    for looked_at in (len(tickets), 20):
        monkeypatch.setattr("service_desk.store.search.LOOKED_AT", looked_at)
        for query, expected in wanted.items():
            assert found_by(world.clerk, query, some) == expected & theirs, query


def test_a_word_that_was_common_lately_is_found_among_the_older_too(small_world: World) -> None:
    texts = [*("电压低" if number % 10 == 0 else "水压低" for number in range(160)), *["电压低"] * 60]
    ids = rows(small_world, texts, apart=FAR_APART)
    search.index_texts(LATER)
    expected = [one for one, text in zip(ids, texts, strict=True) if text == "电压低"][::-1]
    for most in (50, 61, 70, 100):
        found = Found(visible_tickets(small_world.clerk), "电压", small_world.clerk)
        assert found.newest(most) == expected[:most]


def test_more_than_are_counted_are_found_page_by_page(small_world: World) -> None:
    ids = rows(small_world, ["电压低"] * (COUNTED_UP_TO + 60))
    search.index_texts(LATER)
    assert found_by(small_world.clerk, "电压") == set(ids)


def test_the_newest_are_found_before_they_are_indexed(small_world: World) -> None:
    ids = rows(small_world, ["电压低"] * (MOST_TOLD + 1))
    assert found_by(small_world.clerk, "电压") == set(ids[1:])


def test_what_is_behind_is_told_by_an_index_though_all_were_when_sqlite_last_looked(
    small_world: World,
) -> None:
    """Otherwise each search, and each page of figures, reads the whole table to learn that nothing is."""
    rows(small_world, ["电压低"] * 300)
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    db.session.remove()
    db.engine.dispose()  # what it saw is read when it is opened
    for behind, index in ((is_unindexed(), "ix_tickets_unindexed"), (is_behind(), "ix_tickets_facts_behind")):
        asked = select(Ticket.id).where(behind).compile(db.engine)
        steps = db.session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
        assert [step.detail for step in steps] == [f"SCAN tickets USING COVERING INDEX {index}"]


def everybody(world: World) -> dict[str, User]:
    return {
        name: getattr(world, name)
        for name in ("clerk", "supervisor", "power", "power_head", "committee", "officer", "leader", "owner")
    }


@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "not indexed yet"])
def test_a_reply_is_found_by_those_who_may_read_it(world: World, *, indexed: bool) -> None:
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    visible = everybody(world)

    def finders(query: str) -> set[str]:
        if indexed:
            search.index_texts(LATER)
        return {name for name, person in visible.items() if found_by(person, query) == {ticket.id}}

    at = MONDAY + timedelta(days=2)
    assert finders("焊机") == set(visible)
    handling.reply(ticket.id, by=world.power, at=at, outcome=Outcome.SOLVED, text="已更换熔断器。")
    assert finders("熔断器") == {"clerk", "supervisor", "power", "power_head", "committee"}
    assert finders("焊机") == set(visible)
    closing.send_back(ticket.id, by=world.clerk, at=at, text="请附照片。")
    assert finders("熔断器") == set()
    handling.reply(ticket.id, by=world.power, at=at, outcome=Outcome.SOLVED, text="已换避雷针。")
    closing.verify(ticket.id, by=world.clerk, at=at)
    assert finders("避雷针") == set(visible)
    assert finders("熔断器") == set()


def test_a_ticket_found_in_two_texts_is_one_of_the_newest_once(world: World) -> None:
    tickets = [world.make(State.IN_PROGRESS) for _ in range(2)]
    for ticket in tickets:
        handling.reply(ticket.id, by=world.power, at=LATER, outcome=Outcome.SOLVED, text="已更换熔断器。")
    search.index_texts(LATER)
    newest_first = [ticket.id for ticket in reversed(tickets)]
    for reader in (world.clerk, world.power):
        for most in (1, 2):
            found = Found(visible_tickets(reader), "焊机", reader)
            assert found.newest(most) == newest_first[:most], (reader.username, most)


def test_who_does_not_see_a_ticket_does_not_find_it(world: World) -> None:
    world.make(State.IN_PROGRESS)
    search.index_texts(LATER)
    for name in ("neighbour", "member", "finance", "marketing", "admin", "auditor"):
        assert found_by(getattr(world, name), "焊机") == set(), name


def test_who_sees_no_more_than_some_find_all_of_those(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the departments that had a part, by the enterprises looked after, by one's own: from the index alone."""
    monkeypatch.setattr("service_desk.store.search.LOOKED_AT", 1)
    led = world.make(State.ASSIGNED, lead="供电公司营销部", supports=["园区管委会"])
    passed_on = world.make(State.ASSIGNED)
    dispatch.redispatch(
        passed_on.id, by=world.clerk, at=LATER, lead=world.department("园区管委会"), reason="属管委会职责。"
    )
    others = world.make(State.IN_PROGRESS, by="neighbour")
    world.file(by="member")
    people = [*everybody(world).values(), world.marketing, world.member, world.neighbour, world.finance]
    people.append(world.finance_head)

    def seen_by(person: User) -> set[int]:
        return {ticket.id for ticket in db.session.scalars(visible_tickets(person)).unique()}

    def all_find_theirs() -> None:
        for person in people:
            assert found_by(person, "焊机") == seen_by(person), person.username

    search.index_texts(LATER)
    assert seen_by(world.marketing) == {led.id}
    assert passed_on.id in seen_by(world.power), "once theirs, still seen"
    all_find_theirs()
    dispatch.add_support(others.id, by=world.clerk, at=LATER, department=world.department("金融办"))
    all_find_theirs()
    search.index_texts(LATER)
    assert others.id in seen_by(world.finance)
    all_find_theirs()
    monkeypatch.setattr("service_desk.store.search.MOST_PARTIES", 0)
    all_find_theirs()


def test_who_begins_to_look_after_an_enterprise_finds_what_it_filed_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_desk.store.search.LOOKED_AT", 1)
    old = [world.file().id, world.file().id]
    theirs = world.file(by="neighbour").id
    search.index_texts(LATER)
    lookers = (world.officer, world.leader, world.finance_head)
    assert [found_by(person, "焊机") for person in lookers] == [set(old)] * 3
    liaison = db.session.get_one(Liaison, world.owner.enterprise_id)
    db.session.add(
        Liaison(
            enterprise_id=world.neighbour.enterprise_id,
            officer_id=liaison.officer_id,
            leader_id=liaison.leader_id,
            department_id=liaison.department_id,
        )
    )
    liaison.officer_id = None
    db.session.commit()
    for _ in ("not indexed again yet", "indexed again"):
        assert [found_by(person, "焊机") for person in lookers] == [{theirs}, {*old, theirs}, {*old, theirs}]
        search.index_texts(LATER)


def test_names_are_masked_and_find_nothing(world: World) -> None:
    ticket = world.file()
    search.index_texts(LATER)
    assert found_by(world.clerk, "李一") == set()
    assert found_by(world.clerk, ticket.contact_phone[-4:]) == {ticket.id}


def test_what_was_corrected_is_found_by_the_new_words_alone(world: World) -> None:
    ticket = world.file()
    search.index_texts(LATER)
    cases.correct(ticket.id, by=world.clerk, at=MONDAY, title="天然气压力不足")
    for _ in range(2):
        assert found_by(world.clerk, "天然气") == {ticket.id}
        assert found_by(world.clerk, ticket.title[:4]) in ({ticket.id}, set())
        search.index_texts(LATER)
    assert db.session.scalar(select(Ticket.search_version)) == ticket.version


def test_a_ticket_somebody_acts_on_is_indexed_once(small_world: World) -> None:
    small_world.file()
    assert search.index_texts(LATER) == 1
    assert search.index_texts(LATER) == 0
    db.session.execute(update(Ticket).values(version=Ticket.version + 1))
    db.session.commit()
    assert search.index_texts(LATER) == 1
