"""Uploads: checked by content, not by name, and stored before the transaction that uses them."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

import filetype

from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.store import attachments

MAX_FILES = 9
MAX_BYTES = 20 * 1024 * 1024

PICTURES_AND_PDF = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif"),
    "image/bmp": ("bmp",),
    "application/pdf": ("pdf",),
}
OFFICE_PARTS = {
    "word/document.xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation.xml": (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}
OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
OLE_SIGNATURE = bytes.fromhex("D0CF11E0A1B11AE1")
ACCEPTED = "图片（JPG、PNG、GIF、WebP、HEIC、BMP）、PDF、Word、Excel、PPT"


@dataclass(frozen=True)
class StoredFile:
    """A checked upload whose bytes are in the store."""

    key: str
    name: str
    content_type: str
    size: int


def store_files(uploads: Sequence[tuple[str, BinaryIO]], *, already: int = 0) -> list[StoredFile]:
    """Check and keep uploads given as (file name, stream); ``already`` counts those kept before.

    All are checked before the first is kept. Raises ``Invalid`` with a sentence that names the file.
    """
    if len(uploads) + already > MAX_FILES:
        raise too_many_files(len(uploads) + already - MAX_FILES)
    checked = [_checked(name, stream) for name, stream in uploads]
    return [
        StoredFile(attachments.keep(content), name, content_type, len(content))
        for name, content_type, content in checked
    ]


def too_many_files(over: int) -> Invalid:
    """The refusal of so many files more than one filing may bring."""
    return Invalid(say("最多上传 %(most)s 个文件，请去掉 %(over)s 个后再提交。", most=MAX_FILES, over=over))


def _checked(name: str, stream: BinaryIO) -> tuple[str, str, bytes]:
    name = safe_name(name)
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Invalid(say("“%(name)s”超过 20 MB，请压缩或拆分后再上传。", name=name))
    if not content:
        raise Invalid(say("“%(name)s”是空文件，请重新选择。", name=name))
    content_type = content_type_of(name, content)
    if content_type is None:
        raise Invalid(
            say(
                "“%(name)s”不是可以接收的文件，或内容与扩展名不符。可上传：%(accepted)s。",
                name=name,
                accepted=say(ACCEPTED),
            )
        )
    return name, content_type, content


def safe_name(name: str) -> str:
    """The bare file name, printable and short enough to keep."""
    bare = PurePath(name.replace("\\", "/")).name
    printable = "".join(sign for sign in bare if sign.isprintable()) or "文件"
    stem, dot, suffix = printable.rpartition(".")
    return f"{stem[:100]}{dot}{suffix[:10]}" if dot else suffix[:100]


def content_type_of(name: str, content: bytes) -> str | None:
    """The media type where the content is of an accepted kind and the name says the same; else None."""
    suffix = name.rpartition(".")[2].lower()
    if content.startswith(OLE_SIGNATURE):
        return OLD_OFFICE.get(suffix)
    if content.startswith(b"PK\x03\x04"):
        return _office_type(suffix, content)
    kind = filetype.guess(content)
    if kind is not None and suffix in PICTURES_AND_PDF.get(kind.mime, ()):
        return str(kind.mime)
    return None


def _office_type(suffix: str, content: bytes) -> str | None:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        # Broken, of a version nobody writes, or with names in no known script.
        return None
    for part, (expected, content_type) in OFFICE_PARTS.items():
        if part in names:
            macro = any(name.endswith("vbaProject.bin") for name in names)
            return content_type if suffix == expected and not macro else None
    return None
