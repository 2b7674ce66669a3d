"""Settings from the environment, typed and read once; a missing secret in production stops the start."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("sqlite://", "postgresql+psycopg://")
OWN_ADDRESS = "http://127.0.0.1:8000"
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")


class SettingsError(Exception):
    """A setting is missing or cannot be used; the text says which and what to set."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides."""

    env: str
    desk_name: str
    desk_phone: str
    secret_key: str
    database_url: str
    attachments_dir: Path
    base_url: str
    is_base_url_given: bool
    smtp_url: str | None
    limits_url: str
    trusted_proxies: int
    mail_from: str
    webhook_origins: frozenset[str]
    timezone: ZoneInfo
    log: str

    @property
    def is_production(self) -> bool:
        """Whether the demo, chosen instants and other conveniences are refused."""
        return self.env == "production"

    @property
    def command(self) -> str:
        """How a command for this desk begins; it is told the address of its links where it cannot know it."""
        unknown = not self.is_base_url_given and self.base_url != OWN_ADDRESS
        return f"{f'SERVICE_DESK_BASE_URL={self.base_url} ' if unknown else ''}.venv/bin/flask --app wsgi"

    def served_at(self, address: str) -> "Settings":
        """These settings where ``address`` (``http://host:port``) is served; a ``base_url`` that was given stays."""
        return self if self.is_base_url_given else replace(self, base_url=address)


def current_settings() -> Settings:
    """The settings of the present application."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of ``environ`` (default: the process environment).

    Raises ``SettingsError`` with a sentence for the operator.
    """
    env = os.environ if environ is None else environ
    kind = env.get("SERVICE_DESK_ENV", "development")
    if kind not in ("development", "production"):
        raise SettingsError(f"SERVICE_DESK_ENV is {kind!r}; set it to development or production.")
    instance = ROOT / "instance"
    return Settings(
        env=kind,
        desk_name=env.get("SERVICE_DESK_NAME", "云津经济开发区企业服务专窗"),
        desk_phone=env.get("SERVICE_DESK_PHONE", "").strip(),
        secret_key=_secret_key(env, kind, instance),
        database_url=_database_url(_secret(env, "SERVICE_DESK_DATABASE_URL"), instance),
        attachments_dir=_attachments_dir(env.get("SERVICE_DESK_ATTACHMENTS_URL"), instance),
        base_url=(env.get("SERVICE_DESK_BASE_URL") or OWN_ADDRESS).rstrip("/"),
        is_base_url_given=bool(env.get("SERVICE_DESK_BASE_URL")),
        smtp_url=_secret(env, "SERVICE_DESK_SMTP_URL"),
        limits_url=env.get("SERVICE_DESK_LIMITS_URL", "memory://"),
        trusted_proxies=_whole(env, "SERVICE_DESK_TRUSTED_PROXIES"),
        mail_from=env.get("SERVICE_DESK_MAIL_FROM", "service-desk@localhost"),
        webhook_origins=_origins(env, "SERVICE_DESK_WEBHOOK_ORIGINS"),
        timezone=_timezone(env.get("SERVICE_DESK_TIMEZONE", "Asia/Shanghai")),
        log=env.get("SERVICE_DESK_LOG", "text"),
    )


def _secret(env: Mapping[str, str], name: str) -> str | None:
    """A value given directly or, for secrets kept in files, through ``NAME_FILE``."""
    file = env.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE cannot be read: {error.strerror}.") from error
    return env.get(name) or None


def _secret_key(env: Mapping[str, str], kind: str, instance: Path) -> str:
    given = _secret(env, "SERVICE_DESK_SECRET_KEY")
    if given:
        return given
    if kind == "production":
        raise SettingsError(
            "SERVICE_DESK_SECRET_KEY is missing. Set it to a long random text "
            "(python -c 'import secrets; print(secrets.token_hex(32))') before starting in production."
        )
    kept = instance / "secret_key"
    if not kept.exists():
        instance.mkdir(exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(32), encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        instance.mkdir(exist_ok=True)
        return f"sqlite:///{instance / 'service_desk.sqlite3'}"
    for bare in ("postgresql://", "postgres://"):
        if given.startswith(bare):
            given = "postgresql+psycopg://" + given.removeprefix(bare)
    # Never the value itself: it may hold a password.
    if not given.startswith(DATABASES) or not _is_url(given):
        raise SettingsError(
            "SERVICE_DESK_DATABASE_URL cannot be used; set it to sqlite:////folder/file "
            "or postgresql://user:password@host/database."
        )
    return given


def _is_url(text: str) -> bool:
    try:
        make_url(text)
    except (ArgumentError, ValueError):
        return False
    return True


def _attachments_dir(url: str | None, instance: Path) -> Path:
    if url is None:
        return instance / "attachments"
    if not url.startswith("file:///"):
        raise SettingsError("SERVICE_DESK_ATTACHMENTS_URL must be a file:/// address.")
    return Path(url.removeprefix("file://"))


def _whole(env: Mapping[str, str], name: str) -> int:
    text = env.get(name, "0")
    if not text.isdecimal():
        raise SettingsError(f"{name} is {text!r}; set it to a whole number.")
    return int(text)


def _origins(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Web addresses without a path, with blanks or commas between them."""
    given = env.get(name, "").replace(",", " ").split()
    for origin in given:
        if not ORIGIN.fullmatch(origin):
            raise SettingsError(f"{name} holds {origin!r}; write https://host or http://host:port, no path.")
    return frozenset(origin.lower() for origin in given)


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"SERVICE_DESK_TIMEZONE {name!r} is not a known time zone.") from error
