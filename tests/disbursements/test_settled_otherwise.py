"""What of a settlement left by a payment that names no statement: recorded by one person, confirmed by another."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from billing.settlement_models import SettlementLine, SettlementStatement
from billing.settlements import void_settlement
from disbursements.models import SettledOtherwise, SettledOtherwiseTakenBack
from disbursements.settled_otherwise import payments_otherwise, propose_settled_otherwise, propose_taking_back
from disbursements.settlement_queries import Part, left_of, standing_of, unpaid_settlements
from disbursements.settlement_refusals import (
    SettledOtherwiseIncomplete,
    SettlementIsPaid,
    SettlementLinePaid,
    SettlementMoneyNotLeft,
    SettlementNotPayable,
    TakenBackAlready,
    TakingBackSaysWhy,
)
from firms import proposals
from firms.models import Person, Proposal
from firms.refusals import NotAllowed
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.posting import post_disbursement, reverse
from tests.billing.settling import GROSS, LIEN, SHARE, issued
from tests.cast import Cast, key, today
from tests.disbursements.settling import ask_for, authorized, signed
from tests.firms.cast import browser_of, code_of
from tests.ledgers.opening import code_for
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db
EVIDENCE = "Ledger card; receipt of the client in file 12"
MISTAKE = "The payment was for the hospital of another accident"


@pytest.fixture
def recovered(desk: Cast) -> Cast:
    """Hold the recovery for Smith, beside the 1,000.00 of the desk."""
    desk.receive(desk.smith_matter, GROSS)
    return desk


def left(cast: Cast, cents: int) -> JournalEntry:
    """Pay out of Smith's ledger by a payment that names no statement."""
    return JournalEntry.objects.get(pk=cast.pay(cast.smith_ledger, cents).id)


def lien_of(it: SettlementStatement) -> Part:
    return Part(it, SettlementLine.objects.get(statement=it, kind="lien"))


def proposed(cast: Cast, part: Part, entry: JournalEntry, cents: int, by: Person | None = None) -> Proposal:
    return propose_settled_otherwise(by or cast.coordinator, part, entry, money(cents), EVIDENCE)


def confirmed(cast: Cast, proposal: Proposal, by: Person | None = None, step: int = 0) -> Proposal:
    who = by or cast.supervisor
    return proposals.confirm_with_code(proposal.pk, who, code_of(who, step), proposal.content_hash)


def agreed(cast: Cast, proposal: Proposal) -> Proposal:
    """Let the supervisor confirm, whose second factor is tested above: each code counts once."""
    return proposals.confirm(proposal.pk, cast.supervisor, code_for(cast.supervisor, proposal))


