"""Bank events, corrections and holds: rules, two people, and their pages."""

from typing import Any

import pytest
from django.http import HttpResponse

from firms import proposals
from firms.models import Proposal, RoleGrant
from firms.proposals import NeedsAnotherPerson
from firms.refusals import NotAllowed
from ledgers import bank_events
from ledgers import proposals as of_books
from ledgers.accounts import open_trust_account
from ledgers.holding import hold_money
from ledgers.holds import available_balance, held_amount
from ledgers.models import Hold, JournalEntry, MatterWall
from ledgers.money import money
from ledgers.parties import set_matter_accounts
from ledgers.posting import post_firm_funds_deposit
from ledgers.proposals import NobodyCanConfirm
from ledgers.refusals import (
    AlreadyReversed,
    CureExceedsDeficit,
    DeficitNeedsSecondPerson,
    EvidenceMissing,
    KeyReused,
    ReturnedMoreThanReceived,
)
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of, code_of, give_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger and a cushion of $50.00; who confirms has a second factor."""
    for person in (cast.supervisor, cast.partner):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100000)
    post_firm_funds_deposit(
        cast.coordinator,
        key(),
        ledger=cast.special("firm_funds"),
        book_date=today(),
        amount=money(5000),
        method="wire",
        reference="F",
    )
    return cast


def confirm(proposal: Proposal, person: Any) -> Proposal:
    """Let somebody confirm a proposal with a code."""
    return proposals.confirm_with_code(proposal.pk, person, code_of(person), proposal.content_hash)


def returned(desk: Cast, cents: int = 100000) -> Proposal:
    """Let the coordinator propose that Smith's receipt came back."""
    receipt = JournalEntry.objects.get(kind="receipt")
    shares = [(desk.smith_ledger, money(cents))]
    return of_books.propose_returned_receipt(
        desk.coordinator, receipt=receipt, book_date=today(), shares=shares, advice="NSF"
    )


def text_of(response: Any) -> str:
    """Return the page as text."""
    assert isinstance(response, HttpResponse)
    return response.content.decode()


class TestReturnedReceipt:
    """It came back: recorded in full, by two people."""

    def test_leaves_a_deficit_that_was_announced(self, desk: Cast) -> None:
        desk.pay(desk.smith_ledger, 60000)
        proposal = returned(desk)
        assert "leaving a deficit of $600.00" in proposal.summary
        assert (desk.smith_ledger.balance, desk.smith_ledger.deficit) == (money(40000), money(0))
        confirm(proposal, desk.supervisor)
        assert (desk.smith_ledger.balance, desk.smith_ledger.deficit) == (money(-60000), money(60000))
        entry = JournalEntry.objects.get(kind="returned_receipt")
        assert (entry.actor, entry.second_person) == (desk.coordinator, desk.supervisor)

    def test_is_cured_by_the_firm_up_to_the_deficit(self, desk: Cast) -> None:
        desk.pay(desk.smith_ledger, 60000)
        confirm(returned(desk), desk.supervisor)
        asked: dict[str, Any] = {
            "ledger": desk.smith_ledger,
            "book_date": today(),
            "reason": "Bounced",
            "reference": "W",
        }
        with pytest.raises(CureExceedsDeficit):
            bank_events.record_cure(
                desk.coordinator, key(), amount=money(60001), operating_account_id=desk.operating.pk, **asked
            )
        typed = {"ledger": desk.smith_ledger.pk, "amount": "600.00", "book_date": today(), "reason": "Bounced"}
        short = browser_of(desk.coordinator).post(
            "/bank-events/cure/", typed | {"confirmed": "1", "idempotency_key": key()}
        )
        assert short.status_code == 409
        assert "hold only $50.00 that may be used. Deposit firm money" in text_of(short)
        assert 'href="/bank-events/firm-funds/">Deposit firm money</a>' in text_of(short)
        bank_events.record_cure(desk.coordinator, key(), amount=money(5000), operating_account_id=None, **asked)
        bank_events.record_cure(
            desk.coordinator, key(), amount=money(55000), operating_account_id=desk.operating.pk, **asked
        )
        assert (desk.smith_ledger.balance, desk.smith_ledger.deficit) == (money(0), money(0))

    def test_refuses_at_once_what_the_books_would_refuse(self, desk: Cast) -> None:
        with pytest.raises(ReturnedMoreThanReceived):
            returned(desk, 100001)
        assert not Proposal.objects.exists()

    def test_is_not_confirmed_by_who_proposed_it_nor_by_a_coordinator(self, desk: Cast) -> None:
        proposal = returned(desk)
        for person in (desk.coordinator, desk.second_coordinator, desk.attorney):
            with pytest.raises((NotAllowed, NeedsAnotherPerson)):
                proposals.confirm_with_code(proposal.pk, person, "000000", proposal.content_hash)
        assert desk.smith_ledger.balance == money(100000)

    def test_is_not_confirmed_behind_a_wall(self, desk: Cast) -> None:
        proposal = returned(desk)
        MatterWall.objects.create(
            matter=desk.smith_matter,
            person=desk.supervisor,
            reason="Conflict",
            raised_by=desk.partner,
            raised_at=proposal.proposed_at,
        )
        with pytest.raises(NotAllowed):
            confirm(proposal, desk.supervisor)
        assert desk.smith_ledger.balance == money(100000)

    def test_needs_somebody_who_could_confirm_it(self, desk: Cast) -> None:
        at = JournalEntry.objects.get(kind="receipt").posted_at
        RoleGrant.objects.filter(person__in=[desk.supervisor, desk.partner]).update(revoked_at=at)
        with pytest.raises(NobodyCanConfirm):
            returned(desk)


