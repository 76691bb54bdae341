"""What somebody types to close or re-open a matter or a trust account."""

from typing import Any

from django import forms

from firms.clock import today
from ledgers.forms.fields import DayField


class VersionForm(forms.Form):
    """The version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ReopeningForm(VersionForm):
    """Opening a matter again: why."""

    reason = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"data-focus": ""}))


class AccountClosingForm(VersionForm):
    """Closing a trust account: when the bank closed it, and its word for that."""

    closed_date = DayField(label="Closed at the bank on")
    evidence = forms.CharField(
        label="Bank’s confirmation",
        max_length=500,
        help_text="The letter or final statement, with its date.",
        widget=forms.TextInput(attrs={"data-focus": ""}),
    )
    field_order = ("evidence", "closed_date")

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Begin with today."""
        super().__init__(data, initial={"closed_date": today(), **(initial or {})})


class AccountReopeningForm(forms.Form):
    """Opening a trust account again: why."""

    reason = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"data-focus": ""}))
