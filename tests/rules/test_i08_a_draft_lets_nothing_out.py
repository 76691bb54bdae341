"""I4, I8, I9 for drafts: no reservation, approval, authority or payment, whoever writes; submitted once and whole.

Rule: SPEC section 2, I4, I8, I9; issue 3: the life-cycle is enforced in the database too.
"""

from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection

from disbursements.drafts import save_draft, submit_draft
from disbursements.links import issue_link
from disbursements.models import DisbursementRequest, FirstApproval, State
from disbursements.requests import withdraw
from firms.clock import now
from ledgers.accounts import client_ledger
from ledgers.authorities import authorize_spending
from ledgers.closing import close_matter
from ledgers.holds import place_hold
from ledgers.models import Hold
from ledgers.money import money
from tests.cast import Cast, key
from tests.disbursements.requesting import ask, draft, spending
from tests.firms.cast import give_second_factor
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

TABLE = "disbursements_disbursementrequest"
HASH = "a" * 64
NEW = f"""INSERT INTO {TABLE} (kind, ledger_id, payee, amount, method, purpose, reference, note, consent, attachments,
    content_hash, requester_id, requested_at, drafted_at, hold_id, state, version, reason, settlement_id)
    SELECT kind, ledger_id, payee, amount, method, purpose, reference, note, consent, attachments, %s, requester_id,
    requested_at, drafted_at, %s, %s, %s, reason, %s FROM {TABLE} WHERE id = %s"""


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger; the attorneys have their second factor."""
    for person in (cast.attorney, cast.other_attorney):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100_000)
    return cast


def reserved(desk: Cast, cents: int = 40_000) -> Hold:
    return place_hold(desk.coordinator, desk.smith_ledger, Hold.Kind.RESERVED, money(cents), "Forged")


@pytest.mark.django_db
class TestTheWebRole:
    def test_moves_a_draft_only_to_awaiting_approval_or_withdrawn(self, desk: Cast) -> None:
        it = draft(desk)
        asked = spending(desk.smith_ledger, 40_000)
        authority = authorize_spending(desk.attorney, desk.coordinator.pk, asked)
        decided = f"decided_by_id = {desk.attorney.pk}, decided_at = now()"
        for state in ("posted", "approved_unfunded", "rejected", "expired", "draft"):
            move = (
                f"UPDATE {TABLE} SET state = %s, version = 2, reason = 'x', {decided}, authority_id = %s WHERE id = %s"
            )
            assert refused(move, state, authority.pk, it.pk) == "request_move_refused", state
        entry = desk.pay(desk.smith_ledger, 100)
        assert refused(
            f"UPDATE {TABLE} SET state = 'posted', version = 2, entry_id = %s WHERE id = %s", entry.id, it.pk
        ) == "request_move_refused"  # fmt: skip

    def test_never_makes_a_request_a_draft_again(self, desk: Cast) -> None:
        request = ask(desk)
        assert refused(f"UPDATE {TABLE} SET state = 'draft', version = 2 WHERE id = %s", request.pk) in (
            "request_move_refused", "request_draft_reserves_nothing",
        )  # fmt: skip

    def test_submits_nothing_that_is_not_reserved_in_full(self, desk: Cast) -> None:
        it = draft(desk)
        submit = f"UPDATE {TABLE} SET state = 'awaiting_approval', version = 2, hold_id = %s WHERE id = %s"
        short, released = reserved(desk, 39_999), reserved(desk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT end_reservation(%s, %s, 'x')", [desk.coordinator.pk, released.pk])
        taken = ask(desk, 20_000).hold
        for hold in (None, short.pk, released.pk, taken and taken.pk):
            assert refused(submit, hold, it.pk) == "reservation_missing", hold

    def test_changes_nothing_else_of_a_draft_with_its_submission(self, desk: Cast) -> None:
        it, hold = draft(desk), reserved(desk)
        submit = f"UPDATE {TABLE} SET state = 'awaiting_approval', version = 2, hold_id = {hold.pk}"
        for column in (
            "payee",
            "payee_bank_id",
            "amount",
            "ledger_id",
            "content_hash",
            "drafted_at",
            "attachments",
            "consent",
        ):
            assert refused(f"{submit}, {column} = {column} WHERE id = {it.pk}") == NOT_THE_WEB_ROLES, column

    def test_gives_the_reservation_only_with_the_submission(self, desk: Cast) -> None:
        hold = reserved(desk).pk
        for it in (draft(desk), submit_draft(desk.coordinator, key(), draft(desk, 100).pk, 1), ask(desk, 100)):
            change = f"UPDATE {TABLE} SET hold_id = %s, version = version + 1 WHERE id = %s"
            assert refused(change, hold, it.pk) == "request_content_fixed"
            moved = f"UPDATE {TABLE} SET state = 'withdrawn', hold_id = %s, version = version + 1 WHERE id = %s"
            assert refused(moved, hold, it.pk) == "request_content_fixed"

    def test_writes_no_draft_with_a_reservation_and_no_request_without(self, desk: Cast) -> None:
        it = draft(desk)
        hold = reserved(desk)
        assert refused(NEW, HASH, hold.pk, "draft", 1, None, it.pk) == "request_draft_reserves_nothing"
        assert refused(NEW, HASH, None, "awaiting_approval", 1, None, it.pk) == "reservation_missing"
        assert refused(NEW, HASH, None, "withdrawn", 1, None, it.pk) == "reservation_missing"
        assert refused(NEW, HASH, None, "draft", 2, None, it.pk) == "reservation_missing"

    def test_gives_a_draft_neither_link_nor_first_approval(self, desk: Cast) -> None:
        it = draft(desk)
        assert refused(lambda: issue_link(it.pk, desk.attorney)) == "link_not_issued"
        given = FirstApproval(
            request=it, approver=desk.attorney, content_hash="", decided_at=now(), firm_limit=money(0), counted=money(0)
        )
        assert refused(given.save) == "request_move_refused"

    def test_ties_no_authority_to_a_draft(self, desk: Cast) -> None:
        it, asked = draft(desk), spending(desk.smith_ledger, 40_000)
        authority = authorize_spending(desk.attorney, desk.coordinator.pk, asked)
        assert refused(f"UPDATE {TABLE} SET authority_id = %s, version = 2 WHERE id = %s", authority.pk, it.pk) == (
            "request_move_refused"
        )
        drafts = DisbursementRequest.objects.filter(pk=it.pk)
        told: dict[str, Any] = {"authority": authority, "decided_by": desk.attorney, "decided_at": now(), "version": 2}
        for state in (State.POSTED, State.APPROVED_UNFUNDED):
            assert refused(partial(drafts.update, state=state, **told)) == "request_move_refused"

    def test_stamps_the_draft_and_its_submission_itself(self, desk: Cast) -> None:
        it = draft(desk)
        drafts = DisbursementRequest.objects.filter(pk=it.pk)
        drafts.update(state="awaiting_approval", version=2, hold=reserved(desk))
        it.refresh_from_db()
        assert it.drafted_at is not None
        assert it.requested_at > it.drafted_at

    def test_writes_no_draft_of_a_closed_matter(self, desk: Cast) -> None:
        ledger = client_ledger(desk.account, desk.doe_matter)
        close_matter(desk.coordinator, desk.doe_matter, desk.doe_matter.version)
        assert refused(lambda: save_draft(desk.coordinator, key(), spending(ledger, 100))) == "matter_closed"


@pytest.mark.django_db(transaction=True)
def test_the_owner_writes_no_draft_that_reserves_or_is_of_a_settlement(
    desk: Cast, owner: "psycopg.Connection[Any]"
) -> None:
    it = draft(desk)
    for change in ("payee = 'Somebody else'", f"content_hash = '{HASH}'", "amount = 1", "drafted_at = NULL"):
        statement = f"UPDATE {TABLE} SET {change}, version = 2 WHERE id = {it.pk}"
        assert refused_to_owner(owner, statement) == "request_content_fixed", change
    gone = draft(desk)
    withdraw(desk.coordinator, gone.pk, 1)
    back = f"UPDATE {TABLE} SET state = 'awaiting_approval', version = 3 WHERE id = {gone.pk}"
    assert refused_to_owner(owner, back) == "request_move_refused"
