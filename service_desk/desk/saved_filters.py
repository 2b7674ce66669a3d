"""Filters of the queue, saved under a name and dropped."""

from sqlalchemy import select

from service_desk.domain.errors import Invalid, NotFound, Refused
from service_desk.domain.sentences import say
from service_desk.store.base import db, transaction
from service_desk.store.people import User
from service_desk.store.saved_filters import LONGEST_NAME, LONGEST_QUERY, SAVERS, SHARERS, SavedFilter

MOST_SAVED = 20
"""Of one person: more are no longer found at a glance."""


@transaction
def save(name: str, query: str, *, shared: bool, by: User) -> SavedFilter:
    """Keep a filter under a name; one of that name that this person has is replaced.

    Raises ``Refused`` for whom it is not to do, ``Invalid`` for no name, a long one, no filter, or too many.
    """
    if not by.has(*SAVERS) or (shared and not by.has(*SHARERS)):
        raise Refused("筛选由受理员和督查员共享给专窗。" if by.has(*SAVERS) else "您不能保存筛选。")
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(say("请给筛选起个名字，最多 %(limit)s 字。", limit=LONGEST_NAME))
    if not query or len(query) > LONGEST_QUERY:
        raise Invalid("请先选好筛选条件，再保存。")
    # Whoever saves twice at once waits here, so that neither the name nor the limit is passed.
    db.session.execute(select(User.id).where(User.id == by.id).with_for_update())
    own = {
        row.name: row for row in db.session.scalars(select(SavedFilter).where(SavedFilter.user_id == by.id))
    }
    saved = own.get(name)
    if saved is None:
        if len(own) >= MOST_SAVED:
            raise Invalid(say("最多保存 %(n)s 个筛选，请先删除不用的。", n=MOST_SAVED))
        saved = SavedFilter(user_id=by.id, name=name)
        db.session.add(saved)
    saved.query, saved.shared = query, shared
    return saved


@transaction
def drop(filter_id: int, *, by: User) -> str:
    """Forget one's own filter; its name. Raises ``NotFound`` for that of anybody else, shared or not."""
    saved = db.session.get(SavedFilter, filter_id)
    if saved is None or saved.user_id != by.id:
        raise NotFound("没有这个筛选。")
    db.session.delete(saved)
    return saved.name
