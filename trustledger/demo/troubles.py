"""One of everything that can go wrong, in the last weeks of the story, so that every screen has something to show."""

from datetime import timedelta

from firms.calendar import add_business_days
from ledgers.accounts import special_ledger
from ledgers.holds import available_balance, place_hold
from ledgers.models import EntryNote, JournalEntry, Matter
from ledgers.money import money
from ledgers.parties import edit_matter
from ledgers.posting import Share, cure_deficit, post_bank_event, post_receipt, return_receipt, reverse
from trustledger.demo.history import Story


def everything_that_can_go_wrong(story: Story) -> None:
    """Play the troubles, each on its own day."""
    for back, trouble in (
        (30, a_reversed_check),
        (22, a_cured_bounce),
        (16, an_unidentified_receipt),
        (12, a_disputed_fee),
        (9, a_matter_closing_with_money),
        (6, an_unauthorized_debit),
        (4, a_bounced_check_already_spent),
        (2, uncollected_money),
    ):
        day = add_business_days(story.last_day - timedelta(days=back), 0)
        story.set_clock(min(day, story.last_day))
        trouble(story)


def _rich(story: Story, cents: int, area: str = "") -> Matter:
    """Return the first matter with so much available, in a practice area."""
    for matter in story.stage.matters:
        fits = not area or matter.practice_area == area
        if fits and story.balances.get(matter.pk, 0) >= cents and story.home_of(matter) == story.stage.iolta.pk:
            ledger = story.ledger_of(matter)
            if available_balance(ledger) == ledger.balance >= money(cents):
                return matter
    raise LookupError("no matter is rich enough")


def a_reversed_check(story: Story) -> None:
    """A check that was posted and never left the office."""
    ledger = story.ledger_of(_rich(story, 60000))
    story.check_number += 1
    paid = story.spend(
        ledger, money(41250), "disbursement", "Clerk of the Court", "Filing fee", "check", str(story.check_number)
    )
    story.set_clock()
    reverse(
        story.stage.people["coordinator"],
        story.key(),
        original=JournalEntry.objects.get(pk=paid.id),
        book_date=story.today,
        reason="Check spoiled in the printer; it never left the office",
    )
    EntryNote.objects.create(
        entry_id=paid.id,
        author=story.stage.people["coordinator"],
        written_at=JournalEntry.objects.get(pk=paid.id).posted_at,
        text="Spoiled check is in the binder.",
    )


def _bounce(story: Story, matter: Matter, cents: int) -> None:
    """A check is received and spent against, and comes back."""
    received = story.receive(matter, cents, "wire")
    ledger = story.ledger_of(matter)
    spare = available_balance(ledger)
    story.check_number += 1
    story.spend(
        ledger,
        spare - money(2500),
        "disbursement",
        "Dr. Alan Pierce",
        "Expert report",
        "check",
        str(story.check_number),
    )
    story.set_clock()
    return_receipt(
        story.stage.people["coordinator"],
        story.key(),
        receipt=JournalEntry.objects.get(pk=received.id),
        book_date=story.today,
        shares=[Share(ledger, money(cents))],
        advice="RETURNED ITEM - RECALLED BY SENDER",
        second_person=story.stage.people["supervisor"],
    )


def a_cured_bounce(story: Story) -> None:
    """A deficit, made good by the firm the next business day."""
    matter = _rich(story, 30000, "Litigation")
    _bounce(story, matter, 120000)
    story.set_clock(add_business_days(story.today, 1))
    ledger = story.ledger_of(matter)
    cure_deficit(
        story.stage.people["coordinator"],
        story.key(),
        ledger=ledger,
        book_date=story.today,
        amount=ledger.deficit,
        reason="Wire recalled by the sender; firm made the client whole",
        operating_account_id=story.stage.operating.pk,
        reference="ACH",
    )
    story.balances[matter.pk] = 0


def an_unidentified_receipt(story: Story) -> None:
    """A wire that nobody can place."""
    post_receipt(
        story.stage.people["coordinator"],
        story.key(),
        account=story.stage.iolta,
        book_date=story.today,
        method="wire",
        shares=[Share(special_ledger(story.stage.iolta, "unidentified"), money(125000))],
        payer="KESTREL HLDGS (WIRE)",
        reference="FW20931188",
    )


def a_disputed_fee(story: Story) -> None:
    """A client disputes part of a fee: that part stays until it is resolved (Model Rule 1.15(e))."""
    ledger = story.ledger_of(_rich(story, 90000))
    place_hold(story.stage.people["coordinator"], ledger, "disputed", money(75000), "Client disputes the November fee")


def a_matter_closing_with_money(story: Story) -> None:
    """A matter is being closed while money is still held for it."""
    matter = _rich(story, 50000, "Estates")
    edit_matter(matter, matter.version, status="closing")


def an_unauthorized_debit(story: Story) -> None:
    """The bank let a stranger debit the escrow account: recorded in full, no client's loss, so firm funds carry it."""
    firm = special_ledger(story.stage.escrow, "firm_funds")
    post_bank_event(
        story.stage.people["coordinator"],
        story.key(),
        ledger=firm,
        book_date=story.today,
        signed_amount=money(-14900),
        advice="ACH DEBIT QUIKPAY 8005550199",
        second_person=story.stage.people["supervisor"],
    )


def a_bounced_check_already_spent(story: Story) -> None:
    """The one everybody dreads: the money is spent, the check comes back, and nobody has cured it yet."""
    _bounce(story, _rich(story, 40000, "Family"), 231055)


def uncollected_money(story: Story) -> None:
    """Checks received lately, which may not be spent yet."""
    for matter in story.stage.matters[3:30:6]:
        if matter.pk in story.balances:
            story.receive(matter, 185000, "check")
