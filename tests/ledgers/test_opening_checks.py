"""Every awkward input has a defined outcome, each row its sentence."""

import io
import tracemalloc

import pytest

from firms.refusals import NotAllowed
from ledgers.models import Client, JournalEntry, Ledger, Matter, OpeningFile, OpeningImport, OpeningRow
from ledgers.money import money
from ledgers.months import lock_month
from ledgers.opening import approval, checking, runs
from ledgers.opening.files import MOST_BYTES
from ledgers.opening.mapping import Mapping, guessed
from ledgers.opening.refusals import DeficitNotYours, FileRefused, HasErrors, MappingIncomplete
from ledgers.parties import create_client, create_matter, raise_wall
from tests.cast import Cast
from tests.ledgers.opening import CUT_OVER, FILES, HEADER, checked, confirmed, errors, items, sample, typed

pytestmark = pytest.mark.django_db


class TestFiles:
    """What is taken, and what is not."""

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "it is empty."),
            (b"PK\x03\x04xxxx", "it is a zip or Excel file."),
            (b"%PDF-1.7", "it is a PDF."),
            ("Matter,Balance\n1,2\n".encode("utf-16"), "it is written in UTF-16."),
            (b"Matter,Balance\n1,2\0\n", "zero bytes"),
            (b"Matter,Balance\n\x81\x8d,2\n", "its letters are in no known encoding."),
            (b"just one column\n1\n", "its first row names 1 columns."),
            (b"Matter,Matter,Balance\n1,2,3\n", "two columns are called “matter”."),
            (b"\n \n", "it has no rows."),
        ],
    )
    def test_are_refused_with_what_to_do(self, cast: Cast, data: bytes, why: str) -> None:
        with pytest.raises(FileRefused) as refused:
            runs.upload(cast.coordinator, ("listing.csv", io.BytesIO(data)))
        assert why in refused.value.detail
        assert not OpeningImport.objects.exists()

    def test_of_more_than_50_mb_are_refused(self, cast: Cast) -> None:
        class Endless(io.RawIOBase):
            given = 0

            def seek(self, *_: int) -> int:
                return 0

            def read(self, size: int = -1) -> bytes:
                self.given += size
                return b"x" * size

        stream = Endless()
        with pytest.raises(FileRefused, match="larger than 50 MB"):
            runs.upload(cast.coordinator, ("big.csv", stream))  # type: ignore[arg-type]
        assert stream.given <= MOST_BYTES + 1024 * 1024

    def test_of_50_mb_are_streamed(self, cast: Cast) -> None:
        row = b"2025-9999,Client,Maya Okafor,IOLTA,1.00,a long remark that is in no column of ours\n"
        head = HEADER.encode() + b",Remark\n"
        whole = head + row * ((MOST_BYTES - len(head)) // len(row))
        with io.BytesIO(whole) as stream:
            tracemalloc.start()
            run = runs.upload(cast.coordinator, ("large.csv", stream))
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert peak < 12 * 1024 * 1024
        assert OpeningFile.objects.get(run=run).size == len(whole)

    def test_in_windows_letters_with_semicolons_are_read(self, cast: Cast) -> None:
        run = checked(cast, sample("clio_cp1252_semicolon.csv"), bank="1349.50")
        assert errors(run) == []
        names = set(OpeningRow.objects.filter(run=run).values_list("client_name", "description"))
        assert names == {("Renée Müller", "Müller – “café” lease"), ("Señor Núñez", "Núñez ./. Bank")}

    def test_with_tabs_are_read(self, cast: Cast) -> None:
        assert errors(checked(cast, sample("clio_tab.tsv"), bank="10.00")) == []

    def test_with_broken_quotation_marks_name_the_row(self, cast: Cast) -> None:
        run = checked(cast, typed('1,"A"B,Maya Okafor,IOLTA,1.00'), bank="0.00")
        assert "the quotation marks do not match after row 1" in errors(run)[-1][2] + errors(run)[0][2]

    def test_are_for_whoever_may_import(self, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            runs.upload(cast.attorney, sample("clio_tab.tsv"))


class TestRows:
    """What is wrong in a row, each with its row, its column and its remedy."""

    def test_are_told_all_at_once(self, cast: Cast) -> None:
        run = checked(cast, sample("awkward_rows.csv"), bank="0.00")
        found = {(line, column): text for line, column, text in errors(run)}
        expected = {
            (3, "Matter Number"): "The matter number is empty. Fill in the matter number",
            (4, "Matter number"): "Matter 2025-0501 stands in row 2 already. Put the amounts together",
            (5, "Responsible Attorney"): "No attorney is called “Perry Mason”. Add the attorney under People",
            (6, "Balance"): "“1,00.00” is not an amount.",
            (7, "Balance"): "“1.005” is not an amount.",
            (8, "Trust Account"): "No trust account is called “Payroll”.",
            (9, "Last Activity Date"): "“06/01/2026” is not a date like 2026-06-30. Choose how dates are written",
            (10, "Last Activity Date"): "It is after the cut-over date 2026-06-30.",
            (11, "Client E-mail"): "This is not an e-mail address.",
            (12, "Client"): "The client is empty.",
            (13, "Balance"): "The balance is empty.",
            (14, ""): "The row has more cells than the header names. Look for an amount or a name with a comma",
        }
        assert {place: text for place, text in expected.items() if text not in found.get(place, "")} == {}
        assert any(line == 16 and "The total says $999.99" in text for line, _, text in errors(run))

    def test_read_thousands_parentheses_and_dollars(self, cast: Cast) -> None:
        rows = (
            '1,A,Maya Okafor,IOLTA,"$1,234.50"',
            '2,B,Maya Okafor,IOLTA,"(1,000.00)"',
            "3,C,Maya Okafor,IOLTA,7",
        )
        run = checked(cast, typed(*rows), bank="241.50")
        amounts = list(OpeningRow.objects.filter(run=run).order_by("line").values_list("amount", flat=True))
        assert amounts == [money(123450), money(-100000), money(700)]

    def test_of_one_number_for_two_clients_are_wrong(self, cast: Cast) -> None:
        rows = ("7,Ada,Maya Okafor,IOLTA,1.00", "7,Bob,Maya Okafor,IOLTA Second,1.00")
        run = checked(cast, typed(*rows), bank={cast.account.pk: "1.00", cast.second_account.pk: "1.00"})
        (one,) = errors(run)
        assert one[0] == 3
        assert "Matter 7 belongs to Ada in row 2." in one[2]

    def test_of_an_attorney_named_twice_ask_for_the_email(self, cast: Cast) -> None:
        from tests.cast import hire

        hire("Maya  Okafor", "attorney")
        (one,) = errors(checked(cast, typed("7,Ada,Maya Okafor,IOLTA,1.00"), bank="1.00"))
        assert "More than one attorney is called “Maya Okafor”. Use the e-mail" in one[2]

    def test_of_zero_open_a_matter_without_an_entry(self, cast: Cast) -> None:
        run = confirmed(checked(cast, typed("7,Ada,Maya Okafor,IOLTA,0.00")), cast.coordinator, cast.partner)
        assert run.state == "loaded"
        assert Matter.objects.filter(number="7").exists()
        assert not JournalEntry.objects.exists()

    def test_with_dates_that_can_be_read_both_ways_need_a_word(self, cast: Cast) -> None:
        header = f"{HEADER},Last Activity Date"
        run = runs.upload(cast.coordinator, typed("7,Ada,Maya Okafor,IOLTA,1.00,03/04/2026", header=header))
        with pytest.raises(MappingIncomplete, match="month first and day first"):
            runs.map_columns(run.pk, guessed(list(run.files.all())), CUT_OVER, {})

    def test_without_a_needed_column_are_not_read(self, cast: Cast) -> None:
        run = runs.upload(cast.coordinator, typed("7,Ada", header="Matter Number,Client"))
        with pytest.raises(MappingIncomplete, match="needs a column for “Balance”"):
            runs.map_columns(
                run.pk, Mapping({"balances": {"matter": "Matter Number", "client": "Client"}}), CUT_OVER, {}
            )


class TestNegativeBalances:
    """Money that is missing."""

    def test_are_refused_by_row(self, cast: Cast) -> None:
        (one,) = errors(checked(cast, sample("negative_parentheses.csv"), bank="1000.00"))
        assert one[:2] == (2, "Balance")
        assert "The balance is negative: $125.00 is missing." in one[2]

    def test_are_loaded_as_a_deficit_when_the_partner_says_so(self, cast: Cast) -> None:
        run = checked(cast, sample("negative_parentheses.csv"), bank="1000.00")
        with pytest.raises(DeficitNotYours):
            runs.accept_deficits(run.pk, cast.coordinator, "Known")
        runs.accept_deficits(run.pk, cast.partner, "Known since May, cured in July")
        run = confirmed(checking.check(run.pk), cast.coordinator, cast.supervisor)
        short = Ledger.objects.get(matter__number="2025-0401")
        assert (run.state, short.balance, short.deficit) == ("loaded", money(-12500), money(12500))
        assert run.proof is not None
        assert run.proof["holds"]


class TestOutstandingItems:
    """Checks and deposits."""

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("Check,9,2026-06-01,Court,404,1.00", "The balances have no row for it in this trust account."),
            ("Check,9,2026-06-01,Cash,7,1.00", "A check to “Cash” names no payee."),
            ("Check,,2026-06-01,Court,7,1.00", "The number is empty."),
            ("Check,9,,Court,7,1.00", "The date is empty."),
            ("Check,9,2026-06-01,Court,7,0.00", "The amount must be more than zero."),
            ("Loan,9,2026-06-01,Court,7,1.00", "“Loan” is neither a check nor a deposit."),
            ("Deposit,9,2026-06-01,Ada,7,-1.00", "The amount must be more than zero."),
            ("Deposit,9,2026-06-01,Ada,7,500.00", "Its deposits in transit ($500.00) are more than its balance"),
            ("Check,9,2024-06-01,Court,7,1.00", "June 2024 is before IOLTA was opened in these books"),
            ("Check,9,2026-07-01,Court,7,1.00", "It is after the cut-over date"),
            ("Check,9,2026-06-01,Court,Firm funds,1.00", "An outstanding check must belong to a matter."),
        ],
    )
    def test_that_are_wrong_say_what_to_do(self, cast: Cast, line: str, sentence: str) -> None:
        run = checked(cast, typed("7,Ada,Maya Okafor,IOLTA,100.00"), items(line), bank="101.00")
        assert any(sentence in text for _, _, text in errors(run)), errors(run)

    def test_cannot_be_older_than_the_money_they_pay_with(self, cast: Cast) -> None:
        lines = ("Deposit,D1,2026-06-20,Ada,7,100.00", "Check,9,2026-06-01,Court,7,60.00")
        run = checked(cast, typed("7,Ada,Maya Okafor,IOLTA,40.00"), items(*lines), bank="0.00")
        (one,) = errors(run)
        assert (one[0], "the matter would be overdrawn by $60.00" in one[2]) == (3, True)

    def test_with_a_number_twice_are_wrong(self, cast: Cast) -> None:
        lines = ("Check,9,2026-06-01,Court,7,1.00", "Check,9,2026-06-02,Clerk,7,2.00")
        run = checked(cast, typed("7,Ada,Maya Okafor,IOLTA,100.00"), items(*lines), bank="103.00")
        assert [(line, "Check 9 stands in row 2 already." in text) for line, _, text in errors(run)] == [(3, True)]


