"""The receipt, its splits, the filter of the list, and the deposit slip."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse_lazy
from django.utils.dateparse import parse_date

from firms.clock import today
from ledgers.access import Books
from ledgers.forms.fields import DayField, MoneyFormField, PeriodForm, account_choice
from ledgers.models import JournalEntry, Ledger, Matter
from ledgers.money import ZERO, Money
from ledgers.posting import Share
from ledgers.queries.deposit_slips import slips_of
from ledgers.queries.entries import EntryFilter
from ledgers.receipts import AUTOMATIC, NO_SLIP, Receipt

METHODS = [(m.value, m.label) for m in JournalEntry.Method if m != JournalEntry.Method.INTERNAL]
MOST_SPLITS = 100
RECEIPT = (JournalEntry.Kind.RECEIPT.value,)


class SplitForm(forms.Form):
    """One matter's part of a receipt."""

    matter = forms.CharField(
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"data-combobox": reverse_lazy("matter_options"), "placeholder": "Number, name or client"}
        ),
    )
    amount = MoneyFormField(required=False)

    def __init__(self, *args: Any, books: Books, is_unidentified: bool = False, **kwargs: Any) -> None:
        """Number the labels, so that each is heard once."""
        super().__init__(*args, **kwargs)
        self.books, self.is_unidentified = books, is_unidentified
        self.found: Matter | None = None
        place = int(str(self.prefix).rpartition("-")[2]) + 1 if str(self.prefix)[-1:].isdigit() else 1
        if place > 1:
            self.fields["matter"].label, self.fields["amount"].label = f"Matter {place}", f"Amount {place}"

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed in the row."""
        return not self.cleaned_data.get("matter") and self.cleaned_data.get("amount") is None

    def clean_matter(self) -> str:
        """Find the matter by its number, among those the person may see."""
        number: str = self.cleaned_data["matter"].strip()
        if not number:
            return ""
        self.found = self.books.matters.select_related("client").filter(number__iexact=number).first()
        if self.found is None:
            raise forms.ValidationError(
                f"There is no matter “{number}”. Type part of its number or name and choose it from the list."
            )
        self.fields["matter"].widget.attrs["data-combobox-label"] = (
            f"{self.found.description} · {self.found.client.name}"
        )
        return self.found.number

    def clean(self) -> dict[str, Any]:
        """Hold that a row has both its matter and its amount, or neither."""
        values: dict[str, Any] = super().clean() or {}
        amount: Money | None = values.get("amount")
        if values.get("matter") and amount is None and "amount" not in self.errors:
            self.add_error("amount", "Type the amount for this matter.")
        if amount is not None and amount <= ZERO:
            self.add_error("amount", "The amount must be more than zero.")
        if amount is not None and not values.get("matter") and "matter" not in self.errors and not self.is_unidentified:
            self.add_error("matter", "Choose the matter, or tick that it is not known yet.")
        return values


if TYPE_CHECKING:
    Rows = forms.BaseFormSet[SplitForm]
else:
    Rows = forms.BaseFormSet


class SplitFormSet(Rows):
    """The parts of a receipt; empty rows are left out."""

    def given(self) -> list[SplitForm]:
        """Return the rows in which something was typed."""
        return [form for form in self.forms if not form.is_blank]

    def clean(self) -> None:
        """Hold that there is an amount at all, and each matter once."""
        if any(self.errors):
            return
        rows = self.given()
        if not rows:
            raise forms.ValidationError("Type the amount received, and its matter.")
        numbers = [form.cleaned_data["matter"] for form in rows]
        if len(set(numbers)) < len(numbers):
            raise forms.ValidationError("The same matter stands in two rows. Put its amounts together.")


def split_formset(extra: int) -> type[SplitFormSet]:
    """Return the class of the rows, with so many empty ones."""
    made: Any = forms.formset_factory(
        SplitForm, SplitFormSet, extra=extra, max_num=MOST_SPLITS, absolute_max=MOST_SPLITS, validate_max=True
    )
    return made  # type: ignore[no-any-return]


class ReceiptForm(forms.Form):
    """Money received: from whom, how, when, for which matters."""

    payer = forms.CharField(
        label="Received from", max_length=200, widget=forms.TextInput(attrs={"data-focus": "", "autocomplete": "off"})
    )
    reference = forms.CharField(max_length=100, required=False, help_text="Check or wire number")
    method = forms.ChoiceField(choices=METHODS, initial="check")
    book_date = DayField(label="Date received")
    account = account_choice(required=True)
    slip = forms.ChoiceField(label="Deposit slip", initial=AUTOMATIC)
    memo = forms.CharField(max_length=500, required=False)
    is_unidentified = forms.BooleanField(
        label="The matter is not known yet: keep it in unidentified receipts", required=False
    )
    is_no_repeat = forms.BooleanField(label="This is other money, not a repeat. Record it.", required=False)

    def __init__(
        self,
        books: Books,
        data: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        splits: list[dict[str, Any]] | None = None,
    ) -> None:
        """Offer the accounts and open slips the person may see."""
        super().__init__(data, initial={"book_date": today(), **(initial or {})})
        self.books = books
        field: Any = self.fields["account"]
        field.queryset = books.accounts.filter(closed_date__isnull=True).order_by("name")
        slips = slips_of(books).filter(closed_at__isnull=True).order_by("-date", "-pk")[:50]
        named = [(str(slip.pk), f"No. {slip.pk} of {slip.date:%b %-d} · {slip.trust_account.name}") for slip in slips]
        choices: Any = self.fields["slip"]
        choices.choices = [(AUTOMATIC, "The open slip (checks and cash)"), (NO_SLIP, "None"), *named]
        unknown = bool(data and data.get("is_unidentified"))
        rows = split_formset(1 if not splits else 0)
        self.splits = rows(
            data, prefix="split", initial=splits, form_kwargs={"books": books, "is_unidentified": unknown}
        )

    def is_valid(self) -> bool:
        """Say whether the receipt and all its rows can be read."""
        return super().is_valid() & self.splits.is_valid()

    def shares(self) -> tuple[Share, ...]:
        """Return the parts: for matters, or one for unidentified receipts."""
        rows = self.splits.given()
        if not self.cleaned_data["is_unidentified"]:
            return tuple(Share(form.found, form.cleaned_data["amount"]) for form in rows if form.found)
        ledger = self.unidentified_ledger()
        return (Share(ledger, sum((form.cleaned_data["amount"] for form in rows), ZERO)),) if ledger else ()

    def unidentified_ledger(self) -> Ledger | None:
        """Return the account's ledger for money without a matter."""
        return Ledger.objects.filter(trust_account=self.cleaned_data["account"], kind=Ledger.Kind.UNIDENTIFIED).first()

    def clean(self) -> dict[str, Any]:
        """Hold that the slip is of the account, and that money without a matter has a place there."""
        values: dict[str, Any] = super().clean() or {}
        account, slip = values.get("account"), values.get("slip", "")
        if account and slip.isdigit() and not slips_of(self.books).filter(pk=slip, trust_account=account).exists():
            self.add_error("slip", "This deposit slip is of another trust account. Choose one of this account.")
        if account and values.get("is_unidentified") and self.unidentified_ledger() is None:
            self.add_error(
                "is_unidentified",
                "This account takes money of one client only. Name the matter, or use a pooled account.",
            )
        return values

    def receipt(self) -> Receipt:
        """Return the receipt as the books understand it."""
        said = self.cleaned_data
        return Receipt(
            account=said["account"],
            book_date=said["book_date"],
            method=said["method"],
            payer=said["payer"],
            shares=self.shares(),
            reference=said["reference"],
            memo=said["memo"],
            slip=said["slip"],
            is_no_repeat=said["is_no_repeat"],
        )

    def so_far(self) -> tuple[Money | None, str, date | None]:
        """Return total, method and day as far as they can be read: of what was typed, or of a new form."""
        if not self.is_bound:
            said = {name: self.get_initial_for_field(self.fields[name], name) for name in ("method", "book_date")}
            day = said["book_date"]
            return None, str(said["method"]), day if isinstance(day, date) else parse_date(str(day))
        self.is_valid()
        amounts = [row.cleaned_data.get("amount") for row in self.splits.forms if hasattr(row, "cleaned_data")]
        given = [amount for amount in amounts if amount]
        return (
            sum(given, ZERO) if given else None,
            self.cleaned_data.get("method", ""),
            self.cleaned_data.get("book_date"),
        )

    def with_one_more_row(self) -> "ReceiptForm":
        """Return the form as typed, with an empty row more, and nothing judged yet."""
        typed = {name: self.data.get(name, "") for name in self.fields}
        rows = [{name: form.data.get(form.add_prefix(name), "") for name in form.fields} for form in self.splits.forms]
        more = ReceiptForm(self.books, initial=typed, splits=[*rows, {}])
        more.splits.forms[-1].fields["matter"].widget.attrs["data-focus"] = ""
        del more.fields["payer"].widget.attrs["data-focus"]
        return more


class ReceiptFilterForm(PeriodForm):
    """Which receipts to list."""

    text = forms.CharField(
        label="Find", required=False, widget=forms.TextInput(attrs={"placeholder": "Payer, reference, matter"})
    )
    account = account_choice()
    method = forms.ChoiceField(choices=[("", "All methods"), *METHODS], required=False)
    field_order = ["text", "account", "method", "from_date", "to_date"]

    def __init__(self, books: Books, data: Any = None, **kwargs: Any) -> None:
        """Offer the accounts the person may see."""
        super().__init__(data, **kwargs)
        field: Any = self.fields["account"]
        field.queryset = books.accounts.order_by("name")

    def filter(self) -> EntryFilter:
        """Return the filter as the books understand it."""
        said = self.cleaned_data
        account = said["account"].pk if said["account"] else None
        return EntryFilter(
            kinds=RECEIPT,
            account_id=account,
            from_date=said["from_date"],
            to_date=said["to_date"],
            text=said["text"],
            method=said["method"],
        )


class SlipClosingForm(forms.Form):
    """When a deposit slip went to the bank."""

    date = DayField(label="Taken to the bank on")
