"""Sentences keep their values apart, and read as Chinese text all the same."""

import copy

from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import State, Unit


def test_a_sentence_reads_as_chinese_and_remembers_its_parts() -> None:
    left = say("剩 %(days)s %(unit)s", days=2, unit=Unit.WORKING_DAYS)
    assert left == "剩 2 个工作日"
    assert (left.template, left.values) == ("剩 %(days)s %(unit)s", {"days": 2, "unit": Unit.WORKING_DAYS})


def test_a_list_is_joined_and_its_words_are_labels() -> None:
    assert say("可用：%(states)s", states=(State.DRAFT, State.CLOSED, "其他")) == "可用：草稿、已办结、其他"


def test_percent_signs_in_what_people_wrote_stay() -> None:
    assert say("%(who)s：%(text)s", who="李一", text="涨价 20%s") == "李一：涨价 20%s"


def test_a_copy_is_the_same_sentence() -> None:
    kept = say("缺少 %(name)s", name="title")
    twin = copy.deepcopy(kept)
    assert isinstance(twin, Sentence)
    assert (twin, twin.values) == (kept, kept.values)
