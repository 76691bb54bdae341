"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustledger.settings")
application = get_wsgi_application()

from trustledger.checks import refuse_unsafe  # noqa: E402  # the apps are loaded only now

refuse_unsafe()
