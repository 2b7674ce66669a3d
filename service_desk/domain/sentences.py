"""Sentences with data in them, kept apart so that an edge can say them in its reader's language."""

from typing import Self

from service_desk.domain.vocabulary import Word


class Sentence(str):
    """Text that remembers what it was made of: the Chinese sentence with ``%(name)s`` in it, and the values.

    Read as a string it is Chinese. Of the values, words of the desk and sentences are translated with it;
    names and what people wrote stay as they are. A tuple is a list of values.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, values: dict[str, object]) -> Self:
        """A sentence from its parts."""
        made = super().__new__(cls, template % {name: in_chinese(value) for name, value in values.items()})
        made.template, made.values = template, values
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, dict[str, object]]]:
        """A copy is made of the parts, not of the text."""
        return type(self), (self.template, self.values)


def in_chinese(value: object) -> str:
    """A value as the Chinese sentence holds it."""
    if isinstance(value, tuple):
        return "、".join(in_chinese(each) for each in value)
    return value.label if isinstance(value, Word) else str(value)


def say(template: str, **values: object) -> Sentence:
    """The sentence ``template`` with its values; the template itself is the message id of its translations."""
    return Sentence(template, values)
