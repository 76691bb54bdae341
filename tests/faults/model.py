"""A small independent model of the books: plain lists and sums, no database, none of the product's rules imported.

Every question answers the set of rules that a deed would break. The pen must refuse with one of them, and must do the
deed when there is none.
"""

from dataclasses import dataclass, field
from datetime import date

VOLUNTARY = frozenset({"disbursement", "earned_fee", "return", "matter_transfer", "account_transfer"})


@dataclass
class Posting:
    """An entry: what it did to which ledgers, when."""

    id: int
    kind: str
    account: str
    on: date
    lines: dict[str, int]
    undone: bool = False
    relates: "Posting | None" = None
    twin: "Posting | None" = None

    @property
    def total(self) -> int:
        """What it moved at the bank."""
        return sum(self.lines.values())


@dataclass
class Held:
    """A hold that is open until it is ended."""

    ledger: str
    kind: str
    cents: int
    entry: int | None = None
    open: bool = True


@dataclass
class Model:
    """Ledgers by name as lists of (date, cents); the months that are locked."""

    today: date
    accounts: dict[str, str]  # ledger -> account
    moves: dict[str, list[tuple[date, int]]] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    holds: dict[int, Held] = field(default_factory=dict)
    locked: set[tuple[str, date]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with empty ledgers."""
        self.moves = {name: [] for name in self.accounts}

    def balance(self, ledger: str, on: date | None = None) -> int:
        """The sum of a ledger's moves up to a day."""
        return sum(cents for day, cents in self.moves[ledger] if on is None or day <= on)

    def held(self, ledger: str) -> int:
        """What is held in a ledger."""
        return sum(hold.cents for hold in self.holds.values() if hold.open and hold.ledger == ledger)

    def days_from(self, ledger: str, on: date) -> list[date]:
        """The day and every later one on which the ledger moved."""
        return sorted({on, *(day for day, _ in self.moves[ledger] if day > on)})

    def lowest_from(self, ledger: str, on: date) -> int:
        """The lowest balance from a day on."""
        return min(self.balance(ledger, day) for day in self.days_from(ledger, on))

    def deficit(self, ledger: str, on: date | None = None) -> int:
        """What the ledger owes."""
        return max(0, -self.balance(ledger, on))

    def calendar(self, account: str, on: date) -> set[str]:
        """Whether an entry may carry the date."""
        broken = {"dated_in_future"} if on > self.today else set()
        return broken | ({"month_locked"} if (account, on.replace(day=1)) in self.locked else set())

    def spending(self, ledger: str, cents: int, on: date, own_hold: int = 0) -> set[str]:
        """What a voluntary outflow would break."""
        broken = self.coverage(ledger, cents, on, own_hold)
        return broken | ({"ledger_in_deficit"} if self.deficit(ledger) else set())

    def coverage(self, ledger: str, cents: int, on: date, own_hold: int = 0) -> set[str]:
        """Whether available money now, and the balance on every later day, cover an amount."""
        broken = set()
        if cents > self.balance(ledger) - self.held(ledger) + own_hold:
            broken.add("insufficient_funds")
        if cents > self.lowest_from(ledger, on):
            broken.add("insufficient_funds_on_date")
        return broken

    def shortfall(self, lines: dict[str, int], on: date) -> int:
        """The deficit that money taken by the bank would leave."""
        return sum(max(0, -(self.lowest_from(name, on) + cents)) for name, cents in lines.items() if cents < 0)

    def reversal(self, posting: Posting, on: date) -> set[str]:
        """What undoing an entry would break, but for the second person."""
        broken: set[str] = set()
        if posting.kind == "reversal":
            broken.add("reversal_of_reversal")
        if posting.undone:
            broken.add("already_reversed")
        if on < posting.on:
            broken.add("dated_before_original")
        if any(p.relates is posting and not p.undone for p in self.postings):
            broken.add("already_returned")
        return broken

    def given_back(self, posting: Posting, ledger: str | None = None) -> int:
        """How much of an entry came back or was put back already."""
        back = [p for p in self.postings if p.relates is posting and not p.undone]
        return sum(abs(cents) for p in back for name, cents in p.lines.items() if ledger in {None, name})

    def returned_receipt(self, receipt: Posting, ledger: str, cents: int, on: date, firm_funds: str) -> set[str]:
        """What a returned receipt would break, but for the second person."""
        broken = {"already_reversed"} if receipt.undone else set()
        if on < receipt.on:
            broken.add("dated_before_original")
        if self.given_back(receipt) + cents > receipt.total:
            broken.add("returned_more_than_received")
        if ledger in receipt.lines:
            if self.given_back(receipt, ledger) + cents > receipt.lines[ledger]:
                broken.add("returned_more_than_received")
        elif ledger != firm_funds and ledger not in self.moved_on_to(receipt):
            broken.add("not_of_that_entry")
        return broken

    def moved_on_to(self, receipt: Posting) -> set[str]:
        """The ledgers to which money of a receipt's ledgers was transferred."""
        moved = [p for p in self.postings if p.kind == "matter_transfer" and not p.undone]
        sources = [p for p in moved if any(p.lines.get(name, 0) < 0 for name in receipt.lines)]
        return {name for p in sources for name in p.lines}

    def put_back(self, fee: Posting, cents: int, on: date) -> set[str]:
        """What putting back a fee would break."""
        broken = {"already_reversed"} if fee.undone else set()
        if on < fee.on:
            broken.add("dated_before_original")
        if self.given_back(fee) + cents > -fee.total:
            broken.add("put_back_more_than_taken")
        return broken

    def cure(self, ledger: str, cents: int, on: date) -> set[str]:
        """Whether a cure is at most what is owed from its day on."""
        least = min(self.deficit(ledger, day) for day in self.days_from(ledger, on))
        return {"cure_exceeds_deficit"} if cents > least else set()

    def post(self, posting: Posting) -> None:
        """Write an entry down."""
        self.postings.append(posting)
        for name, cents in posting.lines.items():
            self.moves[name].append((posting.on, cents))

    def let_go(self, entry: int, lines: dict[str, int]) -> dict[str, int]:
        """End what was held of a receipt that came back; answer what stays held of it, by ledger."""
        rest = {}
        for hold in self.holds.values():
            if hold.open and hold.entry == entry and hold.ledger in lines:
                hold.open = False
                if hold.cents + lines[hold.ledger] > 0:
                    rest[hold.ledger] = hold.cents + lines[hold.ledger]
        return rest