class TestProof:
    """The bank has the last word."""

    def test_that_differs_stops_the_import(self, cast: Cast) -> None:
        run = checked(cast, typed("7,Ada,Maya Okafor,IOLTA,100.00"), bank="99.99")
        (one,) = errors(run)
        assert "The difference is $0.01." in one[2]
        with pytest.raises(HasErrors):
            approval.propose(run.pk, cast.coordinator)

    def test_counts_what_the_books_held_before(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 5000, on=CUT_OVER)
        assert errors(checked(cast, typed("7,Ada,Maya Okafor,IOLTA,100.00"), bank="150.00")) == []


class TestBooks:
    """What the books know already."""

    def test_reuse_a_client_only_if_exactly_the_same(self, cast: Cast) -> None:
        header = f"{HEADER},Client E-mail"
        rows = (
            "7,Jane Smith,Maya Okafor,IOLTA,1.00,jane@smith.example",
            "8,Jane Smith,Maya Okafor,IOLTA,1.00,other@smith.example",
            "9,Jane Smythe,Maya Okafor,IOLTA,1.00,JANE@smith.example",
        )
        run = checked(cast, typed(*rows, header=header), bank="3.00")
        flagged = {line for line, _, _ in errors(run, warnings=True)}
        assert (errors(run), flagged) == ([], {3, 4})
        confirmed(run, cast.coordinator, cast.partner)
        assert Matter.objects.get(number="7").client == cast.smith
        assert Client.objects.filter(name__startswith="Jane Sm").count() == 3

    def test_refuse_a_matter_of_another_client_a_used_ledger_and_a_signed_month(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100)
        rows = ("2026-0142,Jane Smith,Maya Okafor,IOLTA,1.00", "2026-0143,Somebody Else,Maya Okafor,IOLTA,1.00")
        first = cast.start.replace(day=1)
        lock_month(cast.account, first, cast.coordinator, cast.supervisor)
        check = items("Check,9,2026-01-15,Court,2026-0143,1.00")
        found = errors(checked(cast, typed(*rows), check, bank="2.00"))
        assert any(line == 2 and "has entries already" in text for line, _, text in found)
        assert any(line == 3 and "is in the books already, for John O’Doe." in text for line, _, text in found)
        assert any("January 2026 is signed in IOLTA" in text for _, _, text in found)

    def test_do_not_tell_of_a_matter_behind_a_wall(self, cast: Cast) -> None:
        raise_wall(cast.smith_matter, cast.coordinator, cast.partner, "Former client")
        (one,) = errors(checked(cast, typed("2026-0142,Zed,Maya Okafor,IOLTA,0.00"), bank="0.00"))
        assert "This matter number cannot be used." in one[2]
        assert "Smith" not in one[2]

    def test_add_a_trust_account_to_a_matter_that_is_there(self, cast: Cast) -> None:
        client = create_client(name="Ada")
        matter = create_matter(
            number="7",
            client=client,
            accounts=[cast.second_account],
            description="x",
            responsible_attorney=cast.attorney,
            opened_date=cast.start,
        )
        confirmed(checked(cast, typed("7,Ada,Maya Okafor,IOLTA,5.00"), bank="5.00"), cast.coordinator, cast.partner)
        assert set(matter.accounts.values_list("trust_account", "is_default")) == {
            (cast.second_account.pk, True),
            (cast.account.pk, False),
        }


def test_the_files_of_the_tests_are_all_used() -> None:
    used = "".join(path.read_text() for path in FILES.parent.glob("test_opening*.py"))
    assert [path.name for path in FILES.iterdir() if path.name not in used] == []
