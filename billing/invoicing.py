"""Making invoices: a draft with the matter's time and lines of the firm's own, issued once, made void with a reason."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from billing.models import Invoice, InvoiceLine, InvoiceState, TimeEntry
from billing.queries.time import UNBILLED
from billing.refusals import InvoiceContentFixed, InvoiceIsPaid, InvoiceMoveRefused
from firms import outbox
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import ChangedMeanwhile, NotAllowed, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.commands import once
from ledgers.models import Matter
from ledgers.money import ZERO, Money, as_text, cents_of
from ledgers.refusals import AmountNotPositive, ReasonMissing

Kind = InvoiceLine.Kind


@dataclass(frozen=True)
class Head:
    """What stands above and below the lines."""

    date: dt.date
    due_date: dt.date
    note: str = ""

    def columns(self) -> dict[str, Any]:
        """Return the columns of the row."""
        return {"date": self.date, "due_date": self.due_date, "note": self.note.strip()}


@retrying
def create_draft(by: Person, key: str, matter: Matter, head: Head, time_until: dt.date | None = None) -> Invoice:
    """Begin an invoice, with the matter's unbilled time up to a day if one is named; a repeated key answers the first.

    Raises:
        NotAllowed, MatterNotBilled, InvoiceDates, TimeBilled, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(by, matter)
    said = {"what": "create_draft", "matter": matter.pk, **head.columns(), "time_until": time_until}

    def work() -> dict[str, Any]:
        made = Invoice.objects.create(matter=matter, created_by=by, created_at=now(), **head.columns())
        if time_until is not None:
            free = TimeEntry.objects.filter(UNBILLED, matter=matter, date__lte=time_until)
            _bill(made, free.values_list("pk", flat=True))
        return {"invoice": made.pk}

    with translating():
        answer = once(by, key, said, work)
    return Invoice.objects.get(pk=answer["invoice"])


@retrying
def change_draft(by: Person, invoice: Invoice, version: int, head: Head) -> Invoice:
    """Change dates and note of a draft.

    Raises:
        NotAllowed, InvoiceContentFixed, ChangedMeanwhile, InvoiceDates.
    """
    return _move(by, invoice, version, {InvoiceState.DRAFT}, head.columns())


@retrying
def add_time(by: Person, invoice: Invoice, entries: Iterable[int]) -> Invoice:
    """Put time of the matter on a draft; time that is on it already is refused.

    Raises:
        NotAllowed, InvoiceContentFixed, TimeBilled, TimeNotForThis.
    """
    _refuse_unless_theirs(by, invoice.matter)
    known = TimeEntry.objects.filter(pk__in=list(entries), matter=invoice.matter)
    with translating(), transaction.atomic():
        _bill(invoice, known.values_list("pk", flat=True))
    return Invoice.objects.get(pk=invoice.pk)


@retrying
def add_line(
    by: Person, key: str, invoice: Invoice, kind: str, on: dt.date, description: str, amount: Money
) -> Invoice:
    """Put a fee or an expense of the firm's own on a draft; a repeated key answers the first.

    Raises:
        NotAllowed, InvoiceContentFixed, AmountNotPositive, InvoiceLineFixed, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(by, invoice.matter)
    if cents_of(amount) <= 0:
        raise AmountNotPositive(asked=cents_of(amount))
    line = InvoiceLine(invoice=invoice, kind=kind, date=on, description=description.strip(), amount=amount)
    said = {"what": "add_line", "invoice": invoice.pk, "kind": kind, "on": on, "text": line.description}

    def work() -> dict[str, Any]:
        line.save(force_insert=True)
        return {"line": line.pk}

    with translating():
        once(by, key, {**said, "amount": cents_of(amount)}, work)
    return Invoice.objects.get(pk=invoice.pk)


@retrying
def remove_line(by: Person, line: InvoiceLine) -> Invoice:
    """Take a line off a draft; its time is unbilled again.

    Raises:
        NotAllowed, InvoiceContentFixed, InvoiceLineFixed.
    """
    _refuse_unless_theirs(by, line.invoice.matter)
    with translating(), transaction.atomic():
        InvoiceLine.objects.filter(pk=line.pk).update(is_removed=True)
    return Invoice.objects.get(pk=line.invoice_id)


@retrying
def issue(by: Person, invoice: Invoice, version: int, number: str = "") -> Invoice:
    """Issue a draft as it was shown: it gets its number (the next one, or the given) and never changes again.

    Raises:
        NotAllowed, ChangedMeanwhile, InvoiceContentFixed: it is not what was shown, or issued already.
        InvoiceEmpty, InvoiceInFuture, InvoiceNumberTaken, MatterNotBilled.
    """
    changes = {"number": number.strip(), "issued_by": by, "issued_at": now(), "state": InvoiceState.ISSUED}
    with transaction.atomic():
        issued = _move(by, invoice, version, {InvoiceState.DRAFT}, changes)
        told = {"invoice": issued.pk, "matter": issued.matter.number}
        outbox.tell("invoice_issued", issued, told, dedupe=f"invoice_issued:{issued.pk}")
    return issued


@retrying
def void(by: Person, invoice: Invoice, version: int, reason: str) -> Invoice:
    """Make an unpaid invoice, or a draft, void with a reason: its time can be billed anew, its number stays taken.

    Raises:
        ReasonMissing, NotAllowed, ChangedMeanwhile.
        InvoiceIsPaid: what was taken for it is put back first.
        InvoiceMoveRefused: it is void already.
    """
    if not reason.strip():
        raise ReasonMissing
    changes = {"state": InvoiceState.VOID, "voided_by": by, "voided_at": now(), "void_reason": reason.strip()[:300]}
    return _move(by, invoice, version, {InvoiceState.DRAFT, InvoiceState.ISSUED}, changes)


def _refuse_unless_theirs(by: Person, matter: Matter) -> None:
    if not may(by, Capability.MAKE_INVOICES) or not books_of(by).matters.filter(pk=matter.pk).exists():
        raise NotAllowed


def _bill(invoice: Invoice, entries: Iterable[int]) -> None:
    """Write the lines of time entries, in one order for everybody; the database copies what they say."""
    blank = {"kind": Kind.TIME, "date": invoice.date, "description": "-", "amount": 0}
    lines = [InvoiceLine(invoice=invoice, time_entry_id=pk, **blank) for pk in sorted(entries)]
    InvoiceLine.objects.bulk_create(lines)


def _move(by: Person, invoice: Invoice, version: int, states: set[InvoiceState], changes: dict[str, Any]) -> Invoice:
    """Change an invoice that is still in one of the states and as it was shown."""
    _refuse_unless_theirs(by, invoice.matter)
    with translating(), transaction.atomic():
        held = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
        if held.state not in states:
            asked = changes.get("state")
            if asked == InvoiceState.VOID and held.paid > ZERO:
                raise InvoiceIsPaid(invoice=str(held).lower(), paid=as_text(held.paid))
            if asked == InvoiceState.VOID:
                raise InvoiceMoveRefused(invoice=str(held).lower(), state=held.state, asked=str(asked))
            raise InvoiceContentFixed(invoice=str(held).lower(), state=held.state)
        if held.version != version:
            raise ChangedMeanwhile
        Invoice.objects.filter(pk=held.pk).update(**changes, version=version + 1)
    return Invoice.objects.select_related("matter").get(pk=invoice.pk)
