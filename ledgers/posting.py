"""The Python face of the pen: one function per sentence of the profession.

Every function posts through the database function `post_entries` in one round trip, all or nothing, and answers what
was posted. `key` is the actor's idempotency key: the same key with the same content answers the first result (I12).
Amounts are positive; the direction is the function's name. Refusals are `ledgers.refusals`.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from firms.audit import current_actor
from firms.models import Person
from firms.retry import retrying
from ledgers.calls import text_of
from ledgers.models import JournalEntry, Ledger, Matter, SpendingAuthority, TrustAccount
from ledgers.money import Money, cents_of
from ledgers.refusals import AmountNotPositive

Kind = JournalEntry.Kind
Method = JournalEntry.Method


@dataclass(frozen=True)
class Share:
    """A part of an entry: an amount for a ledger, or for a matter (whose ledger opens by itself)."""

    to: Ledger | Matter
    amount: Money

    def line(self, sign: int) -> dict[str, int]:
        """Return the line as the pen reads it."""
        cents = cents_of(self.amount)
        if cents <= 0:
            raise AmountNotPositive(amount=cents)
        place = "ledger" if isinstance(self.to, Ledger) else "matter"
        return {place: self.to.pk, "amount": sign * cents}


@dataclass(frozen=True)
class Posted:
    """What a command posted: the ids of its entries, and whether this was a repeat of an earlier call."""

    ids: tuple[int, ...]
    repeated: bool

    @property
    def id(self) -> int:
        """Return the first (mostly the only) entry's id."""
        return self.ids[0]


def entry(
    kind: str,
    account: TrustAccount | int,
    book_date: date,
    lines: list[dict[str, int]],
    method: str = Method.INTERNAL,
    **rest: Any,
) -> dict[str, Any]:
    """Return one entry as the pen reads it; `text` holds party, purpose, reference, memo, advice, reason."""
    account_id = account if isinstance(account, int) else account.pk
    asked = {"kind": kind, "account": account_id, "date": book_date.isoformat(), "lines": lines, "method": method}
    return asked | {name: value for name, value in rest.items() if value is not None}


@retrying
def post_entries(actor: Person, key: str, entries: Iterable[dict[str, Any]]) -> Posted:
    """Post the entries of one command together. Prefer the sentences below.

    Raises:
        Refusal: the rule that would be broken; nothing was written.
    """
    context = current_actor().context
    # Asked as a value, not as a table: there is no table function to plan. It comes as text: ("{7,8}",f) or ({7},f).
    answer = text_of("SELECT post_entries($1, $2, $3, $4)::text", actor.pk, key, json.dumps(list(entries)), context)
    return Posted(tuple(map(int, re.findall(r"\d+", answer))), answer.endswith(",t)"))


def post_receipt(
    actor: Person,
    key: str,
    *,
    account: TrustAccount,
    book_date: date,
    method: str,
    shares: Iterable[Share],
    payer: str,
    reference: str = "",
    memo: str = "",
    deposit_slip_id: int | None = None,
) -> Posted:
    """Record money received for matters or for unidentified receipts; the hold follows from the method."""
    lines = [share.line(+1) for share in shares]
    words = {"party": payer, "reference": reference, "memo": memo}
    return post_entries(
        actor, key, [entry(Kind.RECEIPT, account, book_date, lines, method, text=words, bank_item=deposit_slip_id)]
    )


def _spend(
    actor: Person,
    key: str,
    authority: SpendingAuthority,
    book_date: date,
    sign_in: list[dict[str, Any]],
    memo: str = "",
) -> Posted:
    """Post what an authority allows, whole, followed by the other half of a transfer."""
    lines = [{"ledger": authority.ledger_id, "amount": -cents_of(authority.amount)}]
    if authority.kind == Kind.MATTER_TRANSFER:
        lines.append({"ledger": authority.destination_ledger_id or 0, "amount": cents_of(authority.amount)})
    out = entry(
        authority.kind,
        authority.ledger.trust_account_id,
        book_date,
        lines,
        authority.method,
        text={"party": authority.payee, "purpose": authority.purpose, "reference": authority.reference, "memo": memo},
        authority=authority.pk,
        content_hash=bytes(authority.content_hash).hex(),
        destination_ledger=authority.destination_ledger_id,
        operating_account=authority.operating_account_id,
    )
    return post_entries(actor, key, [out, *sign_in])


