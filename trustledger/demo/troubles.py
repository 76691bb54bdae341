"""One of everything that can go wrong, in the last weeks of the story, so that every screen has something to show."""

from collections.abc import Callable
from datetime import date

from disbursements.approval import approve, reject
from disbursements.drafts import save_draft
from disbursements.models import DisbursementRequest
from disbursements.payee_queries import payee_typed
from disbursements.requests import request_money, withdraw
from firms.calendar import add_business_days
from ledgers.accounts import special_ledger
from ledgers.authorities import Spending
from ledgers.holds import available_balance, place_hold
from ledgers.models import EntryNote, JournalEntry, Matter
from ledgers.money import cents_of, money
from ledgers.parties import edit_matter
from ledgers.posting import Share, cure_deficit, post_bank_event, post_receipt, return_receipt, reverse
from trustledger.demo.approvals import (
    ASKED_CENTS,
    limit_for_one_attorney,
    somebody_is_away,
    waiting_for_a_second,
)
from trustledger.demo.checks import a_lost_check, a_spoiled_check, an_uncashed_check
from trustledger.demo.codes import unused_code
from trustledger.demo.history import Story
from trustledger.demo.payees import bank_details_waiting, payees_recorded
from trustledger.demo.people import PAYEES
from trustledger.demo.settlements import a_settlement


def calendar(last_day: date) -> dict[date, list[Callable[[Story], None]]]:
    """Return what befalls the firm on which business day, counted back from the last one."""
    befalls: dict[date, list[Callable[[Story], None]]] = {}
    for days_back, trouble in TROUBLES:
        befalls.setdefault(add_business_days(last_day, -days_back), []).append(trouble)
    return befalls


def _rich(story: Story, cents: int, area: str = "") -> Matter:
    """Return the first matter with so much available, in a practice area."""
    for matter in story.stage.matters:
        fits = matter.pk not in story.left_alone and area in ("", matter.practice_area)
        if fits and story.balances.get(matter.pk, 0) >= cents and story.home_of(matter) == story.stage.iolta.pk:
            ledger = story.ledger_of(matter)
            if available_balance(ledger) == ledger.balance >= money(cents):
                return matter
    raise LookupError("no matter is rich enough")


def a_reversed_check(story: Story) -> None:
    """A payment that was posted twice and never left the office."""
    ledger = story.ledger_of(_rich(story, 60000))
    paid = story.spend(
        ledger, money(41250), "disbursement", "Clerk of the Court", "Filing fee", "check", story.reference()
    )
    story.set_clock()
    reverse(
        story.stage.people["coordinator"],
        story.key(),
        original=JournalEntry.objects.get(pk=paid.id),
        book_date=story.today,
        reason="Entered twice; no check was printed",
    )
    EntryNote.objects.create(
        entry_id=paid.id,
        author=story.stage.people["coordinator"],
        written_at=JournalEntry.objects.get(pk=paid.id).posted_at,
        text="Found when the checks of the day were printed.",
    )


def _bounce(story: Story, matter: Matter, cents: int) -> None:
    """A check is received and spent against, and comes back."""
    received = story.receive(matter, cents, "wire")
    ledger = story.ledger_of(matter)
    spare = available_balance(ledger)
    story.spend(
        ledger,
        spare - money(2500),
        "disbursement",
        "Dr. Alan Pierce",
        "Expert report",
        "check",
        story.reference(),
    )
    story.left_alone.add(matter.pk)
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
    """A deficit, made good by the firm the same day."""
    matter = _rich(story, 30000, "Litigation")
    _bounce(story, matter, 120000)
    story.set_clock()
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
    story.left_alone.discard(matter.pk)
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
    who, what = story.stage.people["coordinator"], "The November fee: hours of the second deposition"
    place_hold(who, ledger, "disputed", money(75000), what, disputed_by="The client, by letter")


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
        if matter.pk in story.balances and matter.pk not in story.left_alone:
            story.receive(matter, 185000, "check")


