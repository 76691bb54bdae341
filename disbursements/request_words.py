"""What every request for money out must say."""

from disbursements.models import PAYMENTS, TRANSFERS
from firms.clock import asked
from ledgers.authorities import Spending
from ledgers.models import JournalEntry
from ledgers.money import cents_of
from ledgers.refusals import AmountNotPositive, OutflowIncomplete, PayeeIsCash


def refuse_incomplete(spending: Spending) -> None:
    """Refuse a request that names no payee, purpose, reference or amount, or pays in cash.

    Raises:
        OutflowIncomplete, PayeeIsCash, AmountNotPositive.

    Rule: SPEC I8.
    """
    words = (spending.payee, spending.purpose, spending.reference)
    if not all(word.strip() for word in words):
        raise OutflowIncomplete(payee=words[0], purpose=words[1], reference=words[2])
    if spending.method == JournalEntry.Method.CASH or asked("SELECT is_bearer(%s)", spending.payee):
        raise PayeeIsCash(payee=spending.payee)
    if cents_of(spending.amount) <= 0:
        raise AmountNotPositive(asked=cents_of(spending.amount))
    assert spending.kind in (*PAYMENTS, *TRANSFERS)
