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
    """Not for this person to do (403)."""

    status = 403


class OutOfTurn(DeskError):
    """The matter is not in the state in which this can be done, or somebody acted first (409)."""

    status = 409


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
