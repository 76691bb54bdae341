"""Fields of the books: an amount, a day, a period."""

import calendar
from datetime import date
from typing import Any

from django import forms

from firms.clock import today
from ledgers.models import TrustAccount
from ledgers.money import Money, parse_money


class MoneyFormField(forms.CharField):
    """An amount as a bookkeeper types it: 1250, 1,250.00, (1,250.00)."""

    def __init__(self, **options: Any) -> None:
        """Mark the input as an amount."""
        options.setdefault("widget", forms.TextInput(attrs={"data-money": "", "placeholder": "0.00"}))
        super().__init__(**options)

    def clean(self, value: Any) -> Money | None:
        """Return the amount, or nothing where nothing was typed."""
        text = super().clean(value)
        return parse_money(text) if text else None


class DayField(forms.DateField):
    """A date; the browser's own calendar, or typed."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """A range of dates, both inclusive."""

    from_date = DayField(label="From", required=False)
    to_date = DayField(label="To", required=False)

    def clean(self) -> dict[str, Any]:
        """Hold that the range does not run backwards."""
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("from_date"), values.get("to_date")
        if first and last and first > last:
            self.add_error("to_date", "The period ends before it begins. Choose a later day.")
        return values


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of a day's month."""
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def this_month() -> tuple[date, date]:
    """Return the first day of the firm's month and today."""
    now = today()
    return now.replace(day=1), now


def account_choice(*, required: bool = False) -> "forms.ModelChoiceField[TrustAccount]":
    """Return a choice of trust account; which ones, the form says when it knows who asks."""
    none = TrustAccount.objects.none()
    return forms.ModelChoiceField(
        none, label="Trust account", required=required, empty_label=None if required else "All accounts"
    )
