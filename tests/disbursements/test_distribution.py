"""One payment over several invoices: previewed, posted as shown, all together or not at all."""

from functools import partial
from typing import Any

import pytest

from billing.allocation import AllocationRefused
from billing.invoicing import void
from billing.models import Invoice
from disbursements.distribution import (
    Asked,
    DistributionChanged,
    DistributionOverAvailable,
    Way,
    distribute,
    distribution,
    hash_of,
    ready_fees,
    usual,
)
from disbursements.earned_fees import follow_all, pay, transfer
from disbursements.fee_queries import due_authorizations
from disbursements.models import FeeAuthorization, FeeTransfer
from firms.models import Firm
from firms.refusals import NotAllowed, Refusal
from ledgers.models import JournalEntry
from ledgers.money import Money, cents_of, money
from ledgers.refusals import KeyReused
from tests.cast import Cast, key
from tests.disbursements.earning import approved, authorized, invoiced
from tests.disbursements.test_fee_races import books_agree
from tests.faults.crowd import at_once
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def short(desk: Cast) -> Cast:
    """Doe has three invoices over $300.00, $100.00 and $50.01, ready to be paid, and $150.00 to pay them with."""
    desk.receive(desk.doe_matter, 100)
    desk.pay(desk.doe_ledger, 100)
    for cents in (30000, 10000, 5001):
        ready(desk, cents)
    desk.receive(desk.doe_matter, 15000)
    return desk


def ready(cast: Cast, cents: int) -> FeeAuthorization:
    """Return an authorization whose conditions are there while there is no money."""
    invoice = invoiced(cast, cents, matter=cast.doe_matter)
    approved(cast, invoice)
    return authorized(cast, invoice)


def shares(cast: Cast, asked: Asked) -> list[int]:
    """Return what each invoice would get, in cents."""
    return [cents_of(one.share) for one in distribution(cast.doe_ledger, asked)]


def posted(cast: Cast, asked: Asked, by_key: str = "", by: Any = None) -> list[int]:
    """Distribute what was just shown."""
    shown = hash_of(cast.doe_ledger, distribution(cast.doe_ledger, asked))
    return distribute(by or cast.coordinator, by_key or key(), cast.doe_ledger, asked, shown)


def paid() -> list[int]:
    """Return what is paid of each of Doe's invoices, in cents."""
    return [cents_of(one.paid) for one in Invoice.objects.filter(matter__number="2026-0143").order_by("pk")]


def chosen(*cents: int) -> Asked:
    """Choose amounts, in the order of the invoices."""
    found = Invoice.objects.filter(matter__number="2026-0143").order_by("pk")
    amounts = {one.pk: money(amount) for one, amount in zip(found, cents, strict=True)}
    return Asked(money(sum(cents)), Way.CHOSEN, amounts)


class TestWhatEachGets:
    def test_is_oldest_first_equal_or_chosen_and_exact(self, short: Cast) -> None:
        assert usual(short.doe_ledger).amount == money(15000)
        assert shares(short, Asked(money(15000))) == [15000, 0, 0]
        assert shares(short, Asked(money(14000), Way.EQUAL)) == [9333, 3111, 1556]
        assert shares(short, chosen(0, 10000, 1)) == [0, 10000, 1]

    def test_is_never_more_than_is_available_or_due(self, short: Cast) -> None:
        with pytest.raises(DistributionOverAvailable, match=r"\$150\.01 was asked for, but \$150\.00 is available"):
            distribution(short.doe_ledger, Asked(money(15001)))
        with pytest.raises(AllocationRefused):
            distribution(short.doe_ledger, chosen(0, 10001, 0))
        with pytest.raises(AllocationRefused):
            distribution(short.doe_ledger, Asked(money(0)))
        short.receive(short.doe_matter, 100000)
        with pytest.raises(AllocationRefused, match=r"only \$450\.01 is open"):
            distribution(short.doe_ledger, Asked(money(45002)))

    def test_counts_only_what_attorney_and_client_agreed_to(self, short: Cast) -> None:
        before = len(ready_fees(short.doe_ledger))
        invoiced(short, matter=short.doe_matter)
        authorized(short, invoiced(short, matter=short.doe_matter))
        approved(short, Invoice.objects.get(pk=ready_fees(short.doe_ledger)[0].invoice_id), "objected")
        assert len(ready_fees(short.doe_ledger)) == before - 1


