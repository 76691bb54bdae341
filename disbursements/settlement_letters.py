"""The letter to a client whose settlement statement paid fee and costs to the firm from the money held in trust."""

from django.template.loader import render_to_string

from disbursements.fee_letters import ledger_lines
from disbursements.models import SettlementAuthorization
from firms import outbox
from firms.models import Firm
from ledgers.models import JournalEntry, Ledger
from ledgers.money import Money, as_text


def confirm_to_client(authorization: SettlementAuthorization, entry_id: int) -> bool:
    """Put the letter into the outbox, in the transaction of the transfer; whether the client has an address."""
    it = authorization.statement
    client = it.matter.client
    if not client.email:
        return False
    ledger = Ledger.objects.get(pk=authorization.authority.ledger_id)
    paid: Money = -JournalEntry.objects.get(pk=entry_id).bank_amount
    facts = {
        "firm": Firm.objects.values_list("name", flat=True).get(pk=1), "client": client.name, "it": it,
        "paid": as_text(paid), "fee": as_text(it.fee), "costs": as_text(it.costs), "lines": ledger_lines(ledger),
        "balance": as_text(ledger.balance),
    }  # fmt: skip
    letter = {
        "to": client.email, "matter": it.matter.number,
        "subject": f"{as_text(paid)} paid from your money in trust: settlement statement {it.number}",
        "text": render_to_string("email/settlement_transferred.txt", facts),
    }  # fmt: skip
    outbox.tell("mail.settlement_transferred", it, letter, dedupe=f"mail.settlement_transferred:{entry_id}")
    return True
