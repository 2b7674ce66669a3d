"""Bring the database up to date and lay its foundation.

A desk with nobody in it gets the demo park, unless DEMO=0 or in production.
"""

import os
import subprocess
import sys
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import load_dotenv
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

ROOT = Path(__file__).resolve().parent.parent
FLASK = [str(Path(sys.executable).with_name("flask")), "--app", "wsgi"]
sys.path.insert(0, str(ROOT))

from service_desk.settings import SettingsError, read_settings  # noqa: E402 (the path comes first)


def state(url: str) -> tuple[bool, bool, bool]:
    """Whether the newest migration has run, the foundation is laid, and anybody has an account."""
    with create_engine(url).connect() as connection:
        at = set(MigrationContext.configure(connection).get_current_heads())
        newest = set(ScriptDirectory(str(ROOT / "migrations")).get_heads())
        tables = inspect(connection).get_table_names()
        is_laid, has_people = (
            table in tables and bool(connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table})")))  # noqa: S608 - two names of our own
            for table in ("law_versions", "users")
        )
        return at == newest, is_laid, has_people


def flask(*arguments: str) -> None:
    """Run one of the product's commands; when it fails it has said why."""
    done = subprocess.run([*FLASK, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"“flask --app wsgi {' '.join(arguments)}” failed; the reason is above.")


def main() -> None:
    """Migrate, then fill an empty desk."""
    load_dotenv()
    try:
        settings = read_settings()
        is_current, is_laid, has_people = state(settings.database_url)
    except SettingsError as error:
        sys.exit(str(error))
    except SQLAlchemyError as error:
        sys.exit(f"The database does not answer: {error}")
    if not is_current:
        print("→ bringing the database up to date", flush=True)
        flask("db", "upgrade")
    if not (has_people or settings.is_production or os.environ.get("DEMO") == "0"):
        print("→ loading the demo park", flush=True)
        flask("demo")
    elif not (is_laid and is_current):
        # A newer version may bring a list of its own; lists that hold something stay as they are.
        print("→ laying the foundation", flush=True)
        flask("foundation")


if __name__ == "__main__":
    main()
