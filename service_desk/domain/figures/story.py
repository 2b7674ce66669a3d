"""A ticket's events told as a story up to an instant: dispatches, returns, replies, closings, and where it stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from service_desk.domain.figures.history import History, PastEvent
from service_desk.domain.vocabulary import Level, Outcome, Solved, State


@dataclass(slots=True)
class Dispatch:
    """The ticket went to a lead, who may have asked to give it back."""

    at: datetime
    department: str
    returned: bool = False


@dataclass(frozen=True, slots=True)
class ReturnDecision:
    """A return was upheld or refused; the department is the one that asked."""

    at: datetime
    department: str
    granted: bool


@dataclass(slots=True)
class Reply:
    """The lead's answer, and what the desk said to it: ``verified`` is None while it waits."""

    at: datetime
    department: str
    cycle: int
    outcome: Outcome
    verified: bool | None = None


@dataclass(slots=True)
class Closing:
    """One closing with its rating as last corrected; ``reply`` is None where the desk answered itself."""

    at: datetime
    cycle: int
    reply: Reply | None
    since: datetime
    solved: Solved | None = None
    level: Level | None = None
    excluded_from: set[str] = field(default_factory=set)
    reopened: bool = False


@dataclass(slots=True)
class Story:
    """Where a ticket stands at an instant, and what led there: built line by line by ``take``."""

    as_of: datetime
    state: State = State.DRAFT
    cycle: int = 1
    lead: str | None = None
    answered: bool = False
    incident: bool = False
    submitted_at: datetime | None = None
    first_accepted_at: datetime | None = None
    first_dispatched_at: datetime | None = None
    dispatches: list[Dispatch] = field(default_factory=list)
    decisions: list[ReturnDecision] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    leads: list[tuple[datetime, str | None]] = field(default_factory=list)
    # The last accept, in a later cycle its beginning: a duration runs from here.
    _since: datetime | None = None
    _by_desk: bool = False
    _return_by: str = ""
    _draft: Outcome | None = None  # the reply laid before the head for sign-off
    _exclusion: tuple[str, Closing] | None = None

    @property
    def pending_reply(self) -> Reply | None:
        """The reply that waits to be verified: settle and promise are paused since its instant."""
        if self.replies and self.replies[-1].verified is None:
            return self.replies[-1]
        return None

    def lead_at(self, instant: datetime) -> str | None:
        """The lead after everything that happened at ``instant``."""
        return next((lead for at, lead in reversed(self.leads) if at <= instant), None)

    def take(self, event: PastEvent) -> None:
        """Go on by one line of the record."""
        chapter = self._CHAPTERS.get(event.action)
        if chapter is not None:
            chapter(self, event)
        self.state = event.state

    # Each reads the state before its own line.

    def _submit(self, event: PastEvent) -> None:
        self.submitted_at = self.submitted_at or event.at

    def _accept(self, event: PastEvent) -> None:
        self.first_accepted_at = self.first_accepted_at or event.at
        if self.cycle == 1:
            self._since = event.at

    def _answer(self, event: PastEvent) -> None:
        self.first_accepted_at = self.first_accepted_at or event.at
        self.answered = self._by_desk = True

    def _dispatch(self, event: PastEvent) -> None:
        department = event.department or ""
        self.first_dispatched_at = self.first_dispatched_at or event.at
        self.dispatches.append(Dispatch(event.at, department))
        self._by_desk = False
        self._hand_to(department, event.at)

    def _hand_to(self, department: str | None, at: datetime) -> None:
        self.lead = department
        self.leads.append((at, department))

    def _ask_return(self, event: PastEvent) -> None:
        self.dispatches[-1].returned = True
        self._return_by = event.department or self.lead or ""

    def _decide_return(self, event: PastEvent) -> None:
        granted = bool(event.data["granted"])
        self.decisions.append(ReturnDecision(event.at, self._return_by, granted))
        if granted:
            self._hand_to(None, event.at)

    def _reply(self, event: PastEvent) -> None:
        self._go_out(event.at, Outcome(event.data["outcome"]))

    def _ask_sign_off(self, event: PastEvent) -> None:
        self._draft = Outcome(event.data["outcome"])

    def _decide_sign_off(self, event: PastEvent) -> None:
        """A signed reply goes out as of the decision."""
        if event.state is State.REPLIED and self._draft is not None:
            self._go_out(event.at, self._draft)

    def _go_out(self, at: datetime, outcome: Outcome) -> None:
        self.replies.append(Reply(at, self.lead or "", self.cycle, outcome))

    def _check(self, event: PastEvent) -> None:
        self.replies[-1].verified = event.action == "verify"

    def _rate(self, event: PastEvent) -> None:
        if self.state is State.AWAITING_RATING:
            self._close(event)
        self._correct_rating(event)

    def _correct_rating(self, event: PastEvent) -> None:
        self.closings[-1].solved = Solved(event.data["solved"])
        self.closings[-1].level = Level(event.data["level"])

    def _close(self, event: PastEvent) -> None:
        reply = None if self._by_desk else self.replies[-1]
        self.closings.append(Closing(event.at, self.cycle, reply, self._since or event.at))

    def _rework(self, event: PastEvent) -> None:
        self.cycle += 1
        self._since = event.at
        self._by_desk = False
        self.closings[-1].reopened = True

    def _decide_appeal(self, event: PastEvent) -> None:
        """An appeal granted on a closed ticket begins a new cycle and releases the lead."""
        if event.data["granted"] and self.state is State.CLOSED:
            self._rework(event)
            self._hand_to(None, event.at)

    def _check_withdrawal(self, event: PastEvent) -> None:
        """Withdrawn under pressure, the ticket comes back without a lead."""
        if event.state is State.ACCEPTED:
            self._hand_to(None, event.at)

    def _ask_exclusion(self, event: PastEvent) -> None:
        self._exclusion = (str(event.data["figure"]), self.closings[-1])

    def _decide_exclusion(self, event: PastEvent) -> None:
        if self._exclusion is not None and event.data["granted"]:
            asked, closing = self._exclusion
            closing.excluded_from.add(str(event.data.get("figure", asked)))

    def _incident(self, event: PastEvent) -> None:
        self.incident = event.action == "join_incident"

    _CHAPTERS: ClassVar[Mapping[str, Callable[["Story", PastEvent], None]]] = {
        "submit": _submit,
        "accept": _accept,
        "answer": _answer,
        "dispatch": _dispatch,
        "redispatch": _dispatch,
        "ask_return": _ask_return,
        "decide_return": _decide_return,
        "reply": _reply,
        "ask_sign_off": _ask_sign_off,
        "decide_sign_off": _decide_sign_off,
        "verify": _check,
        "send_back": _check,
        "rate": _rate,
        "correct_rating": _correct_rating,
        "expire_rating": _close,
        "rework": _rework,
        "decide_appeal": _decide_appeal,
        "check_withdrawal": _check_withdrawal,
        "ask_exclusion": _ask_exclusion,
        "decide_exclusion": _decide_exclusion,
        "join_incident": _incident,
        "leave_incident": _incident,
    }


def tell(history: History, as_of: datetime) -> Story:
    """Replay the events at or before ``as_of``: later ones do not exist."""
    story = Story(as_of)
    for event in history.events:
        if event.at > as_of:
            break
        story.take(event)
    return story
