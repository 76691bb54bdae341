"""I2: an entry's lines sum to its bank amount.

Rule: SPEC section 2, I2; Model Rules for Client Trust Account Records, Rule 1(a)-(b).
"""

from functools import partial
from typing import Any

import psycopg
import pytest

from ledgers.models import JournalEntry
from ledgers.posting import Kind, entry, post_entries
from tests.cast import Cast, key, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

NEW_ENTRY = """
    INSERT INTO ledgers_journalentry (command_id, kind, trust_account_id, book_date, bank_amount, method, actor_id,
        posted_at, request_id, text_commitment, hash)
    SELECT command_id, kind, trust_account_id, book_date, 100, method, actor_id, posted_at, '', '', ''
      FROM ledgers_journalentry LIMIT 1"""
NEW_LINE = """INSERT INTO ledgers_journalline (entry_id, ledger_id, seq, amount, book_date, hash)
    SELECT entry_id, ledger_id, seq + 1, {amount}, book_date + {days}, hash FROM ledgers_journalline LIMIT 1"""

LINE_OF_NOTHING = """INSERT INTO ledgers_journalline (entry_id, ledger_id, seq, amount, book_date, hash)
    SELECT entry_id + 1000, ledger_id, seq + 1, amount, book_date, hash FROM ledgers_journalline LIMIT 1"""
ENTRY_WITH_LINE = f"""WITH e AS ({NEW_ENTRY} RETURNING id, book_date) {{text}}
    INSERT INTO ledgers_journalline (entry_id, ledger_id, seq, amount, book_date, hash)
    SELECT e.id, l.ledger_id {{elsewhere}}, l.seq + 1, 100, e.book_date, l.hash FROM e, ledgers_journalline l"""
TEXT = """, t AS (INSERT INTO ledgers_entrytext (entry_id, party, purpose, reference, memo, advice, reason, salt)
    SELECT e.id, 'P', '', '', '', '', '', '' FROM e)"""


def post(cast: Cast, kind: str, lines: list[dict[str, int]], **rest: Any) -> Any:
    """Post lines as somebody who calls the pen directly would."""
    return partial(
        post_entries,
        cast.coordinator,
        key(),
        [entry(kind, cast.account, today(), lines, "wire", text={"party": "P"}, **rest)],
    )


@pytest.mark.django_db
class TestThePen:
    """What it refuses, whoever asks."""

    @pytest.mark.parametrize(
        ("amounts", "reason"),
        [
            ([], "no_lines"),
            ([0], "amount_not_positive"),
            ([10**15 + 1], "amount_too_large"),
            ([-100], "ledger_not_for_kind"),
        ],
    )
    def test_refuses_lines_that_are_no_receipt(self, cast: Cast, amounts: list[int], reason: str) -> None:
        cast.receive(cast.smith_matter, 1)
        lines = [{"ledger": cast.smith_ledger.pk, "amount": cents} for cents in amounts]
        assert refused(post(cast, Kind.RECEIPT, lines)) == reason

    def test_refuses_the_same_ledger_twice(self, cast: Cast) -> None:
        twice = [{"matter": cast.smith_matter.pk, "amount": 100}, {"matter": cast.smith_matter.pk, "amount": 200}]
        assert refused(post(cast, Kind.RECEIPT, twice)) == "ledger_twice"

    def test_refuses_a_receipt_that_moves_nothing_at_the_bank(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 500)
        cast.receive(cast.doe_matter, 500)
        lines = [{"ledger": cast.smith_ledger.pk, "amount": 100}, {"ledger": cast.doe_ledger.pk, "amount": -100}]
        assert refused(post(cast, Kind.RECEIPT, lines)) == "entry_not_balanced"

    def test_refuses_a_ledger_of_another_account(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 500, account=cast.second_account)
        there = cast.ledger(cast.smith_matter, cast.second_account)
        assert refused(post(cast, Kind.RECEIPT, [{"ledger": there.pk, "amount": 100}])) == "no_such_ledger"

    @pytest.mark.parametrize(
        ("date", "reason"),
        [(None, "dated_in_future"), ("infinity", "dated_in_future"), ("-infinity", "month_locked")],
    )
    def test_refuses_a_receipt_of_no_day(self, cast: Cast, date: str | None, reason: str) -> None:
        asked = entry("receipt", cast.account, today(), [{"matter": cast.smith_matter.pk, "amount": 100}], "wire")
        one = [asked | {"date": date, "text": {"party": "P"}}]
        assert refused(partial(post_entries, cast.coordinator, key(), one)) == reason

    def test_judges_the_bank_item_of_a_receipt_before_its_ledger(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 500, account=cast.second_account)
        there = [{"ledger": cast.ledger(cast.smith_matter, cast.second_account).pk, "amount": 100}]
        assert refused(post(cast, Kind.RECEIPT, there, bank_item=987_654)) == "no_such_bank_item"

    def test_has_inner_functions_that_the_web_role_may_not_call(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 500)
        for call in (
            "pen_post(1, 1, '{}', '{}', '{}', NULL)",
            "pen_receive(1, 1, '{}', 1, 1, '{}')",
            "pen_move_back_dated(NULL, 100, '2026-01-01', true)",
            "pen_lines(1, '[]')",
            "pen_consume_authority('{}', 'check', 1, 1, 1)",
            "refuse_removals_of('ledgers_client')",
        ):
            assert refused(f"SELECT {call}") == NOT_THE_WEB_ROLES


