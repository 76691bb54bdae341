"""How long a sign-in lasts: 30 minutes without a request, 12 hours in all."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

STARTED, SEEN = "session_started_at", "session_seen_at"
RENEW_AFTER_SECONDS = 60  # the idle clock is wound at most once a minute, so that not every page writes


class SessionLimitMiddleware:
    """Ends a session 12 hours after it began, and winds its idle clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign the person out when the session is too old, before any view sees it."""
        if request.user.is_authenticated:
            now = int(time.time())
            started = request.session.setdefault(STARTED, now)
            seen = request.session.setdefault(SEEN, now)
            idle, absolute = settings.SESSION_IDLE_LIMIT, settings.SESSION_ABSOLUTE_LIMIT
            if now - started > absolute.total_seconds() or now - seen > idle.total_seconds():
                logout(request)
            elif now - seen >= RENEW_AFTER_SECONDS:
                request.session[SEEN] = now
        return self.get_response(request)
