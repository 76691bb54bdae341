"""How the firm takes its fees: an invoice, the attorney's authorization, the client's approval, and the transfer."""

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.invoicing import Head, add_line, create_draft, issue
from billing.models import Invoice
from disbursements.earned_fees import grant, record_answer, spending_of
from disbursements.taking_fees import Terms
from ledgers.models import Ledger, Matter
from ledgers.money import Money, cents_of

if TYPE_CHECKING:
    from trustledger.demo.history import Story


def take_fee(story: "Story", matter: Matter, ledger: Ledger, amount: Money) -> None:
    """Invoice a matter, have it authorized and approved, and let the fee follow."""
    story.set_clock()
    invoice = invoiced(story, matter, amount)
    attorney = matter.responsible_attorney
    terms = Terms(ledger, story.stage.operating, amount)
    grant(attorney, invoice.pk, terms, spending_of(invoice, terms).content_hash())
    evidence = f"E-mail of {matter.client.name}, {story.today:%b} {story.today.day}, filed with the invoice"
    record_answer(story.stage.coordinator(), story.key(), invoice, "approved", evidence)
    story.balances[matter.pk] = story.balances.get(matter.pk, 0) - cents_of(amount)


def invoiced(story: "Story", matter: Matter, amount: Money) -> Invoice:
    """Issue an invoice for the month's work."""
    who, day = story.stage.people["coordinator"], story.today
    terms = Head(day, day + timedelta(days=30), "To be paid from your money in trust once you have approved it.")
    draft = create_draft(who, story.key(), matter, terms)
    month = (day.replace(day=1) - timedelta(days=1)).strftime("%B %Y")
    draft = add_line(who, story.key(), draft, "fee", day, f"Professional services, {month}", amount)
    return issue(who, draft, draft.version)
