"""Sentences of the floors below, in the language of whoever reads them."""

from flask_babel import gettext

from service_desk.domain.sentences import Sentence
from service_desk.domain.vocabulary import Word


def said(text: str | None) -> str:
    """A word, a sentence with its values, or a plain sentence that is its own message id, translated."""
    if not text:
        return ""
    if isinstance(text, Word):
        return str(gettext(text.label))
    if isinstance(text, Sentence):
        values = {name: _value(value) for name, value in text.values.items()}
        # gettext would leave a template without values alone, percent signs and all.
        return str(gettext(text.template)) % values
    return str(gettext(text))


def _value(value: object) -> str:
    """Words and sentences are translated, names and what people wrote are not."""
    if isinstance(value, tuple):
        return str(gettext("、")).join(_value(each) for each in value)
    return said(value) if isinstance(value, Word | Sentence) else str(value)
