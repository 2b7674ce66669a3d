"""The application, for WSGI servers and the ``flask`` command."""

import sys

from service_desk import create_app
from service_desk.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None
