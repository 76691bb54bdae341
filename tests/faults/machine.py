"""The machine: random deeds of every kind against the books and against the model."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ledgers.authorities import void_authority
from ledgers.holds import end_reservation, release_hold
from ledgers.models import Hold, JournalEntry, Ledger
from ledgers.money import money
from ledgers.months import lock_month, reopen_month
from ledgers.posting import (
    Share,
    cure_deficit,
    post_account_transfer,
    post_bank_charge,
    post_bank_event,
    post_disbursement,
    post_firm_funds_deposit,
    post_receipt,
    put_fee_back,
    return_receipt,
    reverse,
)
from tests.cast import key
from tests.faults.hand import Hand
from tests.faults.model import Posting

CLIENTS = st.sampled_from(["A", "B", "C"])
LEDGERS = st.sampled_from(["A", "B", "C", "firm", "unidentified"])
CENTS = st.sampled_from([1, 100, 2_500, 5_000, 10_000, 10_001, 40_000])
DAYS = st.integers(0, 13)
ANY = st.integers(0, 10_000)
MAYBE = st.booleans()


class Machine(Hand):
    """Every kind of posting, holds, authorities, back-dating, locks, deficits and their cures, reversals."""

    @rule(
        ledger=st.sampled_from(["A", "B", "C", "unidentified"]),
        other=CLIENTS,
        cents=CENTS,
        day=DAYS,
        card=MAYBE,
        split=MAYBE,
    )
    def receipt(self, ledger: str, other: str, cents: int, day: int, card: bool, split: bool) -> None:
        lines = {ledger: cents} | ({other: 7} if split and other != ledger else {})
        on = self.stage.day(day)
        shares = [Share(self.stage.ledgers[name], money(amount)) for name, amount in lines.items()]
        deed = partial(
            post_receipt,
            self.cast.coordinator,
            key(),
            account=self.stage.accounts["P"],
            book_date=on,
            method="card" if card else "wire",
            shares=shares,
            payer="P",
        )
        posted = self.post(deed, set(), "receipt", on, lines)
        if posted is not None:
            again = deed()
            assert (again.id, again.repeated) == (posted.id, True)
            self.stage.note_holds(posted.id)
        self.stage.compare(*lines)

    @rule(
        ledger=CLIENTS,
        cents=CENTS,
        day=DAYS,
        kind=st.sampled_from(["disbursement", "earned_fee", "return"]),
        reserve=MAYBE,
    )
    def spend(self, ledger: str, cents: int, day: int, kind: str, reserve: bool) -> None:
        held = self.reserve(ledger, cents) if reserve else None
        if reserve and held is None:
            return
        authority = self.authorize(ledger, cents, kind, held)
        on = self.stage.day(day)
        broken = self.model.spending(ledger, cents, on, cents if held else 0)
        deed = partial(post_disbursement, self.cast.coordinator, key(), authority=authority, book_date=on)
        if self.post(deed, broken, kind, on, {ledger: -cents}) is not None and held:
            self.model.holds[held.pk].open = False
        self.stage.compare(ledger)

    @rule(number=ANY, void=MAYBE)
    def use_an_old_authority(self, number: int, void: bool) -> None:
        if not self.authorities:
            return
        authority, ledger = self.authorities[number % len(self.authorities)]
        if authority.kind in {"matter_transfer", "account_transfer"} or authority.hold_id is not None:
            return
        authority.refresh_from_db()
        on, cents = self.stage.today, int(authority.amount.amount * 100)
        if void and not authority.used_amount.amount and authority.voided_at is None:
            assert void_authority(authority, "Changed")
            authority.refresh_from_db()
        broken = self.model.spending(ledger, cents, on)
        broken |= {"authority_void"} if authority.voided_at else set()
        broken |= {"authority_used"} if authority.used_amount.amount else set()
        deed = partial(post_disbursement, self.cast.coordinator, key(), authority=authority, book_date=on)
        self.post(deed, broken, authority.kind, on, {ledger: -cents})
        self.stage.compare(ledger)

    @rule(source=CLIENTS, into=CLIENTS, cents=CENTS, day=DAYS)
    def transfer(self, source: str, into: str, cents: int, day: int) -> None:
        if source == into:
            return
        authority, on = self.authorize(source, cents, "matter_transfer", to=into), self.stage.day(day)
        deed = partial(post_disbursement, self.cast.coordinator, key(), authority=authority, book_date=on)
        self.post(deed, self.model.spending(source, cents, on), "matter_transfer", on, {source: -cents, into: cents})
        self.stage.compare(source, into)

    @rule(cents=CENTS, day=DAYS)
    def transfer_to_the_other_account(self, cents: int, day: int) -> None:
        authority, on = self.authorize("A", cents, "account_transfer", to="A in Q"), self.stage.day(day)
        broken = self.model.spending("A", cents, on) | self.model.calendar("Q", on)
        deed = partial(post_account_transfer, self.cast.coordinator, key(), authority=authority, book_date=on)
        first = self.post(deed, broken, "account_transfer", on, {"A": -cents})
        if first is not None:
            second = JournalEntry.objects.get(linked_to=first.id).pk
            first.twin = Posting(second, "account_transfer", "Q", on, {"A in Q": cents}, twin=first)
            self.model.post(first.twin)
        self.stage.compare("A", "A in Q")

    @rule(
        number=ANY, ledger=LEDGERS, own=MAYBE, cents=CENTS, day=DAYS, alone=st.sampled_from([False, False, False, True])
    )
    def receipt_comes_back(self, number: int, ledger: str, own: bool, cents: int, day: int, alone: bool) -> None:
        receipt = self.pick(number, "receipt")
        if receipt is None or receipt.account != "P":
            return
        name, on = next(iter(receipt.lines)) if own else ledger, self.stage.day(day)
        broken = self.model.returned_receipt(receipt, name, cents, on, "firm")
        broken |= {"second_person_needed"} if alone else set()
        deed = partial(
            return_receipt,
            self.cast.coordinator,
            key(),
            receipt=JournalEntry.objects.get(pk=receipt.id),
            book_date=on,
            shares=[Share(self.stage.ledgers[name], money(cents))],
            advice="NSF",
            second_person=self.cast.coordinator if alone else self.cast.supervisor,
        )
        if self.post(deed, broken, "returned_receipt", on, {name: -cents}, relates=receipt) is not None:
            self.model.let_go(receipt.id, {name: -cents})
            self.stage.note_holds(receipt.id)
        self.stage.compare(name)

    @rule(cents=CENTS, day=DAYS, second=MAYBE)
    def bank_charges(self, cents: int, day: int, second: bool) -> None:
        on = self.stage.day(day)
        short = self.model.shortfall({"firm": -cents}, on) > 0 and not second
        deed = partial(
            post_bank_charge,
            self.cast.coordinator,
            key(),
            ledger=self.stage.ledgers["firm"],
            book_date=on,
            amount=money(cents),
            advice="Fee",
            second_person=self.cast.supervisor if second else None,
        )
        self.post(deed, {"deficit_needs_second_person"} if short else set(), "bank_charge", on, {"firm": -cents})
        self.stage.compare("firm")

    @rule(ledger=LEDGERS, cents=CENTS, day=DAYS, out=MAYBE)
    def bank_does_something(self, ledger: str, cents: int, day: int, out: bool) -> None:
        on, signed = self.stage.day(day), -cents if out else cents
        deed = partial(
            post_bank_event,
            self.cast.coordinator,
            key(),
            ledger=self.stage.ledgers[ledger],
            book_date=on,
            signed_amount=money(signed),
            advice="Debit memo",
            second_person=self.cast.supervisor,
        )
        self.post(deed, set(), "bank_event", on, {ledger: signed})
        self.stage.compare(ledger)

    @rule(cents=CENTS, day=DAYS)
    def firm_puts_money_in(self, cents: int, day: int) -> None:
        on = self.stage.day(day)
        deed = partial(
            post_firm_funds_deposit,
            self.cast.coordinator,
            key(),
            ledger=self.stage.ledgers["firm"],
            book_date=on,
            amount=money(cents),
            method="check",
            reference="1",
        )
        self.post(deed, set(), "firm_funds_deposit", on, {"firm": cents})
        self.stage.compare("firm")

    @rule(ledger=LEDGERS, cents=CENTS, day=DAYS, exact=MAYBE, own_money=MAYBE)
    def cure(self, ledger: str, cents: int, day: int, exact: bool, own_money: bool) -> None:
        on = self.stage.day(day)
        cents = self.model.deficit(ledger) or cents if exact else cents
        lines, broken = {ledger: cents}, self.model.cure(ledger, cents, on)
        from_firm: Ledger | None = None
        if own_money and ledger != "firm":
            lines, from_firm = {ledger: cents, "firm": -cents}, self.stage.ledgers["firm"]
            broken |= self.model.coverage("firm", cents, on)
        deed = partial(
            cure_deficit,
            self.cast.coordinator,
            key(),
            ledger=self.stage.ledgers[ledger],
            book_date=on,
            amount=money(cents),
            reason="Cure",
            from_firm_funds=from_firm,
        )
        self.post(deed, broken, "deficit_cure", on, lines)
        self.stage.compare(*lines)

    @rule(number=ANY, cents=CENTS, day=DAYS)
    def fee_is_put_back(self, number: int, cents: int, day: int) -> None:
        fee = self.pick(number, "earned_fee")
        if fee is None:
            return
        (name,), on = fee.lines, self.stage.day(day)
        deed = partial(
            put_fee_back,
            self.cast.coordinator,
            key(),
            fee=JournalEntry.objects.get(pk=fee.id),
            ledger=self.stage.ledgers[name],
            book_date=on,
            amount=money(cents),
            reason="Overbilled",
        )
        self.post(deed, self.model.put_back(fee, cents, on), "fee_put_back", on, {name: cents}, relates=fee)
        self.stage.compare(name)

    @rule(number=ANY, day=DAYS, second=MAYBE, later=MAYBE)
    def undo(self, number: int, day: int, second: bool, later: bool) -> None:
        posting = self.pick(number)
        if posting is None:
            return
        on = max(self.stage.day(day), posting.on) if later else self.stage.day(day)
        halves = [posting, *([posting.twin] if posting.twin else [])]
        broken = self.model.reversal(posting, on)
        opposite = [{name: -cents for name, cents in half.lines.items()} for half in halves]
        for half, lines in zip(halves, opposite, strict=True):
            broken |= self.model.calendar(half.account, on)
            if self.model.shortfall(lines, on) and not second:
                broken.add("deficit_needs_second_person")
        deed = partial(
            reverse,
            self.cast.coordinator,
            key(),
            original=JournalEntry.objects.get(pk=posting.id),
            book_date=on,
            reason="Never was",
            second_person=self.cast.supervisor if second else None,
        )
        posted = self.act(deed, broken)
        if posted is not None:
            made = []
            for half in halves:
                undoing = JournalEntry.objects.get(reverses_id=half.id).pk
                made.append(Posting(undoing, "reversal", half.account, on, {n: -c for n, c in half.lines.items()}))
                self.model.post(made[-1])
                half.undone = True
                self.model.let_go(half.id, {name: -cents for name, cents in half.lines.items()})
            if len(made) > 1:
                made[0].twin, made[1].twin = made[1], made[0]
        self.stage.compare(*(name for half in halves for name in half.lines))

    @rule(ledger=CLIENTS, cents=CENTS, kind=st.sampled_from(["reserved", "disputed", "manual"]))
    def hold(self, ledger: str, cents: int, kind: str) -> None:
        self.reserve(ledger, cents, kind)
        self.stage.compare(ledger)

    @rule(number=ANY)
    def let_go(self, number: int) -> None:
        waiting = [pk for pk, hold in self.model.holds.items() if hold.open]
        if not waiting:
            return
        pk = waiting[number % len(waiting)]
        held, row = self.model.holds[pk], Hold.objects.get(pk=pk)
        if held.kind == "reserved":
            self.act(partial(end_reservation, self.cast.coordinator, row, "Withdrawn"), set())
        else:
            release_hold(self.cast.coordinator, row, self.cast.supervisor, "Letter of the bank")
        held.open = False
        self.stage.compare(held.ledger)

    @rule(account=st.sampled_from("PQ"), skip=st.sampled_from([0, 0, 0, 1]))
    def lock(self, account: str, skip: int) -> None:
        months = sorted({self.stage.day(number).replace(day=1) for number in range(12)})
        number = sum((account, month) in self.model.locked for month in months) + skip
        if number >= len(months):
            return
        month = months[number]
        broken = {"earlier_month_open"} if skip else set()
        broken |= {"month_not_over"} if month == self.stage.today.replace(day=1) else set()
        deed = partial(lock_month, self.stage.accounts[account], month, self.cast.coordinator, self.cast.supervisor)
        type(self).operations += 1
        frozen = self.stage.attempt(deed, broken)
        if frozen is not None:
            self.model.locked.add((account, month))

    @rule(account=st.sampled_from("PQ"), number=ANY)
    def reopen(self, account: str, number: int) -> None:
        locked = sorted(month for name, month in self.model.locked if name == account)
        if not locked:
            return
        month = locked[-1 - number % min(2, len(locked))]
        broken = {"later_month_locked"} if month != locked[-1] else set()
        deed = partial(
            reopen_month, self.stage.accounts[account], month, self.cast.coordinator, self.cast.supervisor, "Forgot one"
        )
        type(self).operations += 1
        if self.stage.attempt(lambda: deed() or True, broken):
            self.model.locked.discard((account, month))
