"""Which keys press which buttons: a page says so by ``data-key``, and static/js/keys.js listens and lists them."""

from service_desk.domain.actions import DECIDE, Action

ACTION_KEYS = {
    Action.ACCEPT: "a",
    Action.DISPATCH: "d",
    Action.REDISPATCH: "d",
    Action.ANSWER: "r",
    Action.REPLY: "r",
    Action.ASK_SIGN_OFF: "r",
    Action.OPINE: "r",
    Action.ANSWER_ORDER: "r",
    Action.SIGN: "s",
    Action.FIRST_CONTACT: "c",
    Action.PROGRESS: "p",
    Action.VERIFY: "v",
    Action.SEND_BACK: "b",
    Action.URGE: "u",
    Action.NOTE: "i",
    Action.CORRECT: "e",
    **dict.fromkeys(DECIDE.values(), "y"),
}
"""On a ticket's page. Of two actions of one letter the one that stands first on the page has it."""

PLACE_KEYS = {
    "home.index": "g t",
    "tickets.index": "g q",
    "filing.new": "g n",
    "enterprises.index": "g e",
    "orders.index": "g o",
    "incidents.index": "g i",
    "inquiries.index": "g w",
    "calendar.index": "g c",
    "boards.index": "g b",
    "reports.index": "g r",
    "exclusions.index": "g p",
    "exports.index": "g x",
    "admin.index": "g s",
}
"""To the places of the bar: g, then a letter."""