class TestPosting:
    def test_is_one_entry_per_invoice_in_one_batch_and_once(self, short: Cast) -> None:
        asked = Asked(money(14000), Way.EQUAL)
        shown = hash_of(short.doe_ledger, distribution(short.doe_ledger, asked))
        entries = distribute(short.coordinator, "one", short.doe_ledger, asked, shown)
        assert distribute(short.coordinator, "one", short.doe_ledger, asked, shown) == entries
        assert paid() == [9333, 3111, 1556]
        made = JournalEntry.objects.filter(pk__in=entries)
        assert (made.count(), made.values("bank_item").distinct().count()) == (3, 1)
        assert short.doe_ledger.balance == money(1000)
        with pytest.raises(KeyReused):
            posted(short, Asked(money(500)), "one")

    def test_refuses_what_was_not_shown_and_writes_nothing(self, short: Cast) -> None:
        asked = Asked(money(15000), Way.EQUAL)
        shown = hash_of(short.doe_ledger, distribution(short.doe_ledger, asked))
        last = ready_fees(short.doe_ledger)[-1].invoice
        void(short.coordinator, last, Invoice.objects.get(pk=last.pk).version, "Wrong")
        with pytest.raises(DistributionChanged):
            distribute(short.coordinator, key(), short.doe_ledger, asked, shown)
        with pytest.raises(DistributionChanged):
            distribute(short.coordinator, key(), short.doe_ledger, asked, "")
        with pytest.raises(NotAllowed):
            posted(short, Asked(money(100)), by=short.attorney)
        assert not FeeTransfer.objects.exists()

    def test_is_all_or_nothing(self, short: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        took = []

        def dies(*said: Any) -> int | None:
            took.append(said)
            if len(took) == 2:
                raise RuntimeError("the power went")
            return pay(*said)

        monkeypatch.setattr("disbursements.distribution.pay", dies)
        with pytest.raises(RuntimeError):
            posted(short, Asked(money(15000), Way.EQUAL))
        assert (FeeTransfer.objects.count(), short.doe_ledger.balance) == (0, money(15000))


class TestThePolicyOfTheFirm:
    def test_leaves_too_little_money_to_a_coordinator(self, short: Cast) -> None:
        Firm.objects.update(fees_distributed_by_hand=True)
        assert (due_authorizations(), follow_all(), paid()) == ([], 0, [0, 0, 0])
        ready(short, 5000)  # what becomes ready now does not take the others' money
        assert sum(paid()) == 0
        first = ready_fees(short.doe_ledger)[0].invoice_id
        shown = browser_of(short.coordinator).get(f"/invoices/{first}/").content.decode()
        assert ("Waits to be distributed" in shown, "Pay several invoices…" in shown) == (True, True)
        posted(short, Asked(money(15000), Way.EQUAL))
        short.receive(short.doe_matter, 100000)  # enough for all: it follows by itself
        follow_all()
        assert not ready_fees(short.doe_ledger)

    def test_is_oldest_first_by_itself_otherwise(self, short: Cast) -> None:
        assert (follow_all(), paid()) == (1, [15000, 0, 0])


class TestThePage:
    def test_shows_and_posts_exactly_that(self, short: Cast) -> None:
        browser, url = browser_of(short.coordinator), f"/client-ledgers/{short.doe_ledger.pk}/fees/"
        page = browser.get(url)
        assert "Transfer $150.00" in page.content.decode()
        said = {"way": "equal", "amount": "140.00"}
        page = browser.get(url, said)
        assert "$93.33" in page.content.decode()
        said |= {"shown_hash": page.context["shown_hash"], "idempotency_key": key()}
        for _ in range(2):  # pressed twice
            answer = browser.post(url, said, follow=True)
            assert "$140.00 paid from trust in 3 transfers." in answer.content.decode()
        assert paid() == [9333, 3111, 1556]

    def test_takes_chosen_amounts_twice_pressed_once(self, short: Cast) -> None:
        browser, url = browser_of(short.coordinator), f"/client-ledgers/{short.doe_ledger.pk}/fees/"
        numbers = [one.invoice_id for one in ready_fees(short.doe_ledger)]
        said = {"way": "chosen", "amount": "", f"share_{numbers[1]}": "100.00", f"share_{numbers[2]}": "0.01"}
        page = browser.get(url, said)
        assert "Transfer $100.01" in page.content.decode()
        said |= {"shown_hash": page.context["shown_hash"], "idempotency_key": key()}
        for _ in range(2):
            assert browser.post(url, said).status_code == 302
        assert paid() == [0, 10000, 1]

    def test_refuses_in_words(self, short: Cast) -> None:
        browser, url = browser_of(short.coordinator), f"/client-ledgers/{short.doe_ledger.pk}/fees/"
        page = browser.get(url, {"way": "oldest", "amount": "150.01"}).content.decode()
        assert ("is available in the ledger" in page, "Transfer $" in page) == (True, False)
        assert browser.get(url, {"way": "oldest", "amount": "x"}).status_code == 422
        assert browser.get(url, {"way": "sideways"}).status_code == 422
        assert browser.post(url, {"way": "oldest", "amount": "10", "shown_hash": "x"}).status_code == 409
        assert browser_of(short.attorney).get(url).status_code == 403
        special = short.special("firm_funds").pk
        assert browser.get(f"/client-ledgers/{special}/fees/").status_code == 404


class TestTheApi:
    def test_does_the_same(self, short: Cast) -> None:
        browser, url = browser_of(short.coordinator), f"/api/v1/client-ledgers/{short.doe_ledger.pk}/fee-distribution"
        shown = browser.get(url, {"way": "equal", "amount": "140.00"}).json()
        assert [one["share"] for one in shown["shares"]] == ["93.33", "31.11", "15.56"]
        said = {"amount": "140.00", "way": "equal", "content_hash": shown["content_hash"]}
        answers = [browser.post(url, said, "application/json", headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert len(answers[0].json()["entries"]) == 3
        rest = shown["shares"][0]["invoice"]
        said = {"amount": "10.00", "way": "chosen", "shares": [{"invoice": rest, "amount": "10.00"}]}
        assert browser.post(url, said, "application/json", headers={"Idempotency-Key": "l"}).status_code == 200
        again = browser.post(url, said, "application/json", headers={"Idempotency-Key": "m"})
        assert (again.status_code, again.json()["code"]) == (409, "distribution_over_available")


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_distribute_once_and_never_too_much(self, short: Cast) -> None:
        asked = Asked(money(10000), Way.EQUAL)
        shown = hash_of(short.doe_ledger, distribution(short.doe_ledger, asked))
        for place in range(15):
            works = [
                partial(distribute, by, key(), short.doe_ledger, asked, shown)
                for by in (short.coordinator, short.second_coordinator)
            ]
            results = at_once(*works)
            lost = [one for one in results if isinstance(one, Refusal)]
            assert [type(one) for one in lost] in ([DistributionChanged], [DistributionOverAvailable]), results
            assert sum(cents_of(one.amount) for one in FeeTransfer.objects.all()) == 10000 * (place + 1)
            asked, shown = next_round(short, asked.amount)
        books_agree()

    def test_distribution_and_transfer_take_what_is_there(self, short: Cast) -> None:
        for _ in range(5):
            asked = Asked(money(15000), Way.EQUAL)
            shown = hash_of(short.doe_ledger, distribution(short.doe_ledger, asked))
            first = ready_fees(short.doe_ledger)[0]
            at_once(
                partial(distribute, short.coordinator, key(), short.doe_ledger, asked, shown),
                partial(transfer, short.second_coordinator, key(), first.invoice),
            )
            ready(short, 15000)
            short.receive(short.doe_matter, 15000 - cents_of(short.doe_ledger.balance))
        books_agree()


def next_round(cast: Cast, amount: Money) -> tuple[Asked, str]:
    """Give the ledger money and invoices for another round."""
    if rest := cents_of(cast.doe_ledger.balance):
        cast.pay(cast.doe_ledger, rest)
    ready(cast, 20000)
    cast.receive(cast.doe_matter, 10000)
    asked = Asked(amount, Way.EQUAL)
    return asked, hash_of(cast.doe_ledger, distribution(cast.doe_ledger, asked))
