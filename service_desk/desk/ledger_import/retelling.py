"""A row of the ledger, retold as the acts it tells of: what a row leaves open is filled in by a stated rule.

See docs/decisions/0025 for the rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from service_desk.desk.history.fields import GivenEnterprise
from service_desk.desk.history.lines import Line
from service_desk.desk.ledger_import.cells import Told
from service_desk.desk.ledger_import.dates import (
    A_MINUTE,
    ANSWERED,
    ASSIGNED,
    CLOSED,
    CONTACTED,
    REPLIED,
    SIGNED,
    SUBMITTED,
    check,
    moment_of,
    moments_of,
)
from service_desk.desk.ledger_import.reckoning import Reckoning
from service_desk.domain.actions import DONE, Action
from service_desk.domain.deadlines import Pause
from service_desk.domain.errors import Invalid
from service_desk.domain.limits import (
    DEFERRAL_DAYS,
    NEXT_REPLY_DAYS,
    QUESTION_CLOSES,
    REST_DAYS,
)
from service_desk.domain.sentences import say
from service_desk.domain.states import ENDED
from service_desk.domain.vocabulary import OrderLevel, Outcome, Role, State, is_bad_rating
from service_desk.store.catalogue import Category
from service_desk.store.law import Law

A, S = Action, State

NOT_TOLD = "（台账未载明）"
DESK_WORDS = frozenset(DONE.values()) | {action.label for action in Action}
"""How the desk itself begins 最新进展; what begins otherwise is news that somebody wrote."""
NEWS = DONE[A.PROGRESS]


def news_of(told: Told) -> str:
    """What 最新进展 says that is news, and not the desk's own word for the last act."""
    head, _, words = told.progress.partition("：")
    return words if head == NEWS else "" if head in DESK_WORDS else told.progress


