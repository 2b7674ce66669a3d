"""Files: served only within the scope; as downloads, or as pictures drawn anew."""

from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, send_file
from flask.typing import ResponseReturnValue

from service_desk.desk.previews import THUMB, is_previewed, preview_of
from service_desk.domain.actions import Party
from service_desk.store.attachments import Attachment
from service_desk.store.base import db
from service_desk.web.assets import asset
from service_desk.web.guards import me, visible_or_404

bp = Blueprint("attachments", __name__)

NOTHING_RUNS = "default-src 'none'; sandbox"
KEPT_SECONDS = 600
"""How long a browser keeps a picture: short, since what one may see can end."""


def readable_or_404(attachment_id: int) -> Attachment:
    """A file of a ticket I may see, or my own that no ticket has yet; the enterprise gets those meant for it."""
    file = db.session.get(Attachment, attachment_id)
    if file is None or not file.path.exists():
        abort(404)
    if file.ticket_id is None:
        if file.uploader_id != me().id:
            abort(404)
    else:
        parties = visible_or_404(file.ticket_id).parties_of(me())
        if not file.public and (not parties or Party.CONTACT in parties):
            abort(404)
    return file


@bp.get("/attachments/<int:attachment_id>")
def show(attachment_id: int) -> ResponseReturnValue:
    """One file, to be saved."""
    file = readable_or_404(attachment_id)
    return _sealed(
        send_file(file.path, mimetype=file.content_type, as_attachment=True, download_name=file.name)
    )


@bp.get("/attachments/<int:attachment_id>/preview")
def preview(attachment_id: int) -> ResponseReturnValue:
    """What a file looks like; where that cannot be shown, the way to save it."""
    file = readable_or_404(attachment_id)
    return render_template("attachments/preview.html", file=file, preview=preview_of(file))


@bp.get("/attachments/<int:attachment_id>/preview/<int:number>.jpg")
def page(attachment_id: int, number: int) -> ResponseReturnValue:
    """One page of a preview, the first being 1."""
    drawn = preview_of(readable_or_404(attachment_id))
    if drawn is None or not 1 <= number <= len(drawn.pictures):
        abort(404)
    return _picture(drawn.pictures[number - 1].path)


@bp.get("/attachments/<int:attachment_id>/thumb.jpg")
def thumb(attachment_id: int) -> ResponseReturnValue:
    """A small picture of a file, or one that says that there is none."""
    file = readable_or_404(attachment_id)
    if not is_previewed(file):
        abort(404)
    drawn = preview_of(file)
    if drawn is None:
        return redirect(asset("no-preview.svg"))
    return _picture(drawn.thumb)


def _picture(path: Path) -> Response:
    answer = send_file(path, mimetype="image/jpeg", as_attachment=False, download_name=path.name, max_age=0)
    answer.headers["Content-Disposition"] = f"inline; filename={path.name}"
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return _sealed(answer)


def _sealed(answer: Response) -> Response:
    """Whatever a browser makes of it, nothing in it runs."""
    answer.headers["Content-Security-Policy"] = NOTHING_RUNS
    return answer


@bp.app_template_global("thumb_size")
def thumb_size() -> tuple[int, int]:
    """Width and height of the place a small picture has in a page."""
    return THUMB[0] // 2, THUMB[1] // 2


bp.add_app_template_test(is_previewed, "previewed")
