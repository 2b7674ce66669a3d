"""What people do again and again, as they do it: on pages, by the words they read there."""

import re
import struct
import zlib
from typing import Any

from playwright.sync_api import Page, expect

TITLE = "船舶制造：车间电压不稳，需增容变压器"
TEXT = "下午三四点只有三百四十伏，焊机和龙门吊同时运行就跳闸，希望增容。"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
NUMBER = re.compile(r"QS-\d{4}-\d{6}")


def photo(name: str = "车间.png") -> Any:
    """A small picture, as a phone would choose it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    pixels = zlib.compress(b"".join(b"\0" + b"\x40\x80\xc0" * 8 for _ in range(8)))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return {"name": name, "mimeType": "image/png", "buffer": content}


def document(name: str, content: bytes = PDF) -> Any:
    """A file that calls itself a PDF."""
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def fill_in(page: Page, *, category: str = "用电", title: str = TITLE, text: str = TEXT) -> None:
    """Fill in the filing form; person, phone and area are known already."""
    page.goto("/tickets/new")
    page.locator("label.tile").filter(has=page.get_by_text(category, exact=True)).click()
    page.get_by_label("标题").fill(title)
    page.get_by_label("说明").fill(text)


def press(page: Page, name: str) -> None:
    """Press the button of this name, and wait for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def file_request(page: Page, **words: str) -> str:
    """File a request; the path of its page."""
    fill_in(page, **words)
    press(page, "提交诉求")
    expect(page.get_by_role("heading", name="诉求已提交")).to_be_visible()
    return page.url.removesuffix("/filed")


def accept(page: Page, path: str, *, urgency: str = "一般") -> None:
    """Accept as the clerk."""
    page.goto(path)
    page.get_by_role("radio", name=urgency, exact=True).check()
    press(page, "受理")


def disclose(page: Page, name: str) -> None:
    """Open one of the other actions."""
    page.get_by_role("navigation", name="其他操作").get_by_role("link", name=name, exact=True).click()
