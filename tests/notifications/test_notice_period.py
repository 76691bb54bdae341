"""Where silence counts, it counts from the day on which the letter to the client demonstrably left.

Rule: SPEC flow *Earned fee*; DECISIONS 66.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from compliance.models import TrustException
from compliance.watch import refresh
from disbursements import fee_refusals as refusals
from disbursements.client_links import InvoiceLinkNotIssued, issue_invoice_link
from disbursements.earned_fees import follow, transfer
from disbursements.models import FeeAuthorization
from firms.clock import now, today
from firms.models import Firm, Person
from ledgers.models import Client, JournalEntry
from notifications.delivery import relay, send_again
from notifications.models import Notice
from tests.cast import Cast, key
from tests.disbursements.earning import approved, authorized, invoiced
from tests.firms.cast import browser_of, give_second_factor
from tests.notifications.conftest import Mailroom
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

pytestmark = pytest.mark.django_db
At = Callable[[str], None]
CLIENT = "jane@smith.example"


@pytest.fixture
def silent(cast: Cast, mailroom: Mailroom) -> Cast:
    """Let silence count after ten days; there is money for an invoice in trust."""
    give_second_factor(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    Firm.objects.update(fee_condition="notice", fee_notice_days=10)
    return cast


def again(made: FeeAuthorization) -> FeeAuthorization:
    return FeeAuthorization.objects.get(pk=made.pk)


def does_not_run(made: FeeAuthorization, firm: Cast, at: At) -> None:
    """Hold that no day ends the wait, and that a coordinator is told what to do."""
    at(f"{today() + timedelta(days=60)} 10:00-05")
    assert again(made).notice_until is None
    assert follow(again(made)) is None
    with pytest.raises(refusals.FeeBeforeLetter, match="send the letter again, or record the client’s approval"):
        transfer(firm.coordinator, key(), made.invoice)
    assert not JournalEntry.objects.filter(kind="earned_fee").exists()
    refresh("notice_not_begun")
    assert TrustException.objects.filter(rule="notice_not_begun", state="open").count() == 1
    page = browser_of(firm.coordinator).get(f"/invoices/{made.invoice_id}/").content.decode()
    assert "notice begin when the letter to the client has left" in page


class TestTheNoticePeriod:
    def test_runs_from_the_day_the_letter_left(self, silent: Cast, mailroom: Mailroom, at: At) -> None:
        made = authorized(silent, invoiced(silent))
        assert (made.notice_days, made.notice_until) == (10, None)
        left = today() + timedelta(days=3)  # the mail server was down for three days
        at(f"{left} 10:00-05")
        relay()
        assert again(made).notice_until == left + timedelta(days=10)
        letter = next(one for one in mailroom.received if str(one["To"]) == CLIENT)
        assert "10 days after this letter was sent" in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        at(f"{left + timedelta(days=10)} 22:00-05")
        with pytest.raises(refusals.FeeBeforeNotice):
            transfer(silent.coordinator, key(), made.invoice)
        at(f"{left + timedelta(days=11)} 10:00-05")
        assert follow(again(made)) is not None
        refresh("notice_not_begun")
        assert not TrustException.objects.filter(rule="notice_not_begun").exists()

    def test_does_not_run_without_an_address(self, silent: Cast, mailroom: Mailroom, at: At) -> None:
        Client.objects.filter(pk=silent.smith.pk).update(email="")
        made = authorized(silent, invoiced(silent))
        relay()
        does_not_run(made, silent, at)

    @pytest.mark.parametrize("label", ["", "+clients"])
    def test_does_not_run_where_the_address_is_somebodys_of_the_firm(
        self, silent: Cast, mailroom: Mailroom, at: At, label: str
    ) -> None:
        """With a label after a plus it is the same mailbox (F119): no letter goes there and no link is made for it."""
        Person.objects.filter(pk=silent.stranger.pk).update(email=CLIENT)
        Client.objects.filter(pk=silent.smith.pk).update(email=CLIENT.replace("@", f"{label}@"))
        made = authorized(silent, invoiced(silent))
        relay()
        assert not Notice.objects.filter(kind="invoice_to_client").exists()
        with pytest.raises(InvoiceLinkNotIssued):
            issue_invoice_link(made.pk, CLIENT.replace("@", f"{label}@"))
        does_not_run(made, silent, at)

    def test_does_not_run_while_the_server_refuses_and_does_once_it_is_sent_again(
        self, silent: Cast, mailroom: Mailroom, at: At
    ) -> None:
        mailroom.answers_to_recipient[CLIENT] = "550 no such mailbox"
        made = authorized(silent, invoiced(silent))
        relay()
        notice = Notice.objects.get(kind="invoice_to_client")
        assert notice.state == Notice.State.UNDELIVERABLE
        does_not_run(made, silent, at)
        mailroom.answers_to_recipient.clear()
        send_again(silent.coordinator, notice.pk)
        relay()
        assert again(made).notice_until == today() + timedelta(days=10)
        refresh("notice_not_begun")
        assert not TrustException.objects.filter(rule="notice_not_begun", state="open").exists()

    def test_does_not_run_while_the_letter_waits(self, silent: Cast, mailroom: Mailroom, at: At) -> None:
        mailroom.answers_to_recipient[CLIENT] = "450 try later"
        made = authorized(silent, invoiced(silent))
        relay()
        assert Notice.objects.get(kind="invoice_to_client").state == Notice.State.DEFERRED
        does_not_run(made, silent, at)

    def test_does_not_begin_anew_with_a_second_letter(self, silent: Cast, mailroom: Mailroom, at: At) -> None:
        made = authorized(silent, invoiced(silent))
        relay()
        first = again(made).notice_until
        at(f"{today() + timedelta(days=5)} 10:00-05")
        browser_of(silent.coordinator).post(f"/invoices/{made.invoice_id}/send/", {"idempotency_key": "again"})
        relay()
        assert Notice.objects.filter(kind="invoice_to_client", state="sent").count() == 2
        assert again(made).notice_until == first

    def test_begins_anew_where_the_address_was_corrected(self, silent: Cast, mailroom: Mailroom, at: At) -> None:
        """The first letter went to somebody else, whose server took it: those days are not the client's."""
        Client.objects.filter(pk=silent.smith.pk).update(email="jane@smyth.example")
        made = authorized(silent, invoiced(silent))
        began = today()
        relay()
        assert again(made).notice_until == began + timedelta(days=10)
        at(f"{began + timedelta(days=9)} 10:00-05")
        Client.objects.filter(pk=silent.smith.pk).update(email=CLIENT)
        refresh("notice_not_begun")
        assert TrustException.objects.filter(rule="notice_not_begun", state="open").count() == 1
        browser = browser_of(silent.coordinator)
        page = browser.get(f"/invoices/{made.invoice_id}/").content.decode()
        assert "the earlier one went to jane@smyth.example" in page
        browser.post(f"/invoices/{made.invoice_id}/send/", {"idempotency_key": "again"})
        at(f"{began + timedelta(days=11)} 10:00-05")
        assert follow(again(made)) is None  # the letter to the corrected address waits to be handed over
        relay()
        letter = next(one for one in mailroom.received if str(one["To"]) == CLIENT)
        assert "10 days after this letter was sent" in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert again(made).notice_until == began + timedelta(days=21)
        with pytest.raises(refusals.FeeBeforeNotice):
            transfer(silent.coordinator, key(), made.invoice)
        at(f"{began + timedelta(days=22)} 10:00-05")
        assert follow(again(made)) is not None

    def test_ends_with_the_address_and_begins_on_the_same_day(self, silent: Cast, mailroom: Mailroom, at: At) -> None:
        made = authorized(silent, invoiced(silent))
        relay()
        Client.objects.filter(pk=silent.smith.pk).update(email="jane.smith@smith.example")
        with pytest.raises(refusals.FeeBeforeLetter):
            transfer(silent.coordinator, key(), made.invoice)
        browser_of(silent.coordinator).post(f"/invoices/{made.invoice_id}/send/", {"idempotency_key": "again"})
        relay()
        assert (again(made).notice_address, again(made).told_until) == (
            "jane.smith@smith.example", today() + timedelta(days=10),
        )  # fmt: skip
        with pytest.raises(refusals.FeeBeforeNotice):
            transfer(silent.coordinator, key(), made.invoice)

    def test_is_not_needed_where_the_approval_is_recorded(self, silent: Cast, mailroom: Mailroom) -> None:
        Client.objects.filter(pk=silent.smith.pk).update(email="")
        invoice = invoiced(silent)
        authorized(silent, invoice)
        approved(silent, invoice)
        assert JournalEntry.objects.filter(kind="earned_fee").count() == 1

    def test_is_not_begun_by_the_web_role(self, silent: Cast, mailroom: Mailroom) -> None:
        made = authorized(silent, invoiced(silent))
        for column, value in (("notice_until", "firm_today() - 1"), ("notice_address", "'x@y.example'")):
            sql = f"UPDATE disbursements_feeauthorization SET {column} = {value} WHERE id = %s"
            assert refused(sql, made.pk) == NOT_THE_WEB_ROLES
        assert refused("SELECT begin_notice(%s, %s, %s)", made.pk, CLIENT, now()) == NOT_THE_WEB_ROLES
