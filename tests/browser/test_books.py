"""The pages of the books, filled: clean at both widths."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ledgers.models import BankItem, JournalEntry
from ledgers.money import money
from ledgers.notes import append_note
from ledgers.parties import create_client, create_matter
from ledgers.posting import Share, post_bank_charge, post_firm_funds_deposit, return_receipt
from ledgers.receipts import Receipt, record_receipt
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast, key, today

CLIENTS = (
    ("Kestrel Holdings LLC", "Acquisition of 48 Mercer Street"),
    ("Marta Halvorsen", "Estate of Halvorsen"),
    ("Okonkwo Family Trust", "Okonkwo v. Bayside Transit"),
    ("Li Wei", "Immigration, EB-1"),
    ("Brightwater Farms Inc.", "Water rights, Delaware County"),
)


@pytest.fixture
def busy(transactional_db: None, cast: Cast) -> Cast:
    """Two months of a small firm, with a bounced check."""
    matters = [cast.smith_matter, cast.doe_matter]
    for place, (name, text) in enumerate(CLIENTS):
        matters.append(
            create_matter(
                number=f"2026-0{210 + place}",
                client=create_client(name=name),
                description=text,
                accounts=[cast.account, cast.second_account],
                responsible_attorney=cast.attorney,
                opened_date=cast.start,
            )
        )
    for place, matter in enumerate(matters):
        for back in (50, 30, 12, 3):
            receive(
                cast,
                Share(matter, money(125000 + 31517 * place + back * 913)),
                f"Client {place}",
                str(5000 + place * 10 + back),
                back,
            )
        cast.pay(cast.ledger(matter), 4250 + place * 1990, today() - timedelta(days=2))
    bounced = receive(cast, Share(cast.doe_matter, money(900000)), "Hollow & Sons", "9917", 9)
    cast.pay(cast.doe_ledger, 1200000, today() - timedelta(days=1))
    firm_money(cast)
    return_receipt(
        cast.coordinator,
        key(),
        receipt=JournalEntry.objects.get(pk=bounced),
        book_date=today(),
        shares=[Share(cast.doe_ledger, money(900000))],
        advice="Returned item: insufficient funds",
        second_person=cast.supervisor,
    )
    append_note(cast.coordinator, JournalEntry.objects.get(pk=bounced), "The payer says a new check is in the mail.")
    receive(cast, Share(cast.special("unidentified"), money(48000)), "Unknown sender", "ACH 22", 1, method="ach")
    return cast


def receive(cast: Cast, share: Share, payer: str, reference: str, days_ago: int, method: str = "check") -> int:
    on = today() - timedelta(days=days_ago)
    receipt = Receipt(
        cast.account, on, method if days_ago < 9 else "wire", payer, (share,), reference, is_no_repeat=True
    )
    return record_receipt(cast.coordinator, key(), receipt).id


def firm_money(cast: Cast) -> None:
    ledger, on = cast.special("firm_funds"), today() - timedelta(days=20)
    post_firm_funds_deposit(
        cast.coordinator, key(), ledger=ledger, book_date=on, amount=money(20000), method="ach", reference="FF-1"
    )
    post_bank_charge(cast.coordinator, key(), ledger=ledger, book_date=on, amount=money(1500), advice="Wire fee")


def test_a_report_whose_day_cannot_be_read_is_clean(page_as: PageAs, cast: Cast) -> None:
    page = page_as(cast.coordinator, "/receipts/")
    page.goto(reverse("trust_listing") + "?on_date=2026-02-30")
    assert page.get_by_text("Nothing is shown, so that no figures of another day are taken for these.").is_visible()
    assert page.get_by_label("As of").input_value() == "2026-02-30"
    assert page.locator("table").count() == 0
    assert_clean(page, "books-unread", status=422)


def test_every_page_of_the_books_is_clean(page_as: PageAs, busy: Cast) -> None:
    slip = BankItem.objects.filter(kind="deposit_slip").latest("pk")
    returned = JournalEntry.objects.get(kind="returned_receipt")
    paid = JournalEntry.objects.filter(kind="disbursement").latest("pk")
    addresses = {
        "receipt-new": reverse("receipt_new"),
        "receipts": reverse("receipts"),
        "deposit-slips": reverse("deposit_slips"),
        "deposit-slip": reverse("deposit_slip", args=[slip.pk]),
        "deposit-slip-close": reverse("deposit_slip_close", args=[slip.pk]),
        "client-ledgers": reverse("client_ledgers"),
        "card": reverse("ledger_card", args=[busy.smith_ledger.pk]),
        "card-deficit": reverse("ledger_card", args=[busy.doe_ledger.pk]),
        "entry-paid": reverse("entry", args=[paid.pk]),
        "entry-returned": reverse("entry", args=[returned.pk]),
        "entry-noted": reverse("entry", args=[returned.relates_to_id]),
        "trust-accounts": reverse("trust_accounts"),
        "trust-account": reverse("trust_account", args=[busy.account.pk]),
        "reports": reverse("reports"),
        "trust-listing": reverse("trust_listing"),
        "trial-balance": reverse("trial_balance"),
        "receipts-journal": reverse("receipts_journal") + "?from_date=2026-01-01",
        "search": reverse("search") + "?q=smith",
    }
    page = page_as(busy.coordinator, "/receipts/")
    for name, address in addresses.items():
        page.goto(address)
        assert_clean(page, f"books-{name}")
