"""What a person sees when something goes wrong: a sentence, what to do next, the number of the request; never a trace.

The API gets the same as JSON. None of it asks the database or the session: they may be what is broken.
"""

import sys
from http import HTTPStatus

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from firms.audit import current_actor
from firms.refusals import sqlstate_of

PAGES: dict[int, tuple[str, str, tuple[str, ...]]] = {
    400: (
        "That request could not be read",
        "Something in the address or in what was sent is not as it should be. Nothing was written.",
        ("Go back, and try the link or the form again.",),
    ),
    403: (
        "Your role does not allow this",
        "You are signed in, but this page or this step belongs to another role. Nothing was written.",
        (
            "Ask a person with that role to do it.",
            "If you should have it, ask your firm’s administrator; a second person confirms new roles.",
        ),
    ),
    404: (
        "Nothing here",
        "There is no such page, or it is not one you may see.",
        ("Check the address.", "Find the matter, payee or check by searching for it."),
    ),
    500: (
        "Something went wrong on our side",
        "It was recorded. Nothing half-done was kept: a step is written whole or not at all.",
        (
            "Look whether the step is there before you do it again; sent twice, it still counts once.",
            "If it happens again, tell your administrator the number below.",
        ),
    ),
    503: (
        "Not available just now",
        "The books are busy or being worked on. Nothing was written.",
        ("Wait a minute, then try again; sent twice, it still counts once.",),
    ),
}
BUSY = frozenset({"55P03", "57014", "53300", "57P01", "57P03", "40001", "40P01"})
EXPIRED = (
    "This form is too old",
    "You signed in or out since it was opened, or your browser keeps no cookies. Nothing was written.",
    ("Go back, load the page again, and send it once more.", "Allow cookies for this site."),
)


def answer(request: HttpRequest, status: int, page: tuple[str, str, tuple[str, ...]] | None = None) -> HttpResponse:
    """Return the page (or, for the API, the JSON) of one kind of error."""
    title, sentence, steps = page or PAGES[status]
    number = current_actor().request_id
    if request.path.startswith("/api/"):
        facts = {"request_id": number}
        code = HTTPStatus(status).phrase.lower().replace(" ", "_")
        return JsonResponse({"code": code, "detail": f"{title}. {sentence}", "facts": facts}, status=status)
    context = {"status": status, "title": title, "sentence": sentence, "steps": steps, "request_id": number}
    response = HttpResponse(render_to_string("errors/error.html", context), status=status)
    response.headers["X-Request-ID"] = number
    response.headers["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403; the API is told why, where a reason is given."""
    if request.path.startswith("/api/") and str(exception):
        facts = {"request_id": current_actor().request_id}
        return JsonResponse({"code": "forbidden", "detail": str(exception), "facts": facts}, status=403)
    return answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same for what does not exist and for what one may not see."""
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when the database had no time or no room for the request: nothing was written, and waiting helps."""
    error = sys.exception()
    busy = isinstance(error, OperationalError) or (error is not None and sqlstate_of(error) in BUSY)
    return unavailable(request) if busy else answer(request, 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503."""
    response = answer(request, 503)
    response.headers["Retry-After"] = "60"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token (setting CSRF_FAILURE_VIEW)."""
    return answer(request, 403, EXPIRED)
