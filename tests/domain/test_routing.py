"""Routing: rules before the matter list before what was learned, and nobody where nothing is certain."""

from dataclasses import replace

import pytest

from service_desk.domain.asked import Asked
from service_desk.domain.learning import Example, Learned
from service_desk.domain.routing import Knowledge, MadeBy, MatterEntry, RuleEntry, matter_of, propose

MATTERS = (
    MatterEntry("用电", "用电服务", (), "供电公司", ()),
    MatterEntry("用电", "转供电加价", ("转供电", "物业+电费"), "市场监管局", ("发改局",)),
    MatterEntry("用电", "停电", ("停电", "跳闸"), "供电公司", (), is_complex=True),
    MatterEntry("行政审批", "消防验收", ("消防验收",), "住建局", ("消防救援大队",)),
    MatterEntry("环保安监", "消防安全", ("消防", "灭火器"), "消防救援大队", ()),
    MatterEntry("其他", "广告", ("加微信",), None, ()),
    MatterEntry("其他", "其他事项", (), None, ()),
)
BARE = Knowledge((), MATTERS)
RULE = RuleEntry("港口停电", 10, "园区管委会", ("供电公司",), area="港口物流园", keywords=("停电", "断电"))


def lead(asked: Asked, knowledge: Knowledge = BARE, barred: tuple[str, ...] = ()) -> str | None:
    proposal = propose(knowledge, asked, barred=barred)
    return proposal.lead if proposal else None


def with_rules(*rules: RuleEntry) -> Knowledge:
    return replace(BARE, rules=rules)


class TestMatters:
    def test_the_words_of_the_list_lead_to_the_department_without_any_category(self) -> None:
        assert lead(Asked("车间停电", "一早就跳闸")) == "供电公司"

    def test_the_proposal_says_what_made_it(self) -> None:
        proposal = propose(BARE, Asked("物业乱收钱", "电费一度一块五", "用电"))
        assert proposal is not None
        assert (proposal.made_by, proposal.supports) == (MadeBy.MATTER, ("发改局",))
        assert proposal.reason == "事项清单“用电－转供电加价”，文中提到“物业…电费”"

    def test_words_that_belong_together_must_all_be_there(self) -> None:
        assert lead(Asked("电费太高", "", "用电")) == "供电公司"

    def test_a_keyword_within_a_longer_one_does_not_count(self) -> None:
        assert lead(Asked("消防验收排队", "")) == "住建局"

    def test_a_text_that_clearly_speaks_for_another_category_wins_over_the_guess(self) -> None:
        assert lead(Asked("消防验收排队", "消防验收一直不来", "用电")) == "住建局"

    def test_full_width_and_capitals_make_no_difference(self) -> None:
        matters = (MatterEntry("环保安监", "废气", ("VOCs",), "生态环境局", ()),)
        assert lead(Asked("ＶＯＣＳ超标", ""), Knowledge((), matters)) == "生态环境局"

    def test_where_no_word_is_met_the_line_of_the_category_stands(self) -> None:
        proposal = propose(BARE, Asked("想问点事", "", "用电"))
        assert proposal is not None
        assert proposal.reason == "事项清单“用电”的默认承办单位"

    @pytest.mark.parametrize(
        "asked",
        [
            pytest.param(Asked("想问点事", ""), id="no word, no category"),
            pytest.param(Asked("想问点事", "", "其他"), id="a category that belongs to nobody"),
            pytest.param(Asked("停电，消防", ""), id="two departments alike"),
        ],
    )
    def test_where_nothing_is_certain_nobody_is_proposed(self, asked: Asked) -> None:
        assert propose(BARE, asked) is None

    def test_what_no_department_should_get_is_left_to_the_desk_with_the_reason(self) -> None:
        proposal = propose(BARE, Asked("低息", "请加微信"))
        assert proposal is not None
        assert proposal.lead is None
        assert "加微信" in proposal.reason

    def test_a_barred_department_is_passed_over(self) -> None:
        assert lead(Asked("停电", "", "用电"), barred=("供电公司",)) is None

    def test_the_line_of_the_own_category_says_whether_it_is_complex(self) -> None:
        matter = matter_of(MATTERS, Asked("停电了", "消防验收", "用电"))
        assert matter is not None
        assert matter.is_complex


class TestRules:
    def test_a_rule_comes_before_the_matter_list(self) -> None:
        proposal = propose(with_rules(RULE), Asked("停电", "", "用电", "港口物流园"))
        assert proposal is not None
        assert (proposal.made_by, proposal.lead, proposal.supports) == (
            MadeBy.RULE,
            "园区管委会",
            ("供电公司",),
        )
        assert proposal.reason == "规则“港口停电”"

    @pytest.mark.parametrize(
        "asked",
        [
            pytest.param(Asked("停电", "", "用电", "食品产业园"), id="another area"),
            pytest.param(Asked("停电", "", "用电"), id="no area"),
            pytest.param(Asked("跳闸", "", "用电", "港口物流园"), id="none of its words"),
        ],
    )
    def test_every_condition_must_hold(self, asked: Asked) -> None:
        assert lead(asked, with_rules(RULE)) == "供电公司"

    def test_the_highest_priority_wins(self) -> None:
        higher = replace(RULE, name="更高", priority=20, lead="供电公司")
        assert lead(Asked("停电", "", None, "港口物流园"), with_rules(RULE, higher)) == "供电公司"

    def test_a_rule_whose_lead_is_barred_gives_way(self) -> None:
        asked = Asked("停电", "", None, "港口物流园")
        assert lead(asked, with_rules(RULE), barred=("园区管委会",)) == "供电公司"

    def test_a_rule_without_conditions_takes_nothing(self) -> None:
        assert lead(Asked("想问点事", ""), with_rules(RuleEntry("空", 1, "园区管委会"))) is None


class TestLearned:
    EXAMPLES = (
        *[Example("空压机坏了找师傅维修", "工信局")] * 3,
        *[Example("食堂饭菜太咸排队久", "园区管委会")] * 3,
        *[Example("孩子上学报名材料", "教育局")] * 3,
    )

    def test_it_speaks_where_the_list_is_silent_and_names_the_words(self) -> None:
        knowledge = replace(BARE, learned=Learned(self.EXAMPLES))
        proposal = propose(knowledge, Asked("空压机维修", "师傅难找"))
        assert proposal is not None
        assert (proposal.made_by, proposal.lead) == (MadeBy.LEARNED, "工信局")
        assert "“空压”" in proposal.reason

    def test_it_decides_between_two_the_list_cannot_tell_apart(self) -> None:
        learned = Learned([*[Example("灭火器年检", "消防救援大队")] * 3, *[Example("贷款", "金融办")] * 3])
        asked = Asked("停电，消防", "灭火")
        assert lead(asked, replace(BARE, learned=learned)) == "消防救援大队"

    def test_what_it_does_not_know_it_does_not_guess(self) -> None:
        assert lead(Asked("咨询一件事", "谢谢"), replace(BARE, learned=Learned(self.EXAMPLES))) is None

    def test_it_never_suggests_a_barred_department(self) -> None:
        learned = Learned(self.EXAMPLES)
        assert lead(Asked("空压机维修", ""), replace(BARE, learned=learned), barred=("工信局",)) != "工信局"

    def test_what_is_forgotten_has_never_been(self) -> None:
        learned, extra = Learned(self.EXAMPLES), Example("行车年检", "市场监管局")
        before = learned.suggest("空压机")
        learned.learn(extra)
        learned.forget(extra)
        assert learned.suggest("空压机") == before
        assert learned.suggest("行车") is None
