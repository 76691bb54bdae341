"""Taking a fee from trust: an attorney authorizes it with a code, and what is available follows by itself.

One mechanism with two documents behind it, an invoice (`earned_fees`) or a settlement statement's fee and costs
(`settlement_fees`); each says there what is its own. The database decides and posts (`pay_from_trust`); what is written
here asks it. Rule: SPEC flow *Earned fee*; I4, I8-I10, I12.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import Manager, QuerySet

from billing.models import Invoice
from billing.settlement_models import SettlementStatement
from disbursements.fee_letters import subject_of
from disbursements.fee_queries import firms_own_accounts
from disbursements.fee_refusals import NothingToTransfer
from disbursements.models import FeeAuthorization, SettlementAuthorization
from firms import audit, outbox, second_factor
from firms.access import Capability, may
from firms.audit import current_actor
from firms.clock import asked
from firms.models import CodeTry, Firm, Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.authorities import Spending, authorize_spending, may_approve, may_take_back, new_deciders, refuse_newcomer
from ledgers.calls import call
from ledgers.commands import once, was_given
from ledgers.models import JournalEntry, Ledger, OperatingAccount
from ledgers.money import Money, as_text, cents_of
from ledgers.refusals import AmountNotPositive, ApproverIsRequester, NoSuchLedger, NotTheApprover, ReasonMissing

log = logging.getLogger(__name__)
Document = TypeVar("Document", bound=Invoice | SettlementStatement)
Authorization = TypeVar("Authorization", bound=FeeAuthorization | SettlementAuthorization)


@dataclass(frozen=True)
class Terms:
    """What an attorney authorizes for a document: how much, out of which ledger, into which account of the firm."""

    ledger: Ledger
    operating_account: OperatingAccount
    amount: Money


def fee_spending(it: Invoice | SettlementStatement, terms: Terms, purpose: str, **shown: Any) -> Spending:
    """Return what the attorney is asked to approve, as the content hash covers it (I9), with all else that is shown."""
    return Spending(
        ledger_id=terms.ledger.pk,
        kind=JournalEntry.Kind.EARNED_FEE,
        payee=Firm.objects.values_list("name", flat=True).get(pk=1),
        amount=terms.amount,
        method=JournalEntry.Method.ACH,
        purpose=purpose[:300],
        reference=it.number,
        operating_account_id=terms.operating_account.pk,
        more=tuple((name, str(value)) for name, value in shown.items()),
    )


def nothing(*_given: Any) -> None:
    """Do nothing more: the document has nothing of its own here."""


def never(_authorization: Any) -> bool:
    """Say no."""
    return False


@dataclass(frozen=True)
class Fees(Generic[Document, Authorization]):
    """How fees are taken for one kind of document: what it is called and kept in, and what is its own."""

    what: str  # as commands, facts and addresses name it
    told: str  # what its events begin with
    source: str  # whose transfers they are that follow by themselves, in the trail
    field: str  # of an authorization: the document
    changed: type[Refusal]
    documents: "Manager[Document]"
    given: "Manager[Authorization]"
    hold: str  # ledger, then document
    spending_of: Callable[[Document, Terms], Spending]
    ledgers: Callable[[Person, Document], "QuerySet[Ledger]"]
    unpaid: Callable[[Document], Money]
    facts: Callable[[Document], dict[str, Any]]  # of its events
    confirm: Callable[[Authorization, int], bool]  # writes to the client that a fee was taken by an entry
    due: Callable[[], list[int]]  # the authorizations of which something is transferred by itself now
    refuse_decider: Callable[[Person, Document], None] = nothing
    waits: Callable[[Authorization], bool] = never  # nothing is transferred by itself, though it may be
    start: tuple[tuple[str, str], ...] = ()  # of an authorization, besides document and authority
    authorized: Callable[[Authorization], Any] = nothing  # what else follows, in the same transaction

    def authorizations(self) -> "QuerySet[Authorization]":
        """Return all authorizations, with authority and document."""
        return self.given.select_related("authority__approver", f"{self.field}__matter")

    def of(self, it: Document) -> "QuerySet[Authorization]":
        """Return the authorizations of a document, oldest first."""
        return self.authorizations().filter(**{self.field: it}).order_by("pk")

    def in_force(self, it: Document) -> "QuerySet[Authorization]":
        """Return the authorization in force, the last of them, if there is one."""
        return self.of(it).filter(ended_at__isnull=True)

    def document(self, authorization: Authorization) -> Document:
        """Return what an authorization is of."""
        it: Document = getattr(authorization, self.field)
        return it

    def usual_terms(self, person: Person, it: Document) -> Terms | None:
        """Return what is unpaid, out of the usual ledger, into the firm's first account; nothing without those."""
        ledger, own = self.ledgers(person, it).first(), firms_own_accounts().first()
        return Terms(ledger, own, self.unpaid(it)) if ledger and own else None

    def authorize(
        self, by: Person, it: Document, terms: Terms, shown_hash: str, code: str, key: str = ""
    ) -> Authorization:
        """Authorize payment of a document from trust, with a code for exactly what was shown.

        What may be transferred is, in the same transaction. With a key, the same decision sent again answers what it
        did the first time.

        Raises:
            InvoiceChanged, SettlementChanged: it is not what was shown.
            NotTheApprover, ApproverIsRequester, FeeOnePerson, SettlementOnePerson: another attorney decides.
            CodeRefused, TooManyCodes, SecondFactorMissing: the code is none.
            FeeInvoiceNotOpen, FeeOverInvoice, FeeNotFromTrust, FeeAuthorizedAlready, AmountNotPositive, NoSuchLedger.
            SettlementNotSigned, SettlementNotPayable, FeeOverSettlement, SettlementAuthorizedAlready.

        Rule: SPEC I8-I10.
        """
        content = {"what": f"authorize_{self.what}", self.what: it.pk, "hash": shown_hash}
        if key and was_given(by, key):
            with translating():
                return self.authorizations().get(pk=once(by, key, content, self._never_again)["authorization"])
        self.refuse_unless_decider(by, it, terms)
        if shown_hash != self.spending_of(it, terms).content_hash():
            raise self.changed
        tried = second_factor.verify_code(by, code, shown_hash)
        if not key:
            return self.grant(by, it.pk, terms, shown_hash, tried)
        with translating():
            said = once(by, key, content, lambda: {"authorization": self.grant(by, it.pk, terms, shown_hash, tried).pk})
        return self.authorizations().get(pk=said["authorization"])

    def _never_again(self) -> dict[str, Any]:
        """Stand in for the work of a command that was given before: without a code nothing is authorized."""
        raise self.changed

    @retrying
    def grant(
        self, by: Person, document_id: int, terms: Terms, shown_hash: str, tried: CodeTry | None = None
    ) -> Authorization:
        """Write the authorization and transfer what may be, in one transaction; the accepted code is spent in it.

        Raises:
            Refusal: as `authorize`, which has the code checked; nothing was written.
        """
        with translating(), transaction.atomic():
            call(self.hold, terms.ledger.pk, document_id)
            it = self.documents.select_related("matter").get(pk=document_id)
            spending = self.spending_of(it, terms)
            if spending.content_hash() != shown_hash:
                raise self.changed
            if tried is not None:
                second_factor.spend(tried, by, shown_hash)
            authority = authorize_spending(by, it.issued_by_id or 0, spending)
            made = self.given.create(**{self.field: it, "authority": authority, **dict(self.start)})
            made.refresh_from_db()
            self._tell(made, f"{self.told}_authorized")
            self.follow(made, by)
            made.refresh_from_db()
            self.authorized(made)
        return made

    @retrying
    def withdraw(self, by: Person, authorization: Authorization, reason: str) -> None:
        """Withdraw an authorization: nothing more is transferred under it; what was, stays.

        Raises:
            ReasonMissing, NotTheApprover: another attorney decides.
            FeeAuthorizationFixed, SettlementAuthorizationFixed: it has ended already.
        """
        if not reason.strip():
            raise ReasonMissing
        authority = authorization.authority
        if by.pk != authority.approver_id and not may_take_back(by, authority.ledger_id, authority.requester_id):
            raise NotTheApprover(approver=by.pk, ledger=authority.ledger_id)
        with translating(), transaction.atomic():
            call("SELECT (hold_fee(%s)).id", authority.pk)
            ended = {"ended_by": by, "ended_at": asked("SELECT firm_now()"), "end_reason": reason.strip()[:300]}
            self.authorizations().filter(pk=authorization.pk).update(**ended)

    @retrying
    def transfer(self, by: Person, key: str, it: Document) -> int:
        """Transfer what is authorized, unpaid and available now, and return the entry; a repeated key the first one.

        Two at once never transfer twice.

        Raises:
            NotAllowed; NothingToTransfer: nothing is available, or nothing is left. KeyReused, KeyMissing.
            FeeBeforeApproval, FeeBeforeNotice, FeeObjected, FeeNotAuthorized, FeeInvoiceNotOpen: not all is there.
            SettlementNotAuthorized, SettlementNotPayable: it was withdrawn, or the statement is void.
            DisbursementsStopped, LedgerInDeficit, MatterClosed, ...: the books do not spend now.

        Rule: SPEC I12.
        """
        if not may(by, Capability.REQUEST_MONEY, Capability.APPROVE_MONEY):
            raise NotAllowed

        def work() -> dict[str, Any]:
            found = self.of(it).last()
            entry = self.pay(by.pk, found) if found else None
            if entry is None:
                raise NothingToTransfer(invoice=it.in_words)
            return {"entry": entry}

        with translating():
            said = once(by, key, {"what": f"{self.what}_transfer", self.what: it.pk}, work)
        return int(said["entry"])

    def pay(self, actor_id: int, authorization: Authorization, at_most: int | None = None) -> int | None:
        """Ask the database for the transfer (of all there is, or of some cents), and tell of it; nothing without any.

        Raises:
            Refusal: as `transfer`.
        """
        context = current_actor().context
        with translating(), transaction.atomic():
            entry: int | None = call(
                "SELECT pay_from_trust(%s, %s, %s, %s::jsonb)", authorization.authority_id, at_most, actor_id, context
            )
            if entry is not None:
                self._tell(authorization, f"{self.told}_transferred", entry)
                self.confirm(authorization, entry)
        return entry

    def follow(self, authorization: Authorization, by: Person | None = None) -> int | None:
        """Transfer what may be; whatever keeps the books from it leaves the rest due, an exception.

        The transfer is made in the name of who acts, or else of the attorney who authorized it.
        """
        if self.waits(authorization):
            return None
        try:
            return self.pay(by.pk if by is not None else authorization.authority.approver_id, authorization)
        except Refusal as refusal:
            facts = {self.what: self.document(authorization).pk, "reason": refusal.detail}
            log.warning("fee_not_transferred", extra=facts)
            return None

    def follow_all(self) -> int:
        """Transfer what has become due by itself: notice periods that ran out, money that came in. Answers how many."""
        found = 0
        for pk in self.due():
            with audit.acting(None, source=self.source):
                found += self.follow(self.authorizations().get(pk=pk)) is not None
        return found

    def refuse_unless_decider(self, by: Person, it: Document, terms: Terms) -> None:
        """Hold that this attorney decides on terms out of a ledger of the document's, on what somebody else issued.

        Raises:
            NoSuchLedger, AmountNotPositive, ApproverIsRequester, RoleTooNew, NotTheApprover; and the document's own.
        """
        if not self.ledgers(by, it).filter(pk=terms.ledger.pk).exists():
            raise NoSuchLedger
        if cents_of(terms.amount) <= 0:
            raise AmountNotPositive(asked=cents_of(terms.amount))
        if it.issued_by_id is None or not may_approve(by, terms.ledger.pk, it.issued_by_id):
            if by.pk == it.issued_by_id:
                raise ApproverIsRequester(requester=by.pk)
            refuse_newcomer(by, new_deciders(terms.ledger.pk, it.issued_by_id or 0))
            raise NotTheApprover(approver=by.pk, ledger=terms.ledger.pk)
        self.refuse_decider(by, it)

    def _tell(self, authorization: Authorization, kind: str, entry_id: int | None = None) -> None:
        """Tell who issued the document, through the outbox, once."""
        it, authority = self.document(authorization), authorization.authority
        facts = {
            "to": [it.issued_by_id], "number": it.number, "matter": it.matter.number,
            "amount": as_text(authority.amount), "by": authority.approver.full_name, "path": f"/{self.what}s/{it.pk}/",
        } | self.facts(it)  # fmt: skip
        if entry_id is not None:
            paid = JournalEntry.objects.values_list("bank_amount", flat=True).get(pk=entry_id)
            facts |= {"entry": entry_id, "amount": as_text(-paid)}
        outbox.tell(kind, subject_of(authorization, it), facts, dedupe=f"{kind}:{authorization.pk}:{entry_id or 0}")
