"""How a list that an administrator keeps is described: what each row says, and how that is kept.

Forms, tables and the record of changes are made from a ``Noun`` (``web/admin.py``); the lists there are stand in
``desk/nouns.py``, the verbs that change a row in ``desk/administration.py``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from service_desk.domain.sentences import Sentence
from service_desk.domain.vocabulary import Role, Word
from service_desk.store.people import User

Row = Any
"""A row of whatever list."""

NAME_LIMIT = 60


class Kind(Enum):
    """How a field is asked for and kept."""

    LINE = auto()
    TEXT = auto()
    TERMS = auto()
    """Several words, typed with 、 between them."""
    NUMBER = auto()
    YES_NO = auto()
    WORD = auto()
    WORDS = auto()
    ROW = auto()
    """A row of another list."""
    NAMED = auto()
    """A row of a list too long to choose from: typed by name."""
    NAMES = auto()
    """Rows of another list, kept by name."""
    SECRET = auto()
    """Written, never shown: given anew, or left as it is."""


KEPT, RENEWED = "kept", "renewed"
"""All that is recorded of a field that may hold a secret: that it says something, that it says something new."""


def _always(_row: Row) -> bool:
    return True


def _nothing_beside(_row: Row) -> Sequence[tuple[str | Sentence, str]]:
    return ()


@dataclass(frozen=True)
class Field:
    """One thing a row says; ``name`` is the attribute of the entity."""

    name: str
    label: str
    kind: Kind = Kind.LINE
    required: bool = False
    limit: int = NAME_LIMIT
    hint: str = ""
    of: Any = None
    """The entity whose rows are chosen from."""
    words: tuple[Word, ...] = ()
    """The closed set that is chosen from."""
    new_only: bool = False
    """Given once, with the new row."""
    applies: Callable[[Row], bool] = _always
    """Whether this row is asked for it."""
    default: int = 0
    """What a number begins with."""
    private: bool = False
    """Shown where it is changed, and nowhere else."""

    @property
    def hidden(self) -> bool:
        """Whether the record of changes says no more of it than that it was changed."""
        return self.private or self.kind is Kind.SECRET


LINK = Field("link", "设置密码的链接", Kind.YES_NO)
"""Not part of any row: written down when one is made."""

TOPICS = Field("topics", "可看类别", Kind.NAMES)
"""Kept by the enterprise itself, for its members."""

ACTIVE = Field("active", "在用", Kind.YES_NO, hint="取消勾选即停用：不再供人选用，原有的记录照旧显示")


@dataclass(frozen=True)
class Together:
    """Fields that make sense only as one: tables and the record of changes tell them in a sentence."""

    label: str
    names: tuple[str, ...]
    words: Callable[[Mapping[str, Any]], str | Sentence]
    """Takes what a row says of the fields."""


@dataclass(frozen=True)
class Noun:
    """One list."""

    name: str
    """In addresses and in the record of changes."""
    label: str
    row_label: str
    says: str
    icon: str
    entity: Any
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    order: tuple[Any, ...]
    concerns: Callable[[Row, datetime], str]
    """What a change of this row affects at this instant, counted by one statement; None stands for a new row."""
    finish: Callable[[Row, Mapping[str, Any], User], None]
    """What follows from a change, after it is written and before it is committed; or ``Invalid``.

    Takes the row, what it said before (nothing, where it is new), and who changes it.
    """
    beside: Callable[[Row], Sequence[tuple[str | Sentence, str]]] = _nothing_beside
    """What else to know of a row, not changed here: labels and words."""
    together: Together | None = None
    """Stands after the columns."""
    keepers: tuple[Role, ...] = (Role.ADMIN,)
    """Who keeps it; others do not find it."""
    title: str = "name"
    search: tuple[str, ...] = ("name",)

    def fields_of(self, row: Row) -> tuple[Field, ...]:
        """What is asked of a row; None stands for a new one, which is in use."""
        if row is None:
            return tuple(field for field in self.fields if field.name != "active")
        return tuple(field for field in self.fields if not field.new_only and field.applies(row))

    @property
    def recorded(self) -> tuple[Field, ...]:
        """What the record of changes may name: the fields, and what is done to people elsewhere."""
        return (*self.fields, LINK, TOPICS)

    def snapshot(self, row: Row) -> dict[str, Any]:
        """What a row says, plain enough to be kept: names of rows, values of words."""
        return {field.name: _plain(field, getattr(row, field.name)) for field in self.fields}


def _plain(field: Field, value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    if field.hidden:
        return KEPT if value else None
    match field.kind:
        case Kind.ROW | Kind.NAMED:
            return value.name if value is not None else None
        case Kind.WORD:
            return value.value if value is not None else None
        case Kind.WORDS:
            return [word.value for word in field.words if word in value]
        case Kind.TERMS | Kind.NAMES:
            return list(value or ())
        case _:
            return value
