"""Letters about invoices that are paid from trust: what waits, was decided, answered, transferred."""

from django.conf import settings

from billing.models import UNPAID, Invoice
from disbursements.models import FeeAuthorization
from firms.models import OutboxEvent, Person
from ledgers.authorities import deciders, new_deciders
from ledgers.models import Ledger
from ledgers.money import as_text
from notifications.letters import Letter, NotNeeded, page_url

FEES: dict[str, tuple[str, str, str]] = {
    "fee_authorized": ("Authorized", "An invoice may be paid from trust once the client’s part is there", "info"),
    "fee_transferred": ("Transferred", "An earned fee was transferred out of trust", "ok"),
    "fee_client_approved": ("Approved by the client", "The client approved an invoice by the link", "ok"),
    "fee_client_objected": ("Client objects", "The client objects to an invoice: nothing is paid of it", "bad"),
}


def fee_letter(event: OutboxEvent, person: Person) -> Letter:
    """Tell what an attorney decided on an invoice, what its client said, or what was transferred for it."""
    facts = event.payload
    begin, heading, tone = FEES[event.kind]
    told = [("Invoice", facts["number"]), ("Matter", facts["matter"])]
    told.append(("By" if event.kind.startswith("fee_client") else "Authorized by", facts["by"]))
    told.append(("In the client’s words", facts.get("words", "")))
    return Letter(
        subject=f"{begin}: {facts['amount']} for invoice {facts['number']} ({facts['matter']})",
        heading=heading, lead=f"Invoice {facts['number']} of matter {facts['matter']}.",
        facts=tuple((label, value) for label, value in told if value),
        figure=facts["amount"], figure_label=begin.lower(), action="Open the invoice",
        url=settings.BASE_URL + facts["path"], tone=tone,
    )  # fmt: skip


def attorneys_to_authorize(event: OutboxEvent) -> list[Person]:
    """Return who is asked to authorize an invoice: nobody while nothing is in trust for its matter, or is not to be."""
    invoice = Invoice.objects.select_related("matter").get(pk=event.payload["invoice"])
    ledger = Ledger.objects.filter(matter=invoice.matter_id, balance__gt=0).order_by("-balance").first()
    if ledger is None or invoice.issued_by_id is None or not invoice.matter.pay_invoices_from_trust:
        return []
    asked = [one.person_id for one in deciders(ledger.pk, invoice.issued_by_id) if one.is_asked]
    asked = asked or [one.person_id for one in new_deciders(ledger.pk, invoice.issued_by_id)]
    return list(Person.objects.filter(pk__in=asked, is_active=True).order_by("full_name", "pk"))


def issued_letter(event: OutboxEvent, person: Person) -> Letter:
    """Ask an attorney to authorize the payment of an invoice that was issued.

    Raises: NotNeeded when it is authorized, paid or void.
    """
    invoice = Invoice.objects.select_related("matter").get(pk=event.payload["invoice"])
    decided = FeeAuthorization.objects.filter(invoice=invoice, ended_at__isnull=True).exists()
    if decided or invoice.state not in UNPAID:
        raise NotNeeded("It was decided, paid or made void before the letter left.")
    amount = as_text(invoice.open_amount)
    return Letter(
        subject=f"Please authorize: {amount} for invoice {invoice.number} ({invoice.matter.number})",
        heading="An invoice waits for your authorization",
        lead=f"Invoice {invoice.number} of matter {invoice.matter_name} may be paid from the client’s money in trust.",
        facts=(("Client", invoice.client_name), ("Matter", invoice.matter_name), ("Invoice", invoice.number)),
        figure=amount, figure_label="to be paid from trust", action="Look at it and decide", tone="warn",
        url=page_url("invoice_authorize", invoice.pk),
        foot="Nothing is paid until you authorize it, with a code or a passkey, and the client’s part is there.",
    )  # fmt: skip
