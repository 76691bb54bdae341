"""Two transfers, two decisions, a void at the same time: never twice, never too much."""

from functools import partial

import pytest

from billing.invoicing import void
from billing.models import Invoice
from disbursements.earned_fees import transfer, withdraw
from disbursements.models import FeeAuthorization, FeeTransfer
from firms.refusals import Refusal
from ledgers.models import JournalEntry
from ledgers.money import cents_of, money
from ledgers.posting import put_fee_back
from tests.cast import Cast, key, today
from tests.disbursements.earning import approved, authorized, invoiced
from tests.faults.crowd import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50


def ready(desk: Cast, cents: int) -> FeeAuthorization:
    """Return an authorization whose conditions are there and of which nothing is transferred: no money yet."""
    invoice = invoiced(desk, cents, matter=desk.doe_matter)
    approved(desk, invoice)
    return authorized(desk, invoice)


def books_agree() -> None:
    """What is paid of each invoice is what its transfers took, at most its total."""
    for invoice in Invoice.objects.all():
        taken = FeeTransfer.objects.filter(authorization__invoice=invoice)
        assert cents_of(invoice.paid) == sum(cents_of(one.amount) for one in taken) <= cents_of(invoice.total)


@pytest.fixture
def poor(desk: Cast) -> Cast:
    """Give Doe a ledger with one cent, held."""
    desk.receive(desk.doe_matter, 100)
    desk.pay(desk.doe_ledger, 100)
    return desk


def test_two_transfers_for_one_invoice_take_its_fee_once(poor: Cast) -> None:
    for _ in range(ROUNDS):
        made = ready(poor, 100)
        poor.receive(poor.doe_matter, 150)
        results = at_once(
            *(partial(transfer, by, key(), made.invoice) for by in (poor.coordinator, poor.second_coordinator))
        )
        assert sum(isinstance(result, Refusal) for result in results) == 1, results
        assert poor.doe_ledger.balance == money(50)
        poor.pay(poor.doe_ledger, 50)
    assert JournalEntry.objects.filter(kind="earned_fee").count() == FeeTransfer.objects.count() == ROUNDS
    books_agree()


def test_two_invoices_share_what_is_available_and_never_more(poor: Cast) -> None:
    for _ in range(10):
        one, other = ready(poor, 100), ready(poor, 100)
        poor.receive(poor.doe_matter, 150)
        at_once(
            partial(transfer, poor.coordinator, key(), one.invoice),
            partial(transfer, poor.second_coordinator, key(), other.invoice),
        )
        assert poor.doe_ledger.balance == money(0)
        poor.receive(poor.doe_matter, 50)
        at_once(*(partial(transfer, poor.coordinator, key(), made.invoice) for made in (one, other)))
        assert poor.doe_ledger.balance == money(0)
    books_agree()


def test_approval_and_authorization_at_once_transfer_once(desk: Cast) -> None:
    for _ in range(20):
        invoice = invoiced(desk, 100)
        results = at_once(partial(approved, desk, invoice), partial(authorized, desk, invoice))
        assert not any(isinstance(result, Refusal) for result in results), results
        assert Invoice.objects.get(pk=invoice.pk).state == "paid"
    books_agree()


def test_void_and_approval_end_in_one_of_them(desk: Cast) -> None:
    for _ in range(20):
        invoice = invoiced(desk, 100)
        authorized(desk, invoice)
        at_once(partial(approved, desk, invoice), partial(void, desk.coordinator, invoice, invoice.version, "Wrong"))
        assert Invoice.objects.get(pk=invoice.pk).state in {"paid", "void"}
    books_agree()


def test_withdrawal_and_transfer_end_in_one_of_them(poor: Cast) -> None:
    for _ in range(20):
        made = ready(poor, 100)
        poor.receive(poor.doe_matter, 100)
        at_once(partial(transfer, poor.coordinator, key(), made.invoice), partial(withdraw, poor.attorney, made, "No"))
        if poor.doe_ledger.balance == money(100):
            poor.pay(poor.doe_ledger, 100)
    books_agree()


def test_a_fee_put_back_while_another_is_taken_is_added_up(desk: Cast) -> None:
    for _ in range(20):
        invoice = invoiced(desk, 200)
        approved(desk, invoice)
        first = authorized(desk, invoice, 100)
        taken = JournalEntry.objects.get(fee_transfer__authorization=first)
        back = partial(
            put_fee_back, desk.coordinator, key(), fee=taken, ledger=desk.smith_ledger, book_date=today(),
            amount=money(40), reason="Reduced", operating_account_id=desk.operating.pk,
        )  # fmt: skip
        results = at_once(back, partial(authorized, desk, Invoice.objects.get(pk=invoice.pk), 100))
        refused = [result for result in results if isinstance(result, Refusal)]
        assert {refusal.code for refusal in refused} <= {"invoice_changed"}
        assert Invoice.objects.get(pk=invoice.pk).paid == money(60 if refused else 160)
