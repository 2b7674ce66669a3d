"""Likeness: one matter told by several people, and many matters told alike."""

from dataclasses import replace

import pytest

from service_desk.desk.likeness import vocabulary
from service_desk.domain.asked import Asked
from service_desk.domain.landmarks import in_digits, landmarks_of, shared_roads
from service_desk.domain.likeness import (
    DISTANT,
    THRESHOLD,
    Likeness,
    Signs,
    alike,
    likeness,
    same_matters,
    signs,
)

CUT = Asked(
    "停电!!炉子里的铁水要废",
    "今天上午10点20分整条纬三路没电了，没接到通知。",
    "用电",
    "智能装备园",
    "云津安泰铸造",
)
NEIGHBOUR = Asked(
    "纬三路突然断电",
    "10:20左右失电，两条线停机，请说明预计恢复时间。",
    "用电",
    "智能装备园",
    "云津博越汽车零部件",
)


def compared(one: Asked, other: Asked) -> Likeness:
    words = vocabulary()
    return likeness(words.traits(one), words.traits(other), words)


def signs_of(one: Asked, other: Asked) -> Signs:
    words = vocabulary()
    return signs(words.traits(one), words.traits(other), words)


def test_one_power_cut_told_by_two_is_one_matter() -> None:
    found = compared(CUT, NEIGHBOUR)
    assert found.score >= THRESHOLD
    assert found.reason.startswith("都提到“纬三路”")


def test_likeness_goes_both_ways() -> None:
    assert compared(CUT, NEIGHBOUR).score == pytest.approx(compared(NEIGHBOUR, CUT).score, abs=0.02)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            replace(NEIGHBOUR, title="经十路突然断电", text="8:10失电。"), id="another road and time"
        ),
        pytest.param(
            replace(NEIGHBOUR, title="停电通知能否提前发短信", text="好安排炉次。", area="食品产业园"),
            id="another area",
        ),
        pytest.param(replace(NEIGHBOUR, title="纬三路公交太少", text="中班回不去。"), id="another trouble"),
    ],
)
def test_a_like_trouble_elsewhere_is_another_matter(other: Asked) -> None:
    assert compared(CUT, other).score < THRESHOLD


def test_another_day_tells_two_power_cuts_apart() -> None:
    def on(day: str) -> Asked:
        return replace(NEIGHBOUR, title="纬三路停电", text=f"{day}停电两个多小时。")

    other = replace(CUT, title="纬三路停电", text="8月17日停电，炉子废了。")
    same_day, other_day = (compared(on(day), other).score for day in ("8月17号", "3月2日"))
    assert same_day > THRESHOLD
    assert same_day > other_day


def test_a_loan_of_another_enterprise_is_another_matter() -> None:
    one = Asked("贷款到期求续贷", "本月28号到期，银行要先还后贷。", "融资", "智能装备园", "云津甲机械")
    other = Asked("续贷被拒", "贷款下月到期，农商行不给续。", "融资", "智能装备园", "云津乙模具")
    assert compared(one, other).score < THRESHOLD
    assert compared(one, replace(other, enterprise="云津甲机械")).score >= THRESHOLD


def test_what_a_third_request_connects_is_one_matter() -> None:
    vague = Asked(
        "我们这一片都停电了",
        "上午没接到通知，问隔壁安泰也没有，恢复时间？",
        "用电",
        "智能装备园",
        "云津卓远轴承",
    )
    words = vocabulary()
    mine, plain, other = (words.traits(each) for each in (vague, CUT, NEIGHBOUR))
    assert likeness(mine, plain, words).score >= THRESHOLD
    assert likeness(plain, other, words).score >= THRESHOLD
    assert DISTANT <= likeness(mine, other, words).score < THRESHOLD
    assert alike(mine, [plain, other], words).keys() == {0, 1}
    assert alike(mine, [other], words).keys() == set()
    assert same_matters([mine, plain, other], words) == {(0, 1), (0, 2), (1, 2)}


class TestWording:
    def test_two_words_for_one_trouble_are_named_side_by_side(self) -> None:
        assert "“停电/断电”" in str(compared(CUT, NEIGHBOUR).reason)

    def test_traditional_characters_are_read_as_simplified_ones(self) -> None:
        simplified = Asked("水龙头出来的水发黄", "浑浊有铁锈，请冲洗管网", "供水", "食品产业园", "云津甲")
        traditional = replace(simplified, title="水龍頭出來的水發黃", text="渾濁有鐵鏽，請沖洗管網")
        other = replace(simplified, enterprise="云津乙", title="自来水是浑的", text="全是铁锈")
        assert compared(traditional, other).score == pytest.approx(compared(simplified, other).score, abs=0.1)

    def test_who_wants_to_know_is_told_from_who_complains(self) -> None:
        complaint = replace(NEIGHBOUR, title="宿舍没热水", text="热水器坏了一周没人修。", category="园区配套")
        question = replace(complaint, enterprise="云津乙", text="热水器坏了，请问怎么申请修？")
        found = signs_of(complaint, question)
        assert (found.one_asks, found.one_title_asks) == (1, 0)
        assert signs_of(complaint, complaint).one_asks == 0

    def test_a_name_no_shipped_request_knows_is_a_sign(self) -> None:
        one = Asked("定金要不回来", "“宏远顺”公司收了定金不发货", "涉法涉诉", "智能装备园", "云津甲")
        named = Asked("老板失联", "宏远顺欠我们货", "涉法涉诉", "港口物流园", "云津乙")
        assert signs_of(one, named).name == 1
        assert signs_of(one, replace(named, text="他欠我们货")).name == 0


class TestLandmarks:
    @pytest.mark.parametrize("text", ["五号楼", "5#楼", "5栋", "3、5号楼"])
    def test_a_building_however_written(self, text: str) -> None:
        assert "5" in landmarks_of(in_digits(text)).houses

    @pytest.mark.parametrize("text", ["14:05", "下午两点零五", "2点5分"])
    def test_a_time_however_written(self, text: str) -> None:
        assert landmarks_of(in_digits(text)).times == {(2, 1)}

    def test_half_past_is_a_time(self) -> None:
        assert landmarks_of(in_digits("三点半左右")).times == landmarks_of("15:30").times

    def test_numbers_in_characters_are_numbers(self) -> None:
        assert in_digits("欠四百六十万，一千二百人") == "欠460万，1200人"

    @pytest.mark.parametrize("text", ["1,850万元", "18500000", "一千八百五十万"])
    def test_an_amount_however_written(self, text: str) -> None:
        assert landmarks_of(in_digits(text)).amounts == {18_500_000}

    @pytest.mark.parametrize("text", ["软件园c座", "c栋"])
    def test_a_building_may_have_a_letter(self, text: str) -> None:
        assert landmarks_of(text).houses == {"c"}

    @pytest.mark.parametrize("other", ["纬三路口", "纬3路北段", "三路那边"])
    def test_a_road_however_written(self, other: str) -> None:
        assert shared_roads(landmarks_of("在纬三路"), landmarks_of(other)) == ["纬三路"]

    @pytest.mark.parametrize("text", ["线路", "修路", "这条路", "高速公路", "走夜路"])
    def test_not_every_way_is_a_road(self, text: str) -> None:
        assert landmarks_of(text).roads == frozenset()

    def test_a_road_loses_what_stands_before_its_name(self) -> None:
        assert landmarks_of("整条纬三路到工业大道").roads == {"纬三路", "工业大道"}
