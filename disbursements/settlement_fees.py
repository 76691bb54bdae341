"""Payment of a signed settlement statement: an attorney authorizes it, fee and costs follow to the firm by themselves.

The database decides and posts (`pay_from_trust`); what is written here asks it. Rule: SPEC flow *Earned fee*
(contingency); I4, I8-I10.
"""

import logging

from django.db import connection, transaction

from billing.settlement_models import SettlementStatement
from disbursements.earned_fees import Terms, refuse_unless_decider
from disbursements.fee_queries import firms_own_accounts
from disbursements.fee_refusals import NothingToTransfer
from disbursements.models import SettlementAuthorization
from disbursements.settlement_letters import confirm_to_client
from disbursements.settlement_queries import PAYABLE, firms_part_open, ledgers_of, recorded_signature
from disbursements.settlement_refusals import SettlementChanged, SettlementOnePerson
from firms import audit, outbox, second_factor
from firms.access import Capability, may
from firms.audit import current_actor
from firms.clock import asked
from firms.models import CodeTry, Firm, Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.authorities import Spending, authorize_spending, may_approve
from ledgers.calls import call
from ledgers.commands import once, was_given
from ledgers.models import JournalEntry
from ledgers.money import as_text, cents_of
from ledgers.refusals import NotTheApprover, ReasonMissing

log = logging.getLogger(__name__)
SOURCE = "job:settlement-fees"


def usual_terms(person: Person, it: SettlementStatement) -> Terms | None:
    """Return what is unpaid of fee and costs, out of the ledger that holds most; nothing without ledger or account."""
    ledger, own = ledgers_of(person, it).first(), firms_own_accounts().first()
    return Terms(ledger, own, firms_part_open(it)) if ledger and own else None


def spending_of(it: SettlementStatement, terms: Terms) -> Spending:
    """Return what the attorney is asked to approve, as the content hash covers it (I9): the whole statement too."""
    shown = {"settlement": str(it.pk), "statement": it.content_hash, "fee": str(it.fee), "costs": str(it.costs)}
    return Spending(
        ledger_id=terms.ledger.pk,
        kind=JournalEntry.Kind.EARNED_FEE,
        payee=Firm.objects.values_list("name", flat=True).get(pk=1),
        amount=terms.amount,
        method=JournalEntry.Method.ACH,
        purpose=f"Fee and costs, settlement {it.number}"[:300],
        reference=it.number,
        operating_account_id=terms.operating_account.pk,
        more=tuple(shown.items()),
    )


def may_be_authorized(it: SettlementStatement, terms: Terms | None) -> bool:
    """Say whether a statement waits for an authorization: signed, something unpaid, and none in force."""
    if it.state not in PAYABLE or terms is None or cents_of(terms.amount) <= 0:
        return False
    return not SettlementAuthorization.objects.filter(statement=it, ended_at__isnull=True).exists()


def may_authorize(person: Person, it: SettlementStatement, terms: Terms | None) -> bool:
    """Say whether this attorney decides on it now; never who issued the statement or recorded its signature."""
    if terms is None or it.issued_by_id is None or not may_be_authorized(it, terms):
        return False
    return may_approve(person, terms.ledger.pk, it.issued_by_id) and not recorded_signature(person, it)


def authorize(
    by: Person, it: SettlementStatement, terms: Terms, shown_hash: str, code: str, key: str = ""
) -> SettlementAuthorization:
    """Authorize payment of a signed statement, with a code for exactly what was shown.

    What is available of fee and costs is transferred in the same transaction. With a key, the same decision sent again
    answers what it did the first time.

    Raises:
        SettlementChanged: it is not what was shown.
        NotTheApprover, ApproverIsRequester, SettlementOnePerson: another attorney decides.
        CodeRefused, TooManyCodes, SecondFactorMissing: the code is none.
        SettlementNotSigned, SettlementNotPayable, FeeOverSettlement, SettlementAuthorizedAlready, NoSuchLedger.

    Rule: SPEC I8-I10.
    """
    content = {"what": "authorize_settlement", "settlement": it.pk, "hash": shown_hash}
    tried = None
    if not (key and was_given(by, key)):
        _refuse_unless_decider(by, it, terms)
        if shown_hash != spending_of(it, terms).content_hash():
            raise SettlementChanged
        tried = second_factor.verify_code(by, code, shown_hash)
    if not key:
        return grant(by, it.pk, terms, shown_hash, tried)
    with translating():
        said = once(by, key, content, lambda: {"authorization": grant(by, it.pk, terms, shown_hash, tried).pk})
    return SettlementAuthorization.objects.get(pk=said["authorization"])