@dataclass
class Retelling:
    """The acts of one row, in order.

    ``parent_since`` is when the ticket it was merged into was submitted, ``last_child`` the day of the last one that
    was merged into it.
    """

    told: Told
    category: Category
    law: Law
    now: datetime
    digest: str
    kept: Mapping[str, Any]
    parent_since: datetime | None = None
    last_child: date | None = None
    lines: list[Line] = field(default_factory=list)
    at: datetime = datetime.min  # noqa: DTZ901 - replaced by the first moment
    when: dict[str, datetime] = field(default_factory=dict)
    reckoning: Reckoning = field(init=False)

    def retell(self) -> list[Line]:
        """The lines to be replayed. Raises ``Invalid`` where the row contradicts itself."""
        told = self.told
        check(told)
        self.when = moments_of(told, self.law.calendar, self.now)
        self.reckoning = Reckoning(told, self.category, self.law, self.now, self.when)
        self.at = self.when[SUBMITTED]
        self._submit()
        if told.state is S.SUPPLEMENTING:
            self._act(A.ASK_SUPPLEMENT, text=NOT_TOLD)
        elif told.by_the_desk:
            self._formerly_answered(self.when[ANSWERED])
            self._act(A.ANSWER, text=told.reply)
        elif told.was_dispatched:
            self._dispatch()
            self._handle()
        elif told.state is S.ACCEPTED:
            self._formerly_answered(self.at)
            if not told.reworks:
                self._act(A.ACCEPT, complex=self.reckoning.is_complex)
        if not told.was_dispatched:
            self._oversee(told.orders)
        self._end()
        return self.lines

    def _act(self, action: Action, role: Role | None = None, name: str = "", **fields: Any) -> None:
        line = Line(
            number=self.told.row.number,
            ticket=self.told.key,
            seq=len(self.lines),
            action=action,
            at=self.at,
            role=role,
            by_system=False,
            name=name,
            fields=fields,
            others={"ledger": self.kept} if action is A.SUBMIT else {},
            digest=self.digest,
        )
        self.lines.append(line)

    def _of_the_lead(self, action: Action, **fields: Any) -> None:
        self._act(action, Role.HANDLER, self.told.handler, **fields)

    def _submit(self) -> None:
        told = self.told
        fields: dict[str, Any] = {
            "enterprise": GivenEnterprise(told.code, told.enterprise),
            "category": told.category,
            "title": told.title,
            "text": told.text,
            "nature": told.nature,
            "urgency": told.urgency,
            "source": told.source,
        }
        if told.area:
            fields["area"] = told.area
        self._act(A.SUBMIT, Role.CLERK, **fields)

    def _formerly_answered(self, moment: datetime) -> None:
        """The former cycles of a matter no department has now: answered by the desk itself."""
        for cycle in range(1, self.told.reworks + 1):
            self._act(A.ANSWER, text=NOT_TOLD)
            self._close_former(cycle, until=moment)
        self.at = moment

    def _dispatch(self) -> None:
        """Accepted and given to the lead; of a reworked one the ledger tells when its last cycle began."""
        told, assigned = self.told, self.when[ASSIGNED]
        self.at = self.reckoning.accepted_at(self.at)
        self._act(A.ACCEPT, complex=self.reckoning.is_complex)
        if not told.reworks:
            self.at = assigned
        role = Role.SUPERVISOR if told.against else None
        self._act(A.DISPATCH, role, lead=told.lead, supports=list(told.supports))
        last_unrated = max(set(range(1, told.reworks + 1)) - set(told.rated_before), default=0)
        for cycle in range(1, told.reworks + 1):
            if cycle > last_unrated:
                self.at = max(self.at, assigned - A_MINUTE * (told.reworks - cycle))
            self._of_the_lead(A.REPLY, outcome=Outcome.SOLVED, text=NOT_TOLD)
            self._act(A.VERIFY)
            self._close_former(cycle, until=assigned)
            if cycle < told.reworks:
                self.at += A_MINUTE

    def _close_former(self, cycle: int, *, until: datetime) -> None:
        """A former cycle ended with the rating that 备注 tells, or unrated where there was time for that."""
        told = self.told
        rating = told.rated_before.get(cycle)
        if rating is not None:
            solved, level = rating
            self._act(A.RATE, solved=solved, level=level)
        else:
            ends = self.reckoning.window_from(self.at)
            if ends > until:
                sentence = (
                    "“重办次数”为 %(n)s，但“备注”里没有第 %(cycle)s 轮的评价，时间上也来不及逾期未评。"
                    "请在“备注”里写“第 %(cycle)s 轮评价：未解决、不满意”这样的话，或把“重办次数”改为 0"
                )
                raise Invalid(say(sentence, n=told.reworks, cycle=cycle))
            self.at = until if cycle == told.reworks else ends
        self._act(A.REWORK, reason=NOT_TOLD)

    def _handle(self) -> None:
        """What the lead did in the last cycle."""
        told, when = self.told, self.when
        if told.state is S.ASSIGNED or (told.state in ENDED - {S.CLOSED} and SIGNED not in when):
            self._oversee(told.orders)
            return
        begun = [when[title] for title in (SIGNED, CONTACTED, ANSWERED) if title in when]
        self.at = min(begun, default=self.at)
        self._act(A.SIGN, Role.HANDLER, told.handler, department=told.lead)
        self._oversee(told.orders)
        self._extend()
        contacted, replied = when.get(CONTACTED), when.get(ANSWERED)
        pauses = self.reckoning.pauses()
        early = [pause for pause in pauses if contacted is not None and pause.start < contacted]
        self._stand_still(early)
        if contacted is not None and contacted != replied:
            self.at = contacted
            self._of_the_lead(A.FIRST_CONTACT)
        self._stand_still(pauses[len(early) :])
        if news_of(told):
            self._of_the_lead(A.PROGRESS, text=news_of(told), public=True)
        if told.state in REPLIED and replied is not None:
            self.at = replied
            self._reply()

    def _oversee(self, orders: int) -> None:
        """督办: a ledger counts them; they are taken to be answered."""
        for _ in range(orders):
            self._act(A.SUPERVISE, level=OrderLevel.FIRST, text=NOT_TOLD)
            self._act(A.ANSWER_ORDER, text=NOT_TOLD, new_date=self.law.calendar.day_of(self.at))

    def _extend(self) -> None:
        """延期: all at once, when it was signed; the days of the last cycle alone are told."""
        number, extended = self.reckoning.extensions
        for left in range(number, 0, -1):
            days = extended - (number - 1) if left == number else 1
            self._of_the_lead(A.ASK_EXTENSION, days=days, text=NOT_TOLD)
            self._act(A.DECIDE_EXTENSION, granted=True)

    def _reply(self) -> None:
        told = self.told
        fields: dict[str, Any] = {"outcome": told.outcome, "text": told.reply}
        if told.outcome is Outcome.PARTLY:
            fields["rest_date"] = self.law.calendar.day_of(self.at) + timedelta(days=REST_DAYS)
        self._of_the_lead(A.REPLY, **fields)

    def _end(self) -> None:
        """How it ended, or in what state it stands."""
        told = self.told
        if self.last_child is not None and told.state in ENDED - {S.CLOSED}:
            self.at = max(self.at, min(self.law.calendar.close(self.last_child), self.now))
        match told.state:
            case S.AWAITING_RATING | S.CLOSED:
                self._verify_and_rate()
            case S.DEFERRED:
                self._defer()
            case S.REJECTED:
                self._act(
                    A.ASK_REJECTION,
                    reason_code=NOT_TOLD,
                    text=told.progress or NOT_TOLD,
                    legal_route=NOT_TOLD,
                )
                self._act(A.DECIDE_REJECTION, granted=True)
            case S.WITHDRAWN:
                self._cut_off()
                self._act(A.WITHDRAW, reason=NOT_TOLD)
                if told.was_dispatched:
                    self._act(A.CHECK_WITHDRAWAL, voluntary=True, text=NOT_TOLD)
            case S.MERGED:
                self.at = max(self.at, self.parent_since or self.at)
                self._act(A.MERGE, parent=told.parent)
        if told.state is S.CLOSED and told.was_dispatched:
            self._look_back()
        if told.remark:
            self._act(A.NOTE, text=told.remark)

    def _verify_and_rate(self) -> None:
        told, closed = self.told, self.when.get(CLOSED)
        if not told.by_the_desk:
            self.at = self.reckoning.verified_at(self.at)
            self._act(A.VERIFY)
        if told.state is not S.CLOSED or told.solved is None or told.level is None or closed is None:
            return
        self.at = max(self.at, closed)
        self._act(
            A.RATE,
            Role.QUALITY if told.by_phone else None,
            solved=told.solved,
            level=told.level,
            text=told.words,
        )
        waits = told.progress == DONE[A.RATE]
        if self.stays_closed and not waits:
            self._act(A.KEEP_CLOSED, reason=NOT_TOLD)

    def _look_back(self) -> None:
        """What was done once it was closed: the rest reported, figures that leave it out."""
        told = self.told
        head, _, words = told.progress.partition("：")
        reported = head == DONE[A.REPORT_REST] and told.outcome is Outcome.PARTLY
        if told.solved is None and (reported or told.excluded):
            self.at = min(max(self.at, self.reckoning.window_from(self.at)), self.now)
        if reported:
            self._of_the_lead(A.REPORT_REST, text=words or NOT_TOLD)
        for figure in told.excluded:
            self._of_the_lead(A.ASK_EXCLUSION, figure=figure, reason_code=NOT_TOLD, text=NOT_TOLD)
            self._act(A.DECIDE_EXCLUSION, granted=True)

    @property
    def stays_closed(self) -> bool:
        """Whether it was rated badly, and is closed all the same."""
        told = self.told
        if told.state is not S.CLOSED or told.solved is None or told.level is None:
            return False
        return is_bad_rating(told.solved, told.level)

    def _cut_off(self) -> None:
        """The end of a matter that was late is not told: it came after it was due."""
        told = self.told
        if told.late and told.due is not None:
            self.at = max(self.at, moment_of(told.due, self.law.calendar) + A_MINUTE)
            if self.at > self.now:
                raise Invalid("“是否按时”为否，但“应办结日期”还没有到")

    def _defer(self) -> None:
        """挂账: since when is not told, so since the last that is; after the due where that is known."""
        told = self.told
        overdue = moment_of(told.due, self.law.calendar) + A_MINUTE if told.due is not None else self.at
        self.at = max(self.at, min(overdue, self.now))
        day = self.law.calendar.day_of(self.at)
        if self.law.calendar.day_of(self.now) - day > timedelta(days=DEFERRAL_DAYS):
            raise Invalid(
                say(
                    "挂账最多 %(days)s 天，这一件从 %(day)s 起没有别的记载，按规则已恢复办理。"
                    "请把“当前状态”改为“办理中”，或补上最近的签收、联系日期",
                    days=DEFERRAL_DAYS,
                    day=day,
                )
            )
        next_reply = day + timedelta(days=NEXT_REPLY_DAYS)
        self._of_the_lead(A.ASK_DEFERRAL, plan=NOT_TOLD, next_reply=next_reply)
        self._act(A.DECIDE_DEFERRAL, granted=True)

    def _stand_still(self, pauses: Sequence[Pause]) -> None:
        """Have the clock stand as long as 应办结日期 tells: by a question, or put off where that is too long."""
        calendar = self.law.calendar
        for pause in pauses:
            end = pause.end or self.now
            self.at = max(self.at, pause.start)
            day = calendar.day_of(self.at)
            closes = calendar.working_days_after(day, calendar.day_of(end))
            if closes < QUESTION_CLOSES and self.when.get(CONTACTED) == self.at:
                self._of_the_lead(A.ASK_ENTERPRISE, text=NOT_TOLD)
                self.at = max(self.at, end)
                self._act(A.INFORM, text=NOT_TOLD)
            else:
                next_reply = day + timedelta(days=NEXT_REPLY_DAYS)
                self._of_the_lead(A.ASK_DEFERRAL, plan=NOT_TOLD, next_reply=next_reply)
                self._act(A.DECIDE_DEFERRAL, granted=True)
                self.at = max(self.at, end)
                self._of_the_lead(A.RESUME)