class TestBankCharge:
    """Out of the cushion, never out of a client's money."""

    def test_is_posted_at_once_when_the_cushion_covers_it(self, desk: Cast) -> None:
        ledger = desk.special("firm_funds")
        bank_events.record_bank_charge(
            desk.coordinator, key(), ledger=ledger, book_date=today(), amount=money(3500), advice="Fee"
        )
        assert desk.special("firm_funds").balance == money(1500)

    def test_takes_two_people_above_it(self, desk: Cast) -> None:
        asked: dict[str, Any] = {
            "ledger": desk.special("firm_funds"),
            "book_date": today(),
            "amount": money(6000),
            "advice": "Fee",
        }
        with pytest.raises(DeficitNeedsSecondPerson):
            bank_events.record_bank_charge(desk.coordinator, key(), **asked)
        confirm(of_books.propose_bank_charge(desk.coordinator, **asked), desk.partner)
        assert desk.special("firm_funds").deficit == money(1000)

    def test_is_not_recorded_by_who_may_not_record_money(self, desk: Cast) -> None:
        for person in (desk.attorney, desk.supervisor, desk.partner, desk.auditor, desk.administrator):
            with pytest.raises(NotAllowed):
                bank_events.record_bank_charge(
                    person, key(), ledger=desk.special("firm_funds"), book_date=today(), amount=money(1), advice="Fee"
                )


class TestReversal:
    """An entry that never was true."""

    def test_is_posted_at_once_and_only_once(self, desk: Cast) -> None:
        entry = JournalEntry.objects.get(kind="receipt")
        bank_events.record_reversal(desk.coordinator, key(), entry=entry, book_date=today(), reason="Twice")
        assert desk.smith_ledger.balance == money(0)
        with pytest.raises(AlreadyReversed):
            bank_events.record_reversal(desk.coordinator, key(), entry=entry, book_date=today(), reason="Twice")

    def test_takes_two_people_when_the_money_was_spent(self, desk: Cast) -> None:
        desk.pay(desk.smith_ledger, 60000)
        asked: dict[str, Any] = {
            "entry": JournalEntry.objects.get(kind="receipt"),
            "book_date": today(),
            "reason": "Never came",
        }
        with pytest.raises(DeficitNeedsSecondPerson):
            bank_events.record_reversal(desk.coordinator, key(), **asked)
        confirm(of_books.propose_reversal(desk.coordinator, **asked), desk.supervisor)
        assert desk.smith_ledger.deficit == money(60000)


class TestHolds:
    """Held by one, released by two on evidence."""

    def test_hold_disputed_money_once_per_key(self, desk: Cast) -> None:
        asked: dict[str, Any] = {"kind": "disputed", "reason": "Fee dispute", "disputed_by": "Jane Smith"}
        first = hold_money(desk.coordinator, "h", desk.smith_ledger, amount=money(30000), **asked)
        assert hold_money(desk.coordinator, "h", desk.smith_ledger, amount=money(30000), **asked) == first
        assert available_balance(desk.smith_ledger) == money(70000)
        with pytest.raises(KeyReused):
            hold_money(desk.coordinator, "h", desk.smith_ledger, amount=money(1), **asked)

    def test_are_released_on_evidence_by_a_supervisor(self, desk: Cast) -> None:
        hold = hold_money(desk.coordinator, key(), desk.smith_ledger, kind="manual", amount=money(30000), reason="Wait")
        with pytest.raises(EvidenceMissing):
            of_books.propose_release(desk.coordinator, hold=hold, evidence=" ")
        proposal = of_books.propose_release(desk.coordinator, hold=hold, evidence="Letter of the bank")
        assert held_amount(desk.smith_ledger) == money(30000)
        with pytest.raises(NotAllowed):
            confirm(proposal, desk.partner)
        confirm(proposal, desk.supervisor)
        hold.refresh_from_db()
        assert (hold.released_by, hold.release_second_person) == (desk.coordinator, desk.supervisor)
        assert held_amount(desk.smith_ledger) == money(0)


