"""What people type about settlement statements. Forms know no rule of the books."""

from decimal import Decimal
from typing import Any

from django import forms

from billing.queries.settlements import SettlementFilter
from billing.settlement_models import FeeBasis, SettlementLine, SettlementState, SettlementStatement
from billing.settlements import Deduction, Recovery
from firms.clock import today
from ledgers.access import Books
from ledgers.forms.fields import DayField, MoneyFormField, PeriodForm
from ledgers.forms.places import MatterField, matter_of

Kind = SettlementLine.Kind


class RecoveryForm(forms.Form):
    """What was recovered, from whom, and what the fee is of it."""

    date = DayField(label="Date of the statement")
    gross = MoneyFormField(label="Gross recovery")
    received_from = forms.CharField(
        label="Recovered from",
        max_length=200,
        help_text="Who pays, and by what reference: “Acme Insurance, claim 4711”",
    )
    fee_basis = forms.ChoiceField(label="Attorney’s fee", choices=FeeBasis.choices)
    fee_percent = forms.DecimalField(
        label="Percent", required=False, min_value=Decimal("0.0001"), max_value=100, max_digits=7, decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "data-plain": ""}),
        help_text="Of a percentage: 40, or 33.3333. The fee is rounded to the cent.",
    )  # fmt: skip
    fee = MoneyFormField(label="Fee", required=False, help_text="Only where the fee is an amount.")
    note = forms.CharField(
        label="Note on the statement", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_gross(self) -> Any:
        """Hold that something was recovered."""
        return positive(self.cleaned_data["gross"])

    def clean(self) -> dict[str, Any]:
        """Hold that the fee is said once, in the way that was chosen."""
        said: dict[str, Any] = super().clean() or {}
        is_amount, percent, fee = said.get("fee_basis") == FeeBasis.AMOUNT, said.get("fee_percent"), said.get("fee")
        if is_amount and percent is not None:
            self.add_error("fee_percent", "Leave the percentage empty where the fee is an amount.")
        if is_amount and "fee" not in self.errors and (fee is None or fee.amount <= 0):
            self.add_error("fee", "Enter the fee: more than zero.")
        if not is_amount and "fee_percent" not in self.errors and percent is None:
            self.add_error("fee_percent", "Enter the percentage of the fee agreement.")
        if not is_amount and fee is not None:
            self.add_error("fee", "Leave the amount empty: the fee is worked out of the percentage.")
        return said

    def recovery(self) -> Recovery:
        """Return what was typed."""
        names = ("date", "gross", "received_from", "fee_basis", "fee_percent", "fee", "note")
        return Recovery(**{name: self.cleaned_data[name] for name in names})


class NewSettlementForm(RecoveryForm):
    """A new draft."""

    matter = MatterField(is_first=True)
    field_order = ("matter", "date", "gross", "received_from", "fee_basis", "fee_percent", "fee", "note")

    def __init__(self, books: Books, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Start with today and a percentage of the gross."""
        super().__init__(data, initial={"date": today(), "fee_basis": FeeBasis.GROSS} | (initial or {}))
        self.books = books

    def clean_matter(self) -> Any:
        """Find the matter, among those the person may see."""
        return matter_of(self.books, self.cleaned_data["matter"])


def typed_recovery(it: SettlementStatement) -> dict[str, Any]:
    """Return a draft's recovery as its form shows it for changing."""
    shown = {name: getattr(it, name) for name in ("date", "received_from", "fee_basis", "note", "version")}
    fee = f"{it.fee.amount:.2f}" if it.fee_basis == FeeBasis.AMOUNT else ""
    return {**shown, "gross": f"{it.gross.amount:.2f}", "fee": fee, "fee_percent": it.percent_text}


def positive(amount: Any) -> Any:
    """Return an amount that is more than zero, or nothing.

    Raises:
        ValidationError: it is zero or less.
    """
    if amount is not None and amount.amount <= 0:
        raise forms.ValidationError("The amount must be more than zero.")
    return amount


class CostForm(forms.Form):
    """A cost that the firm has advanced."""

    payee = forms.CharField(label="Paid to", max_length=200)
    description = forms.CharField(label="For", max_length=300)
    amount = MoneyFormField()

    def clean_amount(self) -> Any:
        """Hold that it is more than zero."""
        return positive(self.cleaned_data["amount"])

    def deduction(self) -> Deduction:
        """Return what was typed."""
        said = self.cleaned_data
        return Deduction(Kind.COST, said["payee"], said["description"], said["amount"])


class LienForm(forms.Form):
    """What a third party claims of the recovery, and what was agreed."""

    payee = forms.CharField(label="Claimed by", max_length=200)
    description = forms.CharField(label="For", max_length=300, help_text="Lien, bill or account number")
    claimed = MoneyFormField()
    amount = MoneyFormField(label="Agreed", help_text="At most what is claimed; 0.00 where it was waived.")

    def clean_claimed(self) -> Any:
        """Hold that something is claimed."""
        return positive(self.cleaned_data["claimed"])

    def clean(self) -> dict[str, Any]:
        """Hold that no more is agreed than is claimed."""
        said: dict[str, Any] = super().clean() or {}
        claimed, amount = said.get("claimed"), said.get("amount")
        if amount is not None and (amount.amount < 0 or (claimed is not None and amount > claimed)):
            self.add_error("amount", "What is agreed is at most what is claimed, and not below zero.")
        return said

    def deduction(self) -> Deduction:
        """Return what was typed."""
        said = self.cleaned_data
        return Deduction(Kind.LIEN, said["payee"], said["description"], said["amount"], said["claimed"])


class IssueSettlementForm(forms.Form):
    """Issuing a draft as it was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class SettlementFilterForm(PeriodForm):
    """Which statements to list."""

    text = forms.CharField(
        label="Find", required=False, max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Number, matter, client, insurer", "data-shortcut": "f"}),
    )  # fmt: skip
    matter = forms.CharField(label="Matter number", required=False, max_length=60)
    state = forms.ChoiceField(required=False, choices=[("", "All but void"), *SettlementState.choices])
    field_order = ("text", "matter", "state", "from_date", "to_date")

    def filter(self) -> SettlementFilter:
        """Return what is wanted."""
        said = self.cleaned_data
        return SettlementFilter(
            matter_number=said["matter"].strip(), state=said["state"], from_date=said["from_date"],
            to_date=said["to_date"], text=said["text"],
        )  # fmt: skip
