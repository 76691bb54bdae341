"""The list of ledgers, the card, and the entry behind a line."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from ledgers.models import JournalEntry
from ledgers.posting import reverse as reverse_entry
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of, give_second_factor
from tests.ledgers.walls import wall_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Client:
    return browser_of(cast.coordinator)


class TestClientLedgers:
    """The list."""

    def test_lists_balances_held_and_available_with_their_total(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000, method="check")
        cast.receive(cast.doe_matter, 75000)
        page = desk.get(reverse("client_ledgers"), {"holding": "with_money"}).text
        for shown in ("Smith v. Jones", "$1,250.00", "$750.00", "$0.00", "$2,000.00"):
            assert shown in page

    def test_finds_by_part_of_the_clients_name(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000)
        cast.receive(cast.doe_matter, 75000)
        page = desk.get(reverse("client_ledgers"), {"text": "jane smith"}).text
        assert "2026-0142" in page
        assert "2026-0143" not in page

    def test_asks_the_same_number_of_questions_for_one_ledger_and_for_many(
        self, cast: Cast, desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for matter in (cast.smith_matter, cast.doe_matter):
            for account in (cast.account, cast.second_account):
                cast.receive(matter, 100, account=account)
        desk.get(reverse("client_ledgers"))
        with django_assert_max_num_queries(12):
            desk.get(reverse("client_ledgers"))

    def test_a_walled_matter_is_neither_listed_nor_summed_nor_found_by_its_number(
        self, cast: Cast, desk: Client
    ) -> None:
        cast.receive(cast.smith_matter, 125000)
        cast.receive(cast.doe_matter, 75000)
        wall_off(cast)
        page = desk.get(reverse("client_ledgers")).text
        assert "2026-0143" not in page
        assert "$2,000.00" not in page
        assert desk.get(reverse("ledger_card", args=[cast.doe_ledger.pk])).status_code == 404

    def test_an_attorney_sees_own_matters_only(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 125000)
        give_second_factor(cast.attorney)
        give_second_factor(cast.supervisor)
        url = reverse("ledger_card", args=[cast.smith_ledger.pk])
        assert browser_of(cast.attorney).get(url).status_code == 200
        assert browser_of(cast.stranger).get(url).status_code == 403


class TestLedgerCard:
    """The card."""

    def test_shows_every_line_with_the_balance_after_it(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000, on=today() - timedelta(days=3))
        cast.pay(cast.smith_ledger, 25000)
        page = desk.get(reverse("ledger_card", args=[cast.smith_ledger.pk])).text
        for shown in ("Receipt", "Disbursement", "Court Clerk", "Filing fee", "$1,250.00", "$250.00", "$1,000.00"):
            assert shown in page

    def test_offers_to_record_a_receipt_only_to_those_who_record_money(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000)
        give_second_factor(cast.attorney)
        offer = f'href="{reverse("receipt_new")}'
        card = reverse("ledger_card", args=[cast.smith_ledger.pk])
        for address in (card, reverse("receipts"), reverse("deposit_slips")):
            assert offer in desk.get(address).text
            assert offer not in browser_of(cast.attorney).get(address).text

    def test_streams_the_same_lines_as_csv_and_records_the_export(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000)
        cast.pay(cast.smith_ledger, 25000)
        answer = desk.get(reverse("ledger_card", args=[cast.smith_ledger.pk]), {"format": "csv"})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        lines = text.splitlines()
        assert lines[0].startswith("Date,Entry,Kind")
        assert ",1250.00,,1250.00," in lines[1]
        assert ",,250.00,1000.00," in lines[2]
        from firms.models import AuditEvent

        assert AuditEvent.objects.filter(action="export").exists()


class TestEntry:
    """One entry with everything."""

    def test_shows_lines_authority_and_record(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000)
        paid = cast.pay(cast.smith_ledger, 25000)
        page = desk.get(reverse("entry", args=[paid.id])).text
        for shown in ("Smith v. Jones", "($250.00)", "Maya Okafor", "Dana Reyes", "Filing fee", "Entry hash"):
            assert shown in page

    def test_links_a_reversal_both_ways(self, cast: Cast, desk: Client) -> None:
        received = cast.receive(cast.smith_matter, 125000)
        original = JournalEntry.objects.get(pk=received.id)
        undone = reverse_entry(cast.coordinator, key(), original=original, book_date=today(), reason="Wrong matter")
        assert f"entry {undone.id}</a>" in desk.get(reverse("entry", args=[received.id])).text
        assert f"Receipt {received.id}</a>" in desk.get(reverse("entry", args=[undone.id])).text

    def test_appends_notes_which_stay_in_order(self, cast: Cast, desk: Client) -> None:
        received = cast.receive(cast.smith_matter, 125000)
        for text in ("Called the client.", "Client confirmed."):
            assert desk.post(reverse("entry_note", args=[received.id]), {"text": text}).status_code == 302
        page = desk.get(reverse("entry", args=[received.id])).text
        assert page.index("Called the client.") < page.index("Client confirmed.")
        assert "Add note" in page
        assert desk.post(reverse("entry_note", args=[received.id]), {"text": ""}).status_code == 422

    def test_lets_an_auditor_read_and_not_write(self, cast: Cast) -> None:
        received = cast.receive(cast.smith_matter, 125000)
        auditor = browser_of(cast.auditor)
        page = auditor.get(reverse("entry", args=[received.id]))
        assert page.status_code == 200
        assert "Add note" not in page.text
        assert auditor.post(reverse("entry_note", args=[received.id]), {"text": "x"}).status_code == 403

    def test_is_not_found_when_a_line_is_behind_a_wall(self, cast: Cast, desk: Client) -> None:
        received = cast.receive(cast.doe_matter, 125000)
        wall_off(cast)
        assert desk.get(reverse("entry", args=[received.id])).status_code == 404


class TestNextSteps:
    """What the card offers to whom."""

    def test_the_coordinator_may_record_and_request(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000)
        page = desk.get(reverse("ledger_card", args=[cast.smith_ledger.pk])).text
        assert f"{reverse('receipt_new')}?matter={cast.smith_matter.number}" in page
        assert f"{reverse('disbursement_new')}?matter={cast.smith_matter.number}" in page

    @pytest.mark.parametrize("name", ["receipts", "deposit_slips", "card"])
    def test_who_may_only_read_is_offered_no_step_that_would_be_refused(self, cast: Cast, name: str) -> None:
        cast.receive(cast.smith_matter, 125000)
        url = reverse("ledger_card", args=[cast.smith_ledger.pk]) if name == "card" else reverse(name)
        page = browser_of(cast.auditor).get(url)
        assert page.status_code == 200
        assert reverse("receipt_new") not in page.text
        assert reverse("disbursement_new") not in page.text
