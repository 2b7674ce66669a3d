"""What pins a text down: roads, buildings, times of day, dates, amounts and names, however they are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
POWERS = {"十": 10, "百": 100, "千": 1000}
CHINESE_NUMBER = re.compile(
    "[零〇一二三四五六七八九十百千两]+(?=[号楼栋幢#度点月日万块元毛台个家层吨天年亩倍%分多件户人])"
    "|(?<=点)[零〇一二三四五六七八九十两]+|(?<=[万块])[一二三四五六七八九]"
)
ROAD = re.compile(r"([\u4e00-\u9fff\d]?)([\u4e00-\u9fff\d])(路|街|大道|大桥|桥|河)")
NUMERAL = re.compile("[一二三四五六七八九十]+")
NO_ROAD = frozenset(
    "一条这那了的走上让问过求间至往从到在把被和与及里两几余盏见说夜修铺跑出进沿段口线马铁公道管回绕半网电短断同堵次划是水"
)
"""What stands before 路 in words that name none: 线路, 修路, 这条路."""
HOUSE = re.compile(
    r"((?:[a-z]?\d+号?[、,和与及])*[a-z]?\d+)(?:(?:号|#)(?:楼|栋|幢|车间|厂房|船坞|泊位|门|库)|栋|幢)"
)
LETTERED_HOUSE = re.compile(r"(?<![a-z])([a-z]\d*)(?:号?[座区栋楼幢])")
NUMBER_OF_HOUSE = re.compile(r"[a-z]?\d+")
TIME = re.compile(r"(?<!\d)([01]?\d|2[0-4])[点:]([0-5]?\d)(?!\d)")
DATE = re.compile(r"(\d{1,2})月(\d{1,2})[日号]")
AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([万千亿块毛])?(\d)?")
THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3})")
WORTH = {"万": 10_000.0, "千": 1_000.0, "亿": 100_000_000.0, "毛": 0.1}
TELLING = 10
"""A whole number below this is in too many texts to tell them apart."""
NAME = re.compile(
    r"([\u4e00-\u9fff]{2})(?:集团|公司|银行|医院|大厦|广场|建设|科技|人力|劳务|物业|建投|城投|学校|中学|线|村|镇|渠|湖|站)"
)
QUOTED = re.compile(r"[“\"「《]([^”\"」》]{2,6})[”\"」》]")


@dataclass(frozen=True)
class Landmarks:
    """What a text says of where, when and how much."""

    roads: frozenset[str]
    houses: frozenset[str]
    """Numbers or letters of buildings: 5#楼, 五号楼 and 5栋 are all 5."""
    times: frozenset[tuple[int, int]]
    """Hour on a twelve-hour dial and twelfth of the hour: 14:05 and 两点零五 are one."""
    dates: frozenset[tuple[str, str]]
    amounts: frozenset[float]
    """Numbers by their value: 1,850万 and 18500000 are one."""
    names: frozenset[str]
    """What may be a name: what stands in quotation marks, or before 公司, 医院, 村 and the like."""


def in_digits(normalised: str) -> str:
    """A normalised text with the Chinese numbers before units in digits: 四百六十万 is 460万."""
    return CHINESE_NUMBER.sub(lambda found: _value(found.group()), normalised).replace("点半", "点30")


def landmarks_of(text: str) -> Landmarks:
    """The landmarks of a normalised text whose numbers are ``in_digits``."""
    return Landmarks(
        roads=frozenset(_roads(text)),
        houses=frozenset(
            number for found in HOUSE.finditer(text) for number in NUMBER_OF_HOUSE.findall(found[1])
        )
        | frozenset(LETTERED_HOUSE.findall(text)),
        times=frozenset((int(hour) % 12, int(minute) // 5) for hour, minute in TIME.findall(text)),
        dates=frozenset(DATE.findall(text)),
        amounts=frozenset(_amounts(DATE.sub(" ", TIME.sub(" ", text)))),
        names=frozenset(NAME.findall(text)) | frozenset(QUOTED.findall(text)),
    )


def shared_roads(one: Landmarks, other: Landmarks) -> list[str]:
    """The roads of one that the other names too: 纬3路 is 纬三路, and 三路 may be short for 电子三路."""
    others = {_in_plain(road) for road in other.roads}
    return sorted(
        road
        for road in one.roads
        if any(_in_plain(road).endswith(name) or name.endswith(_in_plain(road)) for name in others)
    )


def _in_plain(road: str) -> str:
    return NUMERAL.sub(lambda found: _value(found.group()), road)


def _roads(text: str) -> Iterator[str]:
    for before, last, kind in ROAD.findall(text):
        name = before if before not in NO_ROAD else ""
        numbered = bool(NUMERAL.fullmatch(last))
        if before == "第" or not (name or numbered) or (last in NO_ROAD and not (name and numbered)):
            continue
        yield name + last + kind


def _amounts(text: str) -> Iterator[float]:
    for number, unit, rest in AMOUNT.findall(THOUSANDS_COMMA.sub("", text)):
        amount = float(number) * WORTH.get(unit, 1.0)
        # 3万8 is 38,000, and 3块2 is 3.2.
        amount += int(rest or 0) * {"万": 1_000.0, "块": 0.1}.get(unit, 0.0)
        if amount >= TELLING or amount != int(amount):
            yield amount


def _value(number: str) -> str:
    total = digit = 0
    for sign in number:
        if sign in POWERS:
            total, digit = total + (digit or 1) * POWERS[sign], 0
        else:
            digit = DIGITS[sign]
    return str(total + digit)
