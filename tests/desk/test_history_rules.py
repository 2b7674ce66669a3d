"""Histories as other systems write them: odd but right ones are taken, each wrong one is refused with its reason."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service_desk.desk import handling
from service_desk.desk.drift import drifts
from service_desk.desk.history.importing import families, import_history
from service_desk.desk.history.lines import Line, LineRefused, read_line
from service_desk.desk.records import clock_records, ticket_records
from service_desk.desk.reminders import remind_due
from service_desk.domain.actions import Action, Party
from service_desk.domain.vocabulary import Role, State
from service_desk.store.base import db
from service_desk.store.lists import ReasonCode, ReasonKind
from service_desk.store.notices import Letter, Notice
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from tests.world import CHINA, World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CODE = "91450804996639233K"
Given = dict[str, Any]

pytestmark = pytest.mark.usefixtures("small_world")


def line(ticket: str, seq: int, event: str, at: str, **fields: Any) -> Given:
    """A line of March 2026; ``at`` is such as 02T09:30."""
    moment = f"2026-03-{at}:00+08:00"
    return {"ticket": ticket, "seq": seq, "event": event, "at": moment} | fields


def submit(ticket: str, at: str = "02T09:10", **fields: Any) -> Given:
    named = {"enterprise": {"code": CODE, "name": "云津示例有限公司"}, "category": "用电", "title": "示例"}
    return line(ticket, 1, "submit", at, **(named | {"text": "内容"} | fields))


def dispatched(ticket: str) -> list[Given]:
    return [
        submit(ticket),
        line(ticket, 2, "accept", "02T09:30"),
        line(ticket, 3, "dispatch", "02T10:00", lead="供电公司", supports=["住建局"]),
    ]


def replied(ticket: str) -> list[Given]:
    return [*dispatched(ticket), line(ticket, 4, "reply", "02T12:00", outcome="已解决", text="已修复")]


def h(name: str, role: str = "handler") -> Given:
    return {"by": {"role": role, "name": name}}


def take(lines: Sequence[Given | str]) -> Given:
    written = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in lines]
    return import_history(written, at=NOW).as_json()


def refusal(lines: Sequence[Given | str]) -> str:
    """The reason for which the only refused ticket is refused."""
    (refused,) = take(lines)["refused"]
    return str(refused["reason"])


def found(number: str) -> Ticket:
    db.session.expire_all()
    return db.session.scalars(select(Ticket).where(Ticket.imported_number == number)).unique().one()


# How lines are written


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"ticket": 7}, "ticket（诉求编号）应是文字", id="a ticket that is a number"),
        pytest.param({"seq": "1"}, "seq（序号）应是整数", id="a seq in quotes"),
        pytest.param({"seq": True}, "seq（序号）应是整数", id="a seq that is yes"),
        pytest.param({"seq": 1.0}, "seq（序号）应是整数", id="a seq with a point"),
        pytest.param({"seq": 10**30}, "seq（序号）应是整数", id="a seq beyond all measure"),
        pytest.param({"at": "2026-03-02"}, "缺少时区", id="a day without a time"),
        pytest.param({"at": 5}, "at（时间）应是文字", id="a time that is a number"),
        pytest.param({"at": "2027-03-02T09:00:00+08:00"}, "晚于现在（2026-11-22 08:00）", id="the future"),
        pytest.param({"at": "0001-01-01T00:00:00+14:00"}, "早于 2000 年", id="before all time"),
        pytest.param({"by": {"role": "boss"}}, "by.role（身份）不能是“boss”", id="an unknown role"),
        pytest.param({"by": {"name": "x"}}, "缺少 by.role（身份）", id="a name without a role"),
        pytest.param({"by": "clerk"}, "by 应是 {role, name}", id="a role alone"),
        pytest.param({"title": None}, "缺少 title（标题）", id="no title"),
        pytest.param({"title": "长" * 101}, "title（标题）最多 100 字，现为 101 字", id="a long title"),
        pytest.param({"text": "长" * 5001}, "text（说明）最多 5000 字", id="a huge text"),
        pytest.param({"title": "a\0b"}, "不能保存的字符", id="a sign no database keeps"),
        pytest.param({"title": "\ud800"}, "不是 JSON", id="half a sign"),
        pytest.param(
            {"enterprise": "云津"}, "enterprise（企业）应是 {code, name}", id="an enterprise by name"
        ),
        pytest.param({"enterprise": {"code": CODE}}, "缺少 enterprise.name（企业名称）", id="a code alone"),
        pytest.param({"urgency": "normal"}, "可用：特急、紧急、一般", id="a word of ours, not of the table"),
        pytest.param({"event": "split"}, "没有‘split’这个动作", id="what is not imported"),
        pytest.param({"event": ["x"]}, "event（动作）应是文字", id="a list for an event"),
    ],
)
def test_a_line_is_refused_for_how_it_is_written(change: Given, reason: str) -> None:
    with pytest.raises(LineRefused) as refused:
        read_line(12, json.dumps(submit("A") | change), now=NOW)
    assert refused.value.refusal.reason.startswith("第 12 行：")
    assert reason in refused.value.refusal.reason


@pytest.mark.parametrize(
    "text", ["not json", '{"ticket":"A"', "[" * 100_000, '{"ticket":"A","seq":NaN}', "[1]"]
)
def test_what_is_no_object_is_refused_by_itself(text: str) -> None:
    done = take([text, "", "  ", submit("A")])
    assert (done["lines"], done["tickets"], done["imported"]) == (2, 1, 1)
    assert [(each["line"], each["ticket"], each["seq"]) for each in done["refused"]] == [(1, None, None)]


def test_odd_but_right_lines_are_taken() -> None:
    done = take(
        [
            json.dumps(submit("Z") | {"at": "2026-03-02T01:10:00Z", "extra": {"a": [1]}}) + "\r",
            submit("Z", code=CODE) | {"seq": 700, "event": "accept", "at": "2026-03-02T03:30:00+02:00"},
            submit("old") | {"seq": -5, "at": "2003-03-03T09:00:00+08:00"},
            submit("wide", enterprise={"code": "９１４５０８０４９９６６３９２３３k", "name": "另一个名称"}),
            submit("arrears", category="拖欠账款"),
        ]
    )
    assert done["refused"] == []
    assert done["created"] == {"departments": [], "enterprises": 1, "categories": []}
    assert found("Z").events[0].data["imported"] == {"extra": {"a": [1]}}
    assert found("wide").enterprise.name == "云津示例有限公司"


def test_what_a_line_names_and_nobody_knows_is_created_and_told() -> None:
    lines = [*dispatched("D"), submit("E", category="新类别", area="新片区")]
    lines[2] |= {"lead": "天外局", "supports": ["外星局"]}
    done = take(lines)
    assert done["created"] == {
        "departments": ["天外局", "外星局"],
        "enterprises": 1,
        "categories": ["新类别"],
    }


def test_what_only_a_refused_ticket_names_is_not_created() -> None:
    lines = [*dispatched("D"), line("D", 4, "verify", "02T12:00")]
    lines[2] |= {"lead": "外星局"}
    assert take([*lines, submit("E")])["created"]["departments"] == []
    again = dispatched("F")
    again[2] |= {"lead": "外星局"}
    assert take(again)["created"]["departments"] == ["外星局"]


def test_a_department_is_matched_by_its_alias(small_world: World) -> None:
    lines = dispatched("D")
    lines[2] |= {"lead": "供电局"}
    assert take(lines)["created"]["departments"] == []
    assert found("D").lead_department_id == small_world.department("供电公司").id


# Who did it


def test_a_person_is_told_by_the_name_alone() -> None:
    handled = [*dispatched("A"), line("A", 4, "sign", "02T11:00", **h("h1"))]
    handled += [line("A", 5, "hand_over", "02T12:00", to="h2")]
    handled += [line("A", 6, "reply", "02T13:00", outcome="已解决", text="x", **h("h3"))]
    by_the_handler = line("A", 7, "verify", "02T14:00", **h("h2", "quality"))
    assert "审核、回访和裁定须由没有经办过" in refusal([*handled, by_the_handler])

    take([*handled, line("A", 7, "verify", "02T14:00", **h("h4", "quality"))])
    ticket = found("A")
    assert ticket.last_lead is not None
    assert ticket.last_lead.handled_by == "h2"
    verified = ticket.events[-1]
    assert (verified.by_id, verified.by_name, verified.party) == (None, "h4", Party.QUALITY)


def test_a_name_without_an_account_gives_an_account_of_that_name_no_right(small_world: World) -> None:
    power = small_world.power
    take([*dispatched("A"), line("A", 4, "sign", "02T11:00", **h(power.name))])
    ticket = found("A")
    assert ticket.last_lead is not None
    assert ticket.last_lead.handler is None
    assert not power.signed(ticket.last_lead.handler_id, ticket.last_lead.handler_name)
    assert db.session.scalars(select(User).where(User.username == "loader")).first() is None


@pytest.mark.parametrize(
    ("asked", "cancelled", "taken"),
    [
        pytest.param("h1", "h1", True, id="by the same name"),
        pytest.param("h1", "h2", False, id="by another name"),
        pytest.param("h1", None, True, id="by somebody who is not named"),
        pytest.param(None, "h2", True, id="of somebody who was not named"),
    ],
)
def test_a_request_is_taken_back_by_whoever_asked(
    *, asked: str | None, cancelled: str | None, taken: bool
) -> None:
    def by(name: str | None) -> Given:
        return h(name) if name else {"by": {"role": "handler"}}

    lines = [
        *dispatched("A"),
        line("A", 4, "ask_extension", "02T12:00", days=2, text="x", **by(asked)),
        line("A", 5, "cancel_extension", "02T13:00", **by(cancelled)),
    ]
    assert (take(lines)["refused"] == []) is taken


def test_a_contact_who_is_called_like_the_handler_may_rate() -> None:
    lines = [*replied("A"), line("A", 5, "verify", "02T13:00")]
    lines[3] |= h("张伟")
    rated = line("A", 6, "rate", "03T09:00", solved="已解决", level="满意", **h("张伟", "contact"))
    assert take([*lines, rated])["refused"] == []


def test_without_a_name_or_role_the_law_says_who_it_was() -> None:
    lines = [
        *dispatched("A"),
        line("A", 4, "correct", "02T10:10", urgency="特急"),
        line("A", 5, "correct", "02T10:20", urgency="一般"),
        line("A", 6, "redispatch", "02T10:30", lead="工信局", reason="x"),
        line("A", 7, "redispatch", "02T10:40", lead="商务局", reason="x"),
        line("A", 8, "redispatch", "02T10:50", lead="科技局", reason="x"),
    ]
    take(lines)
    parties = [event.party for event in found("A").events[3:]]
    assert parties == [Party.CLERK, Party.SUPERVISOR, Party.CLERK, Party.CLERK, Party.SUPERVISOR]


def test_the_system_does_nothing_else_than_it_did_by_itself() -> None:
    by_itself = line("A", 5, "verify", "02T13:00", by={"role": "system"})
    assert "verify 不能由系统办理" in refusal([*replied("A"), by_itself])


def test_for_a_department_that_has_no_part_nobody_acts() -> None:
    lines = [*dispatched("A"), line("A", 4, "sign", "02T12:00", department="金融办")]
    assert "“金融办”不是这件诉求的承办单位" in refusal(lines)


# Who hears of it


def test_people_of_today_hear_nothing_of_what_is_past_and_have_it_before_them(small_world: World) -> None:
    people = db.session.scalar(select(func.count()).select_from(User))
    take(dispatched("A"))
    assert remind_due(NOW) == 0
    assert db.session.scalars(select(Notice)).all() == []
    assert db.session.scalars(select(Letter)).all() == []
    assert db.session.scalar(select(func.count()).select_from(User)) == people

    handling.sign(found("A").id, by=small_world.power, at=NOW)
    assert found("A").state is State.IN_PROGRESS


# What is understood


def test_what_may_be_left_out_is_understood_at_its_moment() -> None:
    lines = [
        submit("A"),
        line("A", 3, "dispatch", "02T10:00", lead="供电公司", supports=["住建局"]),
        line("A", 4, "reply", "02T12:00", outcome="已解决", text="x", **h("h1")),
        line("A", 5, "note", "02T13:00", text="x"),
        line("A", 6, "ask_exclusion", "20T09:00", figure="solved", reason_code="新的理由", text="x"),
    ]
    assert take(lines)["refused"] == []
    told = [(event.action, f"{event.at.astimezone(CHINA):%dT%H:%M}") for event in found("A").events]
    assert told == [
        (Action.SUBMIT, "02T09:10"),
        (Action.ACCEPT, "02T10:00"),
        (Action.DISPATCH, "02T10:00"),
        (Action.SIGN, "02T12:00"),
        (Action.REPLY, "02T12:00"),
        (Action.VERIFY, "02T12:00"),
        (Action.NOTE, "02T13:00"),
        (Action.EXPIRE_RATING, "09T17:30"),
        (Action.ASK_EXCLUSION, "20T09:00"),
    ]
    labels = select(ReasonCode.label).where(ReasonCode.kind == ReasonKind.EXCLUSION)
    assert "新的理由" in db.session.scalars(labels).all()


def test_a_line_that_an_unverified_reply_needs_is_no_hindrance_to_verifying_it() -> None:
    lines = [
        *replied("A"),
        line("A", 5, "urge", "02T13:00"),
        line("A", 6, "rate", "03T09:00", solved="已解决", level="满意"),
    ]
    assert take(lines)["refused"] == []
    rating = next(each for each in clock_records("A", as_of=NOW) if each["kind"] == "rating")
    assert rating["start"] == "2026-03-02T12:00:00+08:00"


def test_a_bad_rating_opens_the_ticket_and_the_line_says_who() -> None:
    lines = [
        *replied("A"),
        line("A", 5, "rate", "03T09:00", solved="未解决", level="不满意"),
        line("A", 6, "rework", "03T09:00", reason="没修好", ordered_by="主任", **h("张某", "clerk")),
    ]
    take(lines)
    ticket = found("A")
    assert (ticket.state, ticket.cycle) == (State.ASSIGNED, 2)
    opened = ticket.events[-1]
    assert (opened.by_name, opened.party, opened.text) == ("张某", Party.CLERK, "没修好")
    assert opened.data["imported"] == {"ordered_by": "主任"}


def test_everything_may_happen_at_one_moment() -> None:
    acts: list[tuple[str, Given]] = [
        ("accept", {}),
        ("dispatch", {"lead": "供电公司"}),
        ("sign", {}),
        ("ask_enterprise", {"text": "?"}),
        ("inform", {"text": "!"}),
        ("reply", {"outcome": "已解决", "text": "x"}),
        ("verify", {}),
        ("rate", {"solved": "未解决", "level": "不满意"}),
    ]
    lines = [
        submit("A"),
        *(line("A", n, event, "02T09:10", **given) for n, (event, given) in enumerate(acts, 2)),
    ]
    assert take(lines)["refused"] == []
    assert [event.action.value for event in found("A").events] == [
        "submit",
        *(event for event, _ in acts),
        "rework",
    ]
    assert list(drifts()) == []


# Parents


def test_a_parent_may_follow_its_child_and_end_after_it() -> None:
    lines = [
        submit("child"),
        line("child", 2, "merge", "02T11:00", parent="parent"),
        submit("parent"),
        line("parent", 2, "withdraw", "03T09:00", reason="x"),
    ]
    assert take(lines)["refused"] == []
    (record,) = ticket_records("child", as_of=NOW)
    assert (record["state"], record["parent"]) == ("merged", "parent")


def test_a_parent_may_have_come_with_an_earlier_file() -> None:
    take([submit("parent")])
    assert take([submit("child"), line("child", 2, "merge", "02T11:00", parent="parent")])["refused"] == []
    assert found("child").parent_id == found("parent").id


def test_two_that_were_merged_into_each_other_in_turn_come_together() -> None:
    lines = [
        submit("a"),
        line("a", 2, "merge", "02T11:00", parent="b"),
        line("a", 3, "unmerge", "02T12:00"),
        submit("b"),
        line("b", 2, "merge", "02T13:00", parent="a"),
    ]
    assert take(lines)["refused"] == []
    assert found("b").parent_id == found("a").id


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        pytest.param([line("a", 2, "merge", "02T11:00", parent="a")], ["不能并入它自己"], id="itself"),
        pytest.param(
            [line("a", 2, "merge", "02T11:00", parent="b"), submit("b", "02T12:00")],
            ["“b”当时还没有提交"],
            id="one that comes later",
        ),
        pytest.param(
            [line("a", 2, "merge", "02T11:00", parent="b"), submit("b"), line("b", 2, "verify", "02T10:00")],
            ["没有编号为“b”的诉求，或者它没有导入", "verify 需要“待审核”"],
            id="one that is refused",
        ),
        pytest.param(
            [
                line("a", 2, "merge", "02T11:00", parent="b"),
                submit("b"),
                line("b", 2, "merge", "02T13:00", parent="a"),
            ],
            ["没有编号为“b”的诉求", "“a”已经并入本件"],
            id="a circle",
        ),
    ],
)
def test_a_parent_that_was_not_there_or_not_open_refuses_the_child(
    lines: list[Given], reasons: list[str]
) -> None:
    refused = take([submit("a"), *lines])["refused"]
    assert len(refused) == len(reasons)
    assert all(reason in each["reason"] for reason, each in zip(reasons, refused, strict=True))


def test_a_long_row_of_parents_is_taken_from_its_end() -> None:
    def merged(number: int) -> Line:
        text = json.dumps(line(str(number), 2, "merge", "02T11:00", parent=str(number + 1)))
        return read_line(1, text, now=NOW)

    rows = [each for family in families({str(n): [merged(n)] for n in range(2000)}) for each in family]
    assert rows == [str(number) for number in reversed(range(2000))]


# Again


def test_new_lines_carry_a_ticket_on_and_old_ones_are_never_rewritten() -> None:
    lines = dispatched("A")
    assert take(lines[:2])["imported"] == 1
    assert take(lines)["imported"] == 1
    assert take(lines)["unchanged"] == 1
    assert refusal([lines[2] | {"lead": "住建局"}]) == "seq 3 已导入，内容不同"
    assert take([line("A", 9, "sign", "02T12:00")])["imported"] == 1
    assert "seq 5 小于已导入的 seq 9" in refusal([line("A", 5, "note", "02T12:00", text="x")])
    twice = [line("A", 10, "note", "02T12:00", text=text) for text in "xy"]
    assert refusal(twice) == "seq 10 出现两次（第 1 行和第 2 行）"
    assert [event.action for event in found("A").events].count(Action.DISPATCH) == 1


def test_what_was_done_here_since_is_not_overtaken(small_world: World) -> None:
    take(dispatched("A"))
    ticket = found("A")
    ticket.touched_at += timedelta(days=1)
    db.session.commit()
    assert small_world.clerk.has(Role.CLERK)
    assert "早于这件诉求在本系统的最后一条办理记录" in refusal([line("A", 4, "sign", "02T12:00")])


def test_an_expiry_that_was_understood_before_is_not_recorded_twice() -> None:
    verified = [*replied("A"), line("A", 5, "verify", "02T13:00")]
    take([*verified, submit("later", "09T17:30")])
    assert found("A").state is State.CLOSED
    assert take([line("A", 6, "expire_rating", "10T09:00")])["imported"] == 1
    assert take([line("A", 7, "rate", "11T09:00", solved="已解决", level="满意")])["imported"] == 1
    assert [event.action for event in found("A").events].count(Action.EXPIRE_RATING) == 1


def test_a_ticket_begins_with_its_submit_and_has_one() -> None:
    assert "accept 之前缺少 submit" in refusal([line("A", 1, "accept", "02T10:00")])
    assert "submit 需要“草稿”" in refusal([submit("A"), submit("A") | {"seq": 2}])
