"""Everything that waits for the person who looks."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from disbursements import fee_queries, queries
from disbursements.waiting import asked_of
from firms.access import Capability, may, person_of, signed_in
from firms.second_factor import codes_refused
from ledgers.access import books_of

SHOWN = 50
DECIDES = tuple(capability for capability in Capability if capability.is_decision)


def cut(found: Any) -> Any:
    """Return the first rows; lists with more have their own page."""
    return found[:SHOWN]


@signed_in
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Show what this person may decide, confirm, assign, post or prepare, most urgent first."""
    person = person_of(request)
    books = books_of(person)
    asks, prepares = may(person, Capability.REQUEST_MONEY), may(person, Capability.PREPARE_RECONCILIATION)
    context = {
        **{name: cut(found) for name, found in asked_of(person).items()},
        "unfunded": cut(queries.with_names(queries.unfunded_for(person))) if asks else [],
        "drafts": cut(queries.with_names(queries.drafts_of(person))) if asks else [],
        "clients": cut(fee_queries.waiting_for_clients(person)) if asks else [],
        "receipts": cut(queries.unidentified_receipts(books)) if asks else [],
        "months": cut(queries.months_to_prepare(books)) if prepares else [],
    }
    told = {
        "is_all_done": not any(context.values()),
        "codes_refused": codes_refused(person) if may(person, *DECIDES) else None,
    }
    return render(request, "disbursements/waiting.html", {**context, **told})
