"""The lists an administrator keeps: what a row may not become, what follows from a change, whom it concerns."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnExpressionArgument, ScalarSelect, func, select

from service_desk.desk.channels import GATEWAYS, ROBOTS
from service_desk.desk.danger_words import alarmed_by
from service_desk.desk.lists import ACTIVE, Field, Kind, Noun, Row
from service_desk.desk.people import check_roles, drop_link
from service_desk.desk.reply_templates import IN_BRACES, check_placeholders
from service_desk.desk.schedules import SCHEDULES
from service_desk.domain.actions import LINE_LIMIT, TEXT_LIMIT
from service_desk.domain.danger import DangerWord
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import DESK, UNASSIGNED
from service_desk.domain.ngrams import normalise
from service_desk.domain.sentences import say
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import Outcome, Role, State
from service_desk.store.base import Model, db
from service_desk.store.catalogue import Category, DangerRow, Matter, Rule
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.guides import Guide
from service_desk.store.lists import ReasonCode, ReasonKind, ReplyTemplate
from service_desk.store.parts import LIVE_ASSIGNMENT, Assignment
from service_desk.store.people import Department, User, UserRole, units_below
from service_desk.store.tickets import Ticket
from service_desk.xlsx.figures import UNSET

SHORTEST_DANGER_WORD = 2
LATELY = timedelta(days=90)
"""So far back a change is tried before it is saved."""
STAFF_ROLES = tuple(role for role in Role if role is not Role.CONTACT)
"""What an administrator gives; enterprises' people come by registration."""

# What is counted