@pytest.mark.django_db
def test_the_web_role_inserts_no_line(cast: Cast) -> None:
    cast.receive(cast.smith_matter, 500)
    assert refused(NEW_LINE.format(amount=100, days=0)) == NOT_THE_WEB_ROLES
    assert refused(NEW_ENTRY) == NOT_THE_WEB_ROLES


@pytest.mark.django_db(transaction=True)
class TestTheOwner:
    """What the deferred trigger refuses to whoever writes past the pen."""

    @pytest.mark.parametrize(("amount", "days"), [(100, 0), (-500, 1), (0, 0)])
    def test_adds_no_line_to_a_posted_entry(
        self, cast: Cast, owner: "psycopg.Connection[Any]", amount: int, days: int
    ) -> None:
        cast.receive(cast.smith_matter, 500)
        assert refused_to_owner(owner, NEW_LINE.format(amount=amount, days=days)) == "entry_not_balanced"

    def test_adds_no_line_to_an_entry_that_is_not_there(self, cast: Cast, owner: "psycopg.Connection[Any]") -> None:
        cast.receive(cast.smith_matter, 500)
        assert refused_to_owner(owner, LINE_OF_NOTHING) == "entry_not_balanced"

    @pytest.mark.parametrize(("text", "elsewhere"), [("", ""), (TEXT, "+ 1000")])
    def test_adds_no_entry_without_its_text_or_into_a_ledger_that_is_not_there(
        self, cast: Cast, owner: "psycopg.Connection[Any]", text: str, elsewhere: str
    ) -> None:
        cast.receive(cast.smith_matter, 500)
        assert refused_to_owner(owner, ENTRY_WITH_LINE.format(text=text, elsewhere=elsewhere)) == "entry_not_balanced"

    def test_adds_no_entry_without_lines(self, cast: Cast, owner: "psycopg.Connection[Any]") -> None:
        cast.receive(cast.smith_matter, 500)
        assert refused_to_owner(owner, NEW_ENTRY) == "entry_not_balanced"
        assert JournalEntry.objects.count() == 1

    @pytest.mark.parametrize(
        "named",
        [
            "second_person_id",
            "reverses_id",
            "relates_to_id",
            "linked_to_id",
            "authority_id",
            "bank_item_id",
            "operating_account_id",
        ],
    )
    def test_adds_no_entry_that_names_what_is_not_there(
        self, cast: Cast, owner: "psycopg.Connection[Any]", named: str
    ) -> None:
        cast.receive(cast.smith_matter, 500)
        whole = ENTRY_WITH_LINE.format(text=TEXT, elsewhere="")
        naming = whole.replace("(command_id,", f"({named}, command_id,").replace(
            "SELECT command_id,", "SELECT 987654321, command_id,"
        )
        assert naming.count("command_id") == whole.count("command_id")
        with owner.transaction(force_rollback=True):  # what it is refused for is that name alone
            owner.execute(whole)
            owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert refused_to_owner(owner, naming) == "entry_not_balanced"

    def test_adds_no_line_after_an_entry_was_asked_for_its_own(
        self, cast: Cast, owner: "psycopg.Connection[Any]"
    ) -> None:
        """Also within the transaction that wrote the entry, and where the lines still add up."""
        cast.receive(cast.smith_matter, 500)
        two_more = NEW_LINE.format(amount=100, days=0).replace("LIMIT 1", "ORDER BY id DESC LIMIT 1")
        back = two_more.replace("seq + 1, 100", "seq + 1, -100")
        whole = ENTRY_WITH_LINE.format(text=TEXT, elsewhere="")
        asked = f"{whole}; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; {two_more}; {back}"
        assert refused_to_owner(owner, asked) == "entry_not_balanced"
