"""Previews of attachments: drawn anew and small, for whoever may have the file, and harmless whatever was uploaded."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image

from service_desk.desk import drawing, handling, previews
from service_desk.desk.files import store_files
from service_desk.domain.vocabulary import State
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (2400, 1200), mode: str = "RGB", **more: object
) -> bytes:
    kept = io.BytesIO()
    Image.new(mode, size).save(kept, kind, **more)
    return kept.getvalue()


def with_camera() -> bytes:
    told = Image.Exif()
    told[0x010F] = "a camera of mine"
    told[0x0112] = 6  # lies on its side
    return picture(exif=told)


def pdf(pages: int) -> bytes:
    kept = io.BytesIO()
    sheets = [Image.new("RGB", (300, 400)) for _ in range(pages)]
    sheets[0].save(kept, "PDF", save_all=True, append_images=sheets[1:])
    return kept.getvalue()


def attached(world: World, name: str, content: bytes, *, public: bool = True) -> int:
    """The id of a file that came with a line of progress."""
    ticket = world.make(State.IN_PROGRESS)
    handling.progress(
        ticket.id,
        by=world.power,
        at=MONDAY + timedelta(hours=5),
        text="见附件。",
        public=public,
        files=store_files([(name, io.BytesIO(content))]),
    )
    return world.ticket_by_id(ticket.id).attachments[-1].id


def opened(visitor: Visitor, path: str) -> Image.Image:
    answer = visitor.ask("GET", path)
    assert answer.status_code == 200
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith("inline")
    content = answer.data
    answer.close()
    return Image.open(io.BytesIO(content))


def test_a_picture_is_drawn_upright_small_and_without_what_the_camera_wrote(
    small_world: World, visit: Visit
) -> None:
    file_id = attached(small_world, "现场.jpg", with_camera())
    owner = visit("owner")
    assert f"/attachments/{file_id}/thumb.jpg" in owner.get("/tickets/1")
    page = owner.get(f"/attachments/{file_id}/preview")
    assert 'width="800" height="1600"' in page
    drawn = opened(owner, f"/attachments/{file_id}/preview/1.jpg")
    assert drawn.size == (800, 1600)
    assert not drawn.getexif()
    assert opened(owner, f"/attachments/{file_id}/thumb.jpg").size == (72, 144)
    assert owner.ask("GET", f"/attachments/{file_id}/preview/2.jpg").status_code == 404


def test_the_first_pages_of_a_pdf_are_pictures(small_world: World, visit: Visit) -> None:
    file_id = attached(small_world, "合同.pdf", pdf(drawing.MOST_PAGES + 1))
    power = visit("power")
    page = power.get(f"/attachments/{file_id}/preview")
    assert "共 11 页，这里显示前 10 页" in page
    assert page.count("/preview/") == drawing.MOST_PAGES
    assert opened(power, f"/attachments/{file_id}/preview/10.jpg").width == drawing.PAGE_WIDTH


def test_what_is_previewed_is_what_can_be_drawn() -> None:
    assert {*drawing.FORMATS, "application/pdf"} == previews.PREVIEWED
    assert previews.THUMB == drawing.THUMB


HARMFUL = [
    pytest.param(
        "bomb.png", lambda: picture("PNG", (9000, 9000), "1"), id="more pixels than any picture has"
    ),
    pytest.param("cut.jpg", lambda: picture()[:300], id="a picture cut off"),
    pytest.param("broken.pdf", lambda: b"%PDF-1.7\n" + b"\0" * 500, id="no PDF at all"),
]


@pytest.mark.parametrize(("name", "content"), HARMFUL)
def test_what_cannot_be_drawn_is_to_be_saved(
    small_world: World, visit: Visit, name: str, content: Callable[[], bytes]
) -> None:
    file_id = attached(small_world, name, content())
    power = visit("power")
    for _ in range(2):  # the second time nobody tries again
        assert "无法预览，请下载" in power.get(f"/attachments/{file_id}/preview")
    assert "no-preview.svg" in power.ask("GET", f"/attachments/{file_id}/thumb.jpg").headers["Location"]
    saved = power.ask("GET", f"/attachments/{file_id}")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    saved.close()


def test_a_file_that_takes_too_long_is_given_up(
    small_world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "SECONDS", 0.001)
    file_id = attached(small_world, "慢.png", picture("PNG"))
    assert "无法预览，请下载" in visit("power").get(f"/attachments/{file_id}/preview")


@pytest.mark.parametrize("username", ["neighbour", "finance", "marketing", "admin", "auditor"])
def test_no_stranger_has_a_preview(small_world: World, visit: Visit, username: str) -> None:
    file_id = attached(small_world, "现场.png", picture("PNG", (40, 30)))
    stranger = visit(username)
    for path in ("", "/preview", "/preview/1.jpg", "/thumb.jpg"):
        assert stranger.ask("GET", f"/attachments/{file_id}{path}").status_code == 404


def test_the_enterprise_has_no_preview_of_what_is_not_meant_for_it(small_world: World, visit: Visit) -> None:
    file_id = attached(small_world, "内部.png", picture("PNG", (40, 30)), public=False)
    for path in ("", "/preview", "/preview/1.jpg", "/thumb.jpg"):
        assert visit("owner").ask("GET", f"/attachments/{file_id}{path}").status_code == 404
    assert opened(visit("power"), f"/attachments/{file_id}/thumb.jpg").size == (40, 30)
