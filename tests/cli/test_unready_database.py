"""A database that is not ready: what is wrong decides the advice."""

from pathlib import Path

import pytest

from service_desk import create_app
from tests.conftest import settings_for


@pytest.mark.parametrize(
    ("url", "advice", "other"),
    [
        ("sqlite:///{}/new.sqlite3", "flask --app wsgi db upgrade", "SERVICE_DESK_DATABASE_URL"),
        ("sqlite:///{}/no/such.sqlite3", "文件所在的目录是否存在", "db upgrade"),
        ("postgresql+psycopg://127.0.0.1:1/desk", "数据库服务是否在运行", "db upgrade"),
    ],
    ids=["no tables", "no folder", "no server"],
)
def test_the_advice_fits_what_is_wrong(tmp_path: Path, url: str, advice: str, other: str) -> None:
    app = create_app(settings_for(url.format(tmp_path), tmp_path))
    answer = app.test_cli_runner().invoke(args=["people", "password", "clerk"])
    assert answer.exit_code == 2
    assert advice in answer.stderr
    assert other not in answer.stderr
