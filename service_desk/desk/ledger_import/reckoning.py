"""What a row does not tell, found by what it does: limits, extensions, pauses, when it was accepted and verified."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from service_desk.desk.ledger_import.cells import Told
from service_desk.desk.ledger_import.dates import (
    A_MINUTE,
    ANSWERED,
    ASSIGNED,
    CLOSED,
    CONTACTED,
    SIGNED,
    moment_of,
)
from service_desk.domain.deadlines import Limit, Pause, Running, due, worked_days
from service_desk.domain.limits import DEFERRAL_DAYS, Profile, limit_class
from service_desk.domain.states import ENDED
from service_desk.domain.vocabulary import ClockKind, State
from service_desk.domain.worktime import ONE_DAY
from service_desk.store.catalogue import Category
from service_desk.store.law import Law

S = State
FAR_BACK = 60
"""Days between filing and dispatch among which the day of acceptance is looked for."""


@dataclass(frozen=True)
class Reckoning:
    """The law's side of a row; ``when`` are its dates as instants, by column."""

    told: Told
    category: Category
    law: Law
    now: datetime
    when: Mapping[str, datetime]

    @property
    def is_complex(self) -> bool:
        """Whether 办理时限 is that of a complex matter, and not of a common one."""
        common, hard = (self._limit(is_complex=each) for each in (False, True))
        return self.told.limit == hard.number and common.number != hard.number

    def _limit(self, *, is_complex: bool) -> Limit:
        profile = self._profile(is_complex=is_complex)
        return self.law.limits.of(ClockKind.SETTLE, profile, cycle=self.told.reworks + 1)

    def _profile(self, *, is_complex: bool) -> Profile:
        told = self.told
        its_class = limit_class(
            nature=told.nature,
            urgency=told.urgency,
            is_complex=is_complex,
            is_arrears=self.category.is_arrears,
        )
        return Profile(its_class, self.category.id, told.source)

    @property
    def _settle(self) -> Running:
        """The settle clock of the last cycle, as it would run without pauses."""
        _, extended = self.extensions
        limit = self._limit(is_complex=self.is_complex)
        return Running(self.when[ASSIGNED], limit, (), extended, latest=self.told.latest)

    @property
    def extensions(self) -> tuple[int, int]:
        """How often the last settle clock was extended and by how much, as far as the law allows that."""
        told, limits = self.told, self.law.limits
        profile = self._profile(is_complex=self.is_complex)
        days = min(told.extended, limits.most_extension_days(profile))
        number = min(told.extensions, days, limits.most_extensions(profile))
        return number, days if number else 0

    def accepted_at(self, submitted: datetime) -> datetime:
        """The day since which 用时 is counted, as late as may be; with the filing where it tells nothing."""
        told, replied = self.told, self.when.get(ANSWERED)
        calendar = self.law.calendar
        if told.days is None or replied is None or told.reworks:
            return submitted
        assigned = self.when[ASSIGNED]
        pauses = self.pauses()
        for back in range(FAR_BACK):
            day = calendar.day_of(assigned) - timedelta(days=back)
            moment = min(max(calendar.opening(day), submitted), assigned)
            if worked_days(moment, replied, pauses, calendar) == told.days:
                return moment
            if moment == submitted:
                break
        return submitted

    def pauses(self) -> tuple[Pause, ...]:
        """When the settle clock stood: once for 应办结日期, and once it was late for what 用时 still lacks."""
        first = self._pause()
        return first + self._pause_once_late(first)

    def _pause_once_late(self, first: tuple[Pause, ...]) -> tuple[Pause, ...]:
        """A pause after the due by which 用时 is no more than the ledger says."""
        told, when, calendar = self.told, self.when, self.law.calendar
        assigned, replied = when[ASSIGNED], when.get(ANSWERED)
        due_at = due(replace(self._settle, pauses=first), calendar)
        if told.days is None or replied is None or due_at is None or told.state in ENDED - {S.CLOSED}:
            return ()
        contacted = when.get(CONTACTED, assigned)
        known = when.get(SIGNED, assigned) if contacted == replied else contacted
        start = max(due_at + A_MINUTE, known)
        day = calendar.day_of(start)
        spent = worked_days(assigned, replied, first, calendar)
        pause = Pause(start, start)
        longest = day + timedelta(days=DEFERRAL_DAYS)
        while spent > told.days and day < min(calendar.day_of(replied), longest):
            day += ONE_DAY
            pause = Pause(start, min(calendar.opening(day), replied))
            spent = worked_days(assigned, replied, (*first, pause), calendar)
        return (pause,) if spent == told.days and pause.end != start else ()

    def _pause(self) -> tuple[Pause, ...]:
        """The pause by which 应办结日期 is later than the limit makes it; none where none explains it."""
        told, when, calendar = self.told, self.when, self.law.calendar
        replied = when.get(ANSWERED)
        known = told.due if told.due is not None else replied if told.paused else None
        if known is None or told.state in ENDED - {S.CLOSED}:
            return ()
        settle, wanted = self._settle, calendar.day_of(moment_of(known, calendar))
        plain = due(settle, calendar)
        if plain is None or calendar.day_of(plain) >= wanted:
            return ()
        end, signed = replied or self.now, when.get(SIGNED, settle.start)
        contacted = when.get(CONTACTED, signed)
        spans = ((contacted, end), (signed, contacted))
        found = (self._pause_within(start, until, settle, wanted) for start, until in spans)
        return next((pause for pause in found if pause), ())

    def _pause_within(
        self, start: datetime, until: datetime, settle: Running, wanted: date
    ) -> tuple[Pause, ...]:
        """A pause from ``start`` on, over before ``until``, that moves the due to the wanted day."""
        calendar = self.law.calendar
        day = calendar.day_of(start)
        last = min(calendar.day_of(until), day + timedelta(days=DEFERRAL_DAYS))
        while day < last:
            day += ONE_DAY
            pause = Pause(start, min(calendar.opening(day), until))
            found = due(replace(settle, pauses=(pause,)), calendar)
            if found is None or calendar.day_of(found) >= wanted:
                return (pause,) if found is not None and calendar.day_of(found) == wanted else ()
        return ()

    def verified_at(self, replied: datetime) -> datetime:
        """With the reply; later where the time to rate would then have ended before it was rated or closed."""
        closed = self.when.get(CLOSED)
        if self.told.state is S.AWAITING_RATING:
            return replied if self.window_from(replied) > self.now else self.now
        if closed is None or self.told.solved is not None:
            return replied if closed is None or self.window_from(replied) >= closed else closed
        calendar = self.law.calendar
        day = calendar.day_of(replied)
        while day <= calendar.day_of(closed):
            moment = max(replied, calendar.opening(day))
            if calendar.day_of(self.window_from(moment)) >= calendar.day_of(closed):
                return moment
            day = calendar.next_working_day(day)
        return replied

    def window_from(self, moment: datetime) -> datetime:
        """When the time to rate ends that begins at ``moment``."""
        window = self.law.limits.of(ClockKind.RATING, self._profile(is_complex=False))
        return due(Running(moment, window), self.law.calendar) or moment
