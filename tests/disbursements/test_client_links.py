"""A client's link to an invoice: whoever opens it, in whatever state, sees a page of its own; only its code answers."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.test import override_settings

from billing.invoicing import void
from billing.models import Invoice
from compliance.models import TrustException
from compliance.watch import look
from disbursements.client_links import (
    ClientCodeWrong,
    InvoiceLinkNotIssued,
    answer_by_link,
    ask_client_again,
    issue_invoice_link,
    link_of,
)
from disbursements.earned_fees import follow_all, withdraw
from disbursements.fee_queries import waiting_for_clients
from disbursements.models import ClientAnswer, FeeAuthorization, InvoiceLink
from firms.clock import now
from firms.models import Firm, OutboxEvent
from firms.refusals import NotAllowed
from firms.throttle import is_too_often
from ledgers.models import Client, JournalEntry
from ledgers.money import money
from notifications.delivery import relay
from tests.cast import Cast, key
from tests.disbursements.asking_clients import asked, handed_over
from tests.disbursements.earning import approved, authorized, invoiced
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def waits(desk: Cast) -> FeeAuthorization:
    return asked(desk)


@pytest.fixture
def letter(waits: FeeAuthorization) -> tuple[str, str]:
    return handed_over(waits)


def again(waits: FeeAuthorization) -> Invoice:
    return Invoice.objects.get(pk=waits.invoice_id)


def opened(token: str, browser: Browser | None = None) -> Any:
    """Follow a link as a browser does; return the page it leads to."""
    return (browser or Browser()).get(f"/bill/link/{token}/", follow=True)


def answered(token: str, code: str, answer: str = "approved", words: str = "") -> Any:
    """Open the link and send an answer."""
    browser = Browser()
    opened(token, browser)
    link = link_of(token)
    assert link is not None
    said = {"code": code, "answer": answer, "words": words}
    return browser.post(f"/bill/{link.pk}/answer/", said, follow=True)


def stays_live(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    """Nothing happens."""


def is_approved(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    answered(*letter)


def is_objected(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    answered(*letter, "objected", "Too many hours")


def is_superseded(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    handed_over(waits)


def is_void(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    void(cast.coordinator, again(waits), again(waits).version, "Wrong matter")


def is_withdrawn(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    withdraw(cast.attorney, waits, "Another amount")


def is_recorded(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    approved(cast, again(waits), "objected")


def is_paid(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    approved(cast, again(waits))


def moves(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    Client.objects.filter(pk=cast.smith.pk).update(email="other@smith.example")


def is_locked(cast: Cast, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
    InvoiceLink.objects.filter(superseded_at__isnull=True).update(wrong_codes=10)


HAPPENED: dict[Callable[..., None], str] = {
    stays_live: "Approve $300.00",
    is_approved: "Thank you: you approved",
    is_objected: "Your objection is recorded",
    is_superseded: "There is a newer letter",
    is_void: "This invoice is void",
    is_withdrawn: "Nothing is asked of you now",
    is_recorded: "Your answer is recorded",
    is_paid: "This invoice is paid",
    moves: "Nothing is asked of you now",
    is_locked: "This link is locked",
}
STATES = pytest.mark.parametrize("happens", HAPPENED, ids=lambda happens: happens.__name__)


class TestTheClient:
    @STATES
    def test_is_told_what_the_link_is_good_for(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str], happens: Callable[..., None]
    ) -> None:
        happens(desk, waits, letter)
        page = opened(letter[0])
        text = page.content.decode()
        assert (page.status_code, HAPPENED[happens] in text) == (200, True)
        for secret in (letter[0], letter[1], "TrustLedger</", "/invoices/"):
            assert secret not in text
        if happens is not stays_live:
            before = ClientAnswer.objects.count()
            assert answered(*letter).status_code == 409
            assert ClientAnswer.objects.count() == before

    def test_is_told_that_an_old_link_has_expired(self, letter: tuple[str, str], at: Any) -> None:
        at(f"{now() + timedelta(days=30, seconds=1)}")
        assert "This link has expired" in opened(letter[0]).content.decode()

    def test_approves_with_the_code_and_the_transfer_follows(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str]
    ) -> None:
        page = answered(letter[0], f" {letter[1][:3]} {letter[1][3:]} ")
        assert "$300.00 of it has been paid" in page.content.decode()
        said = ClientAnswer.objects.get()
        assert (said.answer, said.recorded_by, said.address) == ("approved", None, "127.0.0.1")
        assert again(waits).state == "paid"
        entry = JournalEntry.objects.get(kind="earned_fee")
        assert (entry.actor, entry.bank_amount) == (desk.attorney, money(-30000))
        shown = browser_of(desk.coordinator).get(f"/invoices/{waits.invoice_id}/").content.decode()
        assert "By the client, from 127.0.0.1" in shown
        assert shown.index("Authorized") < shown.index("Sent to the client") < shown.index("The client approved")
        assert OutboxEvent.objects.filter(kind="fee_client_approved").count() == 1

    def test_objects_in_words_and_nothing_is_paid_until_it_is_settled(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str]
    ) -> None:
        without = answered(*letter, "objected", " ")
        assert (without.status_code, "what you object to" in without.content.decode()) == (409, True)
        answered(*letter, "objected", "Two hours on Mar 3 were never agreed")
        assert not JournalEntry.objects.filter(kind="earned_fee").exists()
        look()
        assert TrustException.objects.filter(rule="fee_objected", state="open").count() == 1
        shown = browser_of(desk.coordinator).get(f"/invoices/{waits.invoice_id}/").content.decode()
        assert "Two hours on Mar 3 were never agreed" in shown
        approved(desk, again(waits))  # corrected as a recorded answer is
        assert again(waits).state == "paid"

    def test_reads_the_invoice_on_paper_only_while_the_link_is_good(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str]
    ) -> None:
        browser, link = Browser(), link_of(letter[0])
        assert link is not None
        url = f"/bill/{link.pk}/invoice/"
        assert browser.get(url).status_code == 404
        opened(letter[0], browser)
        assert browser.get(url).content.startswith(b"%PDF")
        is_superseded(desk, waits, letter)
        assert browser.get(url).status_code == 404

    def test_reads_the_invoice_no_longer_than_the_link_lives(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str], at: Any
    ) -> None:
        browser, link = Browser(), link_of(letter[0])
        assert link is not None
        opened(letter[0], browser)
        is_approved(desk, waits, letter)
        assert browser.get(f"/bill/{link.pk}/invoice/").status_code == 200
        at(f"{now() + timedelta(days=30, seconds=1)}")
        assert browser.get(f"/bill/{link.pk}/invoice/").status_code == 404
        assert "invoice on paper" not in browser.get(f"/bill/{link.pk}/").content.decode()

    def test_has_approved_the_amount_of_the_letter_and_no_other(self, desk: Cast) -> None:
        """I9: what an attorney authorizes later of the same invoice is asked for anew."""
        invoice = invoiced(desk, 30000)
        answered(*handed_over(authorized(desk, invoice, 10000)))
        invoice.refresh_from_db()
        assert (invoice.state, invoice.paid) == ("partly_paid", money(10000))
        rest = authorized(desk, invoice)
        invoice.refresh_from_db()
        assert invoice.paid == money(10000)
        assert rest.client_said == ""
        letters = OutboxEvent.objects.filter(kind="invoice_to_client", subject_id=str(rest.pk))
        assert letters.count() == 1
        assert "Approve $200.00" in opened(handed_over(rest)[0]).content.decode()
        assert list(waiting_for_clients(desk.coordinator)) == [invoice]

    def test_is_told_that_what_was_asked_has_been_paid(self, desk: Cast, at: Any) -> None:
        Firm.objects.update(fee_condition="notice", fee_notice_days=0)
        made = authorized(desk, invoiced(desk, 30000), 10000)
        relay()  # the letter leaves: the notice begins
        token, _ = handed_over(made)
        at(f"{now() + timedelta(days=1)}")
        follow_all()
        assert again(made).state == "partly_paid"
        assert "has been paid from your money in trust" in opened(token).content.decode()

    def test_gets_at_nothing_else(self, desk: Cast, letter: tuple[str, str]) -> None:
        other, browser = handed_over(asked(desk, 100)), Browser()
        opened(letter[0], browser)
        foreign = link_of(other[0])
        assert foreign is not None
        assert browser.get(f"/bill/{foreign.pk}/").status_code == 404
        assert browser.post(f"/bill/{foreign.pk}/answer/", {"code": other[1]}).status_code == 404
        assert browser.get("/invoices/").status_code == 302
        assert opened("never-sent").status_code == 404


class TestTheCode:
    def test_is_needed_and_ten_wrong_ones_lock_the_link(self, letter: tuple[str, str]) -> None:
        token, code = letter
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for typed in ("", "test@example.com", "12345", "1234567", "\uff11" * 6):
            assert answered(token, typed).status_code == 409
        assert InvoiceLink.objects.get().wrong_codes == 0  # a machine that fills in anything locks nobody out
        for _ in range(10):
            assert "not the code of the newest letter" in answered(token, wrong).content.decode()
        assert "This link is locked" in opened(token).content.decode()
        assert answered(token, code).status_code == 409
        assert ClientAnswer.objects.count() == 0

    def test_of_another_letter_does_not_fit(self, desk: Cast, letter: tuple[str, str]) -> None:
        other = handed_over(asked(desk, 100))
        if other[1] != letter[1]:
            link = link_of(letter[0])
            assert link is not None
            with pytest.raises(ClientCodeWrong):
                answer_by_link(link, other[1], "approved")

    @override_settings(
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
        }
    )
    def test_is_asked_for_all_the_same_while_the_cache_is_away(self, letter: tuple[str, str]) -> None:
        """F032: the count that must hold, ten wrong codes, is in the books."""
        assert not is_too_often("page", 1, 60)

    def test_cannot_be_tried_fast(self, letter: tuple[str, str]) -> None:
        browser, link = Browser(), link_of(letter[0])
        assert link is not None
        opened(letter[0], browser)
        statuses = [browser.post(f"/bill/{link.pk}/answer/", {"code": "x"}).status_code for _ in range(22)]
        assert statuses == [409] * 20 + [429] * 2
        assert [opened(f"guess-{n}").status_code for n in range(32)][-2:] == [429, 429]


class TestWhoeverWorksHere:
    @pytest.mark.parametrize("who", ["coordinator", "attorney"])
    @STATES
    def test_is_told_that_it_is_for_a_client_and_sees_nothing(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str], happens: Callable[..., None], who: str
    ) -> None:
        happens(desk, waits, letter)
        browser, link, before = browser_of(getattr(desk, who)), link_of(letter[0]), ClientAnswer.objects.count()
        assert link is not None
        page = opened(letter[0], browser)
        assert (page.status_code, "This letter is for a client" in page.content.decode()) == (403, True)
        for secret in (waits.invoice.number, "$300.00", desk.smith_matter.number):
            assert secret not in page.content.decode()
        assert browser.post(f"/bill/{link.pk}/answer/", {"code": letter[1]}).status_code == 403
        assert browser.get(f"/bill/{link.pk}/invoice/").status_code == 404
        assert ClientAnswer.objects.count() == before


class TestAScanner:
    def test_changes_nothing_and_the_link_still_works(self, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
        def books() -> str:
            models = (InvoiceLink, ClientAnswer, FeeAuthorization, Invoice)
            rows = [list(model.objects.order_by("pk").values()) for model in models]
            return json.dumps([*rows, JournalEntry.objects.count(), OutboxEvent.objects.count()], default=str)

        before, scanner, link = books(), Browser(), link_of(letter[0])
        assert link is not None
        for _ in range(50):
            assert scanner.head(f"/bill/link/{letter[0]}/").status_code == 302
            assert scanner.get(f"/bill/link/{letter[0]}/", follow=True).status_code == 200
        assert scanner.post(f"/bill/link/{letter[0]}/").status_code == 405
        for answer in ("approved", "objected", ""):
            said = {"answer": answer, "words": "test", "code": "test"}
            assert scanner.post(f"/bill/{link.pk}/answer/", said).status_code == 409
        assert books() == before
        assert "Thank you" in answered(*letter).content.decode()


class TestALetter:
    def test_is_put_into_the_outbox_with_the_authorization_and_again_when_asked(self, desk: Cast) -> None:
        waits = asked(desk)
        asks = OutboxEvent.objects.filter(kind="invoice_to_client")
        assert asks.get().payload["to"] == "jane@smith.example"
        for _ in range(2):
            ask_client_again(desk.coordinator, "one", again(waits))
        assert asks.count() == 2
        api = browser_of(desk.coordinator).post(
            f"/api/v1/invoices/{waits.invoice_id}/send", headers={"Idempotency-Key": "two"}
        )
        assert (api.status_code, asks.count()) == (200, 3)
        page = browser_of(desk.coordinator).post(
            f"/invoices/{waits.invoice_id}/send/", {"idempotency_key": key()}, follow=True
        )
        assert ("on its way to jane@smith.example" in page.content.decode(), asks.count()) == (True, 4)

    def test_goes_out_where_silence_counts_too(self, desk: Cast) -> None:
        Firm.objects.update(fee_condition="notice")
        token, _ = handed_over(asked(desk))
        assert "unless you object" in opened(token).content.decode()

    def test_is_not_sent_where_nothing_is_to_be_answered(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        approved(desk, invoice)
        authorized(desk, invoice)
        desk.receive(desk.doe_matter, 50000)
        authorized(desk, invoiced(desk, matter=desk.doe_matter))  # has no address
        assert not OutboxEvent.objects.filter(kind="invoice_to_client").exists()
        for nothing in (again_of(invoice), invoiced(desk)):
            with pytest.raises(InvoiceLinkNotIssued):
                ask_client_again(desk.coordinator, key(), nothing)
        with pytest.raises(NotAllowed):
            ask_client_again(desk.auditor, key(), nothing)

    def test_is_never_sent_to_somebody_of_the_firm_in_the_clients_place(self, desk: Cast) -> None:
        Client.objects.filter(pk=desk.smith_matter.client_id).update(email=desk.attorney.email.upper())
        made = asked(desk)
        assert not OutboxEvent.objects.filter(kind="invoice_to_client").exists()
        with pytest.raises(InvoiceLinkNotIssued):
            issue_invoice_link(made.pk, desk.attorney.email.upper())

    def test_to_an_old_address_gets_no_link(self, desk: Cast, waits: FeeAuthorization) -> None:
        with pytest.raises(InvoiceLinkNotIssued):
            issue_invoice_link(waits.pk, "somebody@else.example")
        assert not InvoiceLink.objects.exists()


def again_of(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)
