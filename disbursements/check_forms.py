"""What somebody types about checks. Forms know no rule of the books."""

from typing import Any

from django import forms

from disbursements.check_queries import numbers_in_use
from disbursements.check_register import RegisterSpan
from disbursements.positive_pay import layouts
from firms.clock import today
from ledgers.access import Books
from ledgers.forms.fields import DayField, this_month
from ledgers.models import TrustAccount

HIGHEST = 9_999_999_999
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class ChecksForm(forms.Form):
    """Whose checks: a trust account, the first by name unless one is chosen."""

    account = forms.ModelChoiceField(TrustAccount.objects.none(), label="Trust account", empty_label=None)

    def __init__(self, books: Books, data: Any) -> None:
        """Offer the accounts that the person sees."""
        accounts = books.accounts.order_by("closed_date", "name")
        first = accounts.first()
        super().__init__({"account": str(first.pk) if first else "", **data.dict()})
        field: Any = self.fields["account"]
        field.queryset = accounts

    @property
    def account_chosen(self) -> TrustAccount | None:
        """The account; None when there is none, or no such one."""
        found: TrustAccount | None = self.cleaned_data["account"] if self.is_valid() else None
        return found


class RegisterForm(ChecksForm):
    """Whose register, of which days; this month unless others are chosen."""

    from_date = DayField(label="From", required=False)
    to_date = DayField(label="To", required=False)

    def __init__(self, books: Books, data: Any) -> None:
        """Begin with this month."""
        super().__init__(books, data)
        first, last = this_month()
        self.data = {"from_date": first.isoformat(), "to_date": last.isoformat(), **self.data}

    def clean(self) -> dict[str, Any]:
        """Hold that the days do not run backwards."""
        said: dict[str, Any] = super().clean() or {}
        first, last = this_month()
        said["from_date"], said["to_date"] = said.get("from_date") or first, said.get("to_date") or last
        if said["from_date"] > said["to_date"]:
            self.add_error("to_date", "The period ends before it begins. Choose a later day.")
        return said

    def span(self) -> RegisterSpan | None:
        """Return what was asked for; None when it cannot be read."""
        account = self.account_chosen
        said = self.cleaned_data
        return RegisterSpan(account, said["from_date"], said["to_date"]) if account else None


class AgingForm(ChecksForm):
    """Whose outstanding checks, and how old at least."""

    age = forms.ChoiceField(
        label="Outstanding", choices=[("0", "All"), ("90", "Over 90 days"), ("180", "Over 180 days")], required=False
    )

    def __init__(self, books: Books, data: Any) -> None:
        """Begin with all."""
        super().__init__(books, data)
        self.data = {"age": "0", **self.data}

    def clean_age(self) -> int:
        """Return for how many days at least."""
        return int(self.cleaned_data["age"] or 0)


class EndForm(forms.Form):
    """Why a payment is undone, and when."""

    book_date = DayField(label="Date")
    reason = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"data-focus": ""}))

    def __init__(self, data: Any = None) -> None:
        """Begin with today."""
        super().__init__(data, initial={"book_date": today()})


class SpoilForm(forms.Form):
    """Why a check is void."""

    reason = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"data-focus": ""}))


class StopForm(SpoilForm):
    """Why the bank was told not to pay, and what it answered."""

    bank_reference = forms.CharField(
        label="The bank’s confirmation",
        max_length=100,
        required=False,
        help_text="Its number or the name of who took it.",
    )


class PositivePayForm(ChecksForm):
    """Which checks the bank is told of, in which layout."""

    from_date = DayField(label="From")
    to_date = DayField(label="To")
    layout = forms.ChoiceField(label="Layout of the bank", choices=())

    def __init__(self, books: Books, data: Any) -> None:
        """Begin with today, and offer every layout there is."""
        super().__init__(books, data)
        known = layouts()
        day = today().isoformat()
        self.data = {"from_date": day, "to_date": day, "layout": next(iter(known)), **self.data}
        field: Any = self.fields["layout"]
        field.choices = [(layout.code, layout.name) for layout in known.values()]

    def clean(self) -> dict[str, Any]:
        """Hold that the days do not run backwards."""
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("from_date"), said.get("to_date")
        if first and last and first > last:
            self.add_error("to_date", "The period ends before it begins. Choose a later day.")
        return said


class NumberingForm(forms.Form):
    """Which number is printed next."""

    first_number = forms.IntegerField(
        label="Next check number",
        min_value=1,
        max_value=HIGHEST,
        help_text="As it stands on the first sheet in the printer.",
        widget=forms.TextInput(attrs={**NUMBER, "data-focus": ""}),
    )
    since_date = DayField(
        label="Print payments from",
        help_text="Checks of payments before this day were made elsewhere and do not wait for the printer.",
    )

    def __init__(self, account: TrustAccount, data: Any = None) -> None:
        """Begin with what is set."""
        known = numbers_in_use(account)
        start = {"first_number": known.next_number, "since_date": known.since_date or today()}
        super().__init__(data, initial=start)


class WrittenCheckForm(forms.Form):
    """A check that was written by hand."""

    number = forms.IntegerField(
        label="Check number",
        min_value=1,
        max_value=HIGHEST,
        widget=forms.TextInput(attrs={**NUMBER, "data-focus": ""}),
    )
    on_date = DayField(label="Date on the check")
    begins_book = forms.BooleanField(label="It is the first of another check book.", required=False)

    def __init__(self, data: Any = None) -> None:
        """Begin with today."""
        super().__init__(data, initial={"on_date": today()})


class SpoilBlankForm(SpoilForm):
    """A blank check that was spoiled."""

    number = forms.IntegerField(
        label="Check number",
        min_value=1,
        max_value=HIGHEST,
        required=False,
        help_text="Leave it empty for the next number of the stock in the printer.",
        widget=forms.TextInput(attrs=NUMBER),
    )
    begins_book = forms.BooleanField(label="It is the first of another check book.", required=False)
    field_order = ("number", "reason", "begins_book")
