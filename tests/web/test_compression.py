"""What goes over the line packed, and what does not."""

import gzip
from collections.abc import Callable

import pytest

from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]
SHEET = "/static/css/components.css"


def test_a_page_is_packed_for_a_browser_that_asks(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    plain = clerk.ask("GET", "/tickets")
    packed = clerk.ask("GET", "/tickets", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding, Cookie"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content_length == len(packed.data) < len(plain.data) / 3
    assert "诉求" in gzip.decompress(packed.data).decode()


def test_a_packed_page_is_never_twice_as_long(small_world: World, visit: Visit) -> None:
    stranger = visit("")
    pages = [stranger.ask("GET", "/forgotten", headers={"Accept-Encoding": "gzip"}).data for _ in range(12)]
    assert len({gzip.decompress(page) for page in pages}) == 1
    assert len({len(page) for page in pages}) > 1


def test_a_static_file_is_packed_and_stays_kept(small_world: World, visit: Visit) -> None:
    stranger = visit("")
    plain = stranger.ask("GET", SHEET, buffered=True)
    packed = stranger.ask("GET", SHEET, headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert packed.headers["Vary"].startswith("Accept-Encoding")
    assert packed.headers["ETag"] == "W/" + plain.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/static/js/ready.js", {"Accept-Encoding": "gzip"}, id="too short"),
        pytest.param(SHEET, {"Accept-Encoding": "gzip;q=0, br"}, id="not wanted"),
        pytest.param(SHEET, {"Accept-Encoding": "gzip", "Range": "bytes=0-1999"}, id="a part"),
    ],
)
def test_what_is_not_packed(small_world: World, visit: Visit, path: str, headers: dict[str, str]) -> None:
    answer = visit("").ask("GET", path, headers=headers, buffered=True)
    assert answer.status_code in (200, 206)
    assert "Content-Encoding" not in answer.headers
