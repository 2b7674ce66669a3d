"""A report workbook before it is written: plain records that know no ticket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from service_desk.xlsx.rows import ListColumn, ListRow

# 明细


DetailValues = Sequence[str | int | None]


@dataclass(frozen=True)
class Detail:
    """The rows behind every figure, as they come: each gives one value a column; None leaves the cell empty."""

    columns: Sequence[ListColumn]
    rows: Iterable[DetailValues]


# How 核对 counts again. Columns of 明细 are named by their titles.


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows have 1 in the column."""

    column: str


@dataclass(frozen=True, slots=True)
class Added:
    """The sum of the column."""

    column: str


@dataclass(frozen=True, slots=True)
class Divided:
    """One number by another, rounded half up to so many decimals; a dash by 0."""

    top: Counted | Added
    bottom: Counted
    decimals: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """The nearest-rank value of a column among the rows that have 1 in another."""

    column: str
    among: Counted
    share: Fraction


@dataclass(frozen=True, slots=True)
class Listed:
    """How many lines of a list there are: of one name in ``by``, with a number (no blank) in ``numbered``.

    ``sheet`` is the name of the list's sheet, the others are titles of its columns.
    """

    sheet: str
    by: str | None = None
    numbered: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A number of 统计 and how to count it again; ``value`` None stands for the dash."""

    figure: str
    part: str
    value: float | None
    recount: Counted | Added | Divided | Ranked | Listed


# 统计


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in an Excel number format, or words; None prints a dash."""

    content: float | str | None
    form: str = "0"
    is_grey: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a table: its name, its cells, and their checks.

    ``match`` is what 明细 says in the table's line column; None where the line counts every row.
    """

    name: str
    cells: Sequence[Cell]
    checks: Sequence[Check] = ()
    match: str | int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """What of a table is drawn: the cell column by its index, as bars, in time as a line too.

    ``lines`` is how many of the table's lines are drawn, all where it is None.
    """

    title: str
    column: int
    form: str = "0%"
    in_time: bool = False
    lines: int | None = None


@dataclass(frozen=True)
class Table:
    """A part of 统计 under a title of its own; ``line_column`` names the column of 明细 that tells its lines apart."""

    title: str
    lines: Sequence[Line]
    line_column: str | None = None
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over one column or several, each with a word of its own."""

    title: str
    columns: tuple[str, ...] = ("",)


# Sheets beside the figures


@dataclass(frozen=True)
class FigureTable:
    """A table under headings of its own; ``first`` stands over the names of its lines."""

    headings: Sequence[Heading]
    table: Table
    first: str = "项目"


@dataclass(frozen=True)
class Listing:
    """A list: its first column numbers the lines, and none is left out."""

    columns: Sequence[ListColumn]
    rows: Sequence[ListRow]


@dataclass(frozen=True)
class Sheet:
    """A sheet of words, then tables, then perhaps a list."""

    name: str
    words: Sequence[str] = ()
    tables: Sequence[FigureTable] = ()
    listing: Listing | None = None
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class ReportBook:
    """Everything a report workbook says. The instants are printed in the zone they come in."""

    title: str
    organisation: str
    period: str
    as_of: datetime
    made_by: str
    made_at: datetime
    headings: Sequence[Heading]
    tables: Sequence[Table]
    detail: Detail
    definitions: Sequence[tuple[str, str]]
    calendar_version: str
    filters: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    parts: Sequence[Sheet] = ()
    """Sheets before 统计."""
    annexes: Sequence[Sheet] = ()
    """Sheets behind it."""
