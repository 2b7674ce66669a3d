"""Draws a file as small pictures, in a process of its own: whoever wrote the file may mean harm.

Started by ``previews`` by its path, with nothing of the desk loaded: ``drawing.py SOURCE KIND FOLDER``. It bounds its
own time, memory and output before it opens the file, and leaves ``thumb.jpg``, ``1.jpg``, ``2.jpg``, … and, when it is
done, ``drawn.json`` with the number of pages there are in all and the sizes of those drawn. Pictures are drawn anew, so
that nothing of what was beside the picture (place, camera, hidden bytes) comes along.
"""

import json
import resource
import sys
import warnings
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

CPU_SECONDS = 10
MEMORY = 1024 * 1024 * 1024
LARGEST_FILE = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""A phone's largest picture has as many; what says more of itself is made to fill the memory."""
WHOLE = (1600, 1600)
THUMB = (192, 144)
MOST_PAGES = 10
PAGE_WIDTH, PAGE_HEIGHT = 1000, 1500
QUALITY = 82
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
}


def bound_ourselves() -> None:
    """So much time, memory and disk, and no more: the system ends whoever takes it."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)


Drawn = dict[str, object]
"""``pages``: how many there are; ``sizes``: width and height of each that was drawn."""


def draw_picture(source: Path, kind: str, folder: Path) -> Drawn:
    """One picture, upright, on white where it is see-through; of one that moves the first."""
    with Image.open(source, formats=[FORMATS[kind]]) as picture:
        picture.draft("RGB", WHOLE)
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail(WHOLE)
        size = upright.size
        keep(upright, folder / "1.jpg")
        keep_thumb(upright, folder)
    return {"pages": 1, "sizes": [size]}


def draw_pages(source: Path, folder: Path) -> Drawn:
    """The first pages of a PDF, none of them larger than a screen needs."""
    document = pypdfium2.PdfDocument(source)
    sizes = []
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        width, height = page.get_size()
        scale = min(PAGE_WIDTH / max(width, 1), PAGE_HEIGHT / max(height, 1))
        drawn = page.render(scale=scale).to_pil()
        sizes.append(drawn.size)
        keep(drawn, folder / f"{number + 1}.jpg")
        if number == 0:
            keep_thumb(drawn, folder)
    return {"pages": len(document), "sizes": sizes}


def keep_thumb(picture: Image.Image, folder: Path) -> None:
    """The same, as small as a timeline shows it."""
    picture.thumbnail(THUMB)
    keep(picture, folder / "thumb.jpg")


def keep(picture: Image.Image, path: Path) -> None:
    """As JPEG, of the pixels alone."""
    if picture.mode in ("RGBA", "LA", "P", "PA") or "transparency" in picture.info:
        see_through = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, "white")
        picture.paste(see_through, mask=see_through)
    bare = Image.new("RGB", picture.size)
    bare.paste(picture.convert("RGB"))
    bare.save(path, "JPEG", quality=QUALITY)


def main(source: Path, kind: str, folder: Path) -> None:
    """Draw one file."""
    bound_ourselves()
    drawn = draw_pages(source, folder) if kind == "application/pdf" else draw_picture(source, kind, folder)
    (folder / "drawn.json").write_text(json.dumps(drawn))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
