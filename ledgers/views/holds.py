"""Holds: the list, placing one, and proposing its release on evidence."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from firms.access import Capability, may, person_of, requires
from firms.pages import refused_by, shown
from ledgers.access import books_of
from ledgers.forms.events import HoldFilterForm, HoldForm, ReleaseForm
from ledgers.holding import hold_money
from ledgers.models import Hold
from ledgers.money import as_text
from ledgers.proposals import propose_release
from ledgers.queries.holds import holds_listed
from ledgers.views.answers import key_of

MAY_ASK = (Capability.RECORD_MONEY, Capability.RELEASE_HOLDS)


@requires(Capability.SEE_BOOKS)
@require_safe
def holds(request: HttpRequest) -> HttpResponse:
    """List the holds, open ones unless asked otherwise."""
    person = person_of(request)
    form = HoldFilterForm(request.GET)
    found = holds_listed(books_of(person), form.wanted(), request.GET.get("sort", ""))
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    facts = {
        "form": form,
        "page": page,
        "may_hold": may(person, Capability.RECORD_MONEY),
        "may_ask": may(person, *MAY_ASK),
    }
    return render(request, "ledgers/holds.html", facts)


@requires(Capability.RECORD_MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def hold_new(request: HttpRequest) -> HttpResponse:
    """Hold money of a matter."""
    person = person_of(request)
    form = HoldForm(books_of(person), request.POST or None, {"matter": request.GET.get("matter", "")})
    refusal = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        asked = {name: said[name] for name in ("kind", "amount", "reason", "until", "disputed_by")}
        refusal = refused_by(lambda: hold_money(person, key_of(request), said["ledger"], **asked))
        if refusal is None:
            messages.success(request, f"{as_text(said['amount'])} of {said['matter']} is held.")
            return redirect("holds")
    return shown(request, "ledgers/hold_new.html", {"form": form}, refusal)


@requires(*MAY_ASK)
@require_http_methods(["GET", "HEAD", "POST"])
def hold_release(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Propose to release a hold on evidence."""
    person = person_of(request)
    held = books_of(person).holds.exclude(kind=Hold.Kind.RESERVED).select_related("ledger__matter", "placed_by")
    hold = get_object_or_404(held, pk=hold_id)
    form = ReleaseForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        refusal = refused_by(lambda: propose_release(person, hold=hold, **form.cleaned_data))
        if refusal is None:
            messages.info(request, "Proposed. The hold ends when a trust supervisor confirms the evidence.")
            return redirect("holds")
    items = [
        ("In", str(hold.ledger)),
        ("Amount", hold.amount),
        ("Kind", hold.get_kind_display()),
        ("Reason", hold.reason),
        ("Disputed by", hold.disputed_by),
        ("Held until", hold.until_date),
        ("Placed by", hold.placed_by.full_name),
    ]
    return shown(request, "ledgers/hold_release.html", {"form": form, "items": items}, refusal)