class TestPages:
    """What the coordinator types."""

    def charge(self, desk: Cast, amount: str = "35.00") -> dict[str, Any]:
        return {
            "account": desk.account.pk,
            "amount": amount,
            "book_date": today(),
            "advice": "Fee",
            "idempotency_key": key(),
        }

    def test_ask_once_more_before_they_post(self, desk: Cast) -> None:
        browser, typed = browser_of(desk.coordinator), self.charge(desk)
        page = text_of(browser.post("/bank-events/charge/", typed))
        assert "Is this right?" in page
        assert "$35.00" in page
        assert desk.special("firm_funds").balance == money(5000)
        answer = browser.post("/bank-events/charge/", typed | {"confirmed": "1"})
        assert answer.status_code == 302
        assert desk.special("firm_funds").balance == money(1500)
        browser.post("/bank-events/charge/", typed | {"confirmed": "1"})
        assert desk.special("firm_funds").balance == money(1500)

    def test_go_back_with_everything_typed(self, desk: Cast) -> None:
        page = text_of(browser_of(desk.coordinator).post("/bank-events/charge/", self.charge(desk) | {"back": "1"}))
        assert 'value="35.00"' in page

    def test_offer_to_propose_what_takes_two_people(self, desk: Cast) -> None:
        browser, typed = browser_of(desk.coordinator), self.charge(desk, "60.00") | {"confirmed": "1"}
        answer = browser.post("/bank-events/charge/", typed)
        assert answer.status_code == 409
        assert "Propose for confirmation" in text_of(answer)
        answer = browser.post("/bank-events/charge/", typed | {"propose": "1"})
        assert answer["Location"] == f"/proposals/{Proposal.objects.get().pk}/"
        page = text_of(browser_of(desk.supervisor).get(answer["Location"]))
        assert "Leaves a deficit of" in page
        assert "$10.00" in page

    @pytest.mark.parametrize("name", ["charge", "interest", "sweep", "firm-funds", "cure", "other"])
    def test_open_and_say_what_is_missing(self, desk: Cast, name: str) -> None:
        browser = browser_of(desk.coordinator)
        assert browser.get(f"/bank-events/{name}/").status_code == 200
        assert browser.post(f"/bank-events/{name}/", {"confirmed": "1"}).status_code == 422

    def test_cure_the_ledger_whose_card_led_there(self, desk: Cast) -> None:
        desk.pay(desk.smith_ledger, 60000)
        confirm(returned(desk), desk.supervisor)
        browser = browser_of(desk.coordinator)
        address = f"/bank-events/cure/?ledger={desk.smith_ledger.pk}"
        assert address in text_of(browser.get(f"/client-ledgers/{desk.smith_ledger.pk}/"))
        page = text_of(browser.get(address))
        assert f'<option value="{desk.smith_ledger.pk}" selected>' in page
        assert "deficit $600.00" in page

    def test_hold_nothing_until_a_day_that_is_over(self, desk: Cast) -> None:
        typed = {"matter": "2026-0142", "kind": "manual", "amount": "5.00", "reason": "Lien", "until": today()}
        page = text_of(browser_of(desk.coordinator).post("/holds/new/", typed | {"idempotency_key": str(key())}))
        assert "Choose a later one" in page
        asked = {"ledger": desk.smith_ledger.pk, "kind": "manual", "amount": "5.00", "reason": "Lien", "until": today()}
        answer = browser_of(desk.coordinator).post(
            "/api/v1/holds", asked, content_type="application/json", headers={"idempotency-key": str(key())}
        )
        assert (answer.status_code, list(answer.json()["facts"])) == (400, ["until"])
        assert held_amount(desk.smith_ledger) == money(0)

    def test_record_interest_and_its_sweep(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        browser.post("/bank-events/interest/", self.charge(desk, "12.34") | {"confirmed": "1"})
        assert desk.special("interest_due").balance == money(1234)
        browser.post("/bank-events/sweep/", self.charge(desk, "12.34") | {"confirmed": "1"})
        assert desk.special("interest_due").balance == money(0)

    def test_take_interest_of_an_individual_account_to_its_client(self, desk: Cast) -> None:
        own = open_trust_account(
            name="Smith own",
            kind="individual",
            title="Whitfield & Marsh Trust Account for Jane Smith",
            bank_name="First",
            state="NY",
            routing_number="021000021",
            account_number="5512345",
            opened_date=desk.start,
            client=desk.smith,
        )
        set_matter_accounts(desk.smith_matter, [desk.account, own], desk.account)
        desk.receive(desk.smith_matter, 5000, account=own)
        browser, typed = browser_of(desk.coordinator), self.charge(desk, "1.00") | {"account": own.pk, "confirmed": "1"}
        assert "choose the matter" in text_of(browser.post("/bank-events/interest/", typed))
        browser.post("/bank-events/interest/", typed | {"matter": "2026-0142"})
        assert desk.ledger(desk.smith_matter, own).balance == money(5100)

    def test_propose_a_returned_receipt_and_reverse_an_entry(self, desk: Cast) -> None:
        browser, receipt = browser_of(desk.coordinator), JournalEntry.objects.get(kind="receipt")
        page = text_of(browser.get(f"/entries/{receipt.pk}/returned/"))
        assert "Came back of 2026-0142" in page
        typed = {f"line_{desk.smith_ledger.pk}": "10", "book_date": today(), "advice": "NSF", "idempotency_key": key()}
        answer = browser.post(f"/entries/{receipt.pk}/returned/", typed | {"confirmed": "1"})
        assert answer["Location"] == f"/proposals/{Proposal.objects.get().pk}/"
        typed = {"reason": "Entered twice", "book_date": today(), "idempotency_key": key()}
        answer = browser.post(f"/entries/{receipt.pk}/reverse/", typed | {"confirmed": "1"})
        assert answer["Location"] == f"/entries/{JournalEntry.objects.get(kind='reversal').pk}/"

    def test_propose_another_bank_event(self, desk: Cast) -> None:
        typed = {
            "account": desk.account.pk,
            "where": "matter",
            "matter": "2026-0142",
            "direction": "-1",
            "amount": "9.00",
            "book_date": today(),
            "advice": "Check 1001 paid for 409.00",
            "confirmed": "1",
            "idempotency_key": key(),
        }
        browser_of(desk.coordinator).post("/bank-events/other/", typed)
        confirm(Proposal.objects.get(), desk.partner)
        assert desk.smith_ledger.balance == money(99100)

    def test_hold_and_propose_a_release(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        typed = {
            "matter": "2026-0142",
            "kind": "disputed",
            "amount": "300",
            "reason": "Fee dispute",
            "idempotency_key": key(),
        }
        assert "Say who disputes the money" in text_of(browser.post("/holds/new/", typed))
        typed |= {"disputed_by": "Jane Smith", "idempotency_key": key()}
        assert browser.post("/holds/new/", typed)["Location"] == "/holds/"
        hold = Hold.objects.get()
        assert "Disputed by Jane Smith" in text_of(browser.get("/holds/"))
        browser.post(f"/holds/{hold.pk}/release/", {"evidence": "Settled"})
        assert Proposal.objects.get().kind == "ledgers.release_hold"
        assert browser.post("/holds/new/", typed | {"amount": "701", "idempotency_key": key()}).status_code == 409

    def test_are_closed_to_who_records_no_money(self, desk: Cast) -> None:
        receipt = JournalEntry.objects.get(kind="receipt")
        for person in (desk.auditor, desk.stranger):
            for path in ("/bank-events/", "/bank-events/charge/", "/holds/new/", f"/entries/{receipt.pk}/reverse/"):
                assert browser_of(person).get(path).status_code in {302, 403}

    def test_list_thirty_holds_as_cheaply_as_one(self, desk: Cast, django_assert_max_num_queries: Any) -> None:
        for _ in range(30):
            hold_money(desk.coordinator, key(), desk.smith_ledger, kind="manual", amount=money(100), reason="Lien")
        browser = browser_of(desk.auditor)
        with django_assert_max_num_queries(15):
            assert text_of(browser.get("/holds/")).count("Until it is released") == 30
