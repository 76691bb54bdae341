"""What somebody types to record what the bank has done, or to put right what never was true."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django import forms

from firms.clock import today
from ledgers.access import Books
from ledgers.accounts import special_ledger
from ledgers.forms.fields import DayField, MoneyFormField
from ledgers.forms.places import MatterField, ledger_of, matter_of
from ledgers.models import Hold, JournalEntry, Ledger, OperatingAccount, TrustAccount
from ledgers.money import Money, as_text, cents_of

Facts = list[tuple[str, Any]]
Method = JournalEntry.Method
PUT_IN_BY = [(m.value, m.label) for m in (Method.WIRE, Method.ACH, Method.CHECK)]
ADVICE_HELP = "As it stands in the statement or the bank’s letter"


class EventForm(forms.Form):
    """What all of them say: when. `said` is what the person confirms."""

    book_date = DayField(label="Date")

    def __init__(self, books: Books, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Offer what the person may see; the date is today's unless said otherwise."""
        super().__init__(data, initial={"book_date": today(), **(initial or {})})
        self.books = books
        for name, offered in self.offers().items():
            field: Any = self.fields[name]
            field.queryset = offered

    def offers(self) -> dict[str, Any]:
        """Return what each choice offers."""
        return {}

    def clean_amount(self) -> Money | None:
        """Hold that the amount is more than zero."""
        amount: Money | None = self.cleaned_data["amount"]
        if amount is not None and amount.amount <= 0:
            raise forms.ValidationError("The amount must be more than zero.")
        return amount

    def said(self) -> Facts:
        """Return what was typed, in words, for the page that asks once more."""
        found: Facts = []
        for field in self.visible_fields():
            value = self.cleaned_data.get(field.name)
            if isinstance(field.field, forms.ChoiceField) and not isinstance(field.field, forms.ModelChoiceField):
                value = dict(field.field.choices).get(value, value)  # type: ignore[arg-type]  # our choices are pairs
            if value:
                found.append(
                    (str(field.label), value if isinstance(value, Money) or field.name == "book_date" else str(value))
                )
        return found


class BankLineForm(EventForm):
    """One line of the bank's statement, in a ledger that follows from the account."""

    special: str = Ledger.Kind.FIRM_FUNDS
    account = forms.ModelChoiceField(TrustAccount.objects.none(), label="Trust account", empty_label=None)
    matter = MatterField(required=False, help_text="Only for an individual account: whose money it is")
    amount = MoneyFormField()
    advice = forms.CharField(label="Bank’s line or advice", max_length=300, help_text=ADVICE_HELP)
    field_order = ("account", "amount", "book_date", "advice", "matter")

    def offers(self) -> dict[str, Any]:
        """Offer the accounts."""
        return {"account": self.books.accounts.order_by("name")}

    def clean(self) -> dict[str, Any]:
        """Find the ledger: the special one of a pooled account, the client's of an individual one."""
        said: dict[str, Any] = super().clean() or {}
        account: TrustAccount | None = said.get("account")
        if account is None:
            return said
        if account.kind != TrustAccount.Kind.INDIVIDUAL:
            said["ledger"] = special_ledger(account, self.special)
            return said
        try:
            if not said.get("matter"):
                raise forms.ValidationError("This account is one client’s own: choose the matter.")
            said["ledger"] = ledger_of(self.books, matter_of(self.books, said["matter"]), account)
        except forms.ValidationError as error:
            self.add_error("matter", error)
        return said

    def line(self) -> dict[str, Any]:
        """Return ledger, date, amount and advice."""
        said = self.cleaned_data
        return {"ledger": said["ledger"], **{name: said[name] for name in ("book_date", "amount", "advice")}}


class ChargeForm(BankLineForm):
    """A bank charge: out of the cushion."""


class InterestForm(BankLineForm):
    """Interest: due to the bar foundation."""

    special = Ledger.Kind.INTEREST_DUE


class SweepForm(BankLineForm):
    """The bank sent the interest due away; an individual account has none."""

    special = Ledger.Kind.INTEREST_DUE

    def offers(self) -> dict[str, Any]:
        """Offer the accounts that owe interest to the foundation."""
        return {"account": self.books.accounts.exclude(kind=TrustAccount.Kind.INDIVIDUAL).order_by("name")}


