"""The states of a ticket in groups: which are open, whose turn it is in each, where requests may be asked."""

from service_desk.domain.vocabulary import ClockKind, RequestKind, Review, State

OPEN = frozenset(
    {
        State.SUBMITTED,
        State.SUPPLEMENTING,
        State.ACCEPTED,
        State.ASSIGNED,
        State.IN_PROGRESS,
        State.DEFERRED,
        State.REPLIED,
    }
)
ENDED = frozenset({State.CLOSED, State.REJECTED, State.WITHDRAWN, State.MERGED})
IN_HAND = frozenset({State.ASSIGNED, State.IN_PROGRESS, State.DEFERRED})
SUBMITTED_STATES = frozenset(State) - {State.DRAFT}

# Which clocks the person whose turn it is works against; lists show and sort by the one due first.
TURN_CLOCKS = {
    State.SUBMITTED: (ClockKind.ACCEPT,),
    State.SUPPLEMENTING: (ClockKind.SUPPLEMENT,),
    State.ACCEPTED: (ClockKind.DISPATCH,),
    State.ASSIGNED: (ClockKind.SIGN,),
    State.IN_PROGRESS: (ClockKind.FIRST_CONTACT, ClockKind.SETTLE),
    State.DEFERRED: (ClockKind.NEXT_REPLY,),
    State.REPLIED: (ClockKind.REVIEW,),
    State.AWAITING_RATING: (ClockKind.RATING,),
    State.CLOSED: (ClockKind.REVIEW,),
    State.WITHDRAWN: (ClockKind.REVIEW,),
}

TURN_REVIEWS = {
    State.REPLIED: Review.REPLY,
    State.CLOSED: Review.RATING,
    State.WITHDRAWN: Review.WITHDRAWAL,
}
"""What the review clock of a state's turn is about: requests have review clocks of their own."""

STAGES = {
    State.DRAFT: 1,
    State.SUBMITTED: 1,
    State.SUPPLEMENTING: 1,
    State.ACCEPTED: 2,
    State.ASSIGNED: 3,
    State.IN_PROGRESS: 3,
    State.DEFERRED: 3,
    State.REPLIED: 4,
    State.AWAITING_RATING: 4,
}


def stage(state: State) -> int:
    """The stage 1–4 on the status bar; ends stand at the last one."""
    return STAGES.get(state, 4)


ASKED_IN = {
    RequestKind.RETURN: frozenset({State.ASSIGNED, State.IN_PROGRESS}),
    RequestKind.EXTENSION: frozenset({State.IN_PROGRESS}),
    RequestKind.DEFERRAL: frozenset({State.IN_PROGRESS, State.DEFERRED}),
    RequestKind.REJECTION: frozenset({State.SUBMITTED, State.ACCEPTED, State.SUPPLEMENTING}),
    RequestKind.SIGN_OFF: frozenset({State.IN_PROGRESS, State.DEFERRED}),
    RequestKind.EXCLUSION: frozenset({State.CLOSED}),
    RequestKind.APPEAL: frozenset({State.REJECTED, State.CLOSED}),
}
"""The states in which a request may be asked and decided; it lapses when the ticket leaves them."""
