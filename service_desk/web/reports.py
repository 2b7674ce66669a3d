"""Reports: preview and workbook."""

from flask import Blueprint

bp = Blueprint("reports", __name__)


@bp.get("/reports")
def index() -> str:
    """To come."""
    return ""
