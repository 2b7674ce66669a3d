"""Service Desk: an industrial park's desk for the requests of its enterprises.

The package itself loads nothing: its lower floors must import without Flask's edges.
"""
# ruff: noqa: PLC0415

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from service_desk.settings import Settings
    from service_desk.store.base import House


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The application: settings, database, edges. Starts no clockwork (see ``scheduler``)."""
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from service_desk import cli, web
    from service_desk.settings import ROOT, read_settings
    from service_desk.store.base import db, migrate

    settings = settings or read_settings()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder="web/static")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # What a statement carries, secrets and people's words among it, is not for the log when it fails.
        # A server that was restarted meanwhile is noticed before a connection is used, not by a failing request.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, "pool_pre_ping": True},
        BABEL_DEFAULT_LOCALE="zh",
        MAX_CONTENT_LENGTH=200 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.limits_url,
    )
    app.extensions["service_desk.house"] = house_of(settings)
    db.init_app(app)
    migrate.init_app(app, directory=str(ROOT / "migrations"))
    if settings.trusted_proxies:
        # Behind a reverse proxy the address of the visitor is the one the proxy says.
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    web.init_app(app)
    cli.init_app(app)
    return app


def house_of(settings: "Settings") -> "House":
    """What an installation with these settings tells the floors below the edges; nothing is read of the law yet."""
    from service_desk.store.base import House
    from service_desk.web.words import said_to_the_park

    return House(
        timezone=settings.timezone,
        attachments_dir=settings.attachments_dir,
        sends_mail=settings.smtp_url is not None,
        webhook_origins=settings.webhook_origins,
        say=said_to_the_park,
    )
