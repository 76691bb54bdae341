"""What a report is asked for: which account, which day or period."""

from datetime import date
from typing import Any

from django import forms

from firms.clock import today
from ledgers.access import Books
from ledgers.forms.fields import DayField, PeriodForm, account_choice, this_month
from ledgers.models import TrustAccount
from ledgers.queries.journals import Span


class AsOfForm(forms.Form):
    """A day, and an account or all of them."""

    account = account_choice()
    on_date = DayField(label="As of", required=False)

    def __init__(self, books: Books, data: Any) -> None:
        """Offer the accounts the person may see; without a day it is today."""
        super().__init__({"on_date": today().isoformat(), **data.dict()})
        self.books = books
        field: Any = self.fields["account"]
        field.queryset = books.accounts.order_by("name")

    @property
    def day(self) -> date:
        """The day; today when what was typed is none."""
        return (self.is_valid() and self.cleaned_data["on_date"]) or today()

    @property
    def accounts(self) -> list[TrustAccount]:
        """The chosen account, or all the person may see."""
        chosen = self.cleaned_data.get("account") if self.is_valid() else None
        return [chosen] if chosen else list(self.books.accounts.order_by("name"))


class JournalForm(PeriodForm):
    """A period, and an account or all of them."""

    account = account_choice()
    field_order = ("account", "from_date", "to_date")

    def __init__(self, books: Books, data: Any) -> None:
        """Offer the accounts the person may see; without a period it is this month."""
        first, last = this_month()
        super().__init__({"from_date": first.isoformat(), "to_date": last.isoformat(), **data.dict()})
        self.books = books
        field: Any = self.fields["account"]
        field.queryset = books.accounts.order_by("name")

    def span(self) -> Span:
        """Return what was asked for; what cannot be read is this month, and all accounts."""
        said = self.cleaned_data if self.is_valid() else {}
        first, last = this_month()
        accounts = [said["account"]] if said.get("account") else list(self.books.accounts.order_by("name"))
        return Span(accounts, said.get("from_date") or first, said.get("to_date") or last)
