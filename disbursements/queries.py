"""Which requests somebody sees, decides on, or has to do with; set-based, for pages and the API alike."""

from collections.abc import Iterable
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncMonth

from disbursements.models import DisbursementRequest, State
from firms.absences import stood_in_for
from firms.access import roles_of
from firms.clock import asked
from firms.models import Person, Role, RoleGrant
from firms.models.people import NEW_FOR
from ledgers.access import SEATS, Books, books_of
from ledgers.models import JournalEntry, JournalLine, Ledger, MatterWall, Month
from ledgers.money import ZERO, CentsField, as_text


def ledgers_seen(books: Books) -> "QuerySet[Ledger]":
    """Return the ledgers whose requests somebody sees: the visible ones, and for attorneys special ones."""
    seen = books.ledgers
    if not books.sees_all and Role.ATTORNEY in books.roles:
        visible = seen.values("pk")
        return Ledger.objects.filter(Q(pk__in=visible) | Q(matter__isnull=True))
    return seen


def visible_to(person: Person) -> "QuerySet[DisbursementRequest]":
    """Return the requests a person may see: out of a ledger that is open to them, and not into a walled matter."""
    books = books_of(person)
    walled = MatterWall.objects.filter(person=person, lifted_at__isnull=True)
    return DisbursementRequest.objects.filter(
        Exists(ledgers_seen(books).filter(pk=OuterRef("ledger_id"))),
        ~Exists(walled.filter(matter=OuterRef("destination_ledger__matter_id"))),
    )


def with_names(found: "QuerySet[DisbursementRequest]") -> "QuerySet[DisbursementRequest]":
    """Fetch along what a list or a page shows of each request."""
    return found.select_related(
        "ledger__matter__client",
        "ledger__trust_account",
        "destination_ledger__matter__client",
        "destination_ledger__trust_account",
        "operating_account",
        "payee_record",
        "payee_bank",
        "requester",
        "first_approval__approver",
        "first_approval__in_place_of",
        "decided_by",
        "decided_for",
        "closed_by",
        "entry",
    )


def decidable_by(person: Person) -> "QuerySet[DisbursementRequest]":
    """Return the requests that wait for this attorney's decision, oldest first.

    The responsible attorney decides on what others request of the matter: that is seen in the row (`visible_to` leaves
    out what is walled off). Every other request the database is asked about, one by one.
    """
    plain = Q(ledger__matter__responsible_attorney=person, first_approval__isnull=True) & ~Q(
        requester__in=accounts_of(person)
    )
    plain &= Q(_decides_by_role(person))
    asked_for = Func(Value(person.pk), F("pk"), function="decides_on", output_field=BooleanField())
    mine = Case(When(plain, then=Value(True)), default=asked_for, output_field=BooleanField())
    if Role.ATTORNEY not in roles_of(person):
        return DisbursementRequest.objects.none()
    waiting = visible_to(person).filter(near(person), state=State.AWAITING_APPROVAL)
    return waiting.annotate(is_mine=mine).filter(is_mine=True).order_by("requested_at", "id")


def accounts_of(person: Person) -> RawSQL:
    """Return the accounts of the person behind an account: none decides on what another did (FAULTS F119)."""
    return RawSQL("SELECT accounts_of(%s)", [person.pk])


def _decides_by_role(person: Person) -> Exists:
    """Return on which requests an attorney's role decides by its age: `role_decides`, for many rows at once."""
    instant = Func(function="firm_now", output_field=DateTimeField())
    a_day_ago = ExpressionWrapper(instant - Value(NEW_FOR), output_field=DateTimeField())
    grants = RoleGrant.objects.filter(person=person, role=Role.ATTORNEY, revoked_at__isnull=True)
    old_enough = Q(granted_at__lte=OuterRef("requested_at")) & Q(granted_at__lte=a_day_ago)
    return Exists(grants.filter(Q(granted_by__isnull=True) | old_enough))


def near(person: Person) -> Q:
    """Return which requests an attorney may have to decide on; it narrows what `decides_on` is asked about, row by row.

    Those of own matters, of matters stood in for, of no matter, and those that wait for a second attorney.
    """
    return Q(ledger__matter__isnull=True) | Q(first_approval__isnull=False) | of_own_matters(person, "ledger__matter")


def of_own_matters(person: Person, matter: str = "matter") -> Q:
    """Return what is of the matters that an attorney has a seat in, or somebody for whom the attorney stands in."""
    away = stood_in_for(person).order_by().values("person")
    own = Q()
    for seat in SEATS:
        own |= Q(**{f"{matter}__{seat}": person}) | Q(**{f"{matter}__{seat}__in": away})
    return own


def decides_on(person: Person, request: DisbursementRequest) -> bool:
    """Say whether somebody decides on a request now: in their own right or for an attorney who is away."""
    return bool(asked("SELECT decides_on(%s, %s)", person.pk, request.pk))


def declines(person: Person, request: DisbursementRequest) -> bool:
    """Say whether somebody may say no to a request now: who decides on it, and who would if the role were not new."""
    return bool(asked("SELECT declines(%s, %s)", person.pk, request.pk))


