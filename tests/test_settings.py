"""Settings come from the environment, and what is wrong with them is said in a sentence."""

from pathlib import Path

import pytest

from service_desk.settings import SettingsError, read_settings


def test_production_does_not_start_without_a_secret_key() -> None:
    with pytest.raises(SettingsError, match="SERVICE_DESK_SECRET_KEY is missing"):
        read_settings({"SERVICE_DESK_ENV": "production"})


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    settings = read_settings(
        {"SERVICE_DESK_ENV": "production", "SERVICE_DESK_SECRET_KEY_FILE": str(tmp_path / "key")}
    )
    assert settings.secret_key == "from a file"
    with pytest.raises(SettingsError, match="SERVICE_DESK_SECRET_KEY_FILE cannot be read"):
        read_settings({"SERVICE_DESK_SECRET_KEY_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    "given", ["postgresql://u:p@h/d", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"]
)
def test_postgresql_by_its_url_alone(given: str) -> None:
    settings = read_settings({"SERVICE_DESK_SECRET_KEY": "k", "SERVICE_DESK_DATABASE_URL": given})
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"


def test_links_begin_with_the_address_that_is_served_unless_one_is_given() -> None:
    served = "http://127.0.0.1:8010"
    assert read_settings({"SERVICE_DESK_BASE_URL": ""}).served_at(served).base_url == served
    given = read_settings({"SERVICE_DESK_BASE_URL": "https://desk.example/"})
    assert given.served_at(served).base_url == "https://desk.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE_DESK_ENV", "staging"),
        ("SERVICE_DESK_TIMEZONE", "Asia/Atlantis"),
        ("SERVICE_DESK_ATTACHMENTS_URL", "ftp://somewhere"),
        ("SERVICE_DESK_DATABASE_URL", "mysql://u:p@h/d"),
        ("SERVICE_DESK_DATABASE_URL", "/var/lib/desk.sqlite3"),
        ("SERVICE_DESK_DATABASE_URL", "postgresql://u:p@h:port/d"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({"SERVICE_DESK_SECRET_KEY": "k", name: value})
