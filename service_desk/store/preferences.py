"""How somebody wants the desk laid out: kept as one document with the account, read as what it may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from service_desk.domain.vocabulary import Word


class Density(Word):
    """How much room a row of the queue takes."""

    COMPACT = "compact", "紧凑"
    LOOSE = "loose", "宽松"


class Column(Word):
    """What the queue tells of a ticket beside its number and title."""

    ENTERPRISE = "enterprise", "企业"
    CATEGORY = "category", "类别"
    LEAD = "lead", "主办单位"
    STATE = "state", "状态"
    DUE = "due", "时限"
    SUBMITTED = "submitted", "提交"
    AREA = "area", "片区"
    SOURCE = "source", "来源"
    NATURE = "nature", "性质"
    TAGS = "tags", "标签"
    LAST_LINE = "last_line", "最新进展"


USUAL_COLUMNS = (
    Column.ENTERPRISE,
    Column.CATEGORY,
    Column.LEAD,
    Column.STATE,
    Column.DUE,
    Column.SUBMITTED,
)


@dataclass(frozen=True)
class Preferences:
    """What one person chose.

    ``keys``: single keys act. ``goes_on``: once nothing on a ticket that was opened from a list waits for this person,
    the next one of the list opens. ``knows_the_way``: the first steps are not told on the start page any more.
    """

    keys: bool = True
    goes_on: bool = True
    density: Density = Density.COMPACT
    columns: tuple[Column, ...] = USUAL_COLUMNS
    knows_the_way: bool = False

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """What was kept; whatever is missing or means nothing (any more) is as it is for everybody."""
        columns = kept.get("columns")
        return cls(
            keys=kept.get("keys") is not False,
            goes_on=kept.get("goes_on") is not False,
            density=Density.LOOSE if kept.get("density") == Density.LOOSE.value else Density.COMPACT,
            columns=tuple(each for each in Column if each.value in columns)
            if isinstance(columns, list)
            else USUAL_COLUMNS,
            knows_the_way=kept.get("knows_the_way") is True,
        )

    def to_keep(self) -> dict[str, Any]:
        """The same as a document."""
        return {
            "keys": self.keys,
            "goes_on": self.goes_on,
            "density": self.density.value,
            "columns": [each.value for each in self.columns],
            "knows_the_way": self.knows_the_way,
        }
