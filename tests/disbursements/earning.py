"""How the tests have invoices paid from trust."""

from datetime import date
from typing import Any

from billing.invoicing import add_line, create_draft, issue
from billing.models import Invoice
from disbursements.earned_fees import grant, record_answer, spending_of
from disbursements.models import ClientAnswer, FeeAuthorization
from disbursements.taking_fees import Terms
from firms.clock import now
from firms.models import Person
from ledgers.authorities import Spending, authorize_spending
from ledgers.models import JournalEntry, Ledger, Matter, SpendingAuthority
from ledgers.money import money
from tests.billing.billing import head
from tests.cast import Cast, key, today


def invoiced(
    cast: Cast, cents: int = 30000, *, matter: Matter | None = None, on: date | None = None, number: str = ""
) -> Invoice:
    """Issue an invoice with a fee, dated today unless said otherwise."""
    day = on or today()
    draft = create_draft(cast.coordinator, key(), matter or cast.smith_matter, head(date=day))
    draft = add_line(cast.coordinator, key(), draft, "fee", day, "Work done", money(cents))
    return issue(cast.coordinator, draft, draft.version, number)


def terms(cast: Cast, invoice: Invoice, cents: int | None = None, ledger: Ledger | None = None) -> Terms:
    """Return what is open of an invoice (or less), out of the matter's ledger, into the operating account."""
    amount = invoice.open_amount if cents is None else money(cents)
    return Terms(ledger or cast.ledger(invoice.matter), cast.operating, amount)


def authorized(
    cast: Cast, invoice: Invoice, cents: int | None = None, by: Person | None = None, **more: Any
) -> FeeAuthorization:
    """Let the attorney authorize an invoice, the code checked already."""
    asked = terms(cast, invoice, cents, **more)
    return grant(by or cast.attorney, invoice.pk, asked, spending_of(invoice, asked).content_hash())


def approved(cast: Cast, invoice: Invoice, answer: str = "approved", by: Person | None = None) -> ClientAnswer:
    """Record what the client said."""
    return record_answer(by or cast.coordinator, key(), invoice, answer, "E-mail of Jane Smith, Mar 3, file 12")


def allowed(cast: Cast, ledger: Ledger, cents: int, invoice: Invoice, hold_id: int | None = None) -> SpendingAuthority:
    """Return the authority of an invoice whose both conditions are there, before anything is transferred."""
    words = ("earned_fee", "Court", money(cents), "ach", "Fee", invoice.number)
    spending = Spending(ledger.pk, *words, operating_account_id=cast.operating.pk)
    authority = authorize_spending(cast.attorney, cast.coordinator.pk, spending, hold_id)
    FeeAuthorization.objects.create(invoice=invoice, authority=authority, condition="approval")
    ClientAnswer.objects.create(
        invoice=invoice, answer="approved", evidence="Letter", recorded_by=cast.coordinator, at=now()
    )
    return authority


def fee(cast: Cast, cents: int = 30000, *, matter: Matter | None = None, number: str = "") -> JournalEntry:
    """Take the fee of a new invoice, authorized and approved."""
    invoice = invoiced(cast, cents, matter=matter, number=number)
    approved(cast, invoice)
    made = authorized(cast, invoice)
    return JournalEntry.objects.select_related("text").get(fee_transfer__authorization=made)
