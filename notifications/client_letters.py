"""Letters to clients, who have no account here: what they say, and what only their reader has in them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from billing.reports import invoice_pdf
from disbursements.client_links import LIVES, InvoiceLinkNotIssued, issue_invoice_link
from disbursements.fee_letters import INVOICE_TO_CLIENT
from disbursements.models import FeeAuthorization
from firms.models import Firm, OutboxEvent
from ledgers.money import as_text
from notifications.letters import PERSONAL_CODE, PERSONAL_LINK, Attached, Letter, NotNeeded


@dataclass(frozen=True)
class ToClient:
    """One kind of letter to a client: its text, what is put into it at the hand-over, and what is attached."""

    letter: Callable[[OutboxEvent], Letter]
    secrets: Callable[[OutboxEvent], dict[str, str]]  # by the words that stand for them in the kept copy
    files: Callable[[OutboxEvent], tuple[Attached, ...]]


def authorization_of(event: OutboxEvent) -> FeeAuthorization:
    """Return the authorization that a letter is about, while the client can still answer to it.

    Raises: NotNeeded when it has ended, or the client has another address.
    """
    found = FeeAuthorization.objects.select_related("invoice__matter__client", "authority__ledger")
    authorization = found.get(pk=event.payload["authorization"])
    if authorization.ended_at is not None:
        raise NotNeeded(f"Nothing is to be answered any more: {authorization.end_reason}.")
    if authorization.invoice.matter.client.email != event.payload["to"]:
        raise NotNeeded("The client has another address now. Send the letter again.")
    return authorization


def invoice_letter(event: OutboxEvent) -> Letter:
    """Ask the client to approve an invoice or to object: what would be paid out of which money, and how to answer.

    Raises: NotNeeded when there is nothing to answer any more.
    """
    authorization = authorization_of(event)
    invoice, firm = authorization.invoice, Firm.objects.values_list("name", flat=True).get(pk=1)
    amount, until = as_text(authorization.due), authorization.told_until
    when = "It is paid once you have approved, and not before."
    if until or authorization.notice_days is not None:
        days = "1 day" if authorization.notice_days == 1 else f"{authorization.notice_days} days"
        day = f"after {until:%B} {until.day}, {until.year}" if until else f"{days} after this letter was sent"
        when = f"It is paid {day}, or as soon as you approve; not if you object."
    return Letter(
        subject=f"Please approve invoice {invoice.number}: {amount} from your money in trust",
        heading=f"Invoice {invoice.number}",
        lead=f"{firm} asks you to approve the payment of this invoice from the money held in trust for you. {when}",
        facts=(
            ("Client", invoice.client_name), ("Matter", invoice.matter_name), ("Invoice total", as_text(invoice.total)),
            ("Held in trust for you", as_text(authorization.authority.ledger.balance)), ("Your code", PERSONAL_CODE),
        ),
        figure=amount, figure_label="to be paid from your money in trust",
        action="See the invoice and answer", tone="info",
        url=settings.BASE_URL + reverse("client_link", args=[PERSONAL_LINK]),
        foot=f"Opening the link changes nothing: to approve or to object you type the code above. Both are yours "
        f"alone, for {LIVES.days} days; whoever has this letter can answer for you. The invoice is attached.",
    )  # fmt: skip


def invoice_secrets(event: OutboxEvent) -> dict[str, str]:
    """Make the link and the code of one letter.

    Raises: NotNeeded when there is nothing to answer any more.
    """
    try:
        token, code = issue_invoice_link(event.payload["authorization"], event.payload["to"])
    except InvoiceLinkNotIssued as refusal:
        raise NotNeeded(refusal.detail) from refusal
    return {PERSONAL_LINK: token, PERSONAL_CODE: f"{code[:3]} {code[3:]}"}


def invoice_file(event: OutboxEvent) -> tuple[Attached, ...]:
    """Return the invoice as it is attached."""
    invoice = authorization_of(event).invoice
    return (Attached(f"invoice-{invoice.number}.pdf", invoice_pdf(invoice), "application/pdf"),)


TO_CLIENTS: dict[str, ToClient] = {INVOICE_TO_CLIENT: ToClient(invoice_letter, invoice_secrets, invoice_file)}
