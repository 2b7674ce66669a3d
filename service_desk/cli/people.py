"""Accounts made and mended by the operator."""

import click
from sqlalchemy import select

from service_desk import clock
from service_desk.cli.answering import command
from service_desk.desk import people as desk
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.settings import current_settings
from service_desk.store.base import db
from service_desk.store.enterprises import Enterprise
from service_desk.store.people import Department


@click.group("people")
def people() -> None:
    """Accounts: each command prints a one-time link at which the person sets a password."""


@command("add")
@click.argument("name")
@click.option("--username", help="To sign in with; default: the name.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role])
)
@click.option("--department", help="Name or alias of the department.")
@click.option("--enterprise", help="Unified social credit code of the enterprise.")
@click.option("--email")
@click.option("--phone")
def add(
    *,
    name: str,
    username: str | None,
    roles: tuple[str, ...],
    department: str | None,
    enterprise: str | None,
    email: str | None,
    phone: str | None,
) -> None:
    """Add a person NAME with one or more roles."""
    person = desk.add_person(
        username=username or name,
        name=name,
        roles={Role(role) for role in roles},
        department=_department(department),
        enterprise=_enterprise(enterprise),
        email=email,
        phone=phone,
    )
    click.echo(_link(desk.make_link(person, at=clock.now())))


def _department(name: str | None) -> Department | None:
    if name is None:
        return None
    found = Department.named(name)
    if found is None:
        there = db.session.scalars(
            select(Department.name).where(Department.active).order_by(Department.id)
        ).all()
        raise Invalid(say("没有“%(name)s”这个单位；现有：%(there)s。", name=name, there=tuple(there)))
    return found


def _enterprise(code: str | None) -> Enterprise | None:
    if code is None:
        return None
    found = db.session.scalars(select(Enterprise).where(Enterprise.code == code)).unique().one_or_none()
    if found is None:
        raise Invalid(f"没有信用代码为“{code}”的企业。")
    return found


@command("password")
@click.argument("username")
def password(*, username: str) -> None:
    """Print a one-time link at which USERNAME sets a new password; the last one is dead then."""
    person = desk.person_named(username)
    click.echo(_link(desk.make_link(person, at=clock.now())))


def _link(token: str) -> str:
    return f"{current_settings().base_url}/set-password/{token}"


people.add_command(add)
people.add_command(password)

COMMANDS = (people,)
