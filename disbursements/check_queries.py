"""Checks that wait for the printer, checks and batches somebody sees, and what is odd about the numbers."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery

from disbursements.models import BY_CHECK, Check, CheckBatch, CheckNumbering
from ledgers.access import Books
from ledgers.models import Clearance, JournalEntry, JournalLine, TrustAccount
from ledgers.queries import clearances
from ledgers.queries.rows import fetch

SORTS = {
    "number": ("number",), "-number": ("-number",), "date": ("check_date", "id"), "-date": ("-check_date", "-id"),
    "payee": ("payee", "id"), "-payee": ("-payee", "-id"), "amount": ("amount", "id"), "-amount": ("-amount", "-id"),
}  # fmt: skip


def checks_to_print(books: Books, account: TrustAccount) -> "QuerySet[JournalEntry]":
    """Return the posted payments by check of an account without a check in force, oldest first.

    `last_number` is the check that was made void or stopped before, if there is one.
    """
    numbering = CheckNumbering.objects.filter(trust_account=account).first()
    if numbering is None:
        return JournalEntry.objects.none()
    of_entry = Check.objects.filter(entry=OuterRef("pk"))
    undone = JournalEntry.objects.filter(reverses=OuterRef("pk"))
    last = of_entry.order_by("-pk").values("number")[:1]
    return (
        books.entries.filter(trust_account=account, book_date__gte=numbering.since_date, method="check")
        .filter(Q(kind__in=BY_CHECK), ~Exists(of_entry.filter(state="issued")), ~Exists(undone), bank_amount__lt=0)
        .exclude(Exists(Clearance.objects.filter(entry=OuterRef("pk"), undone_at__isnull=True)))
        .annotate(last_number=Subquery(last))
        .select_related("text")
        .prefetch_related("lines__ledger__matter__client")
        .order_by("book_date", "id")
    )


def visible_checks(books: Books) -> "QuerySet[Check]":
    """Return the checks of payments that a person sees; spoiled blanks for whoever sees the whole account."""
    hidden = JournalLine.objects.filter(entry=OuterRef("entry_id")).exclude(
        Exists(books.ledgers.filter(pk=OuterRef("ledger_id")))
    )
    blanks = Q(entry__isnull=True) if books.sees_all else Q(pk__in=[])
    return Check.objects.filter(blanks | (Q(entry__isnull=False) & ~Exists(hidden)))


def with_names(found: "QuerySet[Check]") -> "QuerySet[Check]":
    """Fetch along what a list or a page shows of each check."""
    return found.select_related(
        "trust_account", "entry__text", "entry__reversed_by", "issued_by", "ended_by", "replaces", "replaced_by"
    ).prefetch_related("entry__lines__ledger__matter__client")


def reversal_of(check: Check) -> JournalEntry | None:
    """Return the entry that undid the payment of a check; None while the payment stands."""
    return JournalEntry.objects.filter(reverses=check.entry_id).first() if check.entry_id else None


def clearance_of(check: Check) -> Clearance | None:
    """Return when the bank showed a check, who says so and from what; None while it is out or not in force."""
    if check.entry is None or check.state != Check.State.ISSUED:
        return None
    return clearances.clearance_of(check.entry)


def check_list(books: Books, wanted: dict[str, Any], sort: str = "") -> "QuerySet[Check]":
    """Return the visible checks that fit: of an account, in a state, found by number or words of payee and memo."""
    found = visible_checks(books)
    if wanted.get("account"):
        found = found.filter(trust_account=wanted["account"])
    if wanted.get("state"):
        found = found.filter(state=wanted["state"])
    for word in str(wanted.get("text") or "").split():
        typed = Q(payee__icontains=word) | Q(memo__icontains=word)
        if word.isascii() and word.isdigit() and len(word) < 12:
            typed |= Q(number=int(word))
        found = found.filter(typed)
    return with_names(found).order_by(*SORTS.get(sort, SORTS["-date"]))


def batches(books: Books, account: TrustAccount | None = None) -> "QuerySet[CheckBatch]":
    """Return the batches of which the person sees a check, newest first."""
    seen = visible_checks(books).filter(batch=OuterRef("pk"))
    found = CheckBatch.objects.filter(Exists(seen)).select_related("trust_account", "made_by")
    return (found.filter(trust_account=account) if account else found).order_by("-pk")


def checks_of(books: Books, batch: CheckBatch) -> "QuerySet[Check]":
    """Return the checks of a batch that the person sees, in the order of their numbers."""
    return with_names(visible_checks(books).filter(batch=batch)).order_by("number")


def account_of(books: Books, account_id: int) -> "QuerySet[TrustAccount]":
    """Return one trust account, if the person sees it."""
    return books.accounts.filter(pk=account_id)


@dataclass(frozen=True)
class Gap:
    """Numbers between two known ones that nothing is known of."""

    first: int
    last: int
    count: int


def gaps(account: TrustAccount) -> list[Gap]:
    """Return the numbers of an account that are missing between two known ones, lowest first.

    What lies before the first number of new stock, or of another check book, is no gap.
    """
    sql = """SELECT k.before + 1 AS first, k.number - 1 AS last, k.number - k.before - 1 AS count FROM (
        SELECT c.number, c.begins_book, lag(c.number) OVER (ORDER BY c.number) AS before
          FROM disbursements_check c WHERE c.trust_account_id = %s AND c.origin <> 'opening') k
      WHERE k.number > k.before + 1 AND NOT k.begins_book ORDER BY k.number"""
    return fetch(Gap, sql, [account.pk])


@dataclass(frozen=True)
class Duplicate:
    """A number that stands on more than one check of an account: only the opening import can bring one."""

    number: int
    count: int


def duplicates(account: TrustAccount) -> list[Duplicate]:
    """Return the numbers that an opening check shares with another one, or with a check of ours."""
    sql = """SELECT k.number, count(*) AS count FROM (
        SELECT c.number FROM disbursements_check c WHERE c.trust_account_id = %s
        UNION ALL SELECT opening_check_number(t.reference) FROM ledgers_journalentry e
          JOIN ledgers_entrytext t ON t.entry_id = e.id
         WHERE e.trust_account_id = %s AND e.kind = 'opening_check'
           AND NOT EXISTS (SELECT FROM ledgers_journalentry r WHERE r.reverses_id = e.id)
           AND NOT EXISTS (SELECT FROM disbursements_check c WHERE c.entry_id = e.id)) k
      WHERE k.number IS NOT NULL GROUP BY k.number HAVING count(*) > 1 ORDER BY k.number"""
    return fetch(Duplicate, sql, [account.pk, account.pk])


@dataclass(frozen=True)
class NumbersInUse:
    """The numbers of an account: where the printer stands, how many were given, what became of them."""

    next_number: int | None
    since_date: Any
    first: int | None
    last: int | None
    count: int
    void_count: int


def numbers_in_use(account: TrustAccount) -> NumbersInUse:
    """Return where the numbers of an account stand."""
    numbering = CheckNumbering.objects.filter(trust_account=account).first()
    ours = Check.objects.filter(trust_account=account).exclude(origin=Check.Origin.OPENING)
    found = ours.aggregate(
        first=Min("number"), last=Max("number"), count=Count("pk"), void_count=Count("pk", filter=~Q(state="issued"))
    )
    next_number, since_date = (numbering.next_number, numbering.since_date) if numbering else (None, None)
    return NumbersInUse(next_number=next_number, since_date=since_date, **found)


def spoiled(books: Books, account: TrustAccount) -> "QuerySet[Check]":
    """Return the numbers of an account that are void or stopped and were given here, newest first."""
    found = visible_checks(books).filter(trust_account=account).exclude(state=Check.State.ISSUED)
    return with_names(found).order_by("-ended_at", "-pk")