class FirmFundsDepositForm(EventForm):
    """Firm money put into the cushion."""

    account = forms.ModelChoiceField(TrustAccount.objects.none(), label="Trust account", empty_label=None)
    operating_account = forms.ModelChoiceField(OperatingAccount.objects.none(), label="From", empty_label=None)
    amount = MoneyFormField()
    method = forms.ChoiceField(choices=PUT_IN_BY)
    reference = forms.CharField(max_length=100)
    field_order = ("account", "operating_account", "amount", "book_date", "method", "reference")

    def offers(self) -> dict[str, Any]:
        """Offer pooled accounts and the firm's own."""
        pooled = self.books.accounts.exclude(kind=TrustAccount.Kind.INDIVIDUAL)
        return {"account": pooled.order_by("name"), "operating_account": self.books.operating_accounts.order_by("name")}


class LedgerChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # no brackets at run time
    """A ledger with its deficit."""

    def label_from_instance(self, obj: Any) -> str:
        """Return ledger, account and deficit."""
        return f"{obj} — {obj.trust_account} — deficit {as_text(obj.deficit)}"


class CureForm(EventForm):
    """A deficit made good with firm money."""

    ledger = LedgerChoice(Ledger.objects.none(), label="Ledger in deficit", empty_label=None)
    operating_account = forms.ModelChoiceField(
        OperatingAccount.objects.none(), label="From", required=False, empty_label="The account’s own firm funds"
    )
    amount = MoneyFormField()
    reason = forms.CharField(max_length=300)
    reference = forms.CharField(max_length=100, required=False)
    field_order = ("ledger", "operating_account", "amount", "book_date", "reason", "reference")

    def offers(self) -> dict[str, Any]:
        """Offer the ledgers in deficit and the firm's own accounts."""
        short = self.books.ledgers.filter(deficit__gt=0).select_related("matter", "trust_account")
        if not short.exists():
            cast("LedgerChoice", self.fields["ledger"]).empty_label = "No ledger is in deficit"
        return {"ledger": short.order_by("pk"), "operating_account": self.books.operating_accounts.order_by("name")}


WHERE = [
    ("matter", "A matter’s ledger"),
    (Ledger.Kind.FIRM_FUNDS, "Firm funds"),
    (Ledger.Kind.UNIDENTIFIED, "Unidentified receipts"),
]


class OtherEventForm(EventForm):
    """What the bank has done of another kind."""

    account = forms.ModelChoiceField(TrustAccount.objects.none(), label="Trust account", empty_label=None)
    where = forms.ChoiceField(label="Whose loss or gain", choices=WHERE)
    matter = MatterField(required=False, help_text="Where it is a matter’s")
    direction = forms.ChoiceField(
        label="At the bank", choices=[("-1", "Money left the account"), ("1", "Money came in")]
    )
    amount = MoneyFormField()
    advice = forms.CharField(label="Bank’s line or advice", max_length=300, help_text=ADVICE_HELP)
    field_order = ("account", "where", "matter", "direction", "amount", "book_date", "advice")

    def offers(self) -> dict[str, Any]:
        """Offer the accounts."""
        return {"account": self.books.accounts.order_by("name")}

    def clean(self) -> dict[str, Any]:
        """Find the ledger."""
        said: dict[str, Any] = super().clean() or {}
        account, where = said.get("account"), said.get("where")
        if account is None or self.errors:
            return said
        try:
            if where == "matter":
                said["ledger"] = ledger_of(self.books, matter_of(self.books, said.get("matter") or ""), account)
            elif account.kind == TrustAccount.Kind.INDIVIDUAL:
                raise forms.ValidationError("An individual account has no special ledgers: choose the matter.")
            else:
                said["ledger"] = special_ledger(account, str(where))
        except forms.ValidationError as error:
            self.add_error("matter", error)
        return said

    @property
    def signed_amount(self) -> Money:
        """The amount as it moved at the bank."""
        amount: Money = self.cleaned_data["amount"]
        return amount * int(self.cleaned_data["direction"])


