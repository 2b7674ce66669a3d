"""Exports: workbooks that are written in the background, each for the one person who asked for it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.figures import REPORTS
from service_desk.domain.vocabulary import Role, Word
from service_desk.store.base import Document, Instant, Model, WordType, db, house
from service_desk.store.people import User

EXPORTERS = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR, Role.HANDLER, Role.HEAD)
"""Who may export at all: each what their lists show."""
CONTACT_READERS = (Role.CLERK, Role.SUPERVISOR)
"""Who may have names and phones in full, with a reason."""
REPORT_READERS = (Role.CLERK, Role.SUPERVISOR)
"""Whose work the reports are."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_BY_MAIL = 8 * 1024 * 1024


class ExportKind(Word):
    """What a workbook holds."""

    LEDGER = "ledger", "诉求台账"
    OVERDUE = "overdue", "超期清单"
    DEFERRED = "deferred", "挂账清单"
    RETURNED = "returned", "退单清单"
    ORDERS = "orders", "督办清单"
    EXCLUDED = "excluded", "剔除清单"
    CLOSURE = "closure", "企业诉求办结统计表"
    SATISFACTION = "satisfaction", "企业诉求满意度统计表"
    PROCESS = "process", "企业诉求办理过程统计表"
    MONTHLY = "monthly", "企业诉求办理月报"
    WEEKLY = "weekly", "企业诉求周调度"

    @property
    def is_report(self) -> bool:
        """Whether it tells the figures of a period, and not what a list shows."""
        return self.value in REPORTS


class ExportState(Word):
    """Where an export stands; a file there is only when it is done."""

    WAITING = "waiting", "排队中"
    RUNNING = "running", "正在生成"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"
    CANCELLED = "cancelled", "已取消"
    EXPIRED = "expired", "已过期"


UNFINISHED = (ExportState.WAITING, ExportState.RUNNING)


class Export(Model):
    """导出: the row stays when its file is gone, and says who took what, when and why.

    ``filters`` is what the list was narrowed to, ``narrowed_to`` the same in words: pairs of label and value. A report
    is of the park's days from ``since`` up to, but not with, ``until``; ``as_of`` is empty where it tells of when it is
    made. ``run_id`` is the time of a schedule that had it made.
    ``asked_key`` keeps the same thing from being made twice at once; it is empty once the export has ended.
    ``rights`` are those of the person when the file was made. ``leased_until`` goes by the database's clock.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_user_id_id", "user_id", "id"),
        Index("ix_exports_state_leased_until", "state", "leased_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ExportKind] = mapped_column(WordType(ExportKind))
    filters: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    narrowed_to: Mapped[list[list[str]]] = mapped_column(Document, default=list)
    since: Mapped[date | None]
    until: Mapped[date | None]
    as_of: Mapped[Instant | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("schedule_runs.id"), index=True)
    shows_contacts: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(String(200), default="")
    asked_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    state: Mapped[ExportState] = mapped_column(WordType(ExportState), default=ExportState.WAITING)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_in_all: Mapped[int | None]
    size: Mapped[int | None]
    file_key: Mapped[str | None] = mapped_column(String(64))
    rights: Mapped[str] = mapped_column(String(200), default="")
    error: Mapped[str] = mapped_column(String(200), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[Instant | None]
    created_at: Mapped[Instant]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    expires_at: Mapped[Instant | None]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.state in UNFINISHED

    @property
    def last_day(self) -> date | None:
        """The last day of a report."""
        return self.until - timedelta(days=1) if self.until else None

    @property
    def goes_by_mail(self) -> bool:
        """Whether its file is small enough to go with a letter: most servers refuse what is larger."""
        return (self.size or 0) <= LARGEST_BY_MAIL

    @property
    def name(self) -> str:
        """What its file is called on the disk of whoever takes it."""
        if self.since and self.last_day:
            return f"{self.kind.label}_{self.since}_{self.last_day}.xlsx"
        local = (self.started_at or self.created_at).astimezone(house().timezone)
        return f"{self.kind.label}_{local:%Y-%m-%d_%H%M}.xlsx"


def path_of_export(key: str) -> Path:
    """Where the finished file of ``key`` lies."""
    return house().attachments_dir / "exports" / f"{key}.xlsx"


def half_of_export(key: str) -> Path:
    """Where the file of ``key`` lies while it is written."""
    return house().attachments_dir / "exports" / f"{key}.part"


def drop_files(key: str | None) -> None:
    """Remove whatever was written for ``key``; what is not there is no matter."""
    if key:
        half_of_export(key).unlink(missing_ok=True)
        path_of_export(key).unlink(missing_ok=True)


def rights_of(user: User) -> str:
    """What decides what a person may see, in one line: an export made by other rights is not theirs any more."""
    return f"{','.join(sorted(role.value for role in user.roles))}@{user.department_id or ''}"


def exports_of(user: User, *, before: int | None = None, limit: int) -> Sequence[Export]:
    """A person's exports, the latest first; only what came before an id."""
    statement = select(Export).where(Export.user_id == user.id)
    if before is not None:
        statement = statement.where(Export.id < before)
    return db.session.scalars(statement.order_by(Export.id.desc()).limit(limit)).unique().all()


def keys_in_use() -> frozenset[str]:
    """The keys of the files that are written or kept."""
    statement = select(Export.file_key).where(Export.state.in_((ExportState.RUNNING, ExportState.DONE)))
    return frozenset(key for key in db.session.scalars(statement) if key)


def written_files() -> Sequence[Path]:
    """Every file of an export, finished or not; named by its key."""
    folder = house().attachments_dir / "exports"
    return sorted(folder.iterdir()) if folder.exists() else []
