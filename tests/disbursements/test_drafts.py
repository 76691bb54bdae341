"""Drafts: a coordinator's own work in progress, which reserves nothing and asks nobody before it is submitted."""

import io
from typing import Any

import pytest

from disbursements import queries
from disbursements.approval import approve, reject
from disbursements.attachments import store_attachment
from disbursements.closing_check import closing_check
from disbursements.drafts import SettlementNotDrafted, change_draft, save_draft, submit_draft
from disbursements.follow_up import follow_up
from disbursements.models import ApprovalLink, DisbursementRequest, State
from disbursements.payee_standing import PayeeDetailsChanged, PayeeUnlike
from disbursements.payees import edit_payee, record_payee
from disbursements.request_places import DestinationUnfit
from disbursements.requests import (
    ConsentMissing,
    NobodyCanApprove,
    NotYourDraft,
    RequestChanged,
    RequestDecided,
    RequestIsDraft,
    RequestReplaced,
    change_request,
    withdraw,
)
from disbursements.two_attorneys import SecondAttorneyMissing
from disbursements.views.showing import events
from disbursements.waiting import waiting_count
from firms.clock import now
from firms.models import AuditEvent, Firm, OutboxEvent, Role, RoleGrant
from firms.refusals import NotAllowed
from ledgers.access import books_of
from ledgers.accounts import client_ledger
from ledgers.holds import available_balance, held_amount
from ledgers.models import Hold, JournalEntry
from ledgers.money import ZERO, money
from ledgers.parties import edit_matter, raise_wall
from ledgers.refusals import InsufficientFunds, KeyMissing, KeyReused, NoSuchLedger, OutflowIncomplete, PayeeIsCash
from tests.cast import Cast, hire, key
from tests.disbursements.paying import changed_bank, later, payee_with_bank
from tests.disbursements.requesting import ask, draft, spending
from tests.disbursements.settling import signed
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db


def submitted(desk: Cast, it: DisbursementRequest) -> DisbursementRequest:
    return submit_draft(desk.coordinator, key(), it.pk, it.version)


