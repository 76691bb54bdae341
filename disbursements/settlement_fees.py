"""Payment of a signed settlement statement: an attorney authorizes it, fee and costs follow to the firm by themselves.

The mechanism is that of `taking_fees`. Rule: SPEC flow *Earned fee* (contingency); I4, I8-I10.
"""

from django.db import connection

from billing.settlement_models import SettlementStatement
from disbursements.fee_letters import confirm_to_client
from disbursements.models import SettlementAuthorization
from disbursements.settlement_queries import PAYABLE, firms_part_open, ledgers_of, recorded_signature
from disbursements.settlement_refusals import SettlementChanged, SettlementOnePerson
from disbursements.taking_fees import Fees, Terms, fee_spending
from firms.models import Person
from ledgers.authorities import Spending, may_approve
from ledgers.money import as_text, cents_of

# Authorizations of which something is left and available: the worker's to transfer.
DUE = """
SELECT a.id FROM disbursements_settlementauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
  JOIN ledgers_ledger l ON l.id = s.ledger_id
 WHERE a.ended_at IS NULL AND s.used_amount < s.amount AND l.balance - held_amount(l.id) > 0 ORDER BY a.id LIMIT 500
"""


def spending_of(it: SettlementStatement, terms: Terms) -> Spending:
    """Return what the attorney is asked to approve, as the content hash covers it (I9): the whole statement too."""
    shown = {"settlement": it.pk, "statement": it.content_hash, "fee": it.fee, "costs": it.costs}
    return fee_spending(it, terms, f"Fee and costs, settlement {it.number}", **shown)


def confirm(authorization: SettlementAuthorization, entry_id: int) -> bool:
    """Write to the client what was paid of which fee and costs; whether there is an address."""
    it = authorization.statement
    facts = {"it": it, "fee": as_text(it.fee), "costs": as_text(it.costs)}
    named = f"settlement statement {it.number}"
    return confirm_to_client(authorization, it, entry_id, "settlement_transferred", named, facts)


def due() -> list[int]:
    """Return the authorizations of which something is left and available."""
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        return [pk for (pk,) in cursor.fetchall()]


def refuse_who_recorded(by: Person, it: SettlementStatement) -> None:
    """Refuse who recorded the client's signature.

    Raises:
        SettlementOnePerson.
    """
    if recorded_signature(by, it):
        raise SettlementOnePerson(settlement=it.in_words, person=by.full_name)


FEES = Fees(
    what="settlement", told="settlement", source="job:settlement-fees", field="statement", changed=SettlementChanged,
    documents=SettlementStatement.objects, given=SettlementAuthorization.objects,
    hold="SELECT hold_fee_rows(%s, NULL, %s)", spending_of=spending_of, ledgers=ledgers_of, unpaid=firms_part_open,
    facts=lambda it: {"gross": as_text(it.gross)}, confirm=confirm, due=due, refuse_decider=refuse_who_recorded,
)  # fmt: skip
usual_terms, authorize, grant, withdraw = FEES.usual_terms, FEES.authorize, FEES.grant, FEES.withdraw
transfer, follow, follow_all = FEES.transfer, FEES.follow, FEES.follow_all


def may_be_authorized(it: SettlementStatement, terms: Terms | None) -> bool:
    """Say whether a statement waits for an authorization: signed, something unpaid, and none in force."""
    if it.state not in PAYABLE or terms is None or cents_of(terms.amount) <= 0:
        return False
    return not FEES.in_force(it).exists()


def may_authorize(person: Person, it: SettlementStatement, terms: Terms | None) -> bool:
    """Say whether this attorney decides on it now; never who issued the statement or recorded its signature."""
    if terms is None or it.issued_by_id is None or not may_be_authorized(it, terms):
        return False
    return may_approve(person, terms.ledger.pk, it.issued_by_id) and not recorded_signature(person, it)
