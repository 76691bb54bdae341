"""The opening import at the size of a firm: 10,000 rows and 200 checks, to the cent; crashes and races."""

import io
import threading
from decimal import Decimal

import pytest
from django.db import connection

from firms import proposals
from ledgers.models import Client, JournalEntry, Ledger, Matter, OpeningImport
from ledgers.money import money
from ledgers.months import book_balance
from ledgers.opening import loading
from ledgers.opening.proof import ClientProofs
from ledgers.opening.refusals import ProofFailed
from ledgers.opening.undoing import propose_roll_back
from ledgers.tasks import resume_openings
from tests.cast import Cast
from tests.ledgers.opening import CUT_OVER, HEADER, checked, code_for, confirmed, errors, items, typed

ROWS, CHECKS = 10_000, 200


def cents_of_row(number: int) -> int:
    """Return the balance of a row: odd cents, some zero."""
    return 0 if number % 50 == 0 else 1 + number * 7919 % 5_000_000


def rows(count: int, attorney: str = "Maya Okafor") -> list[str]:
    """Return so many rows, three matters to a client."""
    return [
        f'M-{n:05},"Client {n // 3}, O’Hara",{attorney},IOLTA,"{Decimal(cents_of_row(n)) / 100:,.2f}"'
        for n in range(1, count + 1)
    ]


def checks(count: int, each: int = 12345) -> list[str]:
    """Return so many checks, dated in the last spring."""
    return [
        f"Check,{5000 + n},2026-0{4 + n % 3}-1{n % 9},Payee {n},M-{n * 3:05},{each / 100:.2f}"
        for n in range(1, count + 1)
    ]


def bank(count: int, check_count: int) -> str:
    """Return what the bank shows at the cut-over."""
    return str(Decimal(sum(map(cents_of_row, range(1, count + 1))) + check_count * 12345) / 100)


@pytest.mark.django_db
class TestVolume:
    """A firm's whole listing."""

    def test_of_10000_rows_and_200_checks_is_proven_to_the_cent(self, cast: Cast) -> None:
        run = checked(cast, typed(*rows(ROWS)), items(*checks(CHECKS)), bank=bank(ROWS, CHECKS))
        assert errors(run) == []
        run = confirmed(run, cast.coordinator, cast.supervisor)
        assert run.state == "loading"
        loading.load(run.pk)
        loading.load(run.pk)
        run.refresh_from_db()
        assert run.state == "loaded"
        assert run.proof is not None
        (proof,) = run.proof["accounts"]
        total = sum(map(cents_of_row, range(1, ROWS + 1)))
        assert (proof["source"], proof["loaded"], proof["book"], proof["checks"]) == (
            total,
            total,
            total,
            CHECKS * 12345,
        )
        assert proof["difference"] == 0
        assert book_balance(cast.account, CUT_OVER) == money(total)
        assert JournalEntry.objects.filter(kind="opening_check").count() == CHECKS
        assert Matter.objects.filter(number__startswith="M-").count() == ROWS
        assert len(ClientProofs(run)) == ROWS // 3 + 1
        assert ClientProofs(run, only_wrong=True)[0:1] == []

    def test_with_one_bad_row_loads_nothing_and_names_row_and_remedy(self, cast: Cast) -> None:
        lines = rows(ROWS)
        lines[4711] = lines[4711].replace("Maya Okafor", "Nobody Known")
        run = checked(cast, typed(*lines), items(*checks(CHECKS)), bank=bank(ROWS, CHECKS))
        (one,) = errors(run)
        assert one == (
            4713,
            "Responsible Attorney",
            "No attorney is called “Nobody Known”. Add the attorney under People, or correct the name and check again.",
        )
        assert (Client.objects.count(), JournalEntry.objects.count()) == (2, 0)


@pytest.mark.django_db(transaction=True)
class TestAllOrNothing:
    """Crashes and races."""

    def proposed(self, cast: Cast, count: int = 1200) -> OpeningImport:
        """Return a confirmed run that waits for the worker."""
        run = checked(cast, typed(*rows(count)), bank=bank(count, 0))
        assert errors(run) == []
        return confirmed(run, cast.coordinator, cast.partner)

    def test_a_crash_in_the_middle_leaves_nothing_and_is_resumed(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.proposed(cast)
        settled = []

        def die_at_the_second() -> None:
            settled.append(JournalEntry.objects.count())
            if len(settled) == 2:
                raise SystemExit

        with monkeypatch.context() as patched:
            patched.setattr(loading, "settle_balances", die_at_the_second)
            with pytest.raises(SystemExit):
                loading.load(run.pk)
        assert settled == [500, 1000]
        run.refresh_from_db()
        assert (run.state, JournalEntry.objects.count(), Client.objects.count()) == ("loading", 0, 2)
        assert not Ledger.objects.filter(kind="client").exists()
        assert loading.resume_all() == [run.pk]
        run.refresh_from_db()
        assert run.state == "loaded"

    def test_two_workers_at_once_load_once(self, cast: Cast) -> None:
        run = self.proposed(cast, 600)
        failed: list[BaseException] = []

        def work() -> None:
            try:
                loading.load(run.pk)
            except BaseException as error:  # noqa: BLE001 (handed to the test)
                failed.append(error)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert failed == []
        assert Matter.objects.filter(number__startswith="M-").count() == 600
        assert book_balance(cast.account, CUT_OVER) == money(sum(map(cents_of_row, range(1, 601))))

    def test_what_the_books_refuse_meanwhile_is_told_and_nothing_is_loaded(self, cast: Cast) -> None:
        first, second = self.proposed(cast, 400), self.proposed_again(cast, 400)
        loading.load(first.pk)
        with pytest.raises(ProofFailed):
            loading.load(second.pk)
        second.refresh_from_db()
        assert second.state == "refused"
        assert "Its ledger in this trust account has entries already." in second.refusal
        assert Matter.objects.filter(number__startswith="M-").count() == 400

    def proposed_again(self, cast: Cast, count: int) -> OpeningImport:
        """Return the same rows as another run: its file differs by a remark."""
        remarked = [f"{row},again" for row in rows(count)]
        name, stream = typed(*remarked, header=f"{HEADER},Remark")
        run = checked(cast, (name, io.BytesIO(stream.getvalue())), bank=bank(count, 0))
        return confirmed(run, cast.coordinator, cast.partner)

    def test_a_lost_wake_up_is_found_by_the_beat(self, cast: Cast) -> None:
        run = self.proposed(cast, 400)
        resume_openings.run()
        run.refresh_from_db()
        assert run.state == "loaded"
        proposal = propose_roll_back(run.pk, cast.coordinator, "Wrong day")
        proposals.confirm(proposal.pk, cast.partner, code_for(cast.partner, proposal))
        run.refresh_from_db()
        assert run.state == "loaded"
        resume_openings.run()
        run.refresh_from_db()
        assert run.state == "rolled_back"
        assert book_balance(cast.account, CUT_OVER) == money(0)