class TestSaving:
    def test_reserves_nothing_asks_nobody_and_tells_nobody(self, desk: Cast) -> None:
        it = draft(desk, 250000)
        assert (it.state, it.version, it.hold) == (State.DRAFT, 1, None)
        assert it.drafted_at is not None
        assert available_balance(desk.smith_ledger) == money(100000)
        assert not Hold.objects.exists()
        assert not OutboxEvent.objects.filter(kind__startswith="request").exists()
        assert not ApprovalLink.objects.exists()
        assert waiting_count(desk.attorney) == 0
        assert not queries.decidable_by(desk.attorney).exists()
        assert not queries.decides_on(desk.attorney, it)

    def test_is_in_the_audit_trail(self, desk: Cast) -> None:
        it = draft(desk)
        withdraw(desk.coordinator, it.pk, 1)
        found = AuditEvent.objects.filter(subject_type="disbursements_disbursementrequest", subject_id=str(it.pk))
        assert list(found.order_by("pk").values_list("action", flat=True)) == ["insert", "update"]

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"purpose": " "}, OutflowIncomplete),
            ({"payee": "to bearer"}, PayeeIsCash),
            ({"kind": "firm_funds_withdrawal"}, NoSuchLedger),
            ({"operating_account_id": 1}, DestinationUnfit),
        ],
    )
    def test_refuses_the_words_that_a_request_may_not_say(
        self, desk: Cast, changes: dict[str, Any], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            draft(desk, **changes)
        assert not DisbursementRequest.objects.exists()

    def test_refuses_people_who_may_not_ask_and_a_walled_matter(self, desk: Cast) -> None:
        for person in (desk.attorney, desk.auditor, desk.stranger):
            with pytest.raises(NotAllowed):
                save_draft(person, key(), spending(desk.smith_ledger, 100))
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        with pytest.raises(NoSuchLedger):
            draft(desk)

    def test_is_one_for_one_key(self, desk: Cast) -> None:
        asked = spending(desk.smith_ledger, 100)
        first = save_draft(desk.coordinator, "k", asked)
        assert save_draft(desk.coordinator, "k", asked) == first
        assert DisbursementRequest.objects.count() == 1
        with pytest.raises(KeyReused):
            save_draft(desk.coordinator, "k", spending(desk.smith_ledger, 200))

    def test_does_not_count_toward_the_second_attorney(self, desk: Cast) -> None:
        Firm.objects.filter(pk=1).update(two_attorneys_above_cents=50000)
        draft(desk, 90000)
        request = ask(desk, 40000)
        assert approve(desk.attorney, request.pk, 1, request.content_hash, code_of(desk.attorney)).state == State.POSTED


class TestChanging:
    def test_replaces_a_draft_by_a_draft(self, desk: Cast) -> None:
        old = draft(desk)
        new = change_draft(desk.coordinator, key(), old, 1, spending(desk.smith_ledger, 50))
        old.refresh_from_db()
        assert (old.state, new.state, new.replaces, new.amount) == (State.WITHDRAWN, State.DRAFT, old, money(50))
        assert held_amount(desk.smith_ledger) == ZERO
        with pytest.raises(RequestReplaced):
            submitted(desk, old)

    def test_answers_a_repeated_key_with_the_first_new_version(self, desk: Cast) -> None:
        old, one, asked = draft(desk), key(), spending(desk.smith_ledger, 50)
        first = change_draft(desk.coordinator, one, old, 1, asked)
        old.refresh_from_db()
        assert change_draft(desk.coordinator, one, old, old.version, asked) == first
        assert DisbursementRequest.objects.count() == 2

    def test_replaces_a_draft_by_a_request(self, desk: Cast) -> None:
        old = draft(desk, 250000)
        new = change_request(desk.coordinator, key(), old, 1, spending(desk.smith_ledger, 30000))
        assert (new.state, new.replaces) == (State.AWAITING_APPROVAL, old)
        assert held_amount(desk.smith_ledger) == money(30000)

    def test_leaves_the_draft_when_the_request_is_refused(self, desk: Cast) -> None:
        old = draft(desk)
        with pytest.raises(InsufficientFunds):
            change_request(desk.coordinator, key(), old, 1, spending(desk.smith_ledger, 100001))
        old.refresh_from_db()
        assert (old.state, old.version) == (State.DRAFT, 1)

    def test_never_makes_a_draft_of_a_request(self, desk: Cast) -> None:
        request = ask(desk)
        with pytest.raises(RequestDecided, match="is awaiting approval already"):
            change_draft(desk.coordinator, key(), request, 1, spending(desk.smith_ledger, 50))
        it = draft(desk)
        submitted(desk, it)
        with pytest.raises(RequestChanged):
            change_request(desk.coordinator, key(), it, 1, spending(desk.smith_ledger, 50))

    def test_is_the_authors(self, desk: Cast) -> None:
        it = draft(desk)
        with pytest.raises(NotYourDraft):
            change_draft(desk.second_coordinator, key(), it, 1, spending(desk.smith_ledger, 50))


class TestDeleting:
    def test_withdraws_it_and_tells_nobody(self, desk: Cast) -> None:
        it = draft(desk)
        gone = withdraw(desk.coordinator, it.pk, 1)
        assert (gone.state, gone.closed_by, gone.reason) == (State.WITHDRAWN, desk.coordinator, "Deleted")
        assert not OutboxEvent.objects.filter(kind__startswith="request").exists()
        with pytest.raises(RequestDecided):
            submitted(desk, it)

    def test_is_the_authors_while_they_can_come_back_to_it(self, desk: Cast) -> None:
        it = draft(desk)
        with pytest.raises(NotYourDraft, match="Dana Reyes"):
            withdraw(desk.second_coordinator, it.pk, 1)
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        assert withdraw(desk.second_coordinator, it.pk, 1).closed_by == desk.second_coordinator

    def test_is_never_done_to_what_was_submitted_meanwhile(self, desk: Cast) -> None:
        it = draft(desk)
        submitted(desk, it)
        with pytest.raises(RequestChanged):
            withdraw(desk.coordinator, it.pk, 1)


class TestSubmitting:
    def test_reserves_and_asks_like_a_request_made_at_once(self, desk: Cast, at: Any) -> None:
        file = store_attachment(desk.coordinator, "order.pdf", io.BytesIO(b"%PDF-1.7 order"))
        asked = spending(desk.smith_ledger, 40000)
        it = save_draft(desk.coordinator, key(), asked, note="Soon", files=[file])
        later(at, 30)
        done = submitted(desk, it)
        assert (done.state, done.version, done.attachments) == (State.AWAITING_APPROVAL, 2, [file.pk])
        assert done.drafted_at == it.drafted_at
        assert done.requested_at > it.requested_at
        assert available_balance(desk.smith_ledger) == money(60000)
        told = OutboxEvent.objects.get(kind="request_made")
        assert (told.payload["to"], told.payload["attachments"]) == ([desk.attorney.pk], "order.pdf")
        paid = approve(desk.attorney, done.pk, 2, done.content_hash, code_of(desk.attorney))
        assert paid.state == State.POSTED
        assert desk.smith_ledger.balance == money(60000)

    def test_has_the_content_hash_of_a_request_made_at_once(self, desk: Cast) -> None:
        it = draft(desk)
        assert submitted(desk, it).content_hash == it.content_hash == ask(desk).content_hash

    def test_is_refused_with_what_the_books_hold_and_stays_a_draft(self, desk: Cast) -> None:
        it = draft(desk, 100001)
        with pytest.raises(InsufficientFunds, match=r"only \$1,000.00 is available"):
            submitted(desk, it)
        it.refresh_from_db()
        assert (it.state, it.version, it.hold) == (State.DRAFT, 1, None)
        assert not OutboxEvent.objects.filter(kind__startswith="request").exists()
        desk.receive(desk.smith_matter, 1)
        assert submitted(desk, it).state == State.AWAITING_APPROVAL

    def test_is_one_effect_for_one_key(self, desk: Cast) -> None:
        it = draft(desk)
        first = submit_draft(desk.coordinator, "s", it.pk, 1)
        again = submit_draft(desk.coordinator, "s", it.pk, 1)
        assert (first.pk, again.version) == (again.pk, 2)
        assert held_amount(desk.smith_ledger) == money(40000)
        with pytest.raises(KeyReused):
            submit_draft(desk.coordinator, "s", draft(desk).pk, 1)
        with pytest.raises(RequestDecided, match="awaiting approval already \\(Dana Reyes"):
            submit_draft(desk.coordinator, key(), it.pk, 1)
        with pytest.raises(KeyMissing):
            submit_draft(desk.coordinator, "", draft(desk).pk, 1)

    def test_is_the_authors_who_still_may_ask(self, desk: Cast) -> None:
        it = draft(desk)
        with pytest.raises(NotYourDraft):
            submit_draft(desk.second_coordinator, key(), it.pk, 1)
        RoleGrant.objects.filter(person=desk.coordinator).update(revoked_at=now())
        with pytest.raises(NotAllowed):
            submitted(desk, it)

    def test_refuses_another_version_than_was_shown(self, desk: Cast) -> None:
        with pytest.raises(RequestChanged):
            submit_draft(desk.coordinator, key(), draft(desk).pk, 2)

    def test_asks_for_consent_and_attorneys_then(self, desk: Cast) -> None:
        ledger = client_ledger(desk.account, desk.doe_matter)
        move: dict[str, Any] = {"kind": "matter_transfer", "method": "internal", "destination_ledger_id": ledger.pk}
        with pytest.raises(ConsentMissing):
            submitted(desk, draft(desk, **move))
        Firm.objects.filter(pk=1).update(two_attorneys_above_cents=100)
        lone = draft(desk)
        edit_matter(desk.smith_matter, 1, billing_attorney=None, alternate_attorney=None)
        with pytest.raises(SecondAttorneyMissing):
            submitted(desk, lone)
        edit_matter(desk.smith_matter, 2, responsible_attorney=desk.coordinator)
        with pytest.raises(NobodyCanApprove):
            submitted(desk, lone)
        lone.refresh_from_db()
        assert lone.state == State.DRAFT

    def test_is_refused_with_bank_details_of_before(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        wire = spending(desk.smith_ledger, 40000, payee=payee.name, method="wire")
        it = save_draft(desk.coordinator, key(), wire, payee=payee)
        newer = changed_bank(desk, payee)
        later(at, 25)
        with pytest.raises(PayeeDetailsChanged):
            submitted(desk, it)
        assert "have changed since" in browser_of(desk.coordinator).get(f"/disbursements/{it.pk}/").content.decode()
        again = change_draft(desk.coordinator, key(), it, 1, wire, payee=newer)
        assert submitted(desk, again).payee_bank == newer.bank

    def test_is_refused_when_the_payee_is_another_by_then(self, desk: Cast) -> None:
        payee = record_payee(desk.coordinator, name="Metro Reporting")
        it = save_draft(desk.coordinator, key(), spending(desk.smith_ledger, 100, payee=payee.name), payee=payee)
        edit_payee(desk.coordinator, payee, payee.version, name="Metro Reporting Two")
        with pytest.raises(PayeeUnlike):
            submitted(desk, it)

    def test_is_never_of_a_settlement(self, desk: Cast) -> None:
        statement = signed(desk)
        answer = browser_of(desk.coordinator).post(
            f"/settlements/{statement.pk}/share/pay/",
            {"matter": statement.matter.number, "kind": "return", "payee": "Jane Smith", "amount": "1", "draft": "1",
             "method": "check", "purpose": "Share", "reference": "S", "idempotency_key": key()},
        )  # fmt: skip
        assert answer.status_code == 409
        assert SettlementNotDrafted.sentence[:40] in answer.content.decode()
        assert not DisbursementRequest.objects.exists()


class TestNobodyDecidesOnADraft:
    def test_by_function_page_or_api(self, desk: Cast) -> None:
        it = draft(desk)
        with pytest.raises(RequestIsDraft, match="draft of Dana Reyes"):
            approve(desk.attorney, it.pk, 1, "", code_of(desk.attorney))
        with pytest.raises(RequestIsDraft):
            reject(desk.attorney, it.pk, 1, "No")
        browser = browser_of(desk.attorney)
        typed = {"version": "1", "code": code_of(desk.attorney), "shown_hash": ""}
        assert browser.post(f"/disbursements/{it.pk}/approve/", typed).status_code == 409
        said = {"version": 1, "content_hash": "0" * 64, "code": "000000"}
        api = f"/api/v1/disbursement-requests/{it.pk}"
        answer = browser.post(f"{api}/approve", said, content_type="application/json",
                              headers={"Idempotency-Key": key()})  # fmt: skip
        assert answer.json()["code"] == "request_is_draft"
        page = browser.get(f"/disbursements/{it.pk}/").content.decode()
        assert "Your decision" not in page
        assert "until Dana Reyes requests approval" in page
        posted = browser_of(desk.coordinator).post(f"{api}/post", {"version": 1}, content_type="application/json",
                                                   headers={"Idempotency-Key": key()})  # fmt: skip
        assert posted.json()["code"] == "request_is_draft"
        assert not JournalEntry.objects.filter(kind="disbursement").exists()

    def test_it_never_expires_and_nobody_is_reminded(self, desk: Cast, at: Any) -> None:
        it = draft(desk)
        later(at, 24 * 60)
        follow_up()
        it.refresh_from_db()
        assert it.state == State.DRAFT
        assert not OutboxEvent.objects.filter(kind__startswith="request").exists()

    def test_its_month_counts_from_the_day_it_was_submitted(self, desk: Cast, at: Any) -> None:
        it = draft(desk)
        later(at, 24 * 40)
        submitted(desk, it)
        follow_up()
        it.refresh_from_db()
        assert it.state == State.AWAITING_APPROVAL
        later(at, 24 * 31)
        follow_up()
        it.refresh_from_db()
        assert it.state == State.EXPIRED


class TestTheChainOfCustody:
    def test_has_the_draft_only_where_there_was_one(self, desk: Cast) -> None:
        assert [event.title for event in events(ask(desk))] == ["Requested"]
        it = draft(desk)
        assert [event.title for event in events(it)] == ["Drafted"]
        assert [event.title for event in events(submitted(desk, it))] == ["Drafted", "Requested"]
        gone = withdraw(desk.coordinator, draft(desk).pk, 1)
        gone.refresh_from_db()
        assert [event.title for event in events(gone)] == ["Drafted", "Draft given up"]

    def test_is_on_paper(self, desk: Cast) -> None:
        answer = browser_of(desk.coordinator).get(f"/disbursements/{draft(desk).pk}/custody/")
        assert answer.content.startswith(b"%PDF-")


class TestClosingAMatter:
    def test_names_the_draft_with_its_action_and_waits_for_it(self, desk: Cast) -> None:
        it = draft(desk)
        found = closing_check(books_of(desk.second_coordinator), desk.smith_matter)
        point = next(point for point in found.points if point.code == "request_draft")
        assert (point.what, point.action) == ("Draft to Court Clerk", "Submit or delete it")
        assert "Draft of Dana Reyes" in point.detail
        assert point.url == f"/disbursements/{it.pk}/"
        assert found.kept == ZERO
        withdraw(desk.coordinator, it.pk, 1)
        after = closing_check(books_of(desk.coordinator), desk.smith_matter)
        assert "request_draft" not in [point.code for point in after.points]

    def test_left_by_somebody_who_is_gone_is_deleted_by_another(self, desk: Cast) -> None:
        leaver = hire("Lea Leaver", Role.COORDINATOR)
        it = save_draft(leaver, key(), spending(desk.smith_ledger, 100))
        RoleGrant.objects.filter(person=leaver).update(revoked_at=now())
        page = browser_of(desk.coordinator).get(f"/disbursements/{it.pk}/").content.decode()
        assert "Delete draft" in page
        assert withdraw(desk.coordinator, it.pk, 1).state == State.WITHDRAWN
