"""The courses of the bulk: which acts a ticket goes through, and how many office hours lie between them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service_desk.demo.bulk.words import Speaker, Topic, mark
from service_desk.desk.foundation import read_data
from service_desk.domain.limits import Profile, limit_class
from service_desk.domain.vocabulary import ClockKind, Nature, RequestKind, Source, Unit, Urgency
from service_desk.store.catalogue import ARREARS
from service_desk.store.law import Law

A_DAY = 7.0
"""Office hours."""
A_WINDOW = 6 * A_DAY
"""Office hours after which a rating window has passed for certain."""
ARREARS_HOURS = 10 * A_DAY
"""Arrears have 30 natural days; answered so soon they are in time wherever a festival falls."""

FRONTS = {
    "plain": 830,
    "supplemented": 35,
    "answered": 75,
    "rejected": 22,
    "appealed": 6,
    "withdrawn": 12,
    "merged": 20,
}
MIDDLES = {
    "plain": 700, "returned": 55, "kept": 15, "redispatched": 20, "extended": 65, "not_extended": 12, "deferred": 15,
    "questioned": 55, "supported": 20, "urged": 20, "withdrawn": 10, "supervised": 13,
}  # fmt: skip
LEVELS = {
    "very_satisfied": 380,
    "satisfied": 390,
    "fairly_satisfied": 145,
    "dissatisfied": 65,
    "very_dissatisfied": 20,
}
OUTCOMES = {"solved": 800, "policy": 90, "partly": 40, "legal_route": 25, "market": 20, "escalated": 25}
SOURCES = {
    Source.ENTERPRISE: 560, Source.VISIT: 120, Source.HOTLINE: 110, Source.ABOVE: 70, Source.LEADER: 25,
    Source.MEETING: 50, Source.ON_SITE: 65,
}  # fmt: skip
NATURES = {Nature.HELP: 790, Nature.ENQUIRY: 130, Nature.SUGGESTION: 40, Nature.COMPLAINT: 40}
URGENCIES = {Urgency.NORMAL: 830, Urgency.URGENT: 130, Urgency.CRITICAL: 40}
BAD = ("dissatisfied", "very_dissatisfied")
IN_TIME, STEP_IN_TIME, RATED = 0.91, 0.965, 0.62
PATIENCE = 4.0
"""Office hours after which an enterprise asks where its reply is."""
OUT_OF_HOURS = 0.12
"""How many of the enterprises' own filings come in the evening or at night."""


@dataclass(frozen=True)
class WorkingDays:
    """A date that lies so many working days after the day of the act."""

    number: int


@dataclass(frozen=True)
class Act:
    """One act, so many office hours after the one before; ``told`` is what the story says of it alone."""

    name: str
    after: float
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """What one ticket goes through; ``second`` is that of another one, merged into it, so many hours later."""

    topic: Topic
    line: Mapping[str, Any]
    acts: tuple[Act, ...]
    second: tuple[Act, ...] = ()
    by_night: bool = False


def drawn(weights: Mapping[Any, int], chance: random.Random, level: float | None = None) -> Any:  # noqa: ANN401 - one of the keys
    """One of the keys; ``level`` (0 to 1) instead of chance spreads many draws evenly."""
    left = (chance.random() if level is None else level) * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return next(iter(weights))


