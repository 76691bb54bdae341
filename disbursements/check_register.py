"""The check register of an account, with its book balance after each line; and the checks that are out too long.

A line is a payment by check (with the number in force, or the last one it had), its undoing, or a number without an
effect on the books: spoiled, stopped and replaced, or blank. The balance counts everything that moved in the account.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from ledgers.access import Books
from ledgers.models import TrustAccount
from ledgers.money import Money
from ledgers.queries.entries import LINES_SQL, Part, hidden_lines
from ledgers.queries.rows import RowSet, fetch_one

STATES = {
    "to_print": "To print", "again": "To print again", "printed": "Printed", "written": "By hand",
    "opening": "Opening", "elsewhere": "Elsewhere", "cleared": "Cleared", "void": "Void",
    "stopped": "Stopped", "undone": "Payment undone",
}  # fmt: skip
IS_CHECK = "(paid_by_check(e.kind, e.method, e.bank_amount) OR e.kind = 'opening_check')"
# The last check of a payment: the one in force, if one is.
LAST_CHECK = """LEFT JOIN LATERAL (SELECT c.id, c.number, c.state, c.origin, c.check_date FROM disbursements_check c
    WHERE c.entry_id = e.id ORDER BY c.id DESC LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT v.id FROM ledgers_journalentry v WHERE v.reverses_id = e.id) v ON true
  LEFT JOIN ledgers_clearance z ON z.entry_id = e.id AND z.undone_at IS NULL
  LEFT JOIN disbursements_checknumbering n ON n.trust_account_id = e.trust_account_id"""
STATE = """CASE WHEN v.id IS NOT NULL THEN 'void' WHEN z.id IS NOT NULL THEN 'cleared'
    WHEN k.state = 'issued' THEN k.origin
    WHEN k.id IS NULL AND e.kind = 'opening_check' THEN 'opening'
    WHEN k.id IS NOT NULL THEN CASE WHEN e.kind = 'opening_check' THEN k.state ELSE 'again' END
    WHEN e.book_date >= n.since_date THEN 'to_print' ELSE 'elsewhere' END"""
PARTS = f"LEFT JOIN LATERAL (SELECT {LINES_SQL.replace('e.id', 'r.entry_id')} AS parts) d ON true"


@dataclass(frozen=True)
class RegisterSpan:
    """Which stretch of an account's register, both days included."""

    account: TrustAccount
    from_date: date
    to_date: date


@dataclass(frozen=True)
class RegisterLine:
    """A line of the register: `effect` is what it moved in the books, 0 for a number that paid nothing."""

    on_date: date
    place: int
    line_id: int
    number: str
    check_id: int | None
    entry_id: int | None
    payee: str
    purpose: str
    state: str
    cleared_on: date | None
    amount: Money
    effect: Money
    balance: Money
    parts: tuple[Part, ...]

    @property
    def state_label(self) -> str:
        """What became of it, in words."""
        return STATES[self.state]


@dataclass(frozen=True)
class RegisterTotals:
    """What a stretch of the register adds up to; `hidden_count` lines are of matters that the reader does not see."""

    opening: Money
    closing: Money
    paid: Money
    undone: Money
    hidden_count: int


# on_date, place (0 an entry, 1 a number without effect), line_id, which entry and check it tells of, effect
LINES = """SELECT e.book_date AS on_date, 0 AS place, e.id AS line_id, e.id AS entry_id, NULL::bigint AS check_id,
      e.bank_amount AS effect
    FROM ledgers_journalentry e WHERE e.trust_account_id = %s AND e.book_date BETWEEN %s AND %s
    UNION ALL SELECT c.check_date, 1, c.id, c.entry_id, c.id, 0 FROM disbursements_check c
     WHERE c.trust_account_id = %s AND c.check_date BETWEEN %s AND %s
       AND (c.entry_id IS NULL
            OR EXISTS (SELECT FROM disbursements_check l WHERE l.entry_id = c.entry_id AND l.id > c.id))"""
BALANCED = f"""SELECT l.*, book_balance(%s, %s) + sum(l.effect) OVER (ORDER BY l.on_date, l.place, l.line_id) AS balance
    FROM ({LINES}) l"""
# b: a balanced line; e: its entry, for a reversal the payment it undoes; o: a number without effect; t: the words
TOLD = f"""FROM ({BALANCED}) b
  LEFT JOIN ledgers_journalentry own ON own.id = b.entry_id
  LEFT JOIN ledgers_journalentry e ON e.id = coalesce(own.reverses_id, own.id)
  LEFT JOIN ledgers_entrytext t ON t.entry_id = e.id
  LEFT JOIN disbursements_check o ON o.id = b.check_id
  {LAST_CHECK}
  WHERE (b.check_id IS NOT NULL OR {IS_CHECK})"""
