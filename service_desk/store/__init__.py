"""Entities and the questions asked of them."""

from service_desk.store import (  # noqa: F401 - an entity exists for the mapper once its module is read
    attachments,
    catalogue,
    channels,
    clocks,
    drafts,
    enterprises,
    exports,
    law,
    lists,
    notices,
    numbers,
    parts,
    people,
    sign_ins,
    snapshots,
    substitutes,
    tickets,
)