class TestALineSettledOtherwise:
    def test_counts_once_two_people_said_so_and_the_statement_ends(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        lien, share = left(recovered, LIEN), left(recovered, SHARE)
        first = proposed(recovered, lien_of(it), lien, LIEN)
        assert left_of(lien_of(it)) == money(LIEN)
        confirmed(recovered, first)
        assert left_of(lien_of(it)) == money(0)
        assert [vars(one)["unpaid"] for one in unpaid_settlements(it.matter)] == [money(SHARE)]
        confirmed(recovered, proposed(recovered, Part(it), share, SHARE), step=1)
        assert standing_of(it).has_ended
        assert not unpaid_settlements(it.matter).exists()
        assert SettledOtherwise.objects.get(line__isnull=True).proposal.decided_by == recovered.supervisor

    def test_may_be_a_part_of_it(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, LIEN)
        confirmed(recovered, proposed(recovered, lien_of(it), entry, 300_000))
        assert left_of(lien_of(it)) == money(LIEN - 300_000)
        assert [vars(one)["free"] for one in payments_otherwise(recovered.coordinator, it)] == [money(500_000)]
        with pytest.raises(SettlementMoneyNotLeft) as refusal:
            proposed(recovered, Part(it), entry, 500_001)
        assert "$5,000.01 for Jane Smith" in refusal.value.detail
        assert "but $5,000.00 left the matter" in refusal.value.detail

    def test_counts_no_more_once_the_payment_is_reversed(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, LIEN)
        confirmed(recovered, proposed(recovered, lien_of(it), entry, LIEN))
        reverse(recovered.coordinator, key(), original=entry, book_date=today(), reason="Check came back")
        assert left_of(lien_of(it)) == money(LIEN)
        assert not payments_otherwise(recovered.coordinator, it).exists()

    def test_keeps_the_statement_from_becoming_void(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, LIEN)
        confirmed(recovered, proposed(recovered, lien_of(it), entry, LIEN))
        with pytest.raises(SettlementIsPaid):
            void_settlement(recovered.coordinator, it, it.version, "New offer")

    def test_is_not_paid_again_by_the_statement(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        confirmed(recovered, proposed(recovered, lien_of(it), left(recovered, LIEN), LIEN))
        with pytest.raises(SettlementLinePaid):
            ask_for(recovered, lien_of(it), 1)


class TestTakenBack:
    def settled(self, cast: Cast) -> tuple[SettlementStatement, SettledOtherwise]:
        it = signed(cast)
        authorized(cast, it)
        agreed(cast, proposed(cast, lien_of(it), left(cast, LIEN), LIEN))
        return it, SettledOtherwise.objects.select_related("statement", "entry", "line").latest("pk")

    def test_is_left_to_pay_again_once_two_people_said_so(self, recovered: Cast) -> None:
        it, one = self.settled(recovered)
        made = propose_taking_back(recovered.coordinator, one, MISTAKE)
        assert left_of(lien_of(it)) == money(0)
        agreed(recovered, made)
        assert left_of(lien_of(it)) == money(LIEN)
        assert [vars(each)["free"] for each in payments_otherwise(recovered.coordinator, it)] == [money(LIEN)]
        assert ask_for(recovered, lien_of(it), LIEN).settlement_id == it.pk
        shown = browser_of(recovered.coordinator).get(f"/settlements/{it.pk}/").content.decode()
        assert "Not settled after all" in shown
        assert MISTAKE in shown
        assert "settled otherwise</a>" not in shown

    def test_may_be_settled_by_the_same_payment_again(self, recovered: Cast) -> None:
        it, one = self.settled(recovered)
        agreed(recovered, propose_taking_back(recovered.coordinator, one, MISTAKE))
        agreed(recovered, proposed(recovered, lien_of(it), one.entry, LIEN))
        assert left_of(lien_of(it)) == money(0)

    def test_once_only_with_a_reason_and_by_whoever_may(self, recovered: Cast) -> None:
        _, one = self.settled(recovered)
        with pytest.raises(TakingBackSaysWhy):
            propose_taking_back(recovered.coordinator, one, "  ")
        with pytest.raises(NotAllowed):
            propose_taking_back(recovered.auditor, one, MISTAKE)
        first = propose_taking_back(recovered.coordinator, one, MISTAKE)
        second = propose_taking_back(recovered.coordinator, one, "Another reason")
        agreed(recovered, first)
        with pytest.raises(TakenBackAlready) as refusal:
            agreed(recovered, second)
        assert f"entry {one.entry_id}" in refusal.value.detail
        assert Proposal.objects.get(pk=second.pk).state == "proposed"

    def test_is_refused_behind_a_wall(self, recovered: Cast) -> None:
        it, one = self.settled(recovered)
        made = propose_taking_back(recovered.coordinator, one, MISTAKE)
        raise_wall(it.matter, recovered.supervisor, recovered.partner, "Conflict of interest")
        with pytest.raises(NotAllowed):
            agreed(recovered, made)
        assert not SettledOtherwiseTakenBack.objects.exists()

    def test_the_database_takes_only_what_two_people_decided(self, recovered: Cast) -> None:
        _, one = self.settled(recovered)
        made = propose_taking_back(recovered.coordinator, one, MISTAKE)
        write = partial(
            refused,
            """INSERT INTO disbursements_settledotherwisetakenback (settled_id, reason, proposal_id, at)
               VALUES (%s, %s, %s, now())""",
            one.pk,
        )
        assert write(MISTAKE, made.pk) == "second_person_needed"
        agreed(recovered, made)
        assert write(MISTAKE, made.pk) == "taken_back_already"
        assert refused("DELETE FROM disbursements_settledotherwisetakenback")

    def test_by_page_and_api(self, recovered: Cast) -> None:
        it, one = self.settled(recovered)
        browser, url = browser_of(recovered.coordinator), f"/settlements/{it.pk}/otherwise/{one.pk}/take-back/"
        assert url in browser.get(f"/settlements/{it.pk}/").content.decode()
        shown = browser.get(url).content.decode()
        assert EVIDENCE in shown
        assert browser.get(f"/settlements/{it.pk}/otherwise/{10**9}/take-back/").status_code == 404
        typed = {"reason": MISTAKE, "idempotency_key": key()}
        assert "A second person is asked" in browser.post(url, typed, follow=True).content.decode()
        made = Proposal.objects.get(kind__endswith="taken_back")
        page = browser_of(recovered.supervisor).get(f"/proposals/{made.pk}/").content.decode()
        assert MISTAKE in page
        assert EVIDENCE in page
        send: Any = partial(
            browser.post, f"/api/v1/settlements/{it.pk}/settled-otherwise/{one.pk}/take-back",
            content_type="application/json",
        )  # fmt: skip
        assert send({"reason": MISTAKE}).json()["code"] == "already_proposed"
        assert send({"reason": "Another"}).status_code == 202
        agreed(recovered, made)
        assert send({"reason": "Another"}).status_code == 404


class TestIsRefused:
    def test_where_the_money_has_not_left(self, recovered: Cast) -> None:
        it = signed(recovered)
        receipt = JournalEntry.objects.filter(kind="receipt").latest("pk")
        for entry in (receipt, left(recovered, 100)):
            with pytest.raises(SettlementMoneyNotLeft):
                proposed(recovered, lien_of(it), entry, LIEN)
        recovered.receive(recovered.doe_matter, GROSS)
        other = JournalEntry.objects.get(pk=recovered.pay(recovered.doe_ledger, LIEN).id)
        with pytest.raises(SettlementMoneyNotLeft):
            proposed(recovered, lien_of(it), other, LIEN)

    def test_where_it_left_before_the_statement(self, recovered: Cast) -> None:
        recovered.receive(recovered.smith_matter, LIEN, on=today() - timedelta(days=3))
        before = recovered.pay(recovered.smith_ledger, LIEN, on=today() - timedelta(days=1))
        with pytest.raises(SettlementMoneyNotLeft):
            proposed(recovered, lien_of(signed(recovered)), JournalEntry.objects.get(pk=before.id), LIEN)

    def test_where_a_fee_of_the_firm_left(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        with pytest.raises(SettlementMoneyNotLeft):
            proposed(recovered, lien_of(it), JournalEntry.objects.get(kind="earned_fee"), LIEN)

    def test_beyond_the_line_unsigned_or_unsaid(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, SHARE)
        with pytest.raises(SettlementLinePaid):
            proposed(recovered, lien_of(it), entry, LIEN + 1)
        for cents, evidence in ((0, EVIDENCE), (100, "  ")):
            with pytest.raises(SettledOtherwiseIncomplete):
                propose_settled_otherwise(recovered.coordinator, lien_of(it), entry, money(cents), evidence)
        with pytest.raises(SettlementNotPayable):
            proposed(recovered, lien_of(issued(recovered)), entry, LIEN)

    def test_to_one_person_alone_and_behind_a_wall(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, LIEN)
        with pytest.raises(NotAllowed):
            proposed(recovered, lien_of(it), entry, LIEN, by=recovered.auditor)
        made = proposed(recovered, lien_of(it), entry, LIEN)
        with pytest.raises(NotAllowed):
            proposals.confirm_with_code(made.pk, recovered.coordinator, "000000", made.content_hash)
        raise_wall(it.matter, recovered.supervisor, recovered.partner, "Conflict of interest")
        with pytest.raises(NotAllowed):
            confirmed(recovered, made)
        assert not proposals.waiting_for(recovered.supervisor).filter(pk=made.pk).exists()
        assert not SettledOtherwise.objects.exists()

    def test_to_whoever_is_walled_off_from_where_the_money_went(self, recovered: Cast) -> None:
        it, _ = signed(recovered), recovered.receive(recovered.doe_matter, 100)
        allowed = recovered.authority(
            recovered.smith_ledger, LIEN, kind="matter_transfer", destination_ledger_id=recovered.doe_ledger.pk
        )
        posted = post_disbursement(recovered.coordinator, key(), authority=allowed, book_date=today())
        made = proposed(recovered, lien_of(it), JournalEntry.objects.get(pk=posted.id), LIEN)
        raise_wall(recovered.doe_matter, recovered.supervisor, recovered.partner, "Conflict of interest")
        with pytest.raises(NotAllowed):
            confirmed(recovered, made)
        assert not proposals.waiting_for(recovered.supervisor).filter(pk=made.pk).exists()

    def test_when_what_was_left_has_gone_meanwhile(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        made = proposed(recovered, lien_of(it), left(recovered, LIEN), LIEN)
        ask_for(recovered, lien_of(it), 1)
        with pytest.raises(SettlementLinePaid):
            confirmed(recovered, made)
        assert Proposal.objects.get(pk=made.pk).state == "proposed"


class TestTheDatabase:
    INSERT = """INSERT INTO disbursements_settledotherwise
                  (statement_id, line_id, entry_id, amount, evidence, proposal_id, at)
                VALUES (%s, NULL, %s, %s, %s, %s, now())"""

    def test_takes_only_what_two_people_decided(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, SHARE)
        made = proposed(recovered, Part(it), entry, SHARE)
        write = partial(refused, self.INSERT, it.pk, entry.pk)
        assert write(SHARE, EVIDENCE, made.pk) == "second_person_needed"
        confirmed(recovered, made)
        assert write(SHARE - 1, EVIDENCE, made.pk) == "second_person_needed"
        assert refused("UPDATE disbursements_settledotherwise SET amount = 1")
        assert refused("DELETE FROM disbursements_settledotherwise")

    def test_asks_again_whether_the_money_has_left(self, recovered: Cast) -> None:
        it, entry = signed(recovered), left(recovered, SHARE)
        made = proposed(recovered, Part(it), entry, SHARE)
        reverse(recovered.coordinator, key(), original=entry, book_date=today(), reason="Check came back")
        with pytest.raises(SettlementMoneyNotLeft):
            confirmed(recovered, made)
        with connection.cursor() as cursor:
            cursor.execute("SELECT left_by_entry(%s, %s, %s)", [it.matter_id, entry.pk, it.date])
            assert cursor.fetchone() == (0,)


class TestPagesAndApi:
    def test_propose_confirm_and_show(self, recovered: Cast) -> None:
        it, browser = signed(recovered), browser_of(recovered.coordinator)
        url = f"/settlements/{it.pk}/"
        assert "Settled otherwise…" not in browser.get(url).content.decode()
        assert "no payment has left" in browser.get(f"{url}share/otherwise/", follow=True).content.decode()
        entry = left(recovered, SHARE)
        assert f"{url}share/otherwise/" in browser.get(url).content.decode()
        assert f"(entry {entry.pk})" in browser.get(f"{url}share/otherwise/").content.decode()
        typed = {"payment": entry.pk, "amount": "57,466.71", "evidence": EVIDENCE, "idempotency_key": key()}
        assert "is left" in browser.post(f"{url}share/otherwise/", typed).content.decode()
        shown = browser.post(f"{url}share/otherwise/", typed | {"amount": "57,466.70"}, follow=True).content.decode()
        assert "A second person is asked to confirm" in shown
        made = Proposal.objects.get()
        page = browser_of(recovered.supervisor).get(f"/proposals/{made.pk}/").content.decode()
        assert EVIDENCE in page
        assert "$57,466.70" in page
        confirmed(recovered, made)
        assert "settled otherwise</a>" in browser.get(url).content.decode()
        assert browser_of(recovered.attorney).get(f"{url}share/otherwise/").status_code == 403

    def test_the_api_does_the_same(self, recovered: Cast) -> None:
        it, entry, browser = signed(recovered), left(recovered, LIEN), browser_of(recovered.coordinator)
        line = lien_of(it).line_id
        send: Any = partial(
            browser.post, f"/api/v1/settlements/{it.pk}/settled-otherwise", content_type="application/json"
        )
        said = {"line": line, "payment": entry.pk, "evidence": EVIDENCE}
        assert send({**said, "payment": 10**9}).status_code == 404
        assert send({**said, "line": 10**9}).status_code == 404
        assert send({**said, "amount": "8000.01"}).json()["code"] == "settlement_line_paid"
        answer = send(said)
        assert answer.status_code == 202, answer.json()
        assert send(said).json()["code"] == "already_proposed"
        confirmed(recovered, Proposal.objects.get())
        parts = browser.get(f"/api/v1/settlements/{it.pk}/payment").json()["parts"]
        (told,) = next(part for part in parts if part["line"] == line)["otherwise"]
        assert (told["entry"], told["amount"], told["confirmed_by"]) == (entry.pk, "8000.00", recovered.supervisor.pk)
