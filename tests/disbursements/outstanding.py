"""How the tests come to an opening check."""

from ledgers.models import JournalEntry
from ledgers.parties import create_matter
from ledgers.posting import entry, post_entries
from tests.cast import Cast, key

CENTS = 2500


def opening_check(cast: Cast, number: str) -> JournalEntry:
    """Open a matter of its own with an outstanding check of the old system, as the opening import does."""
    matter = create_matter(
        number=f"OLD-{number}", client=cast.smith, description="Old matter", accounts=[cast.account],
        responsible_attorney=cast.attorney, coordinator=cast.coordinator, opened_date=cast.start,
    )  # fmt: skip
    second = cast.supervisor.pk
    words = {"party": "Old Payee", "reference": number, "purpose": "Outstanding check"}
    post_entries(
        cast.coordinator,
        key(),
        [
            entry("opening_balance", cast.account, cast.start, [{"matter": matter.pk, "amount": CENTS}],
                  text={"purpose": "Opening"}, second_person=second),
            entry("opening_check", cast.account, cast.start, [{"matter": matter.pk, "amount": -CENTS}], "check",
                  text=words, second_person=second),
        ],
    )  # fmt: skip
    return JournalEntry.objects.select_related("text").filter(kind="opening_check").latest("pk")
