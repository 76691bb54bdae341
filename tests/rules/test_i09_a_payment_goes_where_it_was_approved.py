"""I9 for the payee: who is paid and into which account belongs to the approval; a change voids it.

Rule: SPEC section 2, I9; RELIABILITY D18, D19, D20; FAULTS F113, F120.
"""

import threading
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction

from disbursements.approval import approve, post_now
from disbursements.models import DisbursementRequest, Payee, State
from disbursements.payee_standing import hold_payee
from disbursements.payees import edit_payee, record_payee
from disbursements.requests import change_request, request_money
from firms.models import OutboxEvent, Role, RoleGrant
from ledgers.authorities import authorize_spending
from ledgers.holds import place_hold
from ledgers.models import JournalEntry, SpendingAuthority
from ledgers.money import money
from ledgers.posting import Share, post_disbursement, return_receipt
from tests.cast import Cast, key, today
from tests.disbursements.paying import confirmed, later, payee_with_bank, proposed
from tests.disbursements.requesting import spending
from tests.firms.cast import code_of, give_second_factor
from tests.rules.attack import refused

NEW_ACCOUNT = "55500099"


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger and authenticator apps for who decides."""
    for person in (cast.attorney, cast.other_attorney, cast.supervisor, cast.partner):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100_000)
    return cast


def wired(desk: Cast, payee: Payee, cents: int = 40_000, method: str = "wire") -> DisbursementRequest:
    """Let the coordinator ask for a payment to a payee of the list."""
    asked = spending(desk.smith_ledger, cents, payee=payee.name, method=method)
    return request_money(desk.coordinator, key(), asked, payee=payee)


def deciding(desk: Cast, request: DisbursementRequest, step: int = 0) -> Any:
    """Return the attorney's approval of what is shown."""
    return partial(
        approve, desk.attorney, request.pk, request.version, request.content_hash, code_of(desk.attorney, step)
    )


def changed(desk: Cast, payee: Payee, step: int = 1) -> Payee:
    """Let two people change where a payee is paid."""
    return confirmed(desk, proposed(desk, payee, NEW_ACCOUNT), step=step)


