"""Settlement statements as money out sees them: the signature, what is paid of each part, and what waits for whom."""

from dataclasses import dataclass
from typing import Self

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from billing.queries.settlements import deductions_of, visible_settlements, with_names
from billing.settlement_models import SettlementLine, SettlementState, SettlementStatement
from disbursements.models import (
    DisbursementRequest,
    SettledOtherwise,
    SettledOtherwiseTakenBack,
    SettlementAuthorization,
    SettlementSignature,
    SettlementTransfer,
)
from disbursements.queries import accounts_of, of_own_matters
from firms.access import roles_of
from firms.clock import asked
from firms.models import Person, Role
from ledgers.access import books_of
from ledgers.holds import available_balance
from ledgers.models import Ledger, Matter
from ledgers.money import ZERO, CentsField, Money, money

PAYABLE = (SettlementState.SIGNED, SettlementState.AUTHORIZED)


@dataclass(frozen=True)
class Part:
    """What of a statement a request pays: a lien, or without a line the client's share."""

    statement: SettlementStatement
    line: SettlementLine | None = None

    @classmethod
    def of(cls, request: DisbursementRequest) -> Self | None:
        """Return what a request pays, if it pays something of a statement."""
        return None if request.settlement is None else cls(request.settlement, request.settlement_line)

    @property
    def line_id(self) -> int | None:
        """The number of the lien."""
        return self.line.pk if self.line else None

    @property
    def payee(self) -> str:
        """Who is paid."""
        return self.line.payee if self.line else self.statement.client_name

    @property
    def amount(self) -> Money:
        """What the client signed that they are paid."""
        return self.line.amount if self.line else self.statement.share

    @property
    def purpose(self) -> str:
        """Why, as the request says it."""
        what = self.line.description if self.line else "client’s share"
        return f"Settlement {self.statement.number}: {what}"[:300]


@dataclass(frozen=True)
class PartStanding:
    """Where a part stands: what is asked for or paid of it, by which requests or otherwise, and what is left."""

    part: Part
    requests: "list[DisbursementRequest]"
    otherwise: "list[SettledOtherwise]"
    left: Money


@dataclass(frozen=True)
class SettlementStanding:
    """Where the payment of a statement stands: `open_now` is unpaid of fee and costs."""

    authorizations: "list[SettlementAuthorization]"
    transfers: "list[SettlementTransfer]"
    parts: list[PartStanding]
    paid: Money
    open_now: Money
    available: Money

    @property
    def has_ended(self) -> bool:
        """Whether nothing of the statement is left to pay."""
        return self.open_now == ZERO and all(one.left == ZERO for one in self.parts)

    @property
    def authorization(self) -> SettlementAuthorization | None:
        """The authorization in force."""
        last = self.authorizations[-1] if self.authorizations else None
        return last if last is not None and last.ended_at is None else None


def standing_otherwise(it: SettlementStatement) -> "QuerySet[SettledOtherwise]":
    """Return what of a statement was settled otherwise, by payments that were not reversed, and stands."""
    found = SettledOtherwise.objects.filter(statement=it, entry__reversed_by__isnull=True, taken_back__isnull=True)
    return found.select_related("statement", "proposal__proposed_by", "proposal__decided_by").order_by("pk")


def taken_back_of(it: SettlementStatement) -> "QuerySet[SettledOtherwiseTakenBack]":
    """Return what of a statement counted as settled otherwise until two people took it back."""
    found = SettledOtherwiseTakenBack.objects.filter(settled__statement=it)
    return found.select_related("settled", "proposal__proposed_by", "proposal__decided_by").order_by("pk")


def signature_of(it: SettlementStatement) -> "QuerySet[SettlementSignature]":
    """Return the client's signature under a statement, if there is one."""
    return SettlementSignature.objects.filter(statement=it).select_related("attachment", "recorded_by")


def paid_to_firm(it: SettlementStatement) -> Money:
    """Return what of fee and costs went to the firm, less what was put back."""
    return money(asked("SELECT settlement_paid(%s)", it.pk))


def firms_part_open(it: SettlementStatement) -> Money:
    """Return what of fee and costs has not gone to the firm."""
    return it.firms_part - paid_to_firm(it)


