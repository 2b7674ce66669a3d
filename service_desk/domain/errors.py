"""Broken rules: exceptions whose message is the sentence a person reads."""


class DeskError(Exception):
    """Something cannot be done; the text says why and what to do instead.

    ``status`` is the HTTP status the edges answer with.
    """

    status = 422

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Refused(DeskError):
    """Not for this person to do (403). ``who`` are the capacities in which one may, where that decides."""

    status = 403

    def __init__(self, sentence: str, *, who: tuple[object, ...] = ()) -> None:
        super().__init__(sentence)
        self.who = who


class OutOfTurn(DeskError):
    """The matter is not in the state in which this can be done, or somebody acted first (409).

    ``needed`` are the states in which it can, where the state decides.
    """

    status = 409

    def __init__(self, sentence: str, *, needed: tuple[object, ...] = ()) -> None:
        super().__init__(sentence)
        self.needed = needed


class Invalid(DeskError):
    """What was given cannot be used (422).

    ``fields`` names the sentence for each field that caused it, where known.
    """

    def __init__(self, sentence: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = fields or {}


class NotFound(DeskError):
    """It does not exist, or is not for this person: the two are never told apart (404)."""

    status = 404