def approved_payments(story: Story) -> None:
    """Payments that attorneys approved in the product, each with a recovery code."""
    for area, cents in (("Litigation", 32500), ("Business", 18000), ("Family", 41000)):
        made = ask(story, _rich(story, cents, area), cents)
        attorney = made.ledger.matter.responsible_attorney if made.ledger.matter else story.stage.people["attorney"]
        story.set_clock()
        approve(attorney, made.pk, made.version, made.content_hash, unused_code(attorney))


def turned_down_and_taken_back(story: Story) -> None:
    """One request that the attorney rejected, one that the coordinator withdrew."""
    made = ask(story, _rich(story, 25000, "Estates"), 25000)
    story.set_clock()
    reject(story.stage.people["estates"], made.pk, made.version, "The appraiser has not sent the report yet.")
    made = ask(story, _rich(story, 15000, "Business"), 15000)
    story.set_clock()
    withdraw(story.stage.people["coordinator"], made.pk, made.version, "Entered for the wrong matter")


def funds_gone_meanwhile(story: Story) -> None:
    """A wire is recalled between the request and the approval: approved, unfunded."""
    matter = _rich(story, 20000, "Litigation")
    received = story.receive(matter, 90000, "wire")
    ledger = story.ledger_of(matter)
    made = ask(story, matter, cents_of(available_balance(ledger)))
    story.set_clock()
    return_receipt(
        story.stage.people["coordinator"],
        story.key(),
        receipt=JournalEntry.objects.get(pk=received.id),
        book_date=story.today,
        shares=[Share(ledger, money(90000))],
        advice="WIRE RECALL",
        second_person=story.stage.people["supervisor"],
    )
    story.balances[matter.pk] -= 90000
    attorney = matter.responsible_attorney
    approve(attorney, made.pk, made.version, made.content_hash, unused_code(attorney))


def a_request_nobody_answers(story: Story) -> None:
    """A request that has waited for days."""
    ask(story, _rich(story, 40000, "Litigation"), 38000)


def requests_waiting(story: Story) -> None:
    """This morning's requests."""
    for area, cents in (("Business", 21500), ("Family", 12750), ("Estates", 30000), ("Personal injury", 64000)):
        ask(story, _rich(story, cents, area), cents)
    a_draft(story, _rich(story, 18500, "Family"))


def a_draft(story: Story, matter: Matter) -> None:
    """Let the coordinator begin a request whose invoice is still awaited."""
    story.set_clock()
    spending = Spending(
        story.ledger_of(matter).pk, "disbursement", PAYEES[2][0], money(18500), "check", PAYEES[2][1], story.reference()
    )
    note = "Draft: the signed report comes this week."
    save_draft(story.stage.people["coordinator"], story.key(), spending, note=note, payee=payee_typed(PAYEES[2][0]))


def who_decides(story: Story) -> None:
    """A limit for one attorney, a payment over it that waits for the second, and an attorney who is away."""
    matter = _rich(story, ASKED_CENTS)
    limit_for_one_attorney(story)
    waiting_for_a_second(story, matter)
    somebody_is_away(story)


def ask(story: Story, matter: Matter, cents: int) -> DisbursementRequest:
    """Let the coordinator ask for a payment."""
    story.set_clock()
    payee, purpose = story.chance.choice(PAYEES)
    spending = Spending(
        story.ledger_of(matter).pk, "disbursement", payee, money(cents), "check", purpose, story.reference()
    )
    story.balances[matter.pk] -= cents
    known = payee_typed(payee)
    return request_money(story.stage.people["coordinator"], story.key(), spending, payee=known)


TROUBLES: tuple[tuple[int, Callable[[Story], None]], ...] = (
    (21, a_reversed_check),
    (20, payees_recorded),
    (16, a_cured_bounce),
    (13, a_spoiled_check),
    (12, a_lost_check),
    (11, an_unidentified_receipt),
    (9, a_disputed_fee),
    (8, approved_payments),
    (7, a_matter_closing_with_money),
    (6, turned_down_and_taken_back),
    (5, a_request_nobody_answers),
    (5, an_uncashed_check),
    (4, an_unauthorized_debit),
    (4, funds_gone_meanwhile),
    (3, a_bounced_check_already_spent),
    (2, uncollected_money),
    (1, bank_details_waiting),
    (1, a_settlement),
    (0, requests_waiting),
    (0, who_decides),
)
