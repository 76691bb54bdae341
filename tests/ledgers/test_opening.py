"""The opening import: from files to books, with its proof."""

import pytest

from firms import proposals
from ledgers.models import Client, JournalEntry, Ledger, Matter, MatterAccount, OpeningImport
from ledgers.money import money
from ledgers.months import book_balance
from ledgers.opening.proof import ClientProofs
from ledgers.opening.refusals import UsedSince
from ledgers.opening.undoing import propose_roll_back
from tests.cast import Cast
from tests.ledgers.opening import CUT_OVER, checked, code_for, confirmed, errors, sample

pytestmark = pytest.mark.django_db


def clio(cast: Cast, name: str = "clio_trust_listing.csv") -> OpeningImport:
    """Check the listing and its outstanding items, against bank statements that agree."""
    # IOLTA: 17,775.80 in the books + 1,650.00 outstanding checks - 1,000.00 in transit
    bank = {cast.account.pk: "18,425.80", cast.second_account.pk: "60.10"}
    return checked(cast, sample(name), sample("outstanding.csv"), bank=bank)


class TestCheck:
    """What the listing is found to be."""

    @pytest.mark.parametrize("name", ["clio_trust_listing.csv", "clio_bom_crlf.csv"])
    def test_reads_a_clio_listing_without_an_error(self, cast: Cast, name: str) -> None:
        run = clio(cast, name)
        assert errors(run) == []
        assert (run.state, run.row_count, run.error_count) == ("checked", 11, 0)
        assert Matter.objects.count() == 2
        assert JournalEntry.objects.count() == 0


class TestLoad:
    """What stands in the books afterwards."""

    def test_loads_matters_and_balances_with_proof(self, cast: Cast) -> None:
        run = confirmed(clio(cast), cast.coordinator, cast.supervisor)
        assert run.state == "loaded"
        assert run.proof is not None
        first, second = run.proof["accounts"]
        assert run.proof["holds"]
        assert run.proof["clients_wrong"] == []
        assert (first["book"], first["checks"], first["deposits"], first["statement"]) == (
            1777580,
            165000,
            100000,
            1842580,
        )
        assert (first["difference"], second["difference"]) == (0, 0)
        assert book_balance(cast.account, CUT_OVER) == money(1777580)
        assert all(proof.difference == money(0) for proof in ClientProofs(run))

    def test_keeps_names_in_every_script_as_they_were(self, cast: Cast) -> None:
        confirmed(clio(cast), cast.coordinator, cast.supervisor)
        names = set(Client.objects.values_list("name", flat=True))
        assert {"Siobhán O’Connor", "D'Angelo & Sons LLC", "王小明", "Мария Иванова", "محمد علي"} <= names
        assert Client.objects.get(name="D'Angelo & Sons LLC").kind == "organization"

    def test_opens_one_matter_in_two_trust_accounts_the_first_its_default(self, cast: Cast) -> None:
        confirmed(clio(cast), cast.coordinator, cast.supervisor)
        uses = MatterAccount.objects.filter(matter__number="2025-0104").order_by("pk")
        assert [(use.trust_account, use.is_default) for use in uses] == [
            (cast.account, True),
            (cast.second_account, False),
        ]

    def test_posts_the_balance_before_outstanding_checks_and_each_check_by_itself(self, cast: Cast) -> None:
        confirmed(clio(cast), cast.coordinator, cast.supervisor)
        ledger = Ledger.objects.get(matter__number="2025-0102")
        lines = [(line.entry.kind, line.amount, str(line.book_date)) for line in ledger.lines.order_by("seq")]
        assert lines == [
            ("opening_balance", money(120000), "2026-04-02"),
            ("opening_check", money(-120000), "2026-04-02"),
        ]
        check = JournalEntry.objects.get(kind="opening_check", text__reference="1002")
        assert (check.text.party, check.text.purpose, check.method) == ("Dr. Ngũgĩ", "Expert", "check")
        assert (check.actor, check.second_person) == (cast.coordinator, cast.supervisor)

    def test_posts_a_deposit_in_transit_as_an_opening_of_its_own(self, cast: Cast) -> None:
        confirmed(clio(cast), cast.coordinator, cast.supervisor)
        (entry,) = JournalEntry.objects.filter(lines__ledger__matter__number="2025-0105")
        assert (entry.kind, entry.bank_amount, entry.text.reference) == ("opening_balance", money(100000), "D-77")

    def test_puts_special_rows_into_special_ledgers(self, cast: Cast) -> None:
        confirmed(clio(cast), cast.coordinator, cast.supervisor)
        assert (cast.special("firm_funds").balance, cast.special("unidentified").balance) == (money(25000), money(7525))


class TestRollBack:
    """Taking it out again."""

    def test_reverses_every_entry_on_its_own_date_and_keeps_the_matters(self, cast: Cast) -> None:
        run = confirmed(clio(cast), cast.coordinator, cast.supervisor)
        loaded = JournalEntry.objects.count()
        rolled_back(run, cast)
        assert OpeningImport.objects.get(pk=run.pk).state == "rolled_back"
        assert JournalEntry.objects.filter(kind="reversal").count() == loaded
        assert set(Ledger.objects.values_list("balance", "deficit")) == {(money(0), money(0))}
        assert book_balance(cast.account, CUT_OVER) == money(0)
        assert Matter.objects.filter(number="2025-0101").exists()

    def test_lets_the_same_files_be_loaded_again(self, cast: Cast) -> None:
        rolled_back(confirmed(clio(cast), cast.coordinator, cast.supervisor), cast)
        again = confirmed(clio(cast), cast.coordinator, cast.supervisor)
        assert again.state == "loaded"
        assert book_balance(cast.account, CUT_OVER) == money(1777580)
        assert Client.objects.filter(name="王小明").count() == 1

    def test_refuses_when_a_ledger_was_used_since(self, cast: Cast) -> None:
        run = confirmed(clio(cast), cast.coordinator, cast.supervisor)
        cast.receive(Matter.objects.get(number="2025-0103"), 100)
        with pytest.raises(UsedSince) as refused:
            propose_roll_back(run.pk, cast.coordinator, "Wrong file")
        assert refused.value.facts == {"ledgers": 1, "example": "2025-0103"}

    def test_refuses_when_a_ledger_was_used_between_proposal_and_confirmation(self, cast: Cast) -> None:
        run = confirmed(clio(cast), cast.coordinator, cast.supervisor)
        proposal = propose_roll_back(run.pk, cast.coordinator, "Wrong file")
        cast.receive(Matter.objects.get(number="2025-0103"), 100)
        with pytest.raises(UsedSince):
            proposals.confirm(proposal.pk, cast.supervisor, code_for(cast.supervisor, proposal))
        assert OpeningImport.objects.get(pk=run.pk).state == "loaded"
        assert not JournalEntry.objects.filter(kind="reversal").exists()


def rolled_back(run: OpeningImport, cast: Cast) -> None:
    """Roll a run back, with both people."""
    proposal = propose_roll_back(run.pk, cast.coordinator, "Wrong file")
    proposals.confirm(proposal.pk, cast.supervisor, code_for(cast.supervisor, proposal))
