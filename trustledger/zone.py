"""Where the firm is: instants are shown in its time zone."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from firms.models import Firm


class FirmMiddleware:
    """Reads the firm once for each page: its name for the heading, its time zone for every instant shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Do the request with the firm's clock face; health checks and the API go by UTC and ISO and need neither."""
        if request.path == "/healthz" or request.path.startswith("/api/"):
            return self.get_response(request)
        firm = Firm.objects.filter(pk=1).values_list("name", "time_zone").first() or ("TrustLedger", "UTC")
        request.firm_name = firm[0]  # type: ignore[attr-defined]
        with timezone.override(zoneinfo.ZoneInfo(firm[1])):
            return self.get_response(request)