def post_disbursement(
    actor: Person, key: str, *, authority: SpendingAuthority, book_date: date, memo: str = ""
) -> Posted:
    """Pay out of a ledger what an attorney authorized.

    Also an earned fee, a return, a firm-funds withdrawal, a matter transfer: the authority's kind decides.
    """
    return _spend(actor, key, authority, book_date, [], memo)


post_earned_fee = post_return = post_matter_transfer = post_firm_funds_withdrawal = post_disbursement


def post_account_transfer(actor: Person, key: str, *, authority: SpendingAuthority, book_date: date) -> Posted:
    """Move a matter's money to its ledger in another trust account: two linked entries."""
    destination = authority.destination_ledger
    assert destination is not None, "an account transfer's authority names its destination"
    words = {"party": authority.payee, "purpose": authority.purpose, "reference": authority.reference}
    second = entry(
        Kind.ACCOUNT_TRANSFER,
        destination.trust_account_id,
        book_date,
        [{"ledger": destination.pk, "amount": cents_of(authority.amount)}],
        authority.method,
        text=words,
        linked=True,
    )
    return _spend(actor, key, authority, book_date, [second])


def return_receipt(
    actor: Person,
    key: str,
    *,
    receipt: JournalEntry,
    book_date: date,
    shares: Iterable[Share],
    advice: str,
    second_person: Person,
) -> Posted:
    """Record that a receipt came back (bounced, refund, chargeback), whole or in part.

    It is recorded in full: what a ledger cannot cover becomes its deficit. Rule: SPEC I3.
    """
    lines = [share.line(-1) for share in shares]
    return post_entries(
        actor,
        key,
        [
            entry(
                Kind.RETURNED_RECEIPT,
                receipt.trust_account_id,
                book_date,
                lines,
                receipt.method,
                relates_to=receipt.pk,
                second_person=second_person.pk,
                text={"advice": advice, "party": receipt.text.party},
            )
        ],
    )


def post_bank_charge(
    actor: Person,
    key: str,
    *,
    ledger: Ledger,
    book_date: date,
    amount: Money,
    advice: str,
    second_person: Person | None = None,
) -> Posted:
    """Record a charge of the bank: out of firm funds, or on an individual account out of the client's ledger.

    Rule: SPEC I11. A charge above the cushion needs a second person.
    """
    return _bank_line(actor, key, Kind.BANK_CHARGE, ledger, book_date, -cents_of(amount), advice, second_person)


def post_interest(actor: Person, key: str, *, ledger: Ledger, book_date: date, amount: Money, advice: str) -> Posted:
    """Record interest: due to the bar foundation, or on an individual account the client's."""
    return _bank_line(actor, key, Kind.INTEREST, ledger, book_date, cents_of(amount), advice, None)


def sweep_interest(actor: Person, key: str, *, ledger: Ledger, book_date: date, amount: Money, advice: str) -> Posted:
    """Record that the bank sent the interest due to the bar foundation."""
    return _bank_line(actor, key, Kind.INTEREST_SWEEP, ledger, book_date, -cents_of(amount), advice, None)


def post_bank_event(
    actor: Person,
    key: str,
    *,
    ledger: Ledger,
    book_date: date,
    signed_amount: Money,
    advice: str,
    second_person: Person,
) -> Posted:
    """Record what the bank has done of another kind: a check paid for another amount, an unauthorized debit."""
    return _bank_line(actor, key, Kind.BANK_EVENT, ledger, book_date, cents_of(signed_amount), advice, second_person)


