"""The application, for WSGI servers and the ``flask`` command."""

from service_desk import create_app

app = create_app()
