"""Sentences of the floors below, in the language of whoever reads them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from flask_babel import force_locale, get_babel, get_translations

from service_desk.domain.sentences import Sentence
from service_desk.domain.vocabulary import Word

ONE = re.compile(r"(\b1 [a-z ]+)\{s\}")
"""A unit after a single one, up to the mark of its plural."""


def translated(text: str) -> str:
    """A text in the language of whoever reads, as ``gettext`` has it.

    A page says some six hundred words: their catalogue is looked up once, not for each of them.
    """
    catalogue = g.get("catalogue")
    if catalogue is None:
        catalogue = g.catalogue = get_translations()
    return str(catalogue.gettext(text))


def said(text: str | None) -> str:
    """A word, a sentence with its values, or a plain sentence that is its own message id, translated."""
    return _counted(_said(text)) if text else ""


def _said(text: str) -> str:
    if isinstance(text, Word):
        return translated(text.label)
    if isinstance(text, Sentence):
        values = {name: _value(value) for name, value in text.values.items()}
        # ``gettext`` would leave a template without values alone, percent signs and all.
        return translated(text.template) % values
    return translated(text)


def _counted(text: str) -> str:
    """``1 working day{s}`` is one day, ``2 working day{s}`` are days: Chinese asks no unit for its plural."""
    return ONE.sub(r"\1", text).replace("{s}", "s") if "{s}" in text else text


@contextmanager
def in_the_parks_language() -> Iterator[None]:
    """For words that are kept or sent: they are read by others than whoever is here now."""
    readers = g.pop("catalogue", None)
    try:
        with force_locale(get_babel().default_locale):
            yield
    finally:
        g.catalogue = readers


def said_to_the_park(text: str | None) -> str:
    """What ``said`` says, in the park's language."""
    with in_the_parks_language():
        return said(text)


def _value(value: object) -> str:
    """Words and sentences are translated, names and what people wrote are not."""
    if isinstance(value, tuple):
        return translated("、").join(_value(each) for each in value)
    return _said(value) if isinstance(value, Word | Sentence) else str(value)
