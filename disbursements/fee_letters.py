"""The letters to a client: an invoice to be answered, and that a fee was paid from the money held in trust."""

from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string

from billing.models import Invoice
from billing.settlement_models import SettlementStatement
from disbursements.models import ClientAnswer, FeeAuthorization, SettlementAuthorization
from firms import outbox
from firms.clock import asked
from firms.models import Firm
from ledgers.models import JournalEntry, JournalLine, Ledger, Matter
from ledgers.money import Money, as_text

LINES = 12
INVOICE_TO_CLIENT = "invoice_to_client"


def ask_client(authorization: FeeAuthorization, again: str = "") -> bool:
    """Have a letter with a link sent to the client, in this transaction; whether there is somebody to ask.

    Nobody of the firm is asked in a client's place.

    `again` tells a repeated letter from the first one.
    """
    invoice = authorization.invoice
    matter = Matter.objects.select_related("client").get(pk=invoice.matter_id)
    address = matter.client.email
    if not address or asked("SELECT is_of_the_firm(%s)", address):
        return False
    if authorization.ended_at is not None or authorization.client_said == ClientAnswer.Answer.APPROVED:
        return False
    letter = {"to": address, "matter": matter.number, "authorization": authorization.pk}
    outbox.tell(INVOICE_TO_CLIENT, authorization, letter, dedupe=f"{INVOICE_TO_CLIENT}:{authorization.pk}:{again}")
    return True


def subject_of(authorization: FeeAuthorization | SettlementAuthorization, it: Invoice | SettlementStatement) -> Model:
    """Return what events about a fee are of: the authorization of an invoice, the statement of a settlement."""
    return authorization if isinstance(it, Invoice) else it


def confirm_to_client(
    authorization: FeeAuthorization | SettlementAuthorization,
    it: Invoice | SettlementStatement,
    entry_id: int,
    kind: str,
    named: str,
    facts: dict[str, Any],
) -> bool:
    """Put the letter that a fee was taken into the outbox, in its transaction; whether the client has an address.

    `kind` is the event and the letter's template, `named` the document in the subject, `facts` what is told of it.
    """
    client = it.matter.client
    if not client.email:
        return False
    ledger = Ledger.objects.get(pk=authorization.authority.ledger_id)
    paid: Money = -JournalEntry.objects.get(pk=entry_id).bank_amount
    facts |= {
        "firm": Firm.objects.values_list("name", flat=True).get(pk=1), "client": client.name, "paid": as_text(paid),
        "lines": ledger_lines(ledger), "balance": as_text(ledger.balance),
    }  # fmt: skip
    letter = {
        "to": client.email, "matter": it.matter.number,
        "subject": f"{as_text(paid)} paid from your money in trust: {named}",
        "text": render_to_string(f"email/{kind}.txt", facts),
    }  # fmt: skip
    outbox.tell(f"mail.{kind}", subject_of(authorization, it), letter, dedupe=f"mail.{kind}:{entry_id}")
    return True


def ledger_lines(ledger: Ledger) -> list[str]:
    """Return the latest lines of a ledger as text, oldest first, with the balance after each."""
    latest = JournalLine.objects.filter(ledger=ledger).select_related("entry__text").order_by("-book_date", "-seq")
    left, found = ledger.balance, []
    for line in latest[:LINES]:
        what = line.entry.text.purpose or line.entry.get_kind_display()
        found.append(f"{line.book_date:%m/%d/%Y}  {what[:34]:34}  {as_text(line.amount):>14}  {as_text(left):>14}")
        left -= line.amount
    return found[::-1]