def _bank_line(
    actor: Person, key: str, kind: str, ledger: Ledger, book_date: date, cents: int, advice: str, second: Person | None
) -> Posted:
    lines = [{"ledger": ledger.pk, "amount": cents}]
    return post_entries(
        actor,
        key,
        [
            entry(
                kind,
                ledger.trust_account_id,
                book_date,
                lines,
                text={"advice": advice},
                second_person=second.pk if second else None,
            )
        ],
    )


def post_firm_funds_deposit(
    actor: Person,
    key: str,
    *,
    ledger: Ledger,
    book_date: date,
    amount: Money,
    method: str,
    reference: str,
    operating_account_id: int | None = None,
) -> Posted:
    """Put firm money into the bank-charge cushion."""
    lines = [Share(ledger, amount).line(+1)]
    return post_entries(
        actor,
        key,
        [
            entry(
                Kind.FIRM_FUNDS_DEPOSIT,
                ledger.trust_account_id,
                book_date,
                lines,
                method,
                operating_account=operating_account_id,
                text={"party": "The firm", "reference": reference},
            )
        ],
    )


def cure_deficit(
    actor: Person,
    key: str,
    *,
    ledger: Ledger,
    book_date: date,
    amount: Money,
    reason: str,
    reference: str = "",
    from_firm_funds: Ledger | None = None,
    operating_account_id: int | None = None,
) -> Posted:
    """Make a deficit good with firm money: at most the deficit, from the operating account or from firm funds."""
    lines = [Share(ledger, amount).line(+1)]
    if from_firm_funds is not None:
        lines.append(Share(from_firm_funds, amount).line(-1))
    return post_entries(
        actor,
        key,
        [
            entry(
                Kind.DEFICIT_CURE,
                ledger.trust_account_id,
                book_date,
                lines,
                operating_account=operating_account_id,
                text={"party": "The firm", "reason": reason, "reference": reference},
            )
        ],
    )


def put_fee_back(
    actor: Person,
    key: str,
    *,
    fee: JournalEntry,
    ledger: Ledger,
    book_date: date,
    amount: Money,
    reason: str,
    method: str = Method.INTERNAL,
    reference: str = "",
    operating_account_id: int | None = None,
) -> Posted:
    """Return to a client's ledger what was taken as an earned fee, out of the firm's own money."""
    lines = [Share(ledger, amount).line(+1)]
    return post_entries(
        actor,
        key,
        [
            entry(
                Kind.FEE_PUT_BACK,
                ledger.trust_account_id,
                book_date,
                lines,
                method,
                relates_to=fee.pk,
                operating_account=operating_account_id,
                text={"party": "The firm", "reason": reason, "reference": reference},
            )
        ],
    )


def reverse(
    actor: Person,
    key: str,
    *,
    original: JournalEntry,
    book_date: date,
    reason: str,
    second_person: Person | None = None,
) -> Posted:
    """Undo an entry that never was true by its dated opposite; both sides of an account transfer together.

    A reversal that leaves a deficit needs a second person.
    """
    halves = [original]
    partner = original.linked_to or JournalEntry.objects.filter(linked_to=original).first()
    if partner is not None:
        halves = sorted([original, partner], key=lambda half: half.pk)
    return post_entries(
        actor,
        key,
        [
            entry(
                Kind.REVERSAL,
                half.trust_account_id,
                book_date,
                [
                    {"ledger": line.ledger_id, "amount": -cents_of(line.amount)}
                    for line in half.lines.order_by("ledger_id")
                ],
                half.method,
                reverses=half.pk,
                text={"reason": reason, "party": half.text.party},
                second_person=second_person.pk if second_person else None,
                linked=True if place else None,
            )
            for place, half in enumerate(halves)
        ],
    )