class Draw:
    """Draws one course; the seconds say what a park's life is like, the law how much time there is."""

    def __init__(
        self, topic: Topic, others: list[str], law: Law, category_id: int, chance: random.Random
    ) -> None:
        self.topic, self.chance, self.law = topic, chance, law
        self.speaker = Speaker(chance)
        self.others = others
        is_arrears = topic.category == ARREARS
        self.source: Source = drawn(SOURCES, chance)
        self.nature: Nature = Nature.HELP if is_arrears else drawn(NATURES, chance)
        self.urgency: Urgency = Urgency.NORMAL if is_arrears else drawn(URGENCIES, chance)
        self.is_arrears = is_arrears
        self.klass = limit_class(
            nature=self.nature, urgency=self.urgency, is_complex=topic.is_complex, is_arrears=is_arrears
        )
        self.profile = Profile(self.klass, category_id, self.source)
        self.acts: list[Act] = []
        self.lead = topic.lead
        self.supports = [name for name in topic.supports if self.happens(0.7)]

    def course(self, front: str, *, signs_replies: bool) -> Course:
        """The course that begins so; ``signs_replies``: the head of the lead signs its replies."""
        self.signs = signs_replies
        self.line: dict[str, Any] = {
            "enterprise": mark("enterprise"),
            "category": self.topic.category,
            "title": mark("title"),
            "text": mark("text"),
            "urgency": self.urgency.label,
            "nature": self.nature.value,
            "complex": self.topic.is_complex,
            "lead": self.topic.lead,
            "supports": self.supports,
            "source_of_ticket": self.source.value,
            "reply": mark("reply"),
            "progress": mark("progress"),
            "acts": {},
        }
        if self.is_arrears:
            self.line["payer"] = self.one_of("government", "institution", "large_enterprise", "other")
        if self.nature is Nature.COMPLAINT:
            self.line["against"] = self.one_of(*self.others)
        if self.source.is_from_above:
            self.line["paper"] = {"office": self.speaker.one_of("offices"), "number": mark("paper")}
        by_night = self.source is Source.ENTERPRISE and self.happens(OUT_OF_HOURS)
        self.take("submit", 0)
        second = getattr(self, f"_{front}")()
        return Course(self.topic, self.line, tuple(self.acts), second or (), by_night=by_night)

    # Small change

    def happens(self, share: float) -> bool:
        """Whether something happens that does so this often."""
        return self.chance.random() < share

    def one_of(self, *values: str) -> str:
        """One of these."""
        return values[int(self.chance.random() * len(values))]

    def reason(self, kind: RequestKind, *places: int) -> str:
        """One of these reason codes of the shipped lists."""
        place = places[int(self.chance.random() * len(places))]
        return str(read_data("reasons.json")[kind.value][place])

    def take(self, name: str, after: float, **told: Any) -> None:
        """An act, so many office hours after the one before."""
        self.acts.append(Act(name, after, told))

    def tell(self, name: str, after: float, **fields: Any) -> None:
        """An act that is nothing but its fields."""
        self.take(name, after, acts={name: fields})

    def hours(self, kind: ClockKind) -> float:
        """How many office hours a clock of the first cycle leaves for certain."""
        limit = self.law.limits.of(kind, self.profile)
        if limit.unit is Unit.WORKING_HOURS:
            return float(limit.number)
        return ARREARS_HOURS if limit.unit is Unit.NATURAL_DAYS else limit.number * A_DAY

    def step(self, name: str, kind: ClockKind, **told: Any) -> None:
        """An act that a clock of its own waits for: mostly in time."""
        self.take(name, self.delay(kind), **told)

    def delay(self, kind: ClockKind) -> float:
        """Office hours until somebody does what a clock waits for: mostly in time."""
        most = min(self.hours(kind), A_DAY)
        if self.happens(STEP_IN_TIME):
            return self.chance.uniform(0.05, 0.75) * most
        return self.chance.uniform(1.2, 1.8) * most + (A_DAY if most == A_DAY else 0)

    def between(self, least: float, most: float) -> float:
        """Some number in between."""
        return self.chance.uniform(least, most)

    # How it begins

    def _plain(self) -> None:
        self.step("accept", ClockKind.ACCEPT)
        self.handled()

    def _supplemented(self) -> None:
        text, answer = self.speaker.one_of("missing"), self.speaker.one_of("supplements")
        self.tell("ask_supplement", self.between(0.3, 4), text=text)
        self.tell("supplement", self.between(2, 20), text=answer)
        self._plain()

    def _answered(self) -> None:
        self.line["reply"] = mark("answer")
        self.take("answer", self.delay(ClockKind.ACCEPT))
        self.rated(claims=False)

    def _rejected(self) -> None:
        fields = {
            "reason_code": self.reason(RequestKind.REJECTION, *((0,) if self.is_arrears else (0, 1, 3, 4))),
            "text": "不属于本平台受理范围，已说明理由。",
            "legal_route": "可向有管辖权的机关提出申请或依法提起诉讼。",
        }
        self.tell("ask_rejection", self.between(0.5, 4), **fields)
        self.tell("decide_rejection", self.between(0.3, 5), granted=True, text="同意不予受理。")

    def _appealed(self) -> None:
        self._rejected()
        self.tell("ask_appeal", self.between(4, 30), text="认为应当由本平台受理，请复核。")
        granted = self.happens(0.4)
        words = "复核后予以受理。" if granted else "维持不予受理。"
        self.tell("decide_appeal", self.between(1, 5), granted=granted, text=words, by="supervisor2")
        if granted:
            self._plain()

    def _withdrawn(self) -> None:
        self.line["reason"] = self.speaker.one_of("reasons")
        self.step("accept", ClockKind.ACCEPT)
        self.take("withdraw", self.between(0.1, 0.8))

    def _merged(self) -> tuple[Act, ...]:
        """Somebody of the enterprise files the same again the same day."""
        self._plain()
        return (Act("submit", self.between(0.02, 0.04)), Act("merge", self.between(0.05, 0.3)))

    # Who has it in hand

    def handled(self) -> None:
        """From the dispatch on."""
        middle = drawn(MIDDLES, self.chance)
        if middle in ("returned", "redispatched") and (self.signs or self.nature is Nature.COMPLAINT):
            middle = "plain"
        self.step("dispatch", ClockKind.DISPATCH)
        if middle in ("returned", "kept"):
            self.give_back(kept=middle == "kept")
        spent = self.in_hand()
        if middle == "withdrawn":
            self.line["reason"] = self.speaker.one_of("reasons")
            self.line["check"] = "电话核实，企业自愿撤回。"
            self.take("withdraw", self.between(0.5, 3))
            self.take("check_withdrawal", self.delay(ClockKind.REVIEW))
            return
        if middle == "redispatched":
            self.line["new_lead"] = self.other_lead()
            self.line["reason"] = "经研判，该事项由新的主办单位负责更合适。"
            self.take("redispatch", self.between(0.5, 3))
            spent = self.in_hand(supported=False)
        self.settled(middle, spent)

    def other_lead(self) -> str:
        """A department that has no part in it."""
        against = self.line.get("against")
        return self.one_of(
            *(name for name in self.others if name not in (*self.supports, self.lead, against))
        )

    def give_back(self, *, kept: bool) -> None:
        """The lead would rather not have it."""
        fields = {"reason_code": self.reason(RequestKind.RETURN, 0, 1, 2), "text": "经核实不属本单位职责。"}
        hours = min(self.hours(ClockKind.RETURN_WINDOW), A_DAY)
        self.tell("ask_return", self.between(0.1, 0.8) * hours, **fields)
        words = "该事项属你单位职责，请继续办理。" if kept else "同意退回，重新派单。"
        self.tell("decide_return", self.delay(ClockKind.REVIEW), granted=not kept, text=words)
        if not kept:
            self.line["new_lead"] = self.other_lead()
            self.supports = []
            self.step("dispatch_anew", ClockKind.DISPATCH)

    def in_hand(self, *, supported: bool = True) -> float:
        """Signed and called; how many office hours that took."""
        before = len(self.acts)
        self.step("sign", ClockKind.SIGN)
        self.take("first_contact", self.delay(ClockKind.FIRST_CONTACT) * 0.3)
        if supported and self.supports:
            self.take("opine", self.between(0.2, 1.2))
        return sum(act.after for act in self.acts[before:])

    def settled(self, middle: str, spent: float) -> None:
        """What comes between and the reply, in time or not."""
        limit = self.hours(ClockKind.SETTLE)
        left = max(limit - spent, 0.5)
        late = not self.happens(IN_TIME) and not self.is_arrears
        if self.happens(0.75):
            left -= self.go("progress", self.between(0.05, 0.2) * left)
        left = getattr(self, f"_when_{middle}", lambda hours: hours)(left)
        if late:
            self.late(left)
        else:
            self.reply(self.between(0.1, 0.9) * max(left, 0.2))
        if self.happens(0.04):
            self.line["lacking"] = self.speaker.one_of("lacking")
            self.take("send_back", self.delay(ClockKind.REVIEW))
            self.reply(self.between(0.5, 3), again=True)
        self.verified()

    def go(self, name: str, after: float) -> float:
        """An act; the hours that it took."""
        self.take(name, after)
        return after

    def late(self, left: float) -> None:
        """The reply comes too late; some enterprises do not wait for it in silence."""
        over = min(self.chance.expovariate(1 / 9), 45)
        if over > PATIENCE and self.happens(0.5):
            self.line["urge"] = "请尽快办理，已超过答复时间。"
            self.take("urge", left + A_DAY)
            left = -A_DAY
        self.reply(left + A_DAY + over)

    def _when_questioned(self, left: float) -> float:
        self.tell("ask_enterprise", self.between(0.02, 0.2) * left, text="请补充说明相关情况并提供材料。")
        self.tell("inform", self.between(1, 20), text="材料已通过邮箱发送，请查收。")
        return left * 0.75

    def _when_extended(self, left: float) -> float:
        days = self.extension()
        if not days:
            return left
        asked = self.between(0.2, 0.6) * left
        self.tell("ask_extension", asked, days=days, text="需采购设备并协调施工，申请延期。")
        self.tell("decide_extension", self.between(0.3, 3), granted=True, text="同意延期。")
        more = (
            days * A_DAY
            if self.law.limits.of(ClockKind.SETTLE, self.profile).unit is Unit.WORKING_DAYS
            else 0
        )
        return max(left - asked - 3, 0.3) + more

    def _when_not_extended(self, left: float) -> float:
        if not self.extension():
            return left
        asked = self.between(0.1, 0.4) * left
        self.tell("ask_extension", asked, days=1, text="人手紧张，申请延期。")
        self.tell("decide_extension", self.between(0.2, 2), granted=False, text="理由不充分，请按期办结。")
        return max(left - asked - 2, 0.2)

    def extension(self) -> int:
        """How many days may be asked for."""
        return min(self.law.limits.most_extension_days(self.profile), 10)

    def _when_deferred(self, left: float) -> float:
        asked = self.between(0.1, 0.4) * left
        self.tell("ask_deferral", asked, plan="需等待上级批复，列入计划后办理。", next_reply=WorkingDays(9))
        self.tell("decide_deferral", self.between(0.3, 3), granted=True, text="同意挂账。")
        said = {"text": "上级批复正在办理。", "public": True, "next_reply": WorkingDays(9)}
        self.take("progress_deferred", self.between(25, 45), acts={"progress": said})
        self.tell("resume", self.between(14, 40), text="条件具备，恢复办理。")
        return max(left - asked - 3, 0.2)

    def _when_supported(self, left: float) -> float:
        against = self.line.get("against")
        if self.signs or self.lead != self.line.get("new_lead", self.lead):
            return left
        department = self.one_of(*(n for n in self.others if n not in (*self.supports, self.lead, against)))
        self.tell("add_support", self.between(0.1, 1), department=department, text="请协助办理。")
        self.tell("release_support", self.between(0.5, 2), department=department)
        return max(left - 3, 0.2)

    def _when_urged(self, left: float) -> float:
        self.line["urge"] = "请问办理到哪一步了？"
        return left - self.go("urge", self.between(0.2, 0.5) * left)

    def _when_supervised(self, left: float) -> float:
        self.line["order"] = "请加快办理，说明进展和办结时间。"
        return left - self.go("supervise", self.between(0.1, 0.4) * left)

    # How it ends

    def reply(self, after: float, *, again: bool = False) -> None:
        """The reply, signed by the head where the department wants that."""
        if not again:
            outcome = "legal_route" if self.topic.category == "涉法涉诉" else drawn(OUTCOMES, self.chance)
            self.line["outcome"] = outcome
            if outcome == "partly":
                self.line["rest"] = WorkingDays(self.chance.randrange(8, 20))
        if not self.signs:
            self.take("reply", after)
            return
        self.take("ask_sign_off", after * 0.9)
        self.take("decide_sign_off", min(after * 0.1, self.between(0.2, 3)))

    def verified(self) -> None:
        """The reply holds; then it is rated, or its rest is done first."""
        self.take("verify", self.delay(ClockKind.REVIEW))
        if self.line["outcome"] != "partly":
            self.rated(claims=self.line["outcome"] == "solved")
        else:
            self.rate(self.between(0.5, 30), good=True)
            self.tell("report_rest", self.between(15, 45), text="余下事项已全部完成，请企业确认。")
            self.tell("confirm_rest", self.between(2, 25), settled=True, text="已落实。")

    def rated(self, *, claims: bool) -> None:
        """Rated or not; what a bad rating leads to."""
        if not self.happens(RATED):
            if self.happens(0.06):
                self.rate(A_WINDOW + self.between(1, 40), good=True)
            return
        level = self.rate(self.between(0.5, 30), good=False)
        if level in BAD and claims:
            if self.signs:
                return
            self.worked_again()
        elif level in BAD:
            self.line["keep"] = "已核查办理过程，答复符合政策规定，维持办结。"
            self.take("keep_closed", self.delay(ClockKind.REVIEW))
            if self.line.get("outcome") and self.happens(0.5):
                self.excluded()
        elif self.happens(0.012):
            fields = {"solved": "solved", "level": "fairly_satisfied", "text": "补充更正评价。"}
            self.tell("correct_rating", self.between(0.3, 6), **fields)
        elif self.happens(0.008):
            self.appeal()

    def rate(self, after: float, *, good: bool) -> str:
        """A rating; which level it gives."""
        weights = {
            level: weight for level, weight in LEVELS.items() if not ((good or self.signs) and level in BAD)
        }
        level: str = drawn(weights, self.chance)
        self.line["level"], self.line["words"] = level, mark("words")
        self.line["solved"] = self.solved(level)
        self.line["phone"] = self.happens(0.35)
        self.take("rate", after)
        return level

    def solved(self, level: str) -> str:
        """What goes with a level."""
        if level in BAD:
            return "unsolved" if self.happens(0.7) else "partly"
        return "partly" if self.line.get("outcome") == "partly" or self.happens(0.08) else "solved"

    def excluded(self) -> None:
        """The lead would have the closing left out of a figure."""
        fields = {
            "figure": "satisfied",
            "reason_code": self.reason(RequestKind.EXCLUSION, 2),
            "text": "属政策权限所限。",
        }
        self.tell("ask_exclusion", self.between(2, 20), **fields)
        granted = self.happens(0.6)
        self.tell("decide_exclusion", self.between(1, 5), granted=granted, text="已核。")

    def appeal(self) -> None:
        """Another supervisor looks at it, and leaves it as it is."""
        self.tell("ask_appeal", self.between(2, 30), text="结果与约定不一致，请复核。")
        self.tell(
            "decide_appeal",
            self.between(1, 5),
            granted=False,
            text="经复核，维持原办理结果。",
            by="supervisor2",
        )

    def worked_again(self) -> None:
        """The rating opened it again; what is lacking is made good within the shorter limit."""
        self.take("sign", self.delay(ClockKind.SIGN))
        self.take("first_contact", self.delay(ClockKind.FIRST_CONTACT) * 0.3)
        limit = self.law.limits.of(ClockKind.SETTLE, self.profile, cycle=2)
        self.line["again"], self.line["again_words"] = mark("again"), "这次处理好了。"
        self.line["again_level"] = self.one_of("satisfied", "fairly_satisfied", "very_satisfied")
        self.take("reply_again", self.between(0.2, 0.6) * min(limit.number * A_DAY, 35))
        self.take("verify", self.delay(ClockKind.REVIEW))
        if self.happens(0.8):
            self.take("rate_again", self.between(1, 25))
