"""The pages on which receipts are recorded, as people use them without JavaScript."""

import pytest
from django.test import Client
from django.urls import reverse

from ledgers.models import BankItem, JournalEntry
from ledgers.money import money
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of
from tests.ledgers.walls import wall_off

pytestmark = pytest.mark.django_db


def typed(cast: Cast, *splits: tuple[str, str], **changes: object) -> dict[str, object]:
    """Return a receipt as the form sends it."""
    rows = {
        f"split-{n}-{name}": value
        for n, row in enumerate(splits)
        for name, value in zip(("matter", "amount"), row, strict=True)
    }
    form = {
        "payer": "Acme Insurance",
        "reference": "5531",
        "method": "check",
        "book_date": today().isoformat(),
        "account": cast.account.pk,
        "slip": "auto",
        "idempotency_key": key(),
        "split-TOTAL_FORMS": len(splits),
        "split-INITIAL_FORMS": 0,
    }
    return {**form, **rows, **changes}


@pytest.fixture
def desk(cast: Cast) -> Client:
    return browser_of(cast.coordinator)


class TestRecordReceipt:
    """The form."""

    def test_posts_one_entry_split_over_two_matters_on_a_new_deposit_slip(self, cast: Cast, desk: Client) -> None:
        answer = desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", "1,250.00"), ("2026-0143", "750")))
        assert answer.status_code == 302
        entry = JournalEntry.objects.get()
        assert (entry.bank_amount, cast.smith_ledger.balance, cast.doe_ledger.balance) == (
            money(200000),
            money(125000),
            money(75000),
        )
        assert entry.bank_item == BankItem.objects.get(kind="deposit_slip", closed_at=None)

    def test_counts_once_when_the_same_form_is_sent_twice(self, cast: Cast, desk: Client) -> None:
        form = typed(cast, ("2026-0142", "10.00"))
        desk.post(reverse("receipt_new"), form)
        assert desk.post(reverse("receipt_new"), form).status_code == 302
        assert cast.smith_ledger.balance == money(1000)

    def test_asks_before_posting_what_looks_like_a_repeat_and_then_posts_it(self, cast: Cast, desk: Client) -> None:
        desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", "10.00")))
        again = typed(cast, ("2026-0142", "10.00"))
        asked = desk.post(reverse("receipt_new"), again)
        assert asked.status_code == 409
        assert JournalEntry.objects.count() == 1
        assert "Is this the same money twice?" in asked.text
        assert "Acme Insurance" in asked.text
        assert desk.post(reverse("receipt_new"), {**again, "is_no_repeat": "on"}).status_code == 302
        assert cast.smith_ledger.balance == money(2000)

    def test_keeps_saying_what_a_chosen_matter_holds_when_a_row_is_added(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 1000)
        form = typed(cast, ("2026-0142", "10.00"), add_split="1")
        assert (
            'data-combobox-label="Smith v. Jones · Jane Smith · $10.00 in IOLTA'
            in desk.post("/receipts/new/", form).text
        )
        assert "data-combobox-label" not in desk.get("/receipts/new/").text

    def test_says_what_a_date_before_the_account_was_opened_means(self, cast: Cast, desk: Client) -> None:
        early = desk.post("/receipts/new/", typed(cast, ("2026-0142", "10.00"), book_date="2025-11-03"))
        assert early.status_code == 409
        assert "is before IOLTA was opened in these books. Use a date on or after its opening" in early.text

    def test_keeps_everything_typed_when_it_cannot_be_read(self, cast: Cast, desk: Client) -> None:
        answer = desk.post(reverse("receipt_new"), typed(cast, ("2026-9999", "12x")))
        assert answer.status_code == 422
        assert JournalEntry.objects.count() == 0
        for kept in ("Acme Insurance", "5531", "2026-9999", "12x", "There is no matter", "is not an amount"):
            assert kept in answer.text

    def test_keeps_everything_typed_when_the_books_refuse(self, cast: Cast, desk: Client) -> None:
        answer = desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", "10.00"), book_date="2031-01-02"))
        assert answer.status_code == 409
        assert "is after today" in answer.text
        assert "Acme Insurance" in answer.text
        assert BankItem.objects.count() == 0, "no empty slip is left behind"

    def test_adds_a_row_without_judging_what_is_not_finished(self, cast: Cast, desk: Client) -> None:
        answer = desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", ""), add_split="1"))
        assert answer.status_code == 200
        assert 'name="split-1-matter"' in answer.text
        assert "2026-0142" in answer.text
        assert "Please look" not in answer.text

    def test_keeps_money_without_a_matter_in_unidentified_receipts(self, cast: Cast, desk: Client) -> None:
        desk.post(reverse("receipt_new"), typed(cast, ("", "99.00"), is_unidentified="on"))
        assert cast.special("unidentified").balance == money(9900)

    def test_does_not_know_a_matter_behind_a_wall(self, cast: Cast, desk: Client) -> None:
        wall_off(cast)
        answer = desk.post(reverse("receipt_new"), typed(cast, ("2026-0143", "10.00")))
        assert answer.status_code == 422
        assert "There is no matter" in answer.text

    @pytest.mark.parametrize("who", ["attorney", "auditor", "partner", "administrator", "stranger"])
    def test_is_open_to_coordinators_only(self, cast: Cast, who: str) -> None:
        answer = browser_of(getattr(cast, who)).get(reverse("receipt_new"))
        assert answer.status_code in {302, 403}
        assert "Record a receipt" not in answer.text

    def test_tells_the_hold_before_it_is_recorded(self, cast: Cast, desk: Client) -> None:
        answer = desk.post(reverse("receipt_outlook"), typed(cast, ("2026-0142", "1,250.00"), ("2026-0143", "750")))
        assert "$2,000.00" in answer.text
        assert "5 business days" in answer.text
        wire = desk.post(reverse("receipt_outlook"), typed(cast, ("2026-0142", "1"), method="wire"))
        assert "No hold" in wire.text
        assert JournalEntry.objects.count() == 0