@retrying
def grant(
    by: Person, statement_id: int, terms: Terms, shown_hash: str, tried: CodeTry | None = None
) -> SettlementAuthorization:
    """Write the authorization and transfer what may be, in one transaction; the accepted code is spent in it.

    Raises:
        Refusal: as `authorize`, which has the code checked; nothing was written.
    """
    with translating(), transaction.atomic():
        call("SELECT hold_fee_rows(%s, NULL, %s)", terms.ledger.pk, statement_id)
        it = SettlementStatement.objects.select_related("matter").get(pk=statement_id)
        spending = spending_of(it, terms)
        if spending.content_hash() != shown_hash:
            raise SettlementChanged
        if tried is not None:
            second_factor.spend(tried, by, shown_hash)
        authority = authorize_spending(by, it.issued_by_id or 0, spending)
        made = SettlementAuthorization.objects.create(statement=it, authority=authority)
        _tell(made, "settlement_authorized")
        follow(made, by)
    made.refresh_from_db()
    return made


@retrying
def withdraw(by: Person, authorization: SettlementAuthorization, reason: str) -> None:
    """Withdraw an authorization: nothing more is paid under it; what was, stays. The statement is only signed again.

    Raises:
        ReasonMissing, NotTheApprover: another attorney decides.
        SettlementAuthorizationFixed: it has ended already.
    """
    if not reason.strip():
        raise ReasonMissing
    authority = authorization.authority
    if by.pk != authority.approver_id and not may_approve(by, authority.ledger_id, authority.requester_id):
        raise NotTheApprover(approver=by.pk, ledger=authority.ledger_id)
    with translating(), transaction.atomic():
        call("SELECT (hold_fee(%s)).id", authority.pk)
        ended = {"ended_by": by, "ended_at": asked("SELECT firm_now()"), "end_reason": reason.strip()[:300]}
        SettlementAuthorization.objects.filter(pk=authorization.pk).update(**ended)


@retrying
def transfer(by: Person, authorization: SettlementAuthorization) -> int:
    """Transfer what is authorized, unpaid and available now, and return the entry. Two at once never transfer twice.

    Raises:
        NotAllowed; NothingToTransfer: nothing is available, or nothing is left.
        SettlementNotAuthorized, SettlementNotPayable: it was withdrawn, or the statement is void.
        DisbursementsStopped, LedgerInDeficit, MatterClosed, ...: the books do not spend now.
    """
    if not may(by, Capability.REQUEST_MONEY, Capability.APPROVE_MONEY):
        raise NotAllowed
    entry = pay(by.pk, authorization)
    if entry is None:
        raise NothingToTransfer(invoice=authorization.statement.in_words)
    return entry


def pay(actor_id: int, authorization: SettlementAuthorization) -> int | None:
    """Ask the database for the transfer, and tell of it; nothing when there is nothing to transfer now.

    Raises:
        Refusal: as `transfer`.
    """
    context = current_actor().context()
    with translating(), transaction.atomic():
        entry: int | None = call(
            "SELECT pay_from_trust(%s, NULL, %s, %s::jsonb)", authorization.authority_id, actor_id, context
        )
        if entry is not None:
            _tell(authorization, "settlement_transferred", entry)
            confirm_to_client(authorization, entry)
    return entry


def follow(authorization: SettlementAuthorization, by: Person | None = None) -> int | None:
    """Transfer what may be; whatever keeps the books from it leaves fee and costs due.

    The transfer is made in the name of who acts, or else of the attorney who authorized it.
    """
    actor_id = by.pk if by is not None else authorization.authority.approver_id
    try:
        return pay(actor_id, authorization)
    except Refusal as refusal:
        log.warning("fee_not_transferred", extra={"settlement": authorization.statement_id, "reason": refusal.detail})
        return None


# Authorizations of which something is left and available: the worker's to transfer.
DUE = """
SELECT a.id FROM disbursements_settlementauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
  JOIN ledgers_ledger l ON l.id = s.ledger_id
 WHERE a.ended_at IS NULL AND s.used_amount < s.amount AND l.balance - held_amount(l.id) > 0 ORDER BY a.id LIMIT 500
"""


def follow_all() -> int:
    """Transfer what has become available by itself. Answers how many."""
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        due = [pk for (pk,) in cursor.fetchall()]
    found = 0
    for pk in due:
        with audit.acting(None, source=SOURCE):
            one = SettlementAuthorization.objects.select_related("authority", "statement__matter").get(pk=pk)
            found += follow(one) is not None
    return found


def _refuse_unless_decider(by: Person, it: SettlementStatement, terms: Terms) -> None:
    refuse_unless_decider(by, terms, ledgers_of(by, it), it.issued_by_id)
    if recorded_signature(by, it):
        raise SettlementOnePerson(settlement=it.in_words, person=by.full_name)


def _tell(authorization: SettlementAuthorization, kind: str, entry_id: int | None = None) -> None:
    """Tell who issued the statement, through the outbox, once."""
    it, authority = authorization.statement, authorization.authority
    paid = authority.amount
    if entry_id is not None:
        paid = -JournalEntry.objects.values_list("bank_amount", flat=True).get(pk=entry_id)
    facts = {
        "to": [it.issued_by_id], "number": it.number, "matter": it.matter.number, "amount": as_text(paid),
        "gross": as_text(it.gross), "by": authority.approver.full_name, "path": f"/settlements/{it.pk}/",
    }  # fmt: skip
    outbox.tell(kind, it, facts, dedupe=f"{kind}:{authorization.pk}:{entry_id or 0}")