def _number(entity: type[Model], *conditions: ColumnExpressionArgument[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(entity).where(*conditions).scalar_subquery()


def _counts(**numbers: ScalarSelect[int]) -> dict[str, int]:
    """Several counts by one statement."""
    row = db.session.execute(select(*(number.label(name) for name, number in numbers.items()))).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way


def _who_have(*roles: Role) -> ScalarSelect[int]:
    return _number(User, User.active, User.role_rows.any(UserRole.role.in_(roles)))


def _is_put_out_of_use(row: Row, before: Mapping[str, Any]) -> bool:
    return bool(before) and bool(before["active"]) and not row.active


# Lines of reports


def _keep_lines_apart(row: Row, before: Mapping[str, Any]) -> None:
    """Refuse a new name that reports have for something else, or could not tell from another row's.

    They have a line for each name, and spreadsheets count capital and small letters alike.
    """
    if before and before["name"] == row.name:
        return
    plain, entity = normalise(row.name), type(row)
    own = (UNSET, DESK, UNASSIGNED) if entity is Department else (UNSET,)
    if plain in map(normalise, own):
        raise Invalid("名称重复。", fields={"name": "报表用这个名称表示别的意思，请换一个名称。"})
    for other in db.session.scalars(select(entity.name).where(entity.id != row.id)):
        if normalise(other) == plain:
            raise Invalid(
                "名称重复。",
                fields={"name": say("与“%(other)s”只差大小写或全角半角，请换一个名称。", other=other)},
            )


# 承办单位


def _of_department(row: Department) -> dict[str, int]:
    return _counts(
        parts=_number(Assignment, Assignment.department_id == row.id, Assignment.state.in_(LIVE_ASSIGNMENT)),
        people=_number(User, User.department_id == row.id, User.active),
        matters=_number(Matter, Matter.lead_id == row.id, Matter.active),
        units=_number(Department, Department.parent_id == row.id, Department.active),
    )


def _department_concerns(row: Department | None, _now: datetime) -> str:
    if row is None:
        return "保存后，派单时就可以选这个单位；原有的诉求不变。"
    return say(
        "现在有 %(parts)s 件交办在这个单位，%(people)s 个账号、%(units)s 个下属单位、%(matters)s 条事项指向它；"
        "改动对它们一并生效。停用前须先改派、调走。",
        **_of_department(row),
    )


MOST_NAMED = 5
"""Rows that are named where others are in the way."""


def _refuse_while_in_use(row: Department) -> None:
    held = _of_department(row)
    words = {
        "parts": say("%(n)s 件在办的交办", n=held["parts"]),
        "people": say("%(n)s 个在用账号", n=held["people"]),
        "units": say("%(n)s 个下属单位", n=held["units"]),
        "matters": say("%(n)s 条事项（%(names)s）", n=held["matters"], names=_matters_of(row)),
    }
    reasons = tuple(words[what] for what in words if held[what])
    if reasons:
        raise Invalid(say("还不能停用，指向它的还有：%(reasons)s。请先改派、调走。", reasons=reasons))


def _matters_of(row: Department) -> tuple[str, ...]:
    """The first of the matters that name it, by their names."""
    named = select(Matter.name).where(Matter.lead_id == row.id, Matter.active).order_by(Matter.id)
    return tuple(db.session.scalars(named.limit(MOST_NAMED)))


def _finish_department(row: Department, before: Mapping[str, Any], _by: User) -> None:
    if row.parent is not None and row.parent.id in set(db.session.scalars(units_below(row.id))):
        raise Invalid(
            "上级单位不能是它自己或它的下属。",
            fields={"parent": say("“%(name)s”是它自己或它的下属。", name=row.parent.name)},
        )
    _keep_names_apart(row)
    _keep_lines_apart(row, before)
    if _is_put_out_of_use(row, before):
        _refuse_while_in_use(row)
    if before and before["name"] != row.name:
        _rename_in_matters(before["name"], row.name)


def _keep_names_apart(row: Department) -> None:
    """A name or alias leads to one department only."""
    mine = {row.name, *row.aliases}
    for other in db.session.scalars(select(Department).where(Department.id != row.id)):
        for name in sorted(mine & {other.name, *other.aliases}):
            raise Invalid(
                "名称重复。",
                fields={
                    "name" if name == row.name else "aliases": say(
                        "“%(name)s”已是“%(other)s”的名称或别名。", name=name, other=other.name
                    )
                },
            )


def _rename_in_matters(old: str, new: str) -> None:
    """Supports are kept by name."""
    for matter in db.session.scalars(select(Matter)):
        if old in matter.support_names:
            matter.support_names = [new if name == old else name for name in matter.support_names]


def _below(row: Department) -> list[tuple[str, str]]:
    units = db.session.scalars(
        select(Department.name).where(Department.parent_id == row.id, Department.active)
    )
    return [("下属单位", "、".join(units))]


DEPARTMENTS = Noun(
    name="departments",
    label="单位",
    row_label="单位",
    says="承办单位和下属科室：名称、别名、上级、电话",
    icon="building",
    entity=Department,
    fields=(
        Field("name", "名称", required=True),
        Field("aliases", "别名", Kind.TERMS, limit=300, hint="导入和派单时认得的其他叫法，用顿号分开"),
        Field(
            "parent", "上级单位", Kind.ROW, of=Department, hint="科室和下属单位填；上级负责人能看到下属的诉求"
        ),
        Field("phone", "电话", limit=30),
        Field("is_external", "外部单位", Kind.YES_NO, hint="供电、供水、银行等不属于园区和政府的单位"),
        Field("wants_sign_off", "答复须经单位负责人签发", Kind.YES_NO),
        ACTIVE,
    ),
    columns=("parent", "aliases", "phone"),
    order=(Department.id,),
    concerns=_department_concerns,
    finish=_finish_department,
    beside=_below,
)


# 片区


def _area_concerns(row: Area | None, _now: datetime) -> str:
    if row is None:
        return "保存后，提交诉求和企业注册时就可以选这个片区。"
    counted = _counts(
        enterprises=_number(Enterprise, Enterprise.area_id == row.id),
        tickets=_number(Ticket, Ticket.area_id == row.id, Ticket.state.in_(OPEN)),
    )
    return say(
        "现在有 %(enterprises)s 家企业、%(tickets)s 件未办结的诉求在这个片区；改名对它们一并生效。"
        "停用后不能再选，原有的照旧显示。",
        **counted,
    )


def _nothing_follows(_row: Row, _before: Mapping[str, Any], _by: User) -> None:
    pass


def _finish_area(row: Area, before: Mapping[str, Any], _by: User) -> None:
    _keep_lines_apart(row, before)


AREAS = Noun(
    name="areas",
    label="片区",
    row_label="片区",
    says="企业所在的片区，提交诉求和注册时选用",
    icon="map-pin",
    entity=Area,
    fields=(Field("name", "名称", required=True), ACTIVE),
    columns=(),
    order=(Area.id,),
    concerns=_area_concerns,
    finish=_finish_area,
)


# 诉求类别


def _of_category(row: Category) -> dict[str, int]:
    return _counts(
        tickets=_number(Ticket, Ticket.category_id == row.id, Ticket.state.in_(OPEN)),
        matters=_number(Matter, Matter.category_id == row.id, Matter.active),
        rules=_number(Rule, Rule.category_id == row.id, Rule.active),
    )


def _category_concerns(row: Category | None, _now: datetime) -> str:
    if row is None:
        return "保存后，提交诉求和受理时就可以选这一类；派单建议还需要在“事项”里添加。"
    return say(
        "现在有 %(tickets)s 件未办结的诉求、%(matters)s 条事项、%(rules)s 条派单规则属于这一类。"
        "停用后提交和受理时不能再选，原有的照旧显示。",
        **_of_category(row),
    )


def _finish_category(row: Category, before: Mapping[str, Any], _by: User) -> None:
    _keep_lines_apart(row, before)
    if not _is_put_out_of_use(row, before):
        return
    if row.is_arrears:
        raise Invalid("“拖欠账款”有专门的时限和受理规定，不能停用。")
    held = _of_category(row)
    if held["matters"] or held["rules"]:
        raise Invalid(
            say(
                "还不能停用：有 %(matters)s 条事项、%(rules)s 条派单规则属于这一类，请先停用或改到别的类别。",
                matters=held["matters"],
                rules=held["rules"],
            )
        )


CATEGORIES = Noun(
    name="categories",
    label="诉求类别",
    row_label="类别",
    says="提交诉求时第一步选择的类别，和给企业看的例子",
    icon="list",
    entity=Category,
    fields=(
        Field(
            "name",
            "名称",
            required=True,
            limit=30,
            new_only=True,
            hint="报表按名称统计，建好后不能改；要换名称，请停用后新增一类",
        ),
        Field("example", "例子", limit=100, hint="写在名称下面，如“电压不稳、增容、停电”"),
        Field("position", "顺序", Kind.NUMBER, hint="数字小的排在前面"),
        ACTIVE,
    ),
    columns=("example", "position"),
    order=(Category.position, Category.id),
    concerns=_category_concerns,
    finish=_finish_category,
)


# 事项


def _matter_concerns(row: Matter | None, _now: datetime) -> str:
    if row is None:
        return "保存后，受理和派单时按这条事项给出建议；已经派出的不变。"
    waiting = _counts(
        tickets=_number(
            Ticket,
            Ticket.category_id == row.category_id,
            Ticket.state.in_((State.SUBMITTED, State.ACCEPTED)),
        )
    )
    return say(
        "“%(category)s”类现在有 %(tickets)s 件还没有派单，它们的派单建议会随之改变；已经派出的不变。",
        category=row.category.name,
        **waiting,
    )


def _finish_matter(row: Matter, _before: Mapping[str, Any], _by: User) -> None:
    same = select(Matter.id).where(
        Matter.category_id == row.category.id, Matter.name == row.name, Matter.id != row.id
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise Invalid("名称重复。", fields={"name": "这一类已经有同名的事项。"})
    if row.lead is not None and row.lead.name in row.support_names:
        raise Invalid("主办单位不能同时是协办单位。", fields={"support_names": "请去掉主办单位。"})


MATTERS = Noun(
    name="matters",
    label="事项",
    row_label="事项",
    says="哪类事由谁主办、谁协办；派单建议由此而来",
    icon="list-check",
    entity=Matter,
    fields=(
        Field("category", "诉求类别", Kind.ROW, required=True, of=Category),
        Field("name", "名称", required=True),
        Field(
            "keywords", "关键词", Kind.TERMS, limit=500, hint="标题或说明里出现就建议这条；留空则代表整个类别"
        ),
        Field("lead", "主办单位", Kind.ROW, of=Department, hint="不选则由专窗决定"),
        Field("support_names", "协办单位", Kind.NAMES, of=Department),
        Field("is_complex", "按复杂事项计时", Kind.YES_NO),
        ACTIVE,
    ),
    columns=("category", "lead", "support_names", "keywords"),
    order=(Matter.category_id, Matter.id),
    concerns=_matter_concerns,
    finish=_finish_matter,
)


# 原因

_CHOOSERS = {
    ReasonKind.RETURN: (Role.HANDLER, Role.HEAD),
    ReasonKind.REJECTION: (Role.CLERK,),
    ReasonKind.EXCLUSION: (Role.HANDLER, Role.HEAD),
}


def _reason_concerns(row: ReasonCode | None, _now: datetime) -> str:
    if row is None:
        return "保存后，提出申请的人就可以选这条原因。"
    return say(
        "现在有 %(people)s 人申请“%(kind)s”时可以选这条原因；已经写下的不变。",
        kind=row.kind,
        **_counts(people=_who_have(*_CHOOSERS[row.kind])),
    )


REASONS = Noun(
    name="reasons",
    label="原因",
    row_label="原因",
    says="退单、不予受理、剔除时要选的原因",
    icon="flag",
    entity=ReasonCode,
    fields=(
        Field("kind", "用于", Kind.WORD, required=True, words=tuple(ReasonKind), new_only=True),
        Field("label", "原因", required=True),
        Field("position", "顺序", Kind.NUMBER, hint="数字小的排在前面"),
        ACTIVE,
    ),
    columns=("kind", "position"),
    order=(ReasonCode.kind, ReasonCode.position, ReasonCode.id),
    concerns=_reason_concerns,
    finish=_nothing_follows,
    title="label",
    search=("label",),
)


# 答复模板


def _template_concerns(_row: ReplyTemplate | None, _now: datetime) -> str:
    people = _counts(people=_who_have(Role.HANDLER, Role.HEAD, Role.CLERK))
    return say("现在有 %(people)s 人答复时可以选用；已经发出的答复不变。", **people)


def _finish_template(row: ReplyTemplate, _before: Mapping[str, Any], _by: User) -> None:
    check_placeholders(row.text)


TEMPLATES = Noun(
    name="templates",
    label="答复模板",
    row_label="模板",
    says="答复时可以套用的文字",
    icon="message",
    entity=ReplyTemplate,
    fields=(
        Field("name", "名称", required=True),
        Field("outcome", "办理结果", Kind.WORD, words=tuple(Outcome), hint="不选则各种结果都可以用"),
        Field("category", "诉求类别", Kind.ROW, of=Category, hint="不选则各类都可以用"),
        Field(
            "text",
            "正文",
            Kind.TEXT,
            required=True,
            limit=2000,
            hint=say("可以写%(known)s，使用时自动填上", known=IN_BRACES),
        ),
        ACTIVE,
    ),
    columns=("outcome", "category"),
    order=(ReplyTemplate.id,),
    concerns=_template_concerns,
    finish=_finish_template,
)


# 人员


def _is_staff(row: User) -> bool:
    return not row.has(Role.CONTACT)


def _person_concerns(row: User | None, _now: datetime) -> str:
    if row is None:
        return "保存后，在下一页点“生成设置密码的链接”，把链接交给本人设置密码，即可登录。"
    handled = _number(Assignment, Assignment.handler_id == row.id, Assignment.state.in_(LIVE_ASSIGNMENT))
    return say(
        "这个账号手上有 %(parts)s 件在办的交办。改角色和单位立即生效；停用后立即退出、不能再登录，在办的请先转给同事。",
        **_counts(parts=handled),
    )


def _finish_person(row: User, before: Mapping[str, Any], by: User) -> None:
    check_roles(
        set(row.roles),
        has_department=row.department is not None,
        has_enterprise=row.enterprise is not None,
    )
    if row.id == by.id and not (row.active and row.has(Role.ADMIN)):
        raise Invalid("不能停用自己，也不能取消自己的系统管理员角色，请由另一位管理员办理。")
    if _is_put_out_of_use(row, before):
        row.session_version += 1
        drop_link(row)


def _who(row: User) -> list[tuple[str, str]]:
    return [("用户名", row.username), ("企业", row.enterprise.name if row.enterprise else "")]


PEOPLE = Noun(
    name="people",
    label="人员和角色",
    row_label="账号",
    says="账号、所属单位、角色，重置密码",
    icon="users",
    entity=User,
    fields=(
        Field(
            "username",
            "用户名",
            required=True,
            new_only=True,
            hint="登录用，3–60 位字母、数字或 . _ - @，建好后不能改",
        ),
        Field("name", "姓名", required=True),
        Field("phone", "电话", limit=30),
        Field("email", "电子邮箱", limit=120, hint="用于接收通知和找回密码"),
        Field(
            "roles",
            "角色",
            Kind.WORDS,
            required=True,
            words=STAFF_ROLES,
            applies=_is_staff,
            hint="受理员：受理、派单、审核答复；回访员：审核答复、回访；督查员：审批、督办、看报表；"
            "经办人、单位负责人：在承办单位办理、签发；服务专员、包联领导：联系所包企业；"
            "系统管理员：设置系统，不看诉求；审计员：查操作记录",
        ),
        Field(
            "department",
            "所属单位",
            Kind.ROW,
            of=Department,
            applies=_is_staff,
            hint="经办人和单位负责人必选",
        ),
        Field("active", "在用", Kind.YES_NO, hint="取消勾选即停用：退出登录，不能再登录"),
    ),
    columns=("username", "roles", "department"),
    order=(User.id,),
    concerns=_person_concerns,
    finish=_finish_person,
    beside=_who,
    search=("name", "username"),
)


# 派单规则


def _rule_concerns(row: Rule | None, _now: datetime) -> str:
    waiting = _counts(tickets=_number(Ticket, Ticket.state.in_((State.SUBMITTED, State.ACCEPTED))))
    sentence = "现在有 %(tickets)s 件还没有派单，符合这条规则的，派单建议会随之改变；已经派出的不变。可先“试算”再保存。"
    return say(sentence, **waiting) if row is None or row.active else "这条规则已停用，不影响派单建议。"


def _finish_rule(row: Rule, _before: Mapping[str, Any], _by: User) -> None:
    if not (row.category or row.area or row.enterprise or row.keywords):
        sentence = "至少填写一个条件：类别、片区、企业或关键词。"
        raise Invalid(sentence, fields={"keywords": sentence})


RULES = Noun(
    name="rules",
    label="派单规则",
    row_label="规则",
    says="在事项清单之前生效：特定片区、企业或关键词由谁主办",
    icon="send",
    entity=Rule,
    fields=(
        Field("name", "名称", required=True),
        Field("priority", "优先级", Kind.NUMBER, hint="数字大的先看"),
        Field("category", "诉求类别", Kind.ROW, of=Category, hint="条件可填几个，须同时符合"),
        Field("area", "片区", Kind.ROW, of=Area),
        Field("enterprise", "企业", Kind.NAMED, of=Enterprise, limit=100, hint="填企业全称"),
        Field("keywords", "关键词", Kind.TERMS, limit=500, hint="标题或说明里出现其中一个即可，用顿号分开"),
        Field("lead", "主办单位", Kind.ROW, required=True, of=Department),
        Field("support_names", "协办单位", Kind.NAMES, of=Department),
        ACTIVE,
    ),
    columns=("priority", "category", "area", "keywords", "lead"),
    order=(Rule.priority.desc(), Rule.id),
    concerns=_rule_concerns,
    finish=_finish_rule,
)


# 危险词


def _danger_concerns(row: DangerRow | None, now: datetime) -> str:
    if row is None:
        return "保存后，企业写到这个词就会看到紧急电话，受理时建议定为特急。可先“试算”再保存。"
    found = len(alarmed_by(row.entry, now - LATELY))
    if not row.active:
        return say("这个词已停用。近 90 天提交的诉求里，有 %(found)s 件提到它（例外除外）。", found=found)
    return say(
        "近 90 天提交的诉求里，有 %(found)s 件提到这个词（例外除外），受理时都建议定为特急。"
        "改动只影响以后的建议。",
        found=found,
    )


def _finish_danger_word(row: DangerRow, _before: Mapping[str, Any], _by: User) -> None:
    if len(row.word) < SHORTEST_DANGER_WORD:
        sentence = "一个字会在许多无关的话里出现，请写完整的词。"
        raise Invalid(sentence, fields={"word": sentence})
    for phrase in row.exceptions:
        if not DangerWord(row.word).is_in(normalise(phrase)) or normalise(phrase) == normalise(row.word):
            sentence = say("“%(phrase)s”须包含“%(word)s”，并且比它长。", phrase=phrase, word=row.word)
            raise Invalid("例外没有用处。", fields={"exceptions": sentence})


DANGER_WORDS = Noun(
    name="danger-words",
    label="危险词",
    row_label="危险词",
    says="写到这些词时提示紧急电话，受理时建议定为特急",
    icon="urgent",
    entity=DangerRow,
    fields=(
        Field("word", "词", required=True, limit=20, hint="如“漏气”“起火”"),
        Field(
            "exceptions",
            "例外",
            Kind.TERMS,
            limit=1000,
            hint="含有这个词但并不危险的说法，用顿号分开，如“防爆炸、没有发生爆炸”",
        ),
        ACTIVE,
    ),
    columns=("exceptions",),
    order=(DangerRow.id,),
    concerns=_danger_concerns,
    finish=_finish_danger_word,
    title="word",
    search=("word",),
)


# 办事指南


def _guide_concerns(row: Guide | None, _now: datetime) -> str:
    counted = _counts(people=_who_have(Role.CONTACT))
    if row is not None and not row.active:
        return "这篇没有发布，企业看不到。请删去企业名称、姓名和电话，再勾选“发布”并保存。"
    return say(
        "保存后，%(people)s 位企业联系人就能看到，提交诉求填标题时也会提示。请不要写企业名称、姓名和电话。",
        **counted,
    )


GUIDES = Noun(
    name="guides",
    label="办事指南",
    row_label="指南",
    says="企业常问的事怎么办，提交诉求之前就能看到",
    icon="info-circle",
    entity=Guide,
    fields=(
        Field(
            "title",
            "标题",
            required=True,
            limit=LINE_LIMIT,
            hint="像企业会问的那样写，例如“用电增容怎么申请”",
        ),
        Field("category", "诉求类别", Kind.ROW, of=Category),
        Field(
            "keywords",
            "也会这样说",
            Kind.TERMS,
            limit=300,
            hint="企业的其他叫法，用顿号分开；填标题时据此提示",
        ),
        Field("body", "正文", Kind.TEXT, required=True, limit=TEXT_LIMIT),
        Field("active", "发布", Kind.YES_NO, hint="取消勾选，企业就看不到，也不再提示"),
    ),
    columns=("category", "keywords"),
    order=(Guide.id,),
    concerns=_guide_concerns,
    finish=_nothing_follows,
    keepers=(Role.CLERK,),
    title="title",
    search=("title",),
)


NOUNS = {
    noun.name: noun
    for noun in (
        *(DEPARTMENTS, AREAS, CATEGORIES, MATTERS, RULES, DANGER_WORDS),
        *(REASONS, TEMPLATES, PEOPLE, ROBOTS, GATEWAYS, SCHEDULES, GUIDES),
    )
}