class TestMatterPicker:
    """The list one chooses a matter from by typing."""

    def test_finds_by_client_and_tells_what_is_held(self, cast: Cast, desk: Client) -> None:
        cast.receive(cast.smith_matter, 125000)
        (found,) = desk.get(reverse("matter_options"), {"q": "jane sm"}).json()["results"]
        assert (found["value"], found["label"]) == ("2026-0142", "Smith v. Jones")
        assert found["detail"] == "Jane Smith · $1,250.00 in IOLTA"

    def test_does_not_offer_a_walled_matter(self, cast: Cast, desk: Client) -> None:
        wall_off(cast)
        assert [m["value"] for m in desk.get(reverse("matter_options")).json()["results"]] == ["2026-0142"]


class TestDepositSlips:
    """Slips gather checks and cash until they go to the bank."""

    def test_gathers_checks_until_it_is_sent_and_then_a_new_one_starts(self, cast: Cast, desk: Client) -> None:
        desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", "10.00")))
        desk.post(reverse("receipt_new"), typed(cast, ("2026-0143", "20.00"), reference="5532"))
        slip = BankItem.objects.get()
        shown = desk.get(reverse("deposit_slip", args=[slip.pk]))
        assert "$30.00" in shown.text
        assert "5531" in shown.text
        assert (
            desk.post(reverse("deposit_slip_close", args=[slip.pk]), {"date": today().isoformat()}).status_code == 302
        )
        desk.post(reverse("receipt_new"), typed(cast, ("2026-0143", "30.00"), reference="5533"))
        assert BankItem.objects.count() == 2
        again = desk.post(reverse("deposit_slip_close", args=[slip.pk]), {"date": today().isoformat()})
        assert again.status_code == 409
        assert "has gone to the bank" in again.text

    def test_leaves_wires_alone(self, cast: Cast, desk: Client) -> None:
        desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", "10.00"), method="wire"))
        assert BankItem.objects.count() == 0
        assert JournalEntry.objects.get().bank_item is None

    def test_lists_slips_with_their_sums(self, cast: Cast, desk: Client) -> None:
        desk.post(reverse("receipt_new"), typed(cast, ("2026-0142", "10.00")))
        assert "$10.00" in desk.get(reverse("deposit_slips")).text
