"""What somebody types to close or re-open a matter or a trust account."""

from typing import Any

from django import forms

from firms.clock import today
from ledgers.forms.fields import DayField


class VersionForm(forms.Form):
    """The version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ClosingForm(VersionForm):
    """Closing a matter: how it is known that the bank is through with it."""

    evidence = forms.CharField(
        label="Cleared at the bank",
        max_length=500,
        required=False,
        help_text="The statement or letter that shows that everything paid out has cleared, with its date.",
        widget=forms.TextInput(attrs={"data-focus": ""}),
    )

    def skip_evidence(self) -> None:
        """Ask for no evidence: no money ever went through the matter."""
        del self.fields["evidence"]


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
