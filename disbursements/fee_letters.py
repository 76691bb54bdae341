"""The letters to a client: an invoice to be answered, and that one was paid from the money held in trust."""

from django.template.loader import render_to_string

from disbursements.models import ClientAnswer, FeeAuthorization
from firms import outbox
from firms.models import Firm, Person
from ledgers.models import JournalEntry, JournalLine, Ledger, Matter
from ledgers.money import ZERO, Money, as_text

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
    if not address or Person.objects.filter(email__iexact=address).exists():
        return False
    if authorization.ended_at is not None or authorization.client_said == ClientAnswer.Answer.APPROVED:
        return False
    letter = {"to": address, "matter": matter.number, "authorization": authorization.pk}
    outbox.tell(INVOICE_TO_CLIENT, authorization, letter, dedupe=f"{INVOICE_TO_CLIENT}:{authorization.pk}:{again}")
    return True


def confirm_to_client(authorization: FeeAuthorization, entry_id: int) -> bool:
    """Put the letter into the outbox, in the transaction of the transfer; whether the client has an address."""
    invoice = authorization.invoice
    invoice.refresh_from_db()
    client = invoice.matter.client
    if not client.email:
        return False
    firm = Firm.objects.values_list("name", flat=True).get(pk=1)
    ledger = Ledger.objects.get(pk=authorization.authority.ledger_id)
    paid: Money = -JournalEntry.objects.get(pk=entry_id).bank_amount
    facts = {
        "firm": firm, "client": client.name, "invoice": invoice, "paid": as_text(paid),
        "open": as_text(invoice.open_amount),
        "is_open": invoice.open_amount > ZERO, "lines": ledger_lines(ledger), "balance": as_text(ledger.balance),
    }  # fmt: skip
    letter = {
        "to": client.email, "matter": invoice.matter.number,
        "subject": f"{as_text(paid)} paid from your money in trust: invoice {invoice.number}",
        "text": render_to_string("email/fee_transferred.txt", facts),
    }  # fmt: skip
    outbox.tell("mail.fee_transferred", authorization, letter, dedupe=f"mail.fee_transferred:{entry_id}")
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
