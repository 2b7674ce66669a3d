"""周调度: the week beside the week before, for the table of the weekly meeting."""

from service_desk.desk.packs.material import Material
from service_desk.desk.packs.monthly import moved_from, pressed_table, rates_beside
from service_desk.domain.figures import By, Paper
from service_desk.domain.figures.telling import days_of, word_of
from service_desk.domain.sentences import say
from service_desk.xlsx.book import Sheet
from service_desk.xlsx.comparing import beside_before


def week(material: Material) -> Sheet:
    """本周概况."""
    words = [
        say(
            "%(word)s（%(days)s）受理企业诉求 %(n)s 件，比上期%(accepted)s；办结 %(closings)s 件，比上期%(closed)s。"
            "%(rates)s。",
            word=word_of(material.period),
            days=days_of(material.period),
            n=material.number("accepted"),
            accepted=moved_from(material, "accepted", year=False),
            closings=material.number("closings"),
            closed=moved_from(material, "closings", year=False),
            rates=rates_beside(material, "on_time", "response", "satisfied"),
        ),
        say(
            "截至 %(at)s，在办 %(open)s 件，超期 %(late)s 件，提请会议研究 %(meeting)s 件，"
            "督办单未回复 %(orders)s 份。",
            at=material.made_at,
            open=len(material.open),
            late=len(material.overdue),
            meeting=len(material.for_the_meeting),
            orders=len(material.unanswered),
        ),
    ]
    if not material.is_over:
        words.append(say("统计期尚未结束，与上期整期相比仅供参考。"))
    shown = material.report.only("accepted", "closings", "sign_in_time", "response", "on_time")
    compared = beside_before(shown, By.DEPARTMENT, material.count, material.period)
    return Sheet(Paper.WEEK.label, words, [compared, pressed_table(material, drawn=False)])
