"""Files: served only within the scope, always as downloads."""

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from service_desk.domain.actions import Party
from service_desk.store.attachments import Attachment
from service_desk.store.base import db
from service_desk.web.guards import me, visible_or_404

bp = Blueprint("attachments", __name__)


@bp.get("/attachments/<int:attachment_id>")
def show(attachment_id: int) -> ResponseReturnValue:
    """One file of a ticket I may see; the enterprise gets those that are meant for it."""
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
    return send_file(file.path, mimetype=file.content_type, as_attachment=True, download_name=file.name)
