"""Trust accounts and the search of the whole firm."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from firms.access import Capability, may, person_of, requires
from firms.clock import today
from ledgers.access import books_of
from ledgers.queries.accounts import account_in_full
from ledgers.queries.balances import accounts_with_balances
from ledgers.queries.parties import operating_list
from ledgers.queries.search import search


def may_edit(request: HttpRequest) -> bool:
    """Say whether the person may open and edit accounts: whether to show the links."""
    return may(person_of(request), Capability.EDIT_RECORDS)


@requires(Capability.SEE_BOOKS)
@require_GET
def trust_accounts(request: HttpRequest) -> HttpResponse:
    """List the trust accounts with book balance and ledgers."""
    books = books_of(person_of(request))
    found = accounts_with_balances(books, today())
    context = {"accounts": found, "operating": operating_list(books), "may_edit": may_edit(request)}
    return render(request, "ledgers/trust_accounts.html", context)


@requires(Capability.SEE_BOOKS)
@require_GET
def trust_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show a trust account: its book, what it is made of, its months."""
    books = books_of(person_of(request))
    account = get_object_or_404(books.accounts.select_related("client"), pk=account_id)
    return render(
        request,
        "ledgers/trust_account.html",
        {"full": account_in_full(books, account, today()), "may_edit": may_edit(request)},
    )


@requires(Capability.SEE_BOOKS)
@require_GET
def search_view(request: HttpRequest) -> HttpResponse:
    """Find matters, ledgers, clients and entries."""
    found = search(books_of(person_of(request)), request.GET.get("q", ""))
    return render(request, "ledgers/search.html", {"found": found})
