"""The firm's checks: printed every evening, seen at the bank each Monday, some spoiled, lost or never cashed."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet

from disbursements.check_ending import stop_payment, void_payment
from disbursements.check_queries import checks_to_print
from disbursements.checks import issue_checks, set_numbering, spoil_blank, spoil_check
from disbursements.models import Check, CheckNumbering
from ledgers.access import books_of
from ledgers.clearing import clear_entries
from ledgers.models import Clearance
from trustledger.demo.history import Story

SLOW = 17


def print_checks(story: Story) -> None:
    """Number what was posted since yesterday; on the first day, set which number comes first."""
    who = story.stage.people["coordinator"]
    for account, first in ((story.stage.iolta, 1001), (story.stage.escrow, 5001)):
        if not CheckNumbering.objects.filter(trust_account=account).exists():
            set_numbering(who, account, first, story.today)
            spoil_blank(who, story.key(), account, None, "Test print for the alignment")
        waiting = list(checks_to_print(books_of(who), account).values_list("pk", flat=True))
        if waiting:
            issue_checks(who, story.key(), account, waiting)


def outstanding(story: Story, days: int) -> QuerySet[Check]:
    """Return the checks that were printed at least so many days ago, are in force, and that the bank has not shown."""
    cleared = Clearance.objects.filter(entry=OuterRef("entry"), undone_at__isnull=True)
    printed = Check.objects.filter(~Exists(cleared), state=Check.State.ISSUED)
    return printed.filter(check_date__lte=story.today - timedelta(days=days))


def seen_at_the_bank(story: Story) -> None:
    """On Mondays the coordinator ticks what the bank has shown; one check in SLOW is never brought there."""
    if story.today.weekday():
        return
    who = story.stage.people["coordinator"]
    for account in (story.stage.iolta, story.stage.escrow):
        due = outstanding(story, 9).filter(trust_account=account, entry__isnull=False)
        shown = [it.entry.pk for it in due.select_related("entry") if it.entry is not None and it.number % SLOW]
        if shown:
            clear_entries(who, story.key(), shown, story.today - timedelta(days=3), "Online bank, list of the week")


def in_force(story: Story, days: int) -> Check:
    """Return the newest check of the pooled account that is outstanding for at least so many days."""
    return outstanding(story, days).filter(trust_account=story.stage.iolta).latest("check_date", "number")


def a_spoiled_check(story: Story) -> None:
    """A check that was torn before it was mailed; its payment takes the next number in the evening."""
    spoil_check(story.stage.people["coordinator"], story.key(), in_force(story, 1), "Torn by the folding machine")


def a_lost_check(story: Story) -> None:
    """A check that never arrived: the bank stops it, and it is issued anew in the evening."""
    check = in_force(story, 14)
    stop_payment(story.stage.people["coordinator"], story.key(), check, "Never arrived; payee called", "SP-20417")


def an_uncashed_check(story: Story) -> None:
    """A check that the payee sent back after months: its payment is undone."""
    check, who = in_force(story, 95), story.stage.people["coordinator"]
    void_payment(who, story.key(), check, story.today, "Sent back by the payee, who was paid by the insurer")
