"""The hand of the machine: how a deed is done to the books, told to the model, and compared."""

from functools import partial
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from ledgers.authorities import Spending, authorize_spending
from ledgers.holds import place_hold
from ledgers.models import Hold, SpendingAuthority
from ledgers.money import money
from tests.cast import Cast
from tests.disbursements.earning import allowed, invoiced
from tests.faults.model import Held, Posting
from tests.faults.stage import Stage


class Hand(RuleBasedStateMachine):
    """What every rule of the machine needs: doing, posting, picking, authorizing, reserving."""

    cast: ClassVar[Cast]
    operations: ClassVar[int] = 0

    def __init__(self) -> None:
        """Set the stage."""
        super().__init__()
        self.stage = Stage(self.cast)
        self.model = self.stage.model
        self.authorities: list[tuple[SpendingAuthority, str]] = []

    def teardown(self) -> None:
        """Compare everything once more, on every day."""
        self.stage.compare_every_day()
        self.stage.compare(*self.model.accounts)

    def act(self, deed: Any, broken: set[str], *touched: str) -> Any:
        """Do something and compare what it touched."""
        type(self).operations += 1
        result = self.stage.attempt(deed, broken)
        self.stage.compare(*touched)
        return result

    def post(
        self, deed: Any, broken: set[str], kind: str, on: Any, lines: dict[str, int], **rest: Any
    ) -> Posting | None:
        """Post an entry; write it into the model when the books took it."""
        account = self.model.accounts[next(iter(lines))]
        broken = broken | self.model.calendar(account, on)
        type(self).operations += 1
        posted = self.stage.attempt(deed, broken)
        if posted is None:
            self.stage.compare(*lines)
            return None
        written = Posting(posted.id, kind, account, on, lines, **rest)
        self.model.post(written)
        return written

    def pick(self, number: int, *kinds: str) -> Posting | None:
        """Choose an earlier entry, of these kinds or of any."""
        found = [p for p in self.model.postings if p.kind in kinds or not kinds]
        return found[number % len(found)] if found else None

    def authorize(
        self, ledger: str, cents: int, kind: str, held: Hold | None = None, to: str | None = None
    ) -> SpendingAuthority:
        """Let the attorney decide; a fee is for an invoice of the first day, which the client approved."""
        if kind == "earned_fee":
            bill = invoiced(self.cast, cents, matter=self.stage.matters[ledger[0]], on=self.stage.first)
            authority = allowed(self.cast, self.stage.ledgers[ledger], cents, bill, held.pk if held else None)
            self.authorities.append((authority, ledger))
            return authority
        spending = Spending(
            ledger_id=self.stage.ledgers[ledger].pk,
            kind=kind,
            payee="Court",
            amount=money(cents),
            method="check",
            purpose="Fee",
            reference="1",
            destination_ledger_id=self.stage.ledgers[to].pk if to else None,
        )
        authority = authorize_spending(
            self.cast.attorney, self.cast.coordinator.pk, spending, held.pk if held else None
        )
        self.authorities.append((authority, ledger))
        return authority

    def reserve(self, ledger: str, cents: int, kind: str = "reserved") -> Hold | None:
        """Hold money."""
        broken = set()
        if cents > self.model.balance(ledger) - self.model.held(ledger):
            broken.add("insufficient_funds")
        if kind == "reserved" and self.model.deficit(ledger):
            broken.add("ledger_in_deficit")
        who, of, by = self.cast.coordinator, self.stage.ledgers[ledger], "The client" if kind == "disputed" else ""
        deed = partial(place_hold, who, of, kind, money(cents), "Because", disputed_by=by)
        hold: Hold | None = self.act(deed, broken)
        if hold is not None:
            self.model.holds[hold.pk] = Held(ledger, kind, cents)
        return hold
