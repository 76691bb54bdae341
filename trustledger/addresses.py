"""What any address may be asked: no character that no text here can hold, and no dead end where a form was sent."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from trustledger.errors import answer

NUL = "%00"
ONLY_FORMS = (
    "This address only takes forms",
    "Nothing was written. The page it belongs to opens by itself.",
    ("If it does not, choose it in the menu.",),
)


def page_above(path: str) -> str:
    """Return the nearest page above an address: that of a request above that of its approval."""
    parts = path.strip("/").split("/")[:-1]
    while parts:
        above = f"/{'/'.join(parts)}/"
        try:
            resolve(above)
        except Resolver404:
            parts.pop()
        else:
            return above
    return "/"


class AddressMiddleware:
    """Answers 400 to a NUL in the address; leads who opens an address that only takes forms to the page above it.

    After a refusal the browser shows the form's own address: to open it again, or to come back to it after signing in,
    must show the page and not an empty 405.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Do the request; the API keeps its 405."""
        if NUL in request.META.get("QUERY_STRING", ""):
            return answer(request, HTTPStatus.BAD_REQUEST)
        response = self.get_response(request)
        refused = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method in {"GET", "HEAD"}
        if refused and not request.path.startswith("/api/"):
            response = answer(request, HTTPStatus.METHOD_NOT_ALLOWED, ONLY_FORMS)
            response["Refresh"] = f"0; url={page_above(request.path)}"
        return response
