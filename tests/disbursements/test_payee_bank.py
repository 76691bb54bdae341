"""Bank details of payees: called back, proposed by one, confirmed by another, and at rest for 24 hours."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from disbursements.models import Payee, PayeeBank
from disbursements.payee_bank import (
    CallBackMissing,
    PayeeAccountShared,
    PayeeBankWaiting,
    PayeeInactive,
    describe,
    rests_until,
)
from disbursements.payees import PayeeNameFixed, edit_payee, record_payee
from firms import proposals
from firms.clock import now
from firms.models import AuditEvent, OutboxEvent, Proposal
from firms.proposals import NeedsAnotherPerson
from firms.refusals import NotAllowed
from ledgers.account_numbers import open_number
from ledgers.refusals import RoutingNumberWrong
from tests.access.addresses import body_of
from tests.cast import Cast
from tests.disbursements.paying import ACCOUNT, confirmed, later, payee_with_bank, proposed
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(desk: Cast) -> Payee:
    """Return a payee without bank details."""
    return record_payee(desk.coordinator, name="Metro Reporting, Inc.")


class TestProposing:
    """One person calls back and proposes."""

    def test_changes_nothing_until_another_person_confirms(self, desk: Cast, clerk: Payee) -> None:
        proposal = proposed(desk, clerk)
        clerk.refresh_from_db()
        assert clerk.bank is None
        with pytest.raises((NeedsAnotherPerson, NotAllowed)):
            confirmed(desk, proposal, desk.attorney)
        found = confirmed(desk, proposal)
        assert found.bank is not None
        assert (found.bank.proposed_by, found.bank.confirmed_by) == (desk.coordinator, desk.supervisor)
        assert found.bank.confirmed_at is not None
        assert rests_until(found.bank) == found.bank.confirmed_at + timedelta(hours=24)

    def test_shows_the_second_person_old_and_new_and_the_call(self, desk: Cast, clerk: Payee) -> None:
        confirmed(desk, proposed(desk, clerk))
        said = dict(describe(proposed(desk, clerk, "55500099", bank_name="Harbor Bank")))
        assert (said["New bank"], said["Account number"]) == ("Harbor Bank", "••0099")
        assert said["In force until then"] == "Empire State Bank ••6789"
        assert said["Called back"] == "Rosa Diaz at (718) 555-0100"

    @pytest.mark.parametrize("missing", ["called_person", "called_number"])
    def test_needs_the_call_back(self, desk: Cast, clerk: Payee, missing: str) -> None:
        empty: dict[str, Any] = {missing: "  "}
        with pytest.raises(CallBackMissing):
            proposed(desk, clerk, **empty)
        with pytest.raises(CallBackMissing):
            proposed(desk, clerk, called_when=now() + timedelta(hours=1))
        assert not PayeeBank.objects.exists()
        assert not Proposal.objects.exists()

    @pytest.mark.parametrize("number", ["021000022", "000000000"])
    def test_needs_a_routing_number_whose_check_digit_is_right(self, desk: Cast, clerk: Payee, number: str) -> None:
        with pytest.raises(RoutingNumberWrong):
            proposed(desk, clerk, routing_number=number)

    def test_needs_an_account_number(self, desk: Cast, clerk: Payee) -> None:
        with pytest.raises(ValidationError, match="4 to 17 digits"):
            proposed(desk, clerk, "12A4567")

    def test_is_one_at_a_time(self, desk: Cast, clerk: Payee) -> None:
        first = proposed(desk, clerk)
        with pytest.raises(PayeeBankWaiting, match="proposed by Dana Reyes"):
            proposed(desk, clerk, "55500099", desk.second_coordinator)
        proposals.withdraw(first.pk, desk.coordinator)
        proposed(desk, clerk, "55500099", desk.second_coordinator)

    def test_is_for_whoever_edits_records_and_for_active_payees(self, desk: Cast, clerk: Payee) -> None:
        for person in (desk.attorney, desk.supervisor, desk.auditor, desk.administrator):
            with pytest.raises(NotAllowed):
                proposed(desk, clerk, by=person)
        edit_payee(desk.coordinator, clerk, 1, is_active=False)
        with pytest.raises(PayeeInactive):
            proposed(desk, clerk)

    def test_asks_about_an_account_that_another_payee_or_the_firm_has(self, desk: Cast, clerk: Payee) -> None:
        confirmed(desk, proposed(desk, clerk))
        other = record_payee(desk.coordinator, name="Ashford Forensics")
        with pytest.raises(PayeeAccountShared, match="that of Metro Reporting, Inc"):
            proposed(desk, other)
        with pytest.raises(PayeeAccountShared, match=r"this firm \(Operating\)"):
            proposed(desk, other, "900100")
        waiting = proposed(desk, other, is_shared=True)
        assert dict(describe(waiting))["Also the account of"] == "Metro Reporting, Inc."
        assert AuditEvent.objects.filter(action="payee.account-shared").count() == 1

    def test_is_not_put_in_force_when_the_payee_was_deactivated(self, desk: Cast, clerk: Payee) -> None:
        proposal = proposed(desk, clerk)
        edit_payee(desk.coordinator, clerk, 1, is_active=False)
        with pytest.raises(PayeeInactive):
            confirmed(desk, proposal)
        assert not PayeeBank.objects.filter(confirmed_at__isnull=False).exists()


class TestNumbers:
    """Account numbers are kept encrypted and shown nowhere."""

    def test_open_with_their_own_row_only(self, desk: Cast, clerk: Payee) -> None:
        bank = confirmed(desk, proposed(desk, clerk)).bank
        assert bank is not None
        assert open_number(bank.uid, bank.number_key_id, bytes(bank.number_encrypted)) == ACCOUNT
        with pytest.raises(Exception):  # noqa: B017  # InvalidTag says nothing
            open_number(clerk.uid, bank.number_key_id, bytes(bank.number_encrypted))

    def test_are_in_no_row_page_file_answer_or_log(
        self, desk: Cast, clerk: Payee, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        browser = browser_of(desk.coordinator)
        typed = {
            "bank_name": "Empire State Bank", "routing_number": "021000021", "account_number": ACCOUNT,
            "called_person": "Rosa Diaz", "called_number": "(718) 555-0100", "called_when": "2026-01-02T10:00",
        }  # fmt: skip
        assert browser.post(f"/payees/{clerk.pk}/bank/", typed).status_code == 302
        proposal = Proposal.objects.get()
        confirmed(desk, proposal)
        read = [
            body_of(browser.get(path)).decode()
            for path in (f"/payees/{clerk.pk}/", f"/proposals/{proposal.pk}/", "/payees/", "/payees/?format=csv",
                         f"/api/v1/payees/{clerk.pk}", f"/api/v1/payees/{clerk.pk}/bank-details", "/api/v1/payees")
        ]  # fmt: skip
        assert all("6789" in text for text in (read[0], *read[2:]))
        with connection.cursor() as cursor:
            for table in ("firms_auditdetail", "firms_outboxevent", "firms_proposal", "disbursements_payeebank"):
                cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
                read.append(cursor.fetchone()[0] or "")
        fingerprint = PayeeBank.objects.get().number_fingerprint.hex()
        assert fingerprint not in read[-4]
        said = capfd.readouterr()
        assert not [text for text in (*read, caplog.text, said.out, said.err) if ACCOUNT in text]
        assert OutboxEvent.objects.filter(kind="proposal.opened").exists()


class TestTheDatabase:
    """Whoever writes."""

    def test_confirms_only_what_two_people_have_just_decided(self, desk: Cast, clerk: Payee) -> None:
        proposed(desk, clerk)
        for by in (desk.coordinator, desk.supervisor):
            with pytest.raises(DatabaseError, match="payee_bank_needs_another_person"), transaction.atomic():
                PayeeBank.objects.update(confirmed_by=by, confirmed_at=now())

    def test_takes_no_details_that_come_confirmed(self, desk: Cast, clerk: Payee) -> None:
        proposed(desk, clerk)
        forged = PayeeBank.objects.get()
        forged.pk, forged.uid = None, clerk.uid
        forged.confirmed_by, forged.confirmed_at = desk.supervisor, now()
        with pytest.raises(DatabaseError, match="payee_bank_needs_another_person"), transaction.atomic():
            forged.save(force_insert=True)

    def test_lets_nobody_point_a_payee_at_other_details(self, desk: Cast, clerk: Payee, at: Any) -> None:
        other = payee_with_bank(desk, at, "Ashford Forensics")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Payee.objects.filter(pk=clerk.pk).update(bank=other.bank)
        with pytest.raises(DatabaseError, match="payee_bank_needs_another_person"), transaction.atomic():
            Payee.objects.create(name="Brand New", bank=other.bank)

    def test_never_changes_details(self, desk: Cast, clerk: Payee) -> None:
        proposed(desk, clerk)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            PayeeBank.objects.update(last_four="0000")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            PayeeBank.objects.all().delete()

    def test_keeps_the_name_that_details_were_confirmed_for(self, desk: Cast, clerk: Payee) -> None:
        payee = confirmed(desk, proposed(desk, clerk))
        with pytest.raises(PayeeNameFixed):
            edit_payee(desk.coordinator, payee, payee.version, name="Ashford Forensics")
        edit_payee(desk.coordinator, payee, payee.version, notes="Same name")


class TestPagesAndApi:
    """What the office sees."""

    def test_propose_confirm_and_show(self, desk: Cast, clerk: Payee, at: Any) -> None:
        api = browser_of(desk.coordinator)
        said = {
            "bank_name": "Empire State Bank", "routing_number": "021000021", "account_number": ACCOUNT,
            "called_person": "Rosa Diaz", "called_number": "(718) 555-0100", "called_when": "2026-01-02T10:00:00Z",
        }  # fmt: skip
        answer = api.post(f"/api/v1/payees/{clerk.pk}/bank-details", said, "application/json")
        assert answer.status_code == 201
        again = api.post(f"/api/v1/payees/{clerk.pk}/bank-details", said, "application/json")
        assert (again.status_code, again.json()["code"]) == (409, "payee_bank_waiting")
        bad = api.post(f"/api/v1/payees/{clerk.pk}/bank-details", said | {"account_number": "1"}, "application/json")
        assert (bad.status_code, list(bad.json()["facts"] if "facts" in bad.json() else bad.json())) != (201, [])
        second = browser_of(desk.supervisor)
        proposal = Proposal.objects.get(pk=answer.json()["proposal"])
        assert "Empire State Bank" in second.get(f"/proposals/{proposal.pk}/").content.decode()
        typed = {"code": code_of(desk.supervisor), "shown_hash": proposal.content_hash}
        assert second.post(f"/proposals/{proposal.pk}/confirm/", typed).status_code == 302
        page = api.get(f"/payees/{clerk.pk}/").content.decode()
        assert "confirmed details rest for 24 hours" in page
        later(at, 25)
        assert "rest for 24 hours" not in api.get(f"/payees/{clerk.pk}/").content.decode()
        shown = api.get(f"/api/v1/payees/{clerk.pk}").json()["bank"]
        assert (shown["last_four"], shown["confirmed_by"]) == ("6789", desk.supervisor.pk)
        assert "account_number" not in shown
