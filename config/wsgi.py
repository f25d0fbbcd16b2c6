"""The WSGI application for gunicorn. A wrong configuration stops it here, not at the first
request."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from monitor.checks import refuse_errors  # noqa: E402 - The checks need the apps that are loaded above.

refuse_errors()
