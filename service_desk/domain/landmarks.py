"""What pins a text down: roads, buildings, times of day, dates and numbers, however they are written."""

import re
from dataclasses import dataclass

DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
POWERS = {"十": 10, "百": 100, "千": 1000}
CHINESE_NUMBER = re.compile(
    "[零〇一二三四五六七八九十百千两]+(?=[号楼栋幢#度点月日万块元毛台个家层吨天年亩倍%分多件户人])"
    "|(?<=点)[零〇一二三四五六七八九十两]+"
)
ROAD = re.compile(r"([\u4e00-\u9fff\d]([\u4e00-\u9fff\d]))(路|街|大道|桥|河)")
NO_ROAD = frozenset(
    "一条这那了的走上让问过求间至往从到在把被和与及里两几余盏见说夜修铺跑出进沿段口线马铁公道管回绕半网电短断同堵次划是水"
)
"""What stands before 路 in words that name none: 线路, 修路, 这条路."""
HOUSE = re.compile(
    r"((?:[a-z]?\d+号?[、,和与及])*[a-z]?\d+)(?:(?:号|#)(?:楼|栋|幢|车间|厂房|船坞|泊位|门|库)|栋|幢)"
)
NUMBER_OF_HOUSE = re.compile(r"[a-z]?\d+")
TIME = re.compile(r"(?<!\d)([01]?\d|2[0-4])[点:]([0-5]?\d)(?!\d)")
DATE = re.compile(r"(\d{1,2})月(\d{1,2})[日号]")
NUMBER = re.compile(r"\d+\.\d+|\d{2,}")


@dataclass(frozen=True)
class Landmarks:
    """What a text says of where, when and how much."""

    roads: frozenset[str]
    houses: frozenset[str]
    """Numbers of buildings: 5#楼, 五号楼 and 5栋 are all 5."""
    times: frozenset[tuple[int, int]]
    """Hour on a twelve-hour dial and twelfth of the hour: 14:05 and 两点零五 are one."""
    dates: frozenset[tuple[str, str]]
    numbers: frozenset[str]


def in_digits(normalised: str) -> str:
    """A normalised text with the Chinese numbers before units in digits: 四百六十万 is 460万."""
    return CHINESE_NUMBER.sub(lambda found: _value(found.group()), normalised).replace("点半", "点30")


def landmarks_of(text: str) -> Landmarks:
    """The landmarks of a normalised text whose numbers are ``in_digits``."""
    return Landmarks(
        roads=frozenset(
            found[1] + found[3]
            for found in ROAD.finditer(text)
            if found[2] not in NO_ROAD and found[1][0] != "第"
        ),
        houses=frozenset(
            number for found in HOUSE.finditer(text) for number in NUMBER_OF_HOUSE.findall(found[1])
        ),
        times=frozenset((int(hour) % 12, int(minute) // 5) for hour, minute in TIME.findall(text)),
        dates=frozenset(DATE.findall(text)),
        numbers=frozenset(NUMBER.findall(DATE.sub(" ", TIME.sub(" ", text)))),
    )


def _value(number: str) -> str:
    total = digit = 0
    for sign in number:
        if sign in POWERS:
            total, digit = total + (digit or 1) * POWERS[sign], 0
        else:
            digit = DIGITS[sign]
    return str(total + digit)