def left_of(part: Part) -> Money:
    """Return what of a lien or the client's share is neither asked for nor paid nor settled otherwise."""
    return part.amount - money(asked("SELECT settlement_asked(%s, %s)", part.statement.pk, part.line_id))


def parts_of(it: SettlementStatement) -> list[Part]:
    """Return what is paid by requests: each lien of which something was agreed, and the client's share."""
    liens = [Part(it, line) for line in deductions_of(it, SettlementLine.Kind.LIEN) if line.amount > ZERO]
    return liens + ([Part(it)] if it.share > ZERO else [])


def standing_of(it: SettlementStatement) -> SettlementStanding:
    """Return authorizations and transfers of a statement, oldest first, and where each part stands."""
    found = SettlementAuthorization.objects.filter(statement=it).select_related(
        "authority__ledger__trust_account", "authority__operating_account", "authority__approver", "ended_by"
    )
    authorizations = list(found.order_by("pk"))
    transfers = SettlementTransfer.objects.filter(authorization__statement=it).select_related("entry__actor")
    requests = list(DisbursementRequest.objects.filter(settlement=it).order_by("pk"))
    otherwise = list(standing_otherwise(it))
    parts = [
        PartStanding(part, [one for one in requests if one.settlement_line_id == part.line_id],
                     [one for one in otherwise if one.line_id == part.line_id], left_of(part))
        for part in parts_of(it)
    ]  # fmt: skip
    paid = paid_to_firm(it)
    ledger = authorizations[-1].authority.ledger if authorizations else None
    available = available_balance(ledger) if ledger else ZERO
    return SettlementStanding(
        authorizations, list(transfers.order_by("pk")), parts, paid, it.firms_part - paid, available
    )


def unpaid_settlements(matter: Matter) -> "QuerySet[SettlementStatement]":
    """Return the statements of a matter that pay something yet, drafts too, oldest first: `unpaid` of each (Money)."""
    unpaid = Func(F("pk"), function="settlement_left", output_field=CentsField())
    found = SettlementStatement.objects.filter(matter=matter).exclude(state=SettlementState.VOID)
    return found.annotate(unpaid=unpaid).filter(unpaid__gt=ZERO).order_by("date", "pk")


def ledgers_of(person: Person, it: SettlementStatement) -> "QuerySet[Ledger]":
    """Return the ledgers out of which a statement can be paid, the one that holds most first."""
    found = books_of(person).ledgers.filter(matter=it.matter_id, trust_account__closed_date__isnull=True)
    return found.order_by("-balance", "pk").select_related("trust_account", "matter__client")


def recorded_signature(person: Person, it: SettlementStatement) -> bool:
    """Say whether a person, by whichever account, recorded the signature and so does not authorize it too (I8, F119).

    Under the solo policy nobody did.
    """
    recorded = signature_of(it).filter(recorded_by__in=accounts_of(person)).exists()
    return recorded and not asked("SELECT solo_policy_applies()")


def to_sign(person: Person) -> "QuerySet[SettlementStatement]":
    """Return the issued statements that somebody sees and whose signature is not recorded yet, oldest first."""
    found = visible_settlements(books_of(person)).filter(state=SettlementState.ISSUED)
    return with_names(found).order_by("date", "id")


def to_authorize(person: Person) -> "QuerySet[SettlementStatement]":
    """Return the statements that wait for this attorney, oldest first: money is held, our part is not all paid."""
    if Role.ATTORNEY not in roles_of(person):
        return SettlementStatement.objects.none()
    mine = Func(
        Value(person.pk), F("pk"), OuterRef("issued_by_id"), function="may_approve", output_field=BooleanField()
    )
    held = Ledger.objects.filter(matter=OuterRef("matter_id"), balance__gt=0).annotate(is_mine=mine)
    decided = SettlementAuthorization.objects.filter(statement=OuterRef("pk"), ended_at__isnull=True)
    paid = Func(F("pk"), function="settlement_paid", output_field=CentsField())
    alone = Func(function="solo_policy_applies", output_field=BooleanField())
    found = visible_settlements(books_of(person)).filter(of_own_matters(person), state__in=PAYABLE)
    found = found.filter(fee__gt=paid - F("costs"))
    found = found.filter(~Q(signature__recorded_by__in=accounts_of(person)) | Q(alone))
    return with_names(found.filter(~Exists(decided), Exists(held.filter(is_mine=True)))).order_by("date", "id")