@pytest.mark.django_db
class TestAWireOrAch:
    """Money sent to a bank."""

    @pytest.mark.parametrize("method", ["wire", "ach"])
    def test_goes_to_confirmed_details_and_is_posted(self, desk: Cast, at: Any, method: str) -> None:
        payee = payee_with_bank(desk, at)
        posted = deciding(desk, wired(desk, payee, method=method))()
        assert (posted.state, posted.payee_bank, desk.smith_ledger.balance) == (State.POSTED, payee.bank, money(60_000))

    @pytest.mark.parametrize("method", ["wire", "ach"])
    def test_needs_a_payee_of_the_list(self, desk: Cast, method: str) -> None:
        asked = spending(desk.smith_ledger, 100, method=method)
        assert refused(partial(request_money, desk.coordinator, key(), asked)) == "payee_needed"

    def test_needs_confirmed_bank_details(self, desk: Cast) -> None:
        payee = record_payee(desk.coordinator, name="Metro Reporting, Inc.")
        assert refused(partial(wired, desk, payee)) == "payee_bank_missing"
        proposed(desk, payee)
        assert refused(partial(wired, desk, payee)) == "payee_bank_missing"
        assert wired(desk, payee, method="check").payee_bank is None

    def test_waits_for_24_hours_after_the_confirmation(self, desk: Cast, at: Any) -> None:
        payee = confirmed(desk, proposed(desk, record_payee(desk.coordinator, name="Metro Reporting, Inc.")))
        assert refused(partial(wired, desk, payee)) == "payee_cooling"
        assert wired(desk, payee, 100, method="check").state == State.AWAITING_APPROVAL
        later(at, 23.9)
        assert refused(partial(wired, desk, payee)) == "payee_cooling"
        later(at, 0.2)
        assert wired(desk, payee).state == State.AWAITING_APPROVAL

    def test_is_for_the_payee_it_names(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        asked = spending(desk.smith_ledger, 100, payee="Somebody Else", method="wire")
        assert refused(partial(request_money, desk.coordinator, key(), asked, payee=payee)) == "payee_unlike"


@pytest.mark.django_db
class TestTheContentHash:
    """What the attorney approves."""

    def test_covers_the_payee_and_the_account(self, desk: Cast, at: Any) -> None:
        first = payee_with_bank(desk, at)
        second = record_payee(desk.coordinator, name=first.name, is_another=True)
        name = spending(desk.smith_ledger, 100, payee=first.name)
        hashes = {
            request_money(desk.coordinator, key(), name).content_hash,
            wired(desk, first, 100, "check").content_hash,
            wired(desk, second, 100, "check").content_hash,
        }
        wire = wired(desk, first, 100)
        now = changed(desk, first)
        later(at, 25)
        hashes |= {wire.content_hash, wired(desk, now, 100).content_hash}
        assert len(hashes) == 5


@pytest.mark.django_db
class TestAChangeOfBankDetails:
    """Between request and decision."""

    def test_voids_the_approval(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        request = wired(desk, payee)
        changed(desk, payee)
        assert refused(deciding(desk, request)) == "payee_details_changed"
        later(at, 25)
        assert refused(deciding(desk, request)) == "payee_details_changed"
        assert not SpendingAuthority.objects.exists()
        told = OutboxEvent.objects.get(kind="request_outdated")
        assert told.payload["to"] == [desk.coordinator.pk]

    def test_lets_a_check_go_and_a_new_version_be_approved(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        check, request = wired(desk, payee, 100, "check"), wired(desk, payee)
        payee = changed(desk, payee)
        assert deciding(desk, check)().state == State.POSTED
        later(at, 25)
        asked = spending(desk.smith_ledger, 40_000, payee=payee.name, method="wire")
        again = change_request(desk.coordinator, key(), request, 1, asked, payee=payee)
        assert again.payee_bank == payee.bank
        assert deciding(desk, again, 1)().state == State.POSTED

    def test_voids_an_authority_that_was_not_paid_yet(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        request = wired(desk, payee)
        receipt = JournalEntry.objects.get(kind="receipt")
        shares = [Share(desk.smith_ledger, money(80_000))]
        return_receipt(
            desk.coordinator, key(), receipt=receipt, book_date=today(), shares=shares, advice="NSF",
            second_person=desk.partner,
        )  # fmt: skip
        unfunded = deciding(desk, request)()
        assert unfunded.state == State.APPROVED_UNFUNDED
        desk.receive(desk.smith_matter, 80_000)
        changed(desk, payee)
        authority = SpendingAuthority.objects.get()
        assert authority.voided_at is not None
        assert "Metro Reporting" in authority.void_reason
        posting = partial(post_now, desk.coordinator, unfunded.pk, unfunded.version)
        assert refused(posting) == "payee_details_changed"
        straight = partial(post_disbursement, desk.coordinator, key(), authority=authority, book_date=today())
        assert refused(straight) == "authority_void"

    def test_counts_before_every_approval_whoever_writes_it(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        request = wired(desk, payee)
        changed(desk, payee)
        later(at, 25)
        asked = spending(desk.smith_ledger, 40_000, payee=payee.name, method="wire")
        straight = partial(authorize_spending, desk.attorney, desk.coordinator.pk, asked, request.hold_id)
        assert refused(straight) == "payee_details_changed"

    def test_is_not_gone_around_with_the_details_of_before(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        old = payee.bank
        payee = changed(desk, payee)
        later(at, 25)
        request = wired(desk, payee)
        assert old is not None
        statement = "UPDATE disbursements_disbursementrequest SET payee_bank_id = %s"
        assert refused(statement, old.pk) == "permission denied"
        request.hold = place_hold(desk.coordinator, desk.smith_ledger, "reserved", request.amount, "Forged")
        request.pk, request.payee_bank = None, old
        assert refused(partial(request.save, force_insert=True)) == "payee_details_changed"


@pytest.mark.django_db
class TestWhoChangedIt:
    """D19."""

    def test_approves_nothing_to_that_payee_for_24_hours(self, desk: Cast, at: Any) -> None:
        granted = RoleGrant.objects.filter(person=desk.attorney).values_list("granted_at", flat=True)[0]
        RoleGrant.objects.create(person=desk.attorney, role=Role.PARTNER, granted_at=granted)
        payee = record_payee(desk.coordinator, name="Metro Reporting, Inc.")
        payee = confirmed(desk, proposed(desk, payee), desk.attorney)
        request = wired(desk, payee, 100, "check")
        assert refused(deciding(desk, request, 1)) == "payee_changer_decides"
        straight = spending(desk.smith_ledger, 100, payee=payee.name)
        authorize = partial(authorize_spending, desk.attorney, desk.coordinator.pk, straight, request.hold_id)
        assert refused(authorize) == "payee_changer_decides"
        later(at, 25)
        assert deciding(desk, request, 1)().state == State.POSTED


@pytest.mark.django_db
class TestAnotherChange:
    """Of the payee, between request and decision."""

    def test_of_its_name_voids_the_approval(self, desk: Cast) -> None:
        payee = record_payee(desk.coordinator, name="Metro Reporting, Inc.")
        request = wired(desk, payee, 100, "check")
        edit_payee(desk.coordinator, payee, 1, name="Harbor Holdings")
        assert refused(deciding(desk, request)) == "payee_details_changed"

    def test_to_inactive_stops_it(self, desk: Cast) -> None:
        payee = record_payee(desk.coordinator, name="Metro Reporting, Inc.")
        request = wired(desk, payee, 100, "check")
        edit_payee(desk.coordinator, payee, 1, is_active=False)
        assert refused(deciding(desk, request)) == "payee_inactive"
        assert refused(partial(wired, desk, payee, 100, "check")) == "payee_inactive"


@pytest.mark.django_db(transaction=True)
def test_details_are_not_put_in_force_while_an_approval_by_the_old_ones_is_written(desk: Cast, at: Any) -> None:
    payee = payee_with_bank(desk, at)
    request, proposal, done = wired(desk, payee), proposed(desk, payee, NEW_ACCOUNT), threading.Event()

    def confirm() -> None:
        confirmed(desk, proposal, step=1)
        done.set()
        connections.close_all()

    other = threading.Thread(target=confirm)
    with transaction.atomic():
        hold_payee(request, desk.attorney)
        other.start()
        assert not done.wait(1.5)
        with connection.cursor() as cursor:
            cursor.execute("SELECT bank_id FROM disbursements_payee WHERE id = %s", [payee.pk])
            assert cursor.fetchone() == (payee.bank_id,)
    other.join(10)
    assert done.is_set()
    assert refused(deciding(desk, request)) == "payee_details_changed"
