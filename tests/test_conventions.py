"""The rules of the house that no single feature owns."""

import inspect

import pytest
from flask import Flask

from service_desk.desk.verbs import VERBS
from service_desk.domain import states, vocabulary, workflow
from service_desk.domain.actions import FIELDS, Action, FieldKind
from service_desk.domain.vocabulary import Word
from service_desk.scheduler import JOBS
from tests.visitor import check_page

# What nobody calls by hand: filing has a page of its own, the clockwork closes what was not rated, and dates follow
# the calendar.
NOT_BY_NAME = {Action.SUBMIT, Action.EXPIRE_RATING, Action.RECALCULATE}
ALWAYS_GIVEN = {"ticket_id", "by", "at", "seen"}
PAGE = "<!doctype html><html lang='zh'><head><title>页</title></head><body>{}</body></html>"


@pytest.mark.parametrize("action", [a for a in Action if a not in NOT_BY_NAME], ids=lambda a: a.value)
def test_every_action_has_a_verb_that_takes_the_fields_of_the_table(action: Action) -> None:
    parameters = inspect.signature(inspect.unwrap(VERBS[action])).parameters
    fields = {field.name: field for field in FIELDS[action]}
    assert set(parameters) - ALWAYS_GIVEN == set(fields)
    for name, field in fields.items():
        without_default = parameters[name].default is inspect.Parameter.empty
        assert not (without_default and not field.required), f"{name} may be left out, but the verb needs it"


def test_every_verb_is_one_transaction() -> None:
    assert all(getattr(verb, "is_verb", False) for verb in VERBS.values())


def test_every_action_has_a_row_and_every_row_fields() -> None:
    assert {step.action for step in workflow.STEPS} == set(Action)
    assert set(FIELDS) == set(Action)


def test_every_open_state_has_a_way_out_for_people() -> None:
    reachable = {step.to for step in workflow.STEPS if step.to}
    for state in states.OPEN & reachable:
        assert [s for s in workflow.STEPS if state in s.sources and s.to not in (None, state)], state


def test_every_word_has_a_chinese_label() -> None:
    sets: list[type[Word]] = [
        cls
        for cls in vars(vocabulary).values()
        if inspect.isclass(cls) and issubclass(cls, Word) and cls is not Word
    ]
    assert len(sets) > 10
    every: list[type[Word]] = [*sets, Action]
    for words in every:
        for word in words:
            assert any("一" <= sign <= "鿿" for sign in word.label), word


def test_every_rule_says_its_sentence_in_chinese() -> None:
    rules = {rule for step in workflow.STEPS for rule in step.when}
    for rule in rules:
        assert (rule.__doc__ or "").strip().endswith("。"), rule


def test_choices_of_the_table_are_closed_sets() -> None:
    for fields in FIELDS.values():
        for field in fields:
            assert (field.kind is FieldKind.CHOICE) == (field.choices is not None), field.name


@pytest.mark.parametrize("name", [job.name for job in JOBS])
def test_every_job_runs_by_hand(sqlite_app: Flask, name: str) -> None:
    result = sqlite_app.test_cli_runner().invoke(args=["job", name])
    assert result.exit_code == 0, result.output


def test_the_check_of_pages_finds_what_it_looks_for() -> None:
    check_page(PAGE.format("<h1>一</h1><label for='a'>甲</label><input id='a'>"))
    for bad in (
        "<h1>一</h1><h1>二</h1>",
        "<h1>一</h1><input id='a'>",
        "<h1>一</h1><script>1</script>",
        "<h1>一</h1><p style='x'>",
        "<h1>一</h1><p onclick='x'>",
        "<h1>一</h1><p id='a'><p id='a'>",
    ):
        with pytest.raises(AssertionError):
            check_page(PAGE.format(bad))


def test_the_check_of_pages_knows_valid_html() -> None:
    check_page(
        PAGE.format("<h1>一</h1><ul><li><a href='/'>二</a></li></ul><table><tr><td>三</td></tr></table>")
    )
    for bad in (
        "<h1></h1>",
        "<h1>一</h1><p><span><div>块</div></span></p>",
        "<h1>一</h1><button><h2>块</h2></button>",
        "<h1>一</h1><a href='/'><button>按</button></a>",
        "<h1>一</h1><li>项</li>",
        "<h1>一</h1><ul>项</ul>",
        "<h1>一</h1><dt>名</dt>",
        "<h1>一</h1><img src='/a.png'>",
        "<h1>一</h1><label for='b'>无</label>",
        "<h1>一</h1><p aria-describedby='c'>无</p>",
        "<h1>一</h1><form><form></form></form>",
        "<h1>一</h1><div><section></div></section>",
        "<h1>一</h1><div>",
        "<h1>一</h1><p lang='zh' lang='en'>双</p>",
        "<h1>一</h1><p>&nosuch;</p>",
    ):
        with pytest.raises(AssertionError):
            check_page(PAGE.format(bad))
