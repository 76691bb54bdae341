"""The address in a letter: its token is exchanged for the session's right to see one page, and left at once."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from disbursements.models import ApprovalLink, InvoiceLink

MOST_OPENED = 20


def exchanging(
    request: HttpRequest,
    link: ApprovalLink | InvoiceLink | None,
    kept: str,
    page: str,
    unknown: Callable[[], HttpResponse],
) -> HttpResponse:
    """Let the session see the link's page and go there; `kept` names the session's links of this sort.

    Rule: RELIABILITY D17.
    """
    if link is None:
        answer = unknown()
    else:
        opened = [number for number in request.session.get(kept, []) if number != link.pk]
        request.session[kept] = [*opened, link.pk][-MOST_OPENED:]
        answer = redirect(page, link.pk)
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address must not travel; forms of other pages need theirs
    return answer


def was_opened(request: HttpRequest, link_id: int, kept: str) -> bool:
    """Say whether this session brought the token of a link."""
    return link_id in request.session.get(kept, [])
