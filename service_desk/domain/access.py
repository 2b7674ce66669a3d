"""Who reads which line of a ticket's history."""

from collections.abc import Collection

from service_desk.domain.actions import Action, Party
from service_desk.domain.vocabulary import Review

DESK = frozenset({Party.CLERK, Party.QUALITY, Party.SUPERVISOR})
DESK_ONLY = frozenset(
    {Action.NOTE, Action.CHECK_WITHDRAWAL, Action.KEEP_CLOSED, Action.INQUIRE, Action.ANSWER_INQUIRY}
)
RATINGS = frozenset({Action.RATE, Action.CORRECT_RATING})
LEAD_ONLY = frozenset({Action.ASK_EXCLUSION, Action.DECIDE_EXCLUSION, Action.CANCEL_EXCLUSION})
"""Lines that tell how a matter was rated: not for supports."""
WORDS_FOR_STAFF = frozenset(
    {
        Action.DISPATCH,
        Action.REDISPATCH,
        Action.ADD_SUPPORT,
        Action.MERGE,
        Action.UNMERGE,
        Action.RESUME,
        Action.DECIDE_EXTENSION,
        Action.DECIDE_DEFERRAL,
        Action.DECIDE_REJECTION,
    }
)
"""Lines the enterprise reads, but whose words are written for the departments."""


def may_read(action: Action, parties: Collection[Party], *, public: bool, reopened: bool) -> bool:
    """Whether somebody in these capacities reads a line.

    The desk reads everything; the enterprise and onlookers what is public; the lead and the supports
    their work too, but not what the desk notes for itself. A rating is for the enterprise and the
    desk; the lead reads a single one only once it has ``reopened`` the ticket, a support never.
    """
    parties = frozenset(parties)
    if parties & DESK:
        return True
    if Party.CONTACT in parties:
        return public
    if action in RATINGS:
        return Party.LEAD in parties and reopened
    if action in LEAD_ONLY:
        return Party.LEAD in parties
    if action in DESK_ONLY:
        return False
    return public or bool(parties & {Party.LEAD, Party.SUPPORT})


PUBLIC_REVIEWS = frozenset({Review.WITHDRAWAL, Review.APPEAL})
"""What the enterprise has asked for itself: everybody who sees the ticket reads that line."""


def may_know_of_review(about: Review | None, parties: Collection[Party]) -> bool:
    """Whether somebody in these capacities is told that something is being reviewed, what, and until when.

    A review tells of what led to it: that of a bad rating is the desk's alone, that of a request is for those
    who read the request.
    """
    if frozenset(parties) & DESK or about is Review.REPLY:
        return True
    if about is None or about is Review.RATING:
        return False
    led_to_it = Action.WITHDRAW if about is Review.WITHDRAWAL else Action(f"ask_{about.value}")
    return may_read(led_to_it, parties, public=about in PUBLIC_REVIEWS, reopened=False)


def works_on_it(parties: Collection[Party]) -> bool:
    """Whether somebody has a part in the matter; a leader looks on, and may order."""
    return bool(frozenset(parties) - {Party.LEADER})


NEWS_OF_NO_ACT = frozenset({Action.RECALCULATE})
"""Lines the enterprise may read that tell of nothing anybody did: lists go on showing the last act."""


def in_lists(action: Action, text: str, *, public: bool) -> str | None:
    """The words a list adds to the act, where whoever sees the ticket reads them; None: nothing of it.

    That a matter was rated is no secret, how it was rated is.
    """
    if not public or action in DESK_ONLY or action in NEWS_OF_NO_ACT:
        return None
    return "" if action in RATINGS else words_for_everybody(action, text)


def words_for_everybody(action: Action, text: str) -> str:
    """The words of a line as whoever reads the line may read them."""
    return "" if action in WORDS_FOR_STAFF else text
