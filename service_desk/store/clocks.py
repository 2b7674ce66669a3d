"""Clocks: one deadline a row, kept as facts; its due time is a cache of what the law computes from them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain import deadlines
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.vocabulary import ClockKind, ClockState, Review, Standing, Unit, Wait
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import Document, Instant, Model, WordType
from service_desk.store.people import Department

LIVE = (ClockState.RUNNING, ClockState.PAUSED)
RUNS = "state IN ('running', 'paused')"
"""The same for an index."""


class ClockPause(Model):
    """A span in which a clock does not run: from ``started_at`` up to, not including, ``ended_at``."""

    __tablename__ = "clock_pauses"

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id", ondelete="CASCADE"), index=True)
    cause: Mapped[Wait] = mapped_column(WordType(Wait))
    started_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class Clock(Model):
    """时限. ``due_at`` is None while a pause makes it unknown.

    ``about`` says what a review clock waits for; ``latest_date`` is a date set from above. ``extensions``
    (at, days) and ``former_limits`` (until, number, unit) keep what the figures of an earlier instant need.
    ``next_step_at`` is when the reminders look at it next: at once where the due has changed, then at
    each step of its ladder; None where nothing is to be reminded of. ``calendar_version`` is the version
    of the calendar by which its due times were last reckoned; a finished clock keeps that of its end.
    ``rules_version`` is the last change of limits and ladders it has followed, or was started after.
    """

    __tablename__ = "clocks"
    __table_args__ = (
        Index("ix_clocks_next_step_at", "next_step_at"),
        Index("ix_clocks_state_calendar_version", "state", "calendar_version", "ticket_id"),
        Index("ix_clocks_state_rules_version", "state", "rules_version", "ticket_id"),
        Index("ix_clocks_state_due_at", "state", "due_at"),
        # Whole on SQLite, which cannot know of a value given apart from its statement that it is one of these.
        Index("ix_clocks_department_id_state", "department_id", "state", "kind", postgresql_where=text(RUNS)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ClockKind] = mapped_column(WordType(ClockKind))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    cycle: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[Instant]
    limit_number: Mapped[int | None]
    unit: Mapped[Unit] = mapped_column(WordType(Unit))
    named_date: Mapped[date | None] = mapped_column(Date)
    extended: Mapped[int] = mapped_column(default=0)
    state: Mapped[ClockState] = mapped_column(WordType(ClockState), default=ClockState.RUNNING)
    due_at: Mapped[Instant | None]
    original_due_at: Mapped[Instant | None]
    stopped_at: Mapped[Instant | None]
    judged_at: Mapped[Instant | None]
    next_step_at: Mapped[Instant | None]
    about: Mapped[Review | None] = mapped_column(WordType(Review))
    latest_date: Mapped[date | None] = mapped_column(Date)
    extensions: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)
    former_limits: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)
    calendar_version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rules_version: Mapped[int] = mapped_column(default=0, server_default=text("0"))

    pauses: Mapped[list[ClockPause]] = relationship(
        lazy="joined", cascade="all, delete-orphan", order_by=ClockPause.started_at
    )
    department: Mapped[Department | None] = relationship(lazy="joined")

    @property
    def is_live(self) -> bool:
        """Whether it still runs or is paused."""
        return self.state in LIVE

    @property
    def facts(self) -> Running:
        """The facts the law computes from."""
        return Running(
            start=self.started_at,
            limit=Limit(self.limit_number or 0, self.unit),
            pauses=tuple(Pause(pause.started_at, pause.ended_at) for pause in self.pauses),
            extended=self.extended,
            named_date=self.named_date,
            latest=self.latest_date,
        )

    def recompute(self, calendar: OfficeCalendar) -> None:
        """Bring the cached due times in line with the facts; the reminders then look at it anew."""
        self.due_at = deadlines.due(self.facts, calendar)
        self.original_due_at = deadlines.original_due(self.facts, calendar)
        self.calendar_version = calendar.version
        reminds = self.state is ClockState.RUNNING and self.due_at is not None
        self.next_step_at = self.started_at if reminds else None

    def due_by(self, calendar: OfficeCalendar) -> datetime | None:
        """When it is due by the calendar in force, also before the cache has followed a change of it."""
        follows = not self.is_live or self.calendar_version >= calendar.version
        return self.due_at if follows else deadlines.due(self.facts, calendar)

    def pause(self, at: datetime, wait: Wait, calendar: OfficeCalendar) -> None:
        """Stop counting from ``at`` on while something is waited for; several waits may be open at once."""
        if self.is_live and not self.waits_for(wait):
            self.pauses.append(ClockPause(cause=wait, started_at=at))
            self.state = ClockState.PAUSED
            self.recompute(calendar)

    def resume(self, at: datetime, wait: Wait, calendar: OfficeCalendar) -> None:
        """The wait is over at ``at``; the clock counts again where no other is open."""
        if self.is_live and self.waits_for(wait):
            # A span without length is none.
            self.pauses = [
                pause
                for pause in self.pauses
                if pause.ended_at or pause.cause is not wait or pause.started_at != at
            ]
            for pause in self.pauses:
                if pause.cause is wait:
                    pause.ended_at = pause.ended_at or at
            if all(pause.ended_at for pause in self.pauses):
                self.state = ClockState.RUNNING
            self.recompute(calendar)

    def waits_for(self, wait: Wait) -> bool:
        """Whether such a wait is open."""
        return any(pause.cause is wait and pause.ended_at is None for pause in self.pauses)

    def waits(self, wait: Wait) -> tuple[Pause, ...]:
        """All waits of this kind, the open one included."""
        return tuple(Pause(each.started_at, each.ended_at) for each in self.pauses if each.cause is wait)

    def extend(self, days: int, at: datetime, calendar: OfficeCalendar) -> None:
        """Give it ``days`` more, in its own unit; the original due is kept."""
        self.extensions = [*self.extensions, {"at": at.isoformat(), "days": days}]
        self.extended += days
        self.recompute(calendar)

    def change_limit(self, limit: Limit, at: datetime, calendar: OfficeCalendar) -> None:
        """Reckon it by another limit, from its own start."""
        former = {"until": at.isoformat(), "number": self.limit_number, "unit": self.unit.value}
        self.former_limits = [*self.former_limits, former]
        self.limit_number, self.unit = limit.number, limit.unit
        self.recompute(calendar)

    def stop(self, at: datetime, calendar: OfficeCalendar, *, judged_at: datetime | None = None) -> None:
        """End the clock by the act it waited for, judged at ``judged_at`` (default: ``at``).

        A settle clock is judged at the reply's instant: a pause that began then or later is dropped.
        """
        if not self.is_live:
            return
        moment = judged_at or at
        self.pauses = [pause for pause in self.pauses if pause.started_at < moment]
        for pause in self.pauses:
            pause.ended_at = pause.ended_at or moment
        self.recompute(calendar)
        self.stopped_at, self.judged_at = at, moment
        self.state = deadlines.judge(self.due_at, moment)
        self.next_step_at = None

    def void(self, at: datetime) -> None:
        """End the clock without a judgement."""
        if self.is_live:
            self.stopped_at, self.state, self.next_step_at = at, ClockState.VOID, None

    def cut_off(self, at: datetime) -> None:
        """End the clock without the act it waited for: void if not yet due, else missed."""
        if not self.is_live:
            return
        self.stopped_at, self.next_step_at = at, None
        # A return window that passes unused is void, however long ago it passed.
        unused = self.kind is ClockKind.RETURN_WINDOW
        self.state = ClockState.VOID if unused else deadlines.cut_off(self.due_at, at)

    def standing(self, now: datetime, calendar: OfficeCalendar) -> Standing:
        """What the clock says now: due soon, today, overdue, paused, finished, or calm."""
        if not self.is_live:
            return Standing.FINISHED
        return deadlines.standing(self.due_at, now, calendar)