class ReturnedReceiptForm(EventForm):
    """A receipt came back: which part of it, for which ledger."""

    advice = forms.CharField(
        label="Bank’s line or advice",
        max_length=300,
        help_text=ADVICE_HELP,
        widget=forms.TextInput(attrs={"data-focus": ""}),
    )

    def __init__(self, books: Books, receipt: JournalEntry, data: Any = None) -> None:
        """Ask an amount for each line of the receipt; all of it unless said otherwise."""
        super().__init__(books, data)
        self.lines = list(receipt.lines.select_related("ledger__matter").order_by("ledger_id"))
        for line in self.lines:
            field = MoneyFormField(
                label=f"Came back of {line.ledger}", required=False, initial=f"{line.amount.amount:,.2f}"
            )
            self.fields[f"line_{line.ledger_id}"] = field

    def clean(self) -> dict[str, Any]:
        """Hold that something came back."""
        said: dict[str, Any] = super().clean() or {}
        amounts = [amount for _, amount in self.parts(said)]
        if not self.errors and (not amounts or min(cents_of(amount) for amount in amounts) <= 0):
            raise forms.ValidationError("Type which amount came back, more than zero.")
        return said

    def parts(self, said: dict[str, Any]) -> list[tuple[Ledger, Money]]:
        """Return ledger and amount of each part that came back."""
        found: Iterable[tuple[Ledger, Money | None]] = [(g.ledger, said.get(f"line_{g.ledger_id}")) for g in self.lines]
        return [(ledger, amount) for ledger, amount in found if amount is not None]


class ReversalForm(EventForm):
    """An entry that never was true."""

    reason = forms.CharField(
        max_length=500,
        help_text="What was wrong, for whoever reads the books",
        widget=forms.TextInput(attrs={"data-focus": ""}),
    )
    field_order = ("reason", "book_date")


class FeePutBackForm(EventForm):
    """A fee taken too early or too high goes back to the client's ledger, whole or in part."""

    amount = MoneyFormField(
        help_text="At most what has not been put back yet",
        widget=forms.TextInput(attrs={"data-money": "", "data-focus": ""}),
    )
    operating_account = forms.ModelChoiceField(OperatingAccount.objects.none(), label="From", empty_label=None)
    method = forms.ChoiceField(choices=PUT_IN_BY)
    reference = forms.CharField(max_length=100)
    reason = forms.CharField(max_length=500, help_text="Why the firm gives it back, for whoever reads the books")
    field_order = ("amount", "operating_account", "book_date", "method", "reference", "reason")

    def offers(self) -> dict[str, Any]:
        """Offer the firm's own open accounts."""
        return {"operating_account": self.books.operating_accounts.filter(closed_date__isnull=True).order_by("name")}


class HoldForm(forms.Form):
    """Money of a matter that may not be spent."""

    matter = MatterField(is_first=True)
    account = forms.ModelChoiceField(
        TrustAccount.objects.none(), label="Trust account", required=False, empty_label="The matter’s default account"
    )
    kind = forms.ChoiceField(
        choices=[(Hold.Kind.MANUAL, "Manual"), (Hold.Kind.DISPUTED, "Disputed (Model Rule 1.15(e))")]
    )
    disputed_by = forms.CharField(
        label="Disputed by", max_length=200, required=False,
        help_text="Of disputed money: the client, a lienholder, another lawyer. What is not disputed can be paid.",
    )  # fmt: skip
    amount = MoneyFormField()
    reason = forms.CharField(max_length=300, help_text="Of disputed money: what is disputed.")
    until = DayField(
        label="Until", required=False, help_text="The first day on which it may be spent; empty: until released"
    )

    def __init__(self, books: Books, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Offer the accounts the person may see."""
        super().__init__(data, initial=initial)
        self.books = books
        field: Any = self.fields["account"]
        field.queryset = books.accounts.order_by("name")

    def clean_until(self) -> date | None:
        """Hold that a hold lasts at least until tomorrow: one that ended before it began would hold nothing."""
        until: date | None = self.cleaned_data["until"]
        if until is not None and until <= today():
            raise forms.ValidationError("This day is over or has begun. Choose a later one, or leave it empty.")
        return until

    def clean(self) -> dict[str, Any]:
        """Find the ledger."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("matter"):
            try:
                said["ledger"] = ledger_of(self.books, matter_of(self.books, said["matter"]), said.get("account"))
            except forms.ValidationError as error:
                self.add_error("matter", error)
        return said


class ReleaseForm(forms.Form):
    """The evidence on which a hold ends before its time."""

    evidence = forms.CharField(
        max_length=500,
        help_text="The bank’s written confirmation of final payment, the client’s agreement, the court’s order",
        widget=forms.Textarea(attrs={"rows": 3, "data-focus": ""}),
    )


class HoldFilterForm(forms.Form):
    """Which holds to list."""

    text = forms.CharField(
        label="Find", required=False, max_length=100, widget=forms.TextInput(attrs={"placeholder": "Matter, reason"})
    )
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any kind"), *Hold.Kind.choices])
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Open"), ("all", "Open and ended")])

    def wanted(self) -> dict[str, Any]:
        """Return what was typed; what cannot be read filters nothing."""
        return self.cleaned_data if self.is_valid() else {}
