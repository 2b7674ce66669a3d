"""Text goes over the line packed: pages, style sheets, scripts and icons alike (docs/decisions/0032)."""

import gzip
import secrets
from functools import lru_cache
from io import BytesIO

from flask import Flask, request
from werkzeug.wrappers import Response

from service_desk.web.assets import KEPT_FOR_EVER

TEXTS = frozenset(
    {
        "text/html",
        "text/css",
        "text/csv",
        "text/javascript",
        "text/plain",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    }
)
# A shorter body fits into one packet as it is.
SMALLEST = 1024
# Of a page; 9 takes three times as long and gains one hundredth.
PAGE_LEVEL = 5
MOST_NOISE = 100


def init_app(app: Flask) -> None:
    """Pack what is answered, for whoever says that they can unpack it."""
    app.after_request(pack)


def pack(response: Response) -> Response:
    """The answer with its text packed; an answer that is no text, is short or comes piece by piece stays as it is."""
    static = request.endpoint in KEPT_FOR_EVER
    if response.status_code in (204, 206, 304) or response.mimetype not in TEXTS:
        return response
    if not (static or response.is_sequence) or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip"):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    response.set_data(_pack_for_good(body) if static else _pack_page(body))
    response.headers["Content-Encoding"] = "gzip"
    etag, _weak = response.get_etag()
    if etag:
        # The same file in another form: alike, not equal byte by byte.
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=128)
def _pack_for_good(body: bytes) -> bytes:
    """A file of the product, packed once by each process and kept."""
    return gzip.compress(body, 9, mtime=0)


def _pack_page(body: bytes) -> bytes:
    """A page, with a file name of random length in its head: how long it is tells nobody what stands in it."""
    noise = "-" * secrets.randbelow(MOST_NOISE)
    packed = BytesIO()
    with gzip.GzipFile(noise, "wb", PAGE_LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
