"""Payment of invoices from trust: two conditions, then the transfer follows by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from billing.invoicing import void
from billing.models import Invoice
from billing.refusals import InvoiceIsPaid
from compliance.models import TrustException
from compliance.watch import look
from disbursements import fee_refusals as refusals
from disbursements.batches import batches, close_batch
from disbursements.earned_fees import authorize, follow, follow_all, record_answer, spending_of, transfer, withdraw
from disbursements.fee_queries import standing_of, to_authorize, waiting_for_clients
from disbursements.fees_left import earned_in_trust, earned_total, waits_for
from disbursements.models import FeeAuthorization, FeeTransfer
from firms.models import Firm, OutboxEvent
from firms.refusals import NotAllowed
from firms.second_factor import CodeRefused
from ledgers.access import books_of
from ledgers.calls import call
from ledgers.models import BankItem, JournalEntry, Matter, SpendingAuthority
from ledgers.money import money
from ledgers.posting import put_fee_back, reverse
from ledgers.refusals import ApproverIsRequester, BankItemClosed, NotTheApprover, ReasonMissing
from notifications.delivery import relay
from notifications.models import Notice
from tests.cast import Cast, key, today
from tests.disbursements.earning import approved, authorized, fee, invoiced, terms
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db
At = Callable[[str], None]


def again(invoice: Invoice) -> Invoice:
    """Return the invoice as it is now."""
    return Invoice.objects.get(pk=invoice.pk)


def fees() -> list[int]:
    """Return the fees that were taken, in cents."""
    return [
        -int(entry.bank_amount.amount * 100) for entry in JournalEntry.objects.filter(kind="earned_fee").order_by("pk")
    ]


class TestBothConditions:
    def test_the_transfer_follows_the_clients_approval(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        authorized(desk, invoice)
        assert (fees(), again(invoice).state) == ([], "issued")
        approved(desk, invoice)
        assert (fees(), desk.smith_ledger.balance) == ([30000], money(70000))
        paid = again(invoice)
        assert (paid.state, paid.paid, paid.open_amount) == ("paid", money(30000), money(0))

    def test_the_transfer_follows_the_attorney_where_the_client_was_first(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        approved(desk, invoice)
        assert fees() == []
        made = authorized(desk, invoice)
        assert (fees(), made.end_reason) == ([30000], "Transferred")
        entry = JournalEntry.objects.select_related("text").get(kind="earned_fee")
        assert entry.text.purpose == f"Fees, {invoice}"
        assert (entry.text.party, entry.text.reference) == ("Whitfield & Marsh LLP", invoice.number)
        assert (entry.operating_account_id, entry.actor) == (desk.operating.pk, desk.attorney)

    def test_only_what_is_available_goes_and_the_rest_as_money_comes(self, desk: Cast) -> None:
        invoice = invoiced(desk, 150000)
        approved(desk, invoice)
        made = authorized(desk, invoice)
        assert (fees(), again(invoice).state) == ([100000], "partly_paid")
        standing = standing_of(again(invoice))
        assert (standing.left, standing.available, standing.can_transfer) == (money(50000), money(0), False)
        assert follow(made) is None
        desk.receive(desk.smith_matter, 20000)
        assert follow(made) is not None
        desk.receive(desk.smith_matter, 90000)
        assert follow(made) is not None
        assert follow(made) is None
        assert (fees(), desk.smith_ledger.balance) == ([100000, 20000, 30000], money(60000))
        assert (again(invoice).state, FeeTransfer.objects.count()) == ("paid", 3)

    def test_money_on_hold_is_not_available(self, desk: Cast) -> None:
        desk.receive(desk.doe_matter, 50000, method="check")
        invoice = invoiced(desk, 30000, matter=desk.doe_matter)
        approved(desk, invoice)
        authorized(desk, invoice)
        assert (fees(), again(invoice).state) == ([], "issued")

    def test_a_stop_of_the_books_leaves_it_due(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        authorized(desk, invoice)
        call("SELECT stop_disbursements(%s)", "The integrity check found: a hole")
        approved(desk, invoice)
        assert (fees(), again(invoice).state) == ([], "issued")
        assert standing_of(invoice).can_transfer

    def test_fees_of_a_day_are_one_batch_at_the_bank(self, desk: Cast) -> None:
        desk.receive(desk.doe_matter, 50000)
        one, other = fee(desk, 1000), fee(desk, 2000, matter=desk.doe_matter)
        batch = BankItem.objects.get(kind="transfer_batch")
        assert one.bank_item == other.bank_item == batch
        assert batch.date == today()

    def test_the_client_is_told_with_the_ledger(self, desk: Cast) -> None:
        fee(desk)
        letter = OutboxEvent.objects.get(kind="mail.fee_transferred").payload
        assert (letter["to"], letter["matter"]) == ("jane@smith.example", "2026-0142")
        assert "$300.00 of invoice" in letter["text"]
        ledger = [" ".join(line.split()[1:]) for line in letter["text"].splitlines() if line[:1].isdigit()]
        assert ledger == ["Receipt $1,000.00 $1,000.00", f"Fees, {Invoice.objects.get()} ($300.00) $700.00"]
        relay()
        notice = Notice.objects.get(kind="mail.fee_transferred")
        assert (notice.state, notice.matter) == ("sent", desk.smith_matter)

    def test_a_client_without_an_address_is_not_written_to(self, desk: Cast) -> None:
        desk.receive(desk.doe_matter, 50000)
        fee(desk, 1000, matter=desk.doe_matter)
        assert not OutboxEvent.objects.filter(kind="mail.fee_transferred").exists()

    def test_what_became_due_by_itself_follows_with_the_tick(self, desk: Cast) -> None:
        invoice = invoiced(desk, 150000)
        approved(desk, invoice)
        authorized(desk, invoice)
        assert follow_all() == 0
        desk.receive(desk.smith_matter, 50000)
        assert (follow_all(), follow_all(), again(invoice).state) == (1, 0, "paid")

    def test_who_issued_it_is_told_once(self, desk: Cast) -> None:
        fee(desk)
        told = OutboxEvent.objects.get(kind="fee_transferred")
        assert (told.payload["to"], told.payload["amount"]) == ([desk.coordinator.pk], "$300.00")


class TestTheAttorney:
    def test_decides_with_a_code_for_exactly_this(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        asked = terms(desk, invoice)
        shown = spending_of(invoice, asked).content_hash()
        with pytest.raises(CodeRefused):
            authorize(desk.attorney, invoice, asked, shown, "000000")
        with pytest.raises(refusals.InvoiceChanged):
            authorize(desk.attorney, invoice, terms(desk, invoice, 20000), shown, code_of(desk.attorney))
        made = authorize(desk.attorney, invoice, asked, shown, code_of(desk.attorney), "one")
        assert authorize(desk.attorney, invoice, asked, shown, "", "one") == made
        assert SpendingAuthority.objects.get().approver == desk.attorney

    def test_is_an_attorney_of_the_matter_and_not_who_issued_it(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        for by, refusal in ((desk.other_attorney, NotTheApprover), (desk.coordinator, ApproverIsRequester)):
            with pytest.raises(refusal):
                authorize(by, invoice, terms(desk, invoice), "0" * 64, "")
            with pytest.raises(refusal):
                authorized(desk, invoice, by=by)

    def test_authorizes_a_part(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        approved(desk, invoice)
        authorized(desk, invoice, 10000)
        assert (fees(), again(invoice).state) == ([10000], "partly_paid")
        authorized(desk, again(invoice))
        assert (fees(), again(invoice).state) == ([10000, 20000], "paid")

    def test_authorizes_no_more_than_is_open(self, desk: Cast) -> None:
        with pytest.raises(refusals.FeeOverInvoice, match=r"\$300\.01 was asked for, but \$300\.00 is open of invoice"):
            authorized(desk, invoiced(desk), 30001)

    def test_authorizes_once_at_a_time(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        first = authorized(desk, invoice, 100)
        with pytest.raises(refusals.FeeAuthorizedAlready):
            authorized(desk, invoice)
        withdraw(desk.attorney, first, "Too little")
        authorized(desk, invoice)
        assert FeeAuthorization.objects.filter(ended_at__isnull=True).count() == 1

    def test_withdraws_with_a_reason_and_nothing_follows_any_more(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        made = authorized(desk, invoice)
        with pytest.raises(ReasonMissing):
            withdraw(desk.attorney, made, " ")
        with pytest.raises(NotTheApprover):
            withdraw(desk.other_attorney, made, "No")
        withdraw(desk.attorney, made, "The client pays by check")
        approved(desk, invoice)
        assert fees() == []
        with pytest.raises(refusals.FeeNotAuthorized, match="The client pays by check"):
            transfer(desk.coordinator, key(), made.invoice)
        with pytest.raises(refusals.FeeAuthorizationFixed):
            withdraw(desk.attorney, made, "Again")

    def test_finds_what_waits_for_the_decision(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        invoiced(desk, matter=desk.doe_matter)  # nothing is held for it
        assert list(to_authorize(desk.attorney)) == [invoice]
        assert list(to_authorize(desk.other_attorney)) == list(to_authorize(desk.coordinator)) == []
        authorized(desk, invoice)
        assert list(to_authorize(desk.attorney)) == []
        assert list(waiting_for_clients(desk.coordinator)) == [invoice]

    def test_of_a_matter_not_paid_from_trust_is_not_asked(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        Matter.objects.filter(pk=desk.smith_matter.pk).update(pay_invoices_from_trust=False, version=2)
        assert list(to_authorize(desk.attorney)) == []
        with pytest.raises(refusals.FeeNotFromTrust, match="2026-0142"):
            authorized(desk, invoice)


class TestTheClient:
    def test_objects_and_nothing_is_paid_until_it_is_settled(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        approved(desk, invoice, "objected")
        made = authorized(desk, invoice)
        with pytest.raises(refusals.FeeObjected):
            transfer(desk.coordinator, key(), made.invoice)
        approved(desk, invoice)
        assert fees() == [30000]

    def test_has_said_so_by_evidence_that_a_coordinator_records(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        with pytest.raises(refusals.ClientAnswerIncomplete):
            record_answer(desk.coordinator, key(), invoice, "approved", " ")
        with pytest.raises(NotAllowed):
            approved(desk, invoice, by=desk.attorney)
        with pytest.raises(NotAllowed):
            approved(desk, invoice, by=desk.auditor)

    def test_is_recorded_once_per_key(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        made = [record_answer(desk.coordinator, "same", invoice, "approved", "Letter") for _ in range(2)]
        assert made[0] == made[1]

    def test_is_not_asked_about_a_void_invoice(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        made = authorized(desk, invoice)
        void(desk.coordinator, invoice, invoice.version, "Wrong matter")
        made.refresh_from_db()
        made.authority.refresh_from_db()
        assert (made.end_reason, made.authority.void_reason) == ("The invoice became void",) * 2
        with pytest.raises(refusals.FeeInvoiceNotOpen):
            approved(desk, invoice)
        with pytest.raises(refusals.FeeInvoiceNotOpen):
            transfer(desk.coordinator, key(), made.invoice)


class TestNotice:
    @pytest.fixture
    def noticed(self, desk: Cast, owner: Any) -> Cast:
        """Let silence count, by the policy the firm begins with."""
        Firm.objects.update(fee_condition="notice", fee_notice_days=10)
        return desk

    def test_runs_out_before_anything_is_paid(self, noticed: Cast, at: At) -> None:
        made = authorized(noticed, invoiced(noticed))
        relay()
        made.refresh_from_db()
        last = today() + timedelta(days=10)
        assert made.notice_until == last
        at(f"{last} 22:00-05")
        with pytest.raises(refusals.FeeBeforeNotice, match=f"until {last:%b} {last.day}, {last.year}"):
            transfer(noticed.coordinator, key(), made.invoice)
        at(f"{last + timedelta(days=1)} 01:30-05")
        assert follow(made) is not None
        assert fees() == [30000]

    def test_is_that_of_the_fee_agreement_where_it_says_one(self, noticed: Cast) -> None:
        Matter.objects.filter(pk=noticed.smith_matter.pk).update(notice_period_days=21, version=2)
        made = authorized(noticed, invoiced(noticed))
        assert (made.notice_days, made.notice_until) == (21, None)
        relay()
        made.refresh_from_db()
        assert made.notice_until == today() + timedelta(days=21)

    def test_is_not_waited_for_once_the_client_approves(self, noticed: Cast) -> None:
        invoice = invoiced(noticed)
        authorized(noticed, invoice)
        approved(noticed, invoice)
        assert fees() == [30000]

    def test_ends_in_nothing_where_the_client_objects(self, noticed: Cast, at: At) -> None:
        invoice = invoiced(noticed)
        made = authorized(noticed, invoice)
        approved(noticed, invoice, "objected")
        at(f"{today() + timedelta(days=30)} 10:00-05")
        assert (follow(made), fees()) == (None, [])


class TestAfterwards:
    def test_a_fee_put_back_is_unpaid_again(self, desk: Cast) -> None:
        taken = fee(desk)
        invoice = Invoice.objects.get()
        put_fee_back(
            desk.coordinator, key(), fee=taken, ledger=desk.smith_ledger, book_date=today(), amount=money(10000),
            reason="Reduced", operating_account_id=desk.operating.pk,
        )  # fmt: skip
        assert (again(invoice).state, again(invoice).paid) == ("partly_paid", money(20000))
        back = JournalEntry.objects.get(kind="fee_put_back")
        reverse(desk.coordinator, key(), original=back, book_date=today(), reason="Wrong")
        assert again(invoice).state == "paid"

    def test_a_reversed_fee_is_unpaid_again_and_may_be_authorized_anew(self, desk: Cast) -> None:
        taken = fee(desk)
        invoice = Invoice.objects.get()
        with pytest.raises(InvoiceIsPaid, match=r"\$300\.00 of invoice .* is paid"):
            void(desk.coordinator, invoice, invoice.version, "Wrong")
        reverse(desk.coordinator, key(), original=taken, book_date=today(), reason="Wrong invoice")
        assert (again(invoice).state, again(invoice).paid) == ("issued", money(0))
        authorized(desk, again(invoice))
        assert (fees(), again(invoice).state) == ([30000, 30000], "paid")


class TestBatches:
    def test_go_to_the_bank_with_one_reference_and_take_no_more(self, desk: Cast) -> None:
        batch = fee(desk, 1000).bank_item
        assert batch is not None
        with pytest.raises(refusals.BatchReferenceMissing):
            close_batch(desk.coordinator, batch, " ", today())
        with pytest.raises(NotAllowed):
            close_batch(desk.attorney, batch, "ACH 1", today())
        close_batch(desk.coordinator, batch, "ACH 20260302-7", today())
        with pytest.raises(BankItemClosed):
            close_batch(desk.coordinator, batch, "ACH 8", today())
        second = fee(desk, 2000).bank_item
        assert second is not None
        assert second != batch
        (listed, _) = batches(books_of(desk.auditor))[:2]
        assert (listed.id, listed.state, listed.amount) == (second.pk, "open", money(-2000))

    def test_are_shown_and_sent_by_pages_and_the_api(self, desk: Cast) -> None:
        batch = fee(desk, 1000).bank_item
        assert batch is not None
        browser, url = browser_of(desk.coordinator), f"/transfer-batches/{batch.pk}/"
        for page in ("/transfer-batches/", url, f"{url}close/"):
            assert browser.get(page).status_code == 200
        assert browser.post(f"{url}close/", {"reference": "", "date": f"{today()}"}).status_code == 422
        api = f"/api/v1/transfer-batches/{batch.pk}"
        said = {"reference": "ACH 7", "date": f"{today()}"}
        assert browser.post(f"{api}/close", said, "application/json").json()["state"] == "sent"
        assert browser.post(f"{url}close/", said).status_code == 409
        assert browser.get(api).json()["reference"] == "ACH 7"
        assert browser.get("/api/v1/transfer-batches").json()["count"] == 1
        assert "ACH 7" in browser.get(url).content.decode()


class TestEarnedInTrust:
    def test_lists_what_each_invoice_waits_for(self, desk: Cast) -> None:
        desk.receive(desk.doe_matter, 5000)
        first, second = invoiced(desk, 80000), invoiced(desk, 40000)
        poor = invoiced(desk, 9000, matter=desk.doe_matter)
        authorized(desk, second)
        approved(desk, poor, "objected")
        authorized(desk, poor)
        found = list(earned_in_trust(books_of(desk.coordinator)))
        assert [(one, waits_for(one), vars(one)["earned"]) for one in found] == [
            (first, "An attorney’s authorization", money(80000)),
            (second, "The client’s approval", money(40000)),
            (poor, "Settlement with the client", money(5000)),
        ]
        assert earned_total(books_of(desk.coordinator)) == money(105000)
        browser = browser_of(desk.coordinator)
        assert "$1,050.00" in browser.get("/earned-in-trust/").content.decode()
        answer: Any = browser.get("/earned-in-trust/?format=csv")
        file = b"".join(answer.streaming_content).decode()
        assert "An attorney’s authorization" in file
        listed = browser.get("/api/v1/earned-in-trust").json()
        assert [row["waits"] for row in listed["results"]] == ["attorney", "fee_before_approval", "fee_objected"]

    def test_costs_as_many_queries_for_many_as_for_one(self, desk: Cast, django_assert_max_num_queries: Any) -> None:
        for _ in range(12):
            invoiced(desk, 100)
        browser = browser_of(desk.coordinator)
        browser.get("/earned-in-trust/")
        with django_assert_max_num_queries(26):
            browser.get("/earned-in-trust/")

    def test_is_an_exception_after_thirty_days(self, desk: Cast) -> None:
        old, fresh = invoiced(desk, 100, on=today() - timedelta(days=31)), invoiced(desk, 100)
        look()
        found = TrustException.objects.filter(rule="earned_in_trust")
        assert [one.subject_id for one in found] == [str(old.pk)]
        assert fresh.pk != old.pk

    def test_a_remainder_and_an_objection_are_exceptions(self, desk: Cast) -> None:
        invoice = invoiced(desk, 150000)
        approved(desk, invoice)
        authorized(desk, invoice)
        look()
        assert TrustException.objects.get(rule="earned_fee_remainder").amount == money(50000)
        approved(desk, invoice, "objected")
        look()
        assert TrustException.objects.get(rule="earned_fee_remainder").state == "resolved"
        assert TrustException.objects.get(rule="fee_objected").subject_id == str(invoice.pk)
