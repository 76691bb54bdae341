"""What lies in the database and the logs of a client's link, attacked as the web role; two answers at once."""

from functools import partial

import pytest
from django.db import connection

from disbursements.client_links import InvoiceLinkOver, answer_by_link, link_of
from disbursements.links import hash_of
from disbursements.models import ClientAnswer, FeeAuthorization, InvoiceLink
from firms.refusals import Refusal
from tests.cast import Cast
from tests.disbursements.asking_clients import asked, handed_over
from tests.disbursements.test_client_links import again, is_superseded
from tests.faults.crowd import at_once
from tests.rules.attack import NOT_THE_WEB_ROLES, refused
from trustledger.logs import without_tokens

pytestmark = pytest.mark.django_db


@pytest.fixture
def waits(desk: Cast) -> FeeAuthorization:
    return asked(desk)


@pytest.fixture
def letter(waits: FeeAuthorization) -> tuple[str, str]:
    return handed_over(waits)


class TestALink:
    def test_is_blotted_out_of_the_logs(self, letter: tuple[str, str]) -> None:
        said = without_tokens(None, "", f'{{"path": "/bill/link/{letter[0]}/"}}')
        assert (letter[0] in said, "/bill/link/" in said) == (False, True)

    def test_is_kept_as_hashes_only(self, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
        token, _ = letter
        assert InvoiceLink.objects.get().token_hash == hash_of(token)
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT count(*) FROM {table} x WHERE x::text LIKE %s", [f"%{token}%"])
                assert cursor.fetchone() == (0,), table

    @pytest.mark.parametrize(
        ("statement", "reason"),
        [
            ("UPDATE disbursements_invoicelink SET address = 'a@b.example'", NOT_THE_WEB_ROLES),
            ("DELETE FROM disbursements_invoicelink", NOT_THE_WEB_ROLES),
            ("UPDATE disbursements_invoicelink SET wrong_codes = wrong_codes - 1", "invoice_link_fixed"),
        ],
    )
    def test_never_changes(self, letter: tuple[str, str], statement: str, reason: str) -> None:
        InvoiceLink.objects.update(wrong_codes=3)
        assert refused(statement) == reason

    def test_is_not_used_by_sql_after_it_was_superseded(
        self, desk: Cast, waits: FeeAuthorization, letter: tuple[str, str]
    ) -> None:
        is_superseded(desk, waits, letter)
        used = "UPDATE disbursements_invoicelink SET used_at = now() WHERE superseded_at IS NOT NULL"
        assert refused(used) == "invoice_link_over"

    def test_gives_no_answer_by_sql_without_being_used(self, waits: FeeAuthorization, letter: tuple[str, str]) -> None:
        link = InvoiceLink.objects.get()
        forged = (
            "INSERT INTO disbursements_clientanswer (invoice_id, answer, evidence, words, link_id, at) "
            f"VALUES ({link.invoice_id}, 'approved', 'x', '', {link.pk}, now())"
        )
        assert refused(forged) == "invoice_link_over"


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one(desk: Cast) -> None:
    for _ in range(20):
        waits = asked(desk, 100)
        token, code = handed_over(waits)
        link = link_of(token)
        assert link is not None
        works = (partial(answer_by_link, link, code, "approved"), partial(answer_by_link, link, code, "objected", "No"))
        results = at_once(*works)
        assert [type(one) for one in results if isinstance(one, Refusal)] == [InvoiceLinkOver], results
        said = ClientAnswer.objects.get(invoice=waits.invoice_id)
        assert again(waits).state == ("paid" if said.answer == "approved" else "issued")