SHOWN = f"""SELECT b.on_date, b.place, b.line_id, coalesce(o.number::text, k.number::text,
      CASE WHEN e.kind = 'opening_check' OR e.book_date < n.since_date IS NOT FALSE THEN t.reference END, '') AS number,
    coalesce(o.id, k.id) AS check_id, b.entry_id, coalesce(t.party, '') AS payee,
    coalesce(nullif(o.reason, ''), t.purpose, '') AS purpose,
    CASE WHEN b.check_id IS NOT NULL THEN o.state WHEN own.reverses_id IS NOT NULL THEN 'undone'
      ELSE {STATE} END AS state,
    CASE WHEN b.check_id IS NULL AND own.reverses_id IS NULL THEN z.bank_date END AS cleared_on,
    coalesce(abs(e.bank_amount), 0) AS amount, b.effect, b.balance::bigint AS balance"""


def _params(span: RegisterSpan) -> list[object]:
    first, last, account = span.from_date, span.to_date, span.account.pk
    return [account, first - timedelta(days=1), account, first, last, account, first, last]


def register(books: Books, span: RegisterSpan) -> RowSet[RegisterLine]:
    """Return the visible lines of the register, in the order of their dates."""
    hidden, hidden_params = hidden_lines(books)
    sql = f"{SHOWN} {TOLD} AND NOT {hidden}"
    return RowSet(RegisterLine, sql, [*_params(span), *hidden_params], "on_date, place, line_id", details=PARTS)


def register_totals(books: Books, span: RegisterSpan) -> RegisterTotals:
    """Return the book balance before and after, what was paid by check and undone, and what the reader does not see."""
    hidden, hidden_params = hidden_lines(books)
    sql = f"""SELECT book_balance(%s, %s) AS opening, book_balance(%s, %s) AS closing,
        coalesce(-sum(b.effect) FILTER (WHERE own.reverses_id IS NULL), 0)::bigint AS paid,
        coalesce(sum(b.effect) FILTER (WHERE own.reverses_id IS NOT NULL), 0)::bigint AS undone,
        count(*) FILTER (WHERE {hidden}) AS hidden_count {TOLD}"""
    account = span.account.pk
    ends = [account, span.from_date - timedelta(days=1), account, span.to_date]
    return fetch_one(RegisterTotals, sql, [*ends, *hidden_params, *_params(span)])


@dataclass(frozen=True)
class Outstanding:
    """A check that is out: since which day, how long, and its amount in the column of its age."""

    on_date: date
    number: str
    check_id: int | None
    entry_id: int
    payee: str
    state: str
    days: int
    amount: Money
    parts: tuple[Part, ...]

    @property
    def age(self) -> int:
        """The column: 0 for up to 90 days, 90 for up to 180, 180 for longer."""
        return 180 if self.days > 180 else 90 if self.days > 90 else 0


@dataclass(frozen=True)
class Aging:
    """What is outstanding of an account, by age."""

    fresh_count: int
    fresh: Money
    stale_count: int
    stale: Money
    old_count: int
    old: Money
    hidden_count: int


OUT_NOW = f"""FROM ledgers_journalentry e JOIN ledgers_entrytext t ON t.entry_id = e.id {LAST_CHECK}
  WHERE e.trust_account_id = %s AND {IS_CHECK} AND {STATE} IN ('printed', 'written', 'opening', 'elsewhere')"""
DATED = "coalesce(k.check_date, e.book_date)"


def outstanding(books: Books, account: TrustAccount, today: date, longer_than: int) -> RowSet[Outstanding]:
    """Return the visible checks that are out for more than so many days (0: all of them), the oldest first."""
    hidden, hidden_params = hidden_lines(books)
    sql = f"""SELECT {DATED} AS on_date, coalesce(k.number::text, t.reference) AS number, k.id AS check_id,
        e.id AS entry_id, t.party AS payee, {STATE} AS state, %s - {DATED} AS days, -e.bank_amount AS amount
        {OUT_NOW} AND %s - {DATED} > %s AND NOT {hidden}"""
    params = [today, account.pk, today, longer_than or -1, *hidden_params]
    return RowSet(Outstanding, sql, params, "on_date, entry_id", details=PARTS)


def aging(books: Books, account: TrustAccount, today: date) -> Aging:
    """Return what is outstanding of an account by age, of all matters, and how many of them the reader does not see."""
    hidden, hidden_params = hidden_lines(books)
    ages = {"fresh": "o.days <= 90", "stale": "o.days > 90 AND o.days <= 180", "old": "o.days > 180"}
    sums = ", ".join(
        f"count(*) FILTER (WHERE {when}) AS {name}_count, "
        f"coalesce(sum(o.amount) FILTER (WHERE {when}), 0)::bigint AS {name}"
        for name, when in ages.items()
    )
    sql = f"""SELECT {sums}, count(*) FILTER (WHERE o.hidden) AS hidden_count FROM (
        SELECT %s - {DATED} AS days, -e.bank_amount AS amount, {hidden} AS hidden {OUT_NOW}) o"""
    return fetch_one(Aging, sql, [today, *hidden_params, account.pk])
