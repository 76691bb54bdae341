"""What people type about invoices. Forms know no rule of the books."""

from datetime import timedelta
from typing import Any

from django import forms

from billing.invoicing import Head
from billing.models import Invoice, InvoiceLine
from billing.queries.invoices import STATES, InvoiceFilter
from firms.clock import today
from ledgers.access import Books
from ledgers.forms.fields import DayField, MoneyFormField, PeriodForm
from ledgers.forms.places import MatterField, matter_of

Kind = InvoiceLine.Kind
DAYS_TO_PAY = 30


class HeadForm(forms.Form):
    """Dates and note of an invoice."""

    date = DayField(label="Invoice date")
    due_date = DayField(label="To be paid by")
    note = forms.CharField(
        label="Note on the invoice", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Hold that it is not due before it is written."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("date") and said.get("due_date") and said["due_date"] < said["date"]:
            self.add_error("due_date", "It cannot be due before the invoice date.")
        return said

    def head(self) -> Head:
        """Return what was typed."""
        return Head(**{name: self.cleaned_data[name] for name in ("date", "due_date", "note")})


class NewInvoiceForm(HeadForm):
    """A new draft."""

    matter = MatterField(is_first=True)
    time_until = DayField(
        label="With unbilled time up to", required=False, help_text="Leave it empty to begin without time."
    )
    field_order = ("matter", "date", "due_date", "time_until", "note")

    def __init__(self, books: Books, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Start with today and thirty days to pay."""
        now = today()
        start = {"date": now, "due_date": now + timedelta(days=DAYS_TO_PAY), "time_until": now}
        super().__init__(data, initial=start | (initial or {}))
        self.books = books

    def clean_matter(self) -> Any:
        """Find the matter, among those the person may see."""
        return matter_of(self.books, self.cleaned_data["matter"])


def typed_head(invoice: Invoice) -> dict[str, Any]:
    """Return a draft's head as its form shows it for changing."""
    return {name: getattr(invoice, name) for name in ("date", "due_date", "note", "version")}


class LineForm(forms.Form):
    """A fee or an expense of the firm's own."""

    kind = forms.ChoiceField(choices=[(Kind.EXPENSE.value, Kind.EXPENSE.label), (Kind.FEE.value, Kind.FEE.label)])
    date = DayField()
    description = forms.CharField(max_length=1000)
    amount = MoneyFormField()

    def clean_amount(self) -> Any:
        """Hold that the amount is more than zero."""
        amount = self.cleaned_data["amount"]
        if amount is not None and amount.amount <= 0:
            raise forms.ValidationError("The amount must be more than zero.")
        return amount


class IssueForm(forms.Form):
    """Issuing a draft as it was shown, with a number of the firm's own if wanted."""

    number = forms.CharField(
        label="Number", max_length=40, required=False, help_text="Leave it empty for the next number of the year.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class InvoiceFilterForm(PeriodForm):
    """Which invoices to list."""

    text = forms.CharField(
        label="Find", required=False, max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Number, matter, client", "data-shortcut": "f"}),
    )  # fmt: skip
    matter = forms.CharField(label="Matter number", required=False, max_length=60)
    state = forms.ChoiceField(required=False, choices=[("", "All but void"), *STATES.items()])
    field_order = ("text", "matter", "state", "from_date", "to_date")

    def filter(self) -> InvoiceFilter:
        """Return what is wanted."""
        said = self.cleaned_data
        return InvoiceFilter(
            matter_number=said["matter"].strip(), state=said["state"], from_date=said["from_date"],
            to_date=said["to_date"], text=said["text"],
        )  # fmt: skip
