"""What the firm bills: the time of some hourly matters, taken in as a file, and last month's invoices."""

import io
import random
from datetime import date, timedelta

from billing.invoicing import Head, add_line, change_draft, create_draft, issue
from billing.models import Invoice
from billing.time_import import import_time
from disbursements.earned_fees import grant, spending_of
from disbursements.taking_fees import Terms
from firms.calendar import is_business_day
from ledgers.models import Matter
from ledgers.money import money
from trustledger.demo.history import Story

MATTERS = 14
DRAFTS = 3  # the last ones wait for somebody to look at them
ASKED = (1, 5)  # their clients are asked by letter
RATES = (27500, 32500, 37500, 42000, 45000)
WORK = (
    "Telephone conference with client re status and next steps",
    "Review of documents produced by the other side",
    "Draft letter to opposing counsel re outstanding discovery",
    "Research on limitation period; memorandum to file",
    "Attend conference with the court by video",
    "Prepare client for deposition",
    "Revise draft agreement after comments of the client",
    "E-mail correspondence re scheduling",
    "Draft motion and supporting affirmation",
    "Review and summarize deposition transcript",
)


def bill(story: Story) -> None:
    """Take in the time of seven weeks as the coordinator's file, and invoice what was worked by the month's end."""
    chance = random.Random(7)  # noqa: S311  # its own, so that the rest of the story stays as it is
    billed = [matter for matter in story.stage.matters if matter.type == "hourly" and matter.pk in story.balances]
    who = story.stage.people["coordinator"]
    file = io.BytesIO(time_of(billed[:MATTERS], story.today, chance).encode())
    import_time(who, story.key(), f"time-{story.today:%Y-%m}.csv", file)
    month_end = story.today.replace(day=1) - timedelta(days=1)
    for place, matter in enumerate(billed[:MATTERS]):
        story.set_clock()
        draft = create_draft(who, story.key(), matter, terms(story.today), month_end)
        if place % 3 == 0:
            copies = money(chance.randrange(800, 9000))
            draft = add_line(who, story.key(), draft, "expense", month_end, "Copies and postage", copies)
        if place < MATTERS - DRAFTS and draft.total > money(0):
            issued = send(story, draft)
            if place in ASKED:
                ask_the_client(story, issued)


def ask_the_client(story: Story, invoice: Invoice) -> None:
    """The attorney authorizes payment from trust; the client gets the letter and has not answered yet."""
    story.set_clock()
    asked = Terms(story.ledger_of(invoice.matter), story.stage.operating, invoice.open_amount)
    grant(invoice.matter.responsible_attorney, invoice.pk, asked, spending_of(invoice, asked).content_hash())


def send(story: Story, draft: Invoice) -> Invoice:
    """Issue a draft after a last look at it."""
    who = story.stage.people["second_coordinator"]
    story.set_clock()
    checked = change_draft(who, draft, draft.version, terms(story.today))
    return issue(who, checked, checked.version)


def terms(day: date) -> Head:
    """Return the firm's terms: thirty days."""
    return Head(day, day + timedelta(days=30), "Please name the invoice number with your payment. Thank you.")


def time_of(matters: list[Matter], last: date, chance: random.Random) -> str:
    """Return the file of the firm's time program: what was worked in the seven weeks before a day."""
    rows = ["Date,Timekeeper,Matter Number,Hours,Rate,Narrative,Billable"]
    for place, matter in enumerate(matters):
        rate = RATES[matter.responsible_attorney_id % len(RATES)]
        for back in range(1 + place % 4, 49, 4):
            day = last - timedelta(days=back)
            if not is_business_day(day) or day < matter.opened_date:
                continue
            hours, said = chance.randrange(2, 22) / 10, chance.choice(WORK)
            charged = "no" if chance.random() < 0.06 else "yes"
            email = matter.responsible_attorney.email
            rows.append(f'{day},{email},{matter.number},{hours:.1f},{rate / 100:.2f},"{said}",{charged}')
    return "\n".join(rows) + "\n"
