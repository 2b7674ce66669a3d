"""Letters that were given up: what an administrator sees of them, and sending them again."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from service_desk.domain.errors import Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.store.people import User

log = structlog.get_logger()


def undelivered(*, before: int | None, limit: int) -> Sequence[Letter]:
    """Letters that were given up, newest first, from below the id ``before``."""
    statement = (
        select(Letter)
        .where(Letter.state == LetterState.GIVEN_UP)
        .options(joinedload(Letter.recipient), joinedload(Letter.robot))
    )
    if before is not None:
        statement = statement.where(Letter.id < before)
    return db.session.scalars(statement.order_by(Letter.id.desc()).limit(limit)).unique().all()


@transaction
def resend(letter_id: int, *, by: User, at: datetime) -> Letter:
    """Let a letter that was given up wait again, under the same id, for its reader's address of today.

    Raises ``OutOfTurn`` where it is not given up any more, ``Invalid`` where its reader has no address now.
    """
    if not (by.active and by.has(Role.ADMIN)):
        raise Refused("重新发送由系统管理员办理，您没有这项权限。")
    letter = db.session.get(Letter, letter_id, with_for_update={"of": Letter}, populate_existing=True)
    if letter is None:
        raise NotFound("没有这封信。")
    if letter.state is not LetterState.GIVEN_UP:
        raise OutOfTurn("这封信已经重新发送，不用再发。")
    letter.address = _address_of_today(letter)
    letter.state, letter.attempts, letter.not_before = LetterState.WAITING, 0, at
    letter.leased_until = None
    log.info("letter sent again", letter=letter.id, by=by.username)
    return letter


def _address_of_today(letter: Letter) -> str:
    if letter.robot is not None:
        if not letter.robot.active:
            raise Invalid("这个群机器人已停用，请先恢复使用。")
        return letter.robot.name
    person = letter.recipient
    address = None
    if person is not None and person.active:
        address = person.phone if letter.channel is Channel.SMS else person.email
    if not address:
        raise Invalid("收件人已停用或没有登记地址，请先在“人员和角色”里核对。")
    return address
