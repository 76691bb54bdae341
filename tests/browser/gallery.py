"""A page with every component on it, for tests and for the eye; never part of the product."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from moneyed import Money

from firms.access import signed_in

MATTERS = [
    {"value": "2026-0142", "label": "Smith v. Jones", "detail": "IOLTA ••4471 · available $1,250.00"},
    {"value": "2026-0077", "label": "Kestrel Holdings closing", "detail": "IOLTA ••4471 · available $52,000.00"},
    {"value": "2025-0981", "label": "Estate of Halvorsen", "detail": "IOLTA ••4471 · available $18,400.00"},
]


class ReceiptLikeForm(forms.Form):
    """Every kind of field once."""

    matter = forms.CharField(
        help_text="Type a number or a name.", widget=forms.TextInput(attrs={"data-combobox": "/gallery/options"})
    )
    payer = forms.ChoiceField(
        choices=[("", "Choose"), ("1", "Marta Smith"), ("2", "Acme Insurance"), ("3", "First Bank")],
        widget=forms.Select(attrs={"data-combobox": ""}),
    )
    amount = forms.DecimalField(max_digits=14, decimal_places=2)
    method = forms.ChoiceField(choices=[("check", "Check"), ("wire", "Wire"), ("ach", "ACH")])
    kind = forms.ChoiceField(choices=[("a", "Advance fee"), ("b", "Cost deposit")], widget=forms.RadioSelect)
    memo = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    confirm = forms.BooleanField(label="The payer is the client", required=False)


class LedgerFilter(forms.Form):
    """Filters of a list."""

    state = forms.ChoiceField(choices=[("", "All"), ("open", "Open")], required=False)
    after = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


@dataclass(frozen=True)
class Refused:
    """A refusal as the domain raises it."""

    code: str = "insufficient_available_funds"
    detail: str = (
        "You asked for $1,300.00 from Smith v. Jones, but only $1,250.00 is available. "
        "Lower the amount, or wait until the check of Nov 18 is collected on Nov 25."
    )
    facts: ClassVar[dict[str, Any]] = {
        "available": Money("1250.00", "USD"),
        "asked": Money("1300.00", "USD"),
        "collected_on": dt.date(2026, 11, 25),
    }


@signed_in
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    bound = "refused" in request.GET or request.method == "POST"
    form = ReceiptLikeForm(request.POST or {"amount": "12,50x", "matter": "2026-0142"} if bound else None)
    now = timezone.now()
    context = {
        "form": form,
        "filters": LedgerFilter(request.GET),
        "page": Paginator(range(1240), 50).get_page(request.GET.get("page", "2")),
        "amount": Money("1250.00", "USD"),
        "negative": -231055,
        "today": now.date(),
        "now": now,
        "refusal": Refused() if bound else None,
        "facts": [
            ("Matter", "2026-0142"),
            ("Available", Money("1250.00", "USD")),
            ("Opened", now.date()),
            ("Payee", ""),
        ],
        "events": [
            {"title": "Requested", "who": "Dana Reyes", "at": now, "tone": "ok", "text": "Court filing fee"},
            {"title": "Refused", "who": "Alan Whitfield", "at": now, "tone": "bad", "text": ""},
        ],
        "tabs": [("Ledger", "#a", True, 0), ("Holds", "#b", False, 2), ("Requests", "#c", False, 0)],
        "steps": ["Upload", "Map", "Preview", "Approve", "Load"],
    }
    return render(request, "gallery.html", context)


@signed_in
def options(request: HttpRequest) -> JsonResponse:
    """Answer a combobox."""
    typed = request.GET.get("q", "").lower()
    found = [m for m in MATTERS if all(w in f"{m['value']} {m['label']}".lower() for w in typed.split())]
    return JsonResponse({"results": found})
