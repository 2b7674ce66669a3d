"""Uploads are judged by what is in them."""

import io
import zipfile

import pytest
from flask import Flask

from service_desk.desk import files
from service_desk.domain.errors import Invalid

PNG = bytes.fromhex("89504E470D0A1A0A0000000D49484452") + bytes(32)
JPEG = bytes.fromhex("FFD8FFE000104A464946") + bytes(32)
PDF = b"%PDF-1.7\n" + bytes(32)
EXE = b"MZ\x90\x00" + bytes(64)
OLE = files.OLE_SIGNATURE + bytes(64)


def office(*parts: str) -> bytes:
    """A zip with these members, as Office files are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        pytest.param("现场.png", PNG, True, id="picture"),
        pytest.param("现场.JPG", JPEG, True, id="suffix in capitals"),
        pytest.param("合同.pdf", PDF, True, id="pdf"),
        pytest.param("合同.docx", office("word/document.xml"), True, id="word"),
        pytest.param("清单.xlsx", office("xl/workbook.xml"), True, id="excel"),
        pytest.param("旧表.xls", OLE, True, id="old excel"),
        pytest.param("合同.pdf", EXE, False, id="program named pdf"),
        pytest.param("工具.exe", EXE, False, id="program"),
        pytest.param("现场.png", PDF, False, id="pdf named png"),
        pytest.param("清单.xlsx", office("word/document.xml"), False, id="word named excel"),
        pytest.param(
            "合同.docx", office("word/document.xml", "word/vbaProject.bin"), False, id="word with macros"
        ),
        pytest.param("打包.zip", office("a.txt"), False, id="zip"),
        pytest.param("坏.docx", b"PK\x03\x04" + bytes(10), False, id="broken zip"),
        pytest.param("页面.html", b"<script>alert(1)</script>", False, id="page"),
        pytest.param("图.svg", b"<svg onload='x'/>", False, id="svg can run scripts"),
    ],
)
def test_only_pictures_pdf_and_office_are_taken(name: str, content: bytes, taken: bool) -> None:  # noqa: FBT001
    assert (files.content_type_of(name, content) is not None) == taken


def test_a_file_too_large_is_named_and_nothing_is_kept(sqlite_app: Flask) -> None:
    big = PDF + bytes(files.MAX_BYTES)
    with pytest.raises(Invalid, match=r"“大文件[.]pdf”超过 20 MB"):
        files.store_files([("小.pdf", io.BytesIO(PDF)), ("大文件.pdf", io.BytesIO(big))])
    kept = sqlite_app.extensions["service_desk.house"].attachments_dir
    assert not kept.exists()


def test_the_tenth_file_is_too_many(sqlite_app: Flask) -> None:
    with pytest.raises(Invalid, match="最多上传 9 个文件，请去掉 2 个"):
        files.store_files([("图.png", io.BytesIO(PNG))] * 8, already=3)


def test_a_kept_file_lies_under_a_random_name_outside_the_web_root(sqlite_app: Flask) -> None:
    [stored] = files.store_files([("../../合同 .pdf", io.BytesIO(PDF))])
    assert stored.name == "合同 .pdf"
    folder = sqlite_app.extensions["service_desk.house"].attachments_dir
    [path] = [path for path in folder.rglob("*") if path.is_file()]
    assert path.name == stored.key
    assert len(stored.key) == 32
    assert sqlite_app.static_folder is not None
    assert not path.is_relative_to(sqlite_app.static_folder)


def test_a_broken_or_unheard_of_archive_is_no_office_file() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("word/document.xml", "x")
    content = whole.getvalue()
    assert files.content_type_of("a.docx", content) is not None
    for place in range(4, len(content)):
        for sign in (0x00, 0xC2, 0xFF):
            broken = content[:place] + bytes([sign]) + content[place + 1 :]
            assert files.content_type_of("a.docx", broken) in (None, files.content_type_of("a.docx", content))