def decided_in_place_of(person: Person, request: DisbursementRequest) -> Person | None:
    """Return the attorney who is away and in whose place this person decides on a request; None in their own right.

    For who gave the first of two approvals: in whose place that was.
    """
    away = asked(
        """SELECT coalesce((SELECT f.in_place_of_id FROM disbursements_firstapproval f
                             WHERE f.request_id = %s AND f.approver_id = %s),
                           (SELECT d.in_place_of FROM request_decliners(%s) d WHERE d.person = %s))""",
        request.pk, person.pk, request.pk, person.pk,
    )  # fmt: skip
    return Person.objects.get(pk=away) if away else None


def unfunded_for(person: Person) -> "QuerySet[DisbursementRequest]":
    """Return what was approved when the money was gone, for whoever may post it or asked for it."""
    return visible_to(person).filter(state=State.APPROVED_UNFUNDED).order_by("decided_at", "id")


def drafts_of(person: Person) -> "QuerySet[DisbursementRequest]":
    """Return a person's own drafts, the newest first."""
    return visible_to(person).filter(requester=person, state=State.DRAFT).order_by("-requested_at", "-id")


def unidentified_receipts(books: Books) -> "QuerySet[JournalEntry]":
    """Return receipts without a matter of which something is left: not assigned, returned, asked for or reversed."""
    unknown = JournalLine.objects.filter(entry=OuterRef("pk"), ledger__kind=Ledger.Kind.UNIDENTIFIED).values("ledger")
    of_none = Value(None, output_field=BigIntegerField())
    left = Func(F("pk"), Subquery(unknown[:1]), of_none, function="left_of_receipt", output_field=CentsField())
    return (
        books.entries.filter(Exists(unknown), kind=JournalEntry.Kind.RECEIPT)
        .annotate(left=left)
        .filter(left__gt=ZERO)
        .select_related("text", "trust_account")
        .order_by("book_date", "id")
    )


def months_to_prepare(books: Books) -> "QuerySet[Month]":
    """Return the earliest open month of each account, where it is over."""
    earlier = Month.objects.filter(
        trust_account=OuterRef("trust_account"), state=Month.State.OPEN, first_day__lt=OuterRef("first_day")
    )
    this_month = TruncMonth(Func(function="firm_today", output_field=DateField()))
    until = Q(trust_account__closed_date__isnull=True) | Q(first_day__lte=F("trust_account__closed_date"))
    return (
        Month.objects.filter(
            until, ~Exists(earlier), state=Month.State.OPEN, trust_account__in=books.accounts, first_day__lt=this_month
        )
        .select_related("trust_account")
        .order_by("first_day", "trust_account__name")
    )


SORTS = {
    "requested": ("requested_at", "id"), "-requested": ("-requested_at", "-id"), "amount": ("amount", "id"),
    "-amount": ("-amount", "-id"), "payee": ("payee", "id"), "-payee": ("-payee", "-id"),
}  # fmt: skip


def listed(person: Person, kinds: Iterable[str], wanted: dict[str, Any], sort: str) -> "QuerySet[DisbursementRequest]":
    """Return the visible requests of some kinds that fit what is wanted: text, state, account.

    A draft that was deleted or replaced was never asked for: it is found by its state only, withdrawn.
    """
    found = visible_to(person).filter(kind__in=list(kinds))
    if wanted.get("state"):
        found = found.filter(state=wanted["state"])
    else:
        found = found.exclude(state=State.WITHDRAWN, hold__isnull=True)
    if wanted.get("account"):
        found = found.filter(ledger__trust_account=wanted["account"])
    for word in str(wanted.get("text") or "").split():
        found = found.filter(
            Q(payee__icontains=word) | Q(purpose__icontains=word) | Q(reference__icontains=word)
            | Q(ledger__matter__number__icontains=word) | Q(ledger__matter__description__icontains=word)
        )  # fmt: skip
    return with_names(found).order_by(*SORTS.get(sort, SORTS["-requested"]))


def spending_options(books: Books, typed: str) -> list[dict[str, str]]:
    """Return up to 20 visible, open matters that match what is typed, with what is available in each account."""
    found = books.matters.exclude(status="closed").select_related("client")
    for word in typed.split():
        found = found.filter(
            Q(number__icontains=word) | Q(description__icontains=word) | Q(client__name__icontains=word)
        )
    matters = list(found.order_by("number")[:20])
    held = Func(F("pk"), function="held_amount", output_field=CentsField())
    rows = Ledger.objects.filter(matter__in=matters).annotate(held=held).select_related("trust_account").order_by("pk")
    money: dict[int, list[str]] = {}
    for row in rows:
        free = as_text(row.balance - vars(row)["held"])
        money.setdefault(row.matter_id or 0, []).append(f"{row.trust_account} · available {free}")
    return [
        {
            "value": matter.number,
            "label": f"{matter.description} · {matter.client.name}",
            "detail": "; ".join(money.get(matter.pk, ["no money yet"])),
        }
        for matter in matters
    ]
