"""What the bank has done and what the firm puts right: charges, interest, firm money, returned receipts, reversals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from firms.access import Capability, person_of, requires
from firms.models import Person, Proposal
from ledgers import bank_events, proposals
from ledgers.access import books_of
from ledgers.forms import events as forms
from ledgers.models import JournalEntry
from ledgers.posting import Posted
from ledgers.views.reviewed import Review, reviewed

EITHER = ["GET", "HEAD", "POST"]
AT_ONCE = "It is posted at once and stays in the books; a mistake is undone by a reversal."
BY_TWO = "It is posted when another person confirms it."


@dataclass(frozen=True)
class Event:
    """One kind of event: its words, its form, and what records it."""

    title: str
    text: str
    form: type[forms.EventForm]
    record: Callable[[Person, str, Any], Posted | Proposal]
    propose: Callable[[Person, Any], Proposal] | None = None
    sentence: str = AT_ONCE


def _firm_funds(person: Person, key: str, form: Any) -> Posted:
    said = dict(form.cleaned_data)
    own = said.pop("operating_account")
    return bank_events.record_firm_funds(person, key, operating_account_id=own.pk, **said)


def _cure(person: Person, key: str, form: Any) -> Posted:
    said = dict(form.cleaned_data)
    own = said.pop("operating_account")
    return bank_events.record_cure(person, key, operating_account_id=own.pk if own else None, **said)


def _other(person: Person, key: str, form: Any) -> Proposal:
    said = form.cleaned_data
    return proposals.propose_bank_event(
        person,
        ledger=said["ledger"],
        book_date=said["book_date"],
        signed_amount=form.signed_amount,
        advice=said["advice"],
    )


EVENTS = {
    "charge": Event(
        "Bank charge",
        "Out of firm funds; above the cushion a second person confirms it.",
        forms.ChargeForm,
        lambda person, key, form: bank_events.record_bank_charge(person, key, **form.line()),
        lambda person, form: proposals.propose_bank_charge(person, **form.line()),
    ),
    "interest": Event(
        "Interest",
        "Due to the bar foundation; on an individual account the client’s.",
        forms.InterestForm,
        lambda person, key, form: bank_events.record_interest(person, key, **form.line()),
    ),
    "sweep": Event(
        "Interest sweep",
        "The bank sent the interest to the bar foundation.",
        forms.SweepForm,
        lambda person, key, form: bank_events.record_sweep(person, key, **form.line()),
    ),
    "firm-funds": Event(
        "Firm-funds deposit", "Firm money put into the bank-charge cushion.", forms.FirmFundsDepositForm, _firm_funds
    ),
    "cure": Event("Deficit cure", "Firm money makes a ledger’s deficit good.", forms.CureForm, _cure),
    "other": Event(
        "Other bank event",
        "A check paid for another amount, an unauthorized debit. A second person confirms it.",
        forms.OtherEventForm,
        _other,
        sentence=BY_TWO,
    ),
}


@requires(Capability.RECORD_MONEY)
@require_safe
def bank_events_page(request: HttpRequest) -> HttpResponse:
    """Offer the kinds of events to record."""
    return render(request, "ledgers/event_list.html", {"events": EVENTS.items()})


@requires(Capability.RECORD_MONEY)
@require_http_methods(EITHER)
def bank_event_new(request: HttpRequest, name: str) -> HttpResponse:
    """Record one kind of event."""
    event = EVENTS.get(name)
    if event is None:
        raise Http404
    person, propose = person_of(request), event.propose
    review = Review(
        event.title,
        event.sentence,
        "Record",
        lambda form, key: event.record(person, key, form),
        (lambda form: propose(person, form)) if propose else None,
        reverse("bank_events"),
        event.text,
    )
    return reviewed(request, event.form(books_of(person), request.POST or None, request.GET.dict()), review)


def entry_facts(entry: JournalEntry) -> list[tuple[str, Any]]:
    """Return which entry it is about."""
    return [
        ("Entry", f"{entry.get_kind_display()} {entry.pk}"),
        ("Date", entry.book_date),
        (entry.party_label, entry.text.party),
        ("At the bank", entry.bank_amount),
        ("Trust account", str(entry.trust_account)),
        ("Reference", entry.text.reference),
    ]


def entry_of(request: HttpRequest, entry_id: int, **kinds: Any) -> JournalEntry:
    """Return an entry the person may see; any other does not exist."""
    found = books_of(person_of(request)).entries.select_related("text", "trust_account", "linked_to")
    return get_object_or_404(found.filter(**kinds), pk=entry_id)


@requires(Capability.RECORD_MONEY)
@require_http_methods(EITHER)
def receipt_returned(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Propose that a receipt came back."""
    person, receipt = person_of(request), entry_of(request, entry_id, kind=JournalEntry.Kind.RECEIPT)
    form = forms.ReturnedReceiptForm(books_of(person), receipt, request.POST or None)

    def propose(form: Any, key: str) -> Proposal:
        said = form.cleaned_data
        return proposals.propose_returned_receipt(
            person, receipt=receipt, book_date=said["book_date"], shares=form.parts(said), advice=said["advice"]
        )

    review = Review(
        "Returned receipt",
        BY_TWO,
        "Propose",
        propose,
        cancel_url=reverse("entry", args=[receipt.pk]),
        facts=entry_facts(receipt),
        lead="It is recorded in full. What the ledger no longer covers becomes its deficit, which the firm makes good.",
        danger=True,
    )
    return reviewed(request, form, review)


@requires(Capability.RECORD_MONEY)
@require_http_methods(EITHER)
def fee_put_back(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Put an earned fee, or a part of it, back into the client's ledger."""
    person, fee = person_of(request), entry_of(request, entry_id, kind=JournalEntry.Kind.EARNED_FEE)
    left = bank_events.left_of_fee(fee)
    start = {"amount": f"{left.amount:.2f}", "operating_account": fee.operating_account_id}

    def record(form: Any, key: str) -> Posted:
        said = dict(form.cleaned_data)
        own = said.pop("operating_account")
        return bank_events.record_fee_put_back(person, key, fee=fee, operating_account_id=own.pk, **said)

    review = Review(
        "Fee put back",
        "The client’s ledger gets it back at once. Move the money from the operating account to the trust account as "
        "written here.",
        "Put back",
        record,
        cancel_url=reverse("entry", args=[fee.pk]),
        facts=[*entry_facts(fee), ("Not put back yet", left)],
    )
    return reviewed(request, forms.FeePutBackForm(books_of(person), request.POST or None, start), review)


@requires(Capability.RECORD_MONEY)
@require_http_methods(EITHER)
def entry_reverse(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Reverse an entry that never was true; propose it where the money has been spent."""
    person, entry = person_of(request), entry_of(request, entry_id)
    form = forms.ReversalForm(books_of(person), request.POST or None)

    def record(form: Any, key: str) -> Posted:
        return bank_events.record_reversal(person, key, entry=entry, **form.cleaned_data)

    review = Review(
        "Reversal",
        "Its exact opposite is posted. Both entries stay in the books.",
        "Reverse",
        record,
        lambda form: proposals.propose_reversal(person, entry=entry, **form.cleaned_data),
        reverse("entry", args=[entry.pk]),
        facts=entry_facts(entry),
        danger=True,
    )
    return reviewed(request, form, review)
