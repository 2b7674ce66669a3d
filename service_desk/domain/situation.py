"""What the table of actions is asked about: one person before one ticket at one instant."""

from dataclasses import dataclass
from datetime import datetime

from service_desk.domain.actions import Party
from service_desk.domain.vocabulary import AssignmentState, RequestKind, Review, State


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The facts about one person before one ticket at one instant, taken from the rows once.

    Instants are in the park's time zone: refusals name them.
    """

    state: State
    parties: frozenset[Party]
    now: datetime
    cycle: int = 1
    handled: bool = False
    """This person signed, was handed, contacted, replied or answered directly, in any cycle."""
    took_part: bool = False
    """This person has acted on the ticket at all."""
    of_the_departments: bool = False
    """This person belongs to the lead or a support of the ticket, past ones included."""
    had_lead: bool = False
    has_handler: bool = False
    """Somebody has been named to handle the part of this person's department."""
    is_handler: bool = False
    """It is this person."""
    is_head: bool = False
    """This person heads a department."""
    wants_sign_off: bool = False
    """Replies of the lead go out when its head has signed them."""
    support: AssignmentState | None = None
    """The state of this person's department's own support assignment."""
    contacted: bool = False
    """The lead has reached the enterprise."""
    asked_enterprise: bool = False
    """A question to the enterprise has not been answered."""
    rated: bool = False
    """The last closing has its rating."""
    bad_ratings: int = 0
    """Closings so far, of replies that claimed a solution, that were rated badly."""
    claims_solution: bool = False
    """The last reply claimed 已解决 or 部分解决."""
    last_rating_is_bad: bool = False
    rating_corrected: bool = False
    rating_correctable_until: datetime | None = None
    reviews: frozenset[Review] = frozenset()
    """What is waiting to be reviewed."""
    may_rate_until: datetime | None = None
    """End of the 30 × 24 h in which a ticket closed unrated may still be rated."""
    rating_ends_at: datetime | None = None
    orders_running: int = 0
    may_urge: bool = True
    against_a_department: bool = False
    """It is a complaint against a department."""
    inquiry_is_open: bool = False
    """The department complained of has not answered the desk's question."""
    moves: int = 0
    """Upheld returns and redispatches so far."""
    return_window_ends: datetime | None = None
    """End of the return window of this lead."""
    return_asked: bool = False
    """A return was asked for this very assignment."""
    settle_due: datetime | None = None
    """When it is due; None while a pause leaves that open."""
    extensions: int = 0
    """Extensions granted to the settle clock."""
    most_extensions: int = 0
    requests: frozenset[RequestKind] = frozenset()
    """The requests that nobody has decided."""
    own_requests: frozenset[RequestKind] = frozenset()
    """Those of them that this person asked."""
    supplement_ends_at: datetime | None = None
    objections_until: datetime | None = None
    """End of the 10 working days after the closing or rejection."""
    appealed: bool = False
    rest_running: bool = False
    rest_reported: bool = False
    """The rest of a partial solution was reported, and the enterprise has not said yet whether it holds."""
    rest_confirmable_until: datetime | None = None
    rest_unconfirmed: bool = False
    """The rest was reported, and the enterprise has not said that it is done."""
    in_incident: bool = False
    wait_ends_at: datetime | None = None
    """When a question has waited as long as it may: the clocks then run again."""
    deferral_ends_at: datetime | None = None
    instead: tuple["Situation", ...] = ()
    """The situations of the colleagues this person stands in for, who themselves stand in for nobody."""
    instead_of: int | None = None
    """Whose place this is, by id, in one of those; None for the person who acts."""
