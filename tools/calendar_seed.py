"""Write the days on which the State Council's notices differ from Monday to Friday.

Run it as ``python tools/calendar_seed.py > service_desk/data/calendar_2004_2026.json``.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}
FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
WEEKEND = (5, 6)


def notices() -> Iterator[dict[str, str | bool]]:
    """Each differing day: its date, whether it is worked, and for which holiday."""
    day = FIRST
    while day <= LAST:
        working = chinese_calendar.is_workday(day)
        if working != (day.weekday() not in WEEKEND):
            holiday = chinese_calendar.constants.workdays if working else chinese_calendar.constants.holidays
            yield {"date": day.isoformat(), "work": working, "name": NAMES[holiday[day]]}
        day += timedelta(days=1)


if __name__ == "__main__":
    lines = (json.dumps(notice, ensure_ascii=False) for notice in notices())
    print("[\n" + ",\n".join(lines) + "\n]")
