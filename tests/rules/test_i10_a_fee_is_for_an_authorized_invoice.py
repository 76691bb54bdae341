"""I10: an earned fee is at most the unpaid part of an invoice that an attorney authorized, on or after its date.

Attacked through the functions, the ORM, and SQL as the web role. Rule: SPEC section 2, I10; flow Earned fee.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from billing.models import Invoice
from disbursements.models import ClientAnswer, FeeAuthorization, FeeTransfer
from firms.clock import now
from ledgers.authorities import Spending, authorize_spending
from ledgers.models import SpendingAuthority
from ledgers.money import money
from ledgers.posting import post_earned_fee
from tests.cast import Cast, key, today
from tests.disbursements.earning import allowed, approved, authorized, invoiced
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

pytestmark = pytest.mark.django_db
AUTHORIZE = """INSERT INTO disbursements_feeauthorization (invoice_id, authority_id, condition, end_reason)
               VALUES (%s, %s, 'approval', '')"""
ANSWER = """INSERT INTO disbursements_clientanswer (invoice_id, answer, evidence, recorded_by_id, at)
            VALUES (%s, 'approved', %s, %s, now())"""


@pytest.fixture(autouse=True)
def funds(cast: Cast) -> None:
    """Hold 1,000.00 for Smith and for Doe."""
    cast.receive(cast.smith_matter, 100_000, on=today() - timedelta(days=9))
    cast.receive(cast.doe_matter, 100_000)


def authority(cast: Cast, invoice: Invoice, cents: int = 30_000, **changes: Any) -> SpendingAuthority:
    """An attorney's authority in the words of an invoice, made without the invoice's own decision."""
    asked: dict[str, Any] = {
        "ledger_id": cast.smith_ledger.pk, "kind": "earned_fee", "payee": "The firm", "method": "ach",
        "purpose": "Fees", "reference": invoice.number, "operating_account_id": cast.operating.pk,
    }  # fmt: skip
    return authorize_spending(cast.attorney, cast.coordinator.pk, Spending(amount=money(cents), **(asked | changes)))


def taking(cast: Cast, by: SpendingAuthority, on: Any = None) -> Any:
    """Post the fee straight through the pen."""
    return partial(post_earned_fee, cast.coordinator, key(), authority=by, book_date=on or today())


class TestAFee:
    def test_is_not_taken_without_an_authorized_invoice(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        approved(cast, invoice)
        assert refused(taking(cast, authority(cast, invoice))) == "fee_without_invoice"

    def test_is_not_taken_before_the_client_approved(self, cast: Cast) -> None:
        made = authorized(cast, invoiced(cast))
        assert refused(taking(cast, made.authority)) == "fee_before_approval"
        pay = "SELECT pay_from_trust(%s, NULL, %s, '{}')"
        assert refused(pay, made.authority_id, cast.coordinator.pk) == "fee_before_approval"

    def test_is_not_dated_before_its_invoice(self, cast: Cast) -> None:
        by = allowed(cast, cast.smith_ledger, 30_000, invoiced(cast))
        assert refused(taking(cast, by, today() - timedelta(days=1))) == "fee_before_invoice"

    def test_is_not_taken_once_the_authorization_ended(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        made = authorized(cast, invoice)
        FeeAuthorization.objects.filter(pk=made.pk).update(ended_at=now(), end_reason="Withdrawn")
        approved(cast, invoice)
        assert refused(taking(cast, made.authority)) == "authority_void"

    def test_is_not_put_back_and_returned_beyond_the_invoice(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        approved(cast, invoice)
        made = authorized(cast, invoice)
        assert refused(taking(cast, made.authority)) == "authority_used"

    def test_moves_what_is_paid_of_the_invoice_and_nothing_else_does(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        approved(cast, invoice)
        authorized(cast, invoice, 10_000)
        assert Invoice.objects.get(pk=invoice.pk).paid == money(10_000)
        for column in ("paid", "total"):
            assert refused(f"UPDATE billing_invoice SET {column} = 0, version = version + 1") == NOT_THE_WEB_ROLES


class TestAnAuthorization:
    @pytest.mark.parametrize(
        "changes",
        [{"reference": "other"}, {"operating_account_id": None}, {"kind": "disbursement"}, {"ledger_id": "doe"}],
        ids=["another invoice", "no account of the firm", "no fee", "another matter"],
    )
    def test_is_for_exactly_this_invoice(self, cast: Cast, changes: dict[str, Any]) -> None:
        invoice = invoiced(cast)
        if changes.get("ledger_id"):
            changes = {"ledger_id": cast.doe_ledger.pk}
        assert refused(AUTHORIZE, invoice.pk, authority(cast, invoice, **changes).pk) == "fee_authority_unlike"

    def test_is_at_most_what_is_open(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        assert refused(AUTHORIZE, invoice.pk, authority(cast, invoice, 30_001).pk) == "fee_over_invoice"
        create = partial(FeeAuthorization.objects.create, invoice=invoice, condition="approval")
        assert refused(partial(create, authority=authority(cast, invoice, 30_001))) == "fee_over_invoice"

    def test_is_asked_for_by_who_issued_the_invoice(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        asked = Spending(
            cast.smith_ledger.pk, "earned_fee", "The firm", money(100), "ach", "Fees", invoice.number,
            operating_account_id=cast.operating.pk,
        )  # fmt: skip
        other = authorize_spending(cast.attorney, cast.second_coordinator.pk, asked)
        assert refused(AUTHORIZE, invoice.pk, other.pk) == "fee_authority_unlike"

    def test_is_one_at_a_time_and_only_ever_ends(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        made = authorized(cast, invoice, 100)
        assert refused(AUTHORIZE, invoice.pk, authority(cast, invoice, 100).pk) == "fee_authorized_already"
        change = "UPDATE disbursements_feeauthorization SET {} WHERE id = %s"
        assert refused(change.format("condition = 'notice'"), made.pk) == NOT_THE_WEB_ROLES
        assert refused(change.format("end_reason = 'x'"), made.pk) == "fee_authorization_fixed"

    def test_keeps_the_firms_policy_whatever_is_written(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        by = authority(cast, invoice)
        made = FeeAuthorization(invoice=invoice, authority=by, condition="notice", notice_days=0, notice_until=today())
        made.save()
        made.refresh_from_db()
        assert (made.condition, made.notice_days, made.notice_until) == ("approval", None, None)


class TestAnAnswer:
    def test_has_evidence_and_a_coordinator(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        assert refused(ANSWER, invoice.pk, " ", cast.coordinator.pk) == "client_answer_incomplete"
        assert refused(ANSWER, invoice.pk, "Letter", cast.attorney.pk) == "client_answer_incomplete"

    def test_is_not_recorded_by_who_authorized(self, cast: Cast) -> None:
        from firms.models import RoleGrant

        RoleGrant.objects.create(person=cast.attorney, role="coordinator", granted_at=now())
        invoice = invoiced(cast)
        authorized(cast, invoice)
        assert refused(ANSWER, invoice.pk, "Letter", cast.attorney.pk) == "fee_one_person"
        second = invoiced(cast)
        ClientAnswer.objects.create(
            invoice=second, answer="approved", evidence="x", recorded_by=cast.attorney, at=now()
        )
        assert refused(AUTHORIZE, second.pk, authority(cast, second).pk) == "fee_one_person"

    def test_and_a_transfer_are_never_changed_or_written_by_hand(self, cast: Cast) -> None:
        invoice = invoiced(cast)
        approved(cast, invoice)
        authorized(cast, invoice)
        assert refused("UPDATE disbursements_clientanswer SET answer = 'objected'") == NOT_THE_WEB_ROLES
        assert refused("UPDATE disbursements_feetransfer SET amount = 1") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM disbursements_feetransfer") == NOT_THE_WEB_ROLES
        assert FeeTransfer.objects.count() == 1
