"""What somebody types who has seen an entry at the bank."""

from typing import Any

from django import forms

from firms.clock import today
from ledgers.forms.fields import DayField


class ClearedForm(forms.Form):
    """When the bank shows it, and where it was seen."""

    bank_date = DayField(label="Date at the bank")
    reference = forms.CharField(
        label="Seen where",
        max_length=100,
        help_text="The line of the online bank, or the statement.",
        widget=forms.TextInput(attrs={"data-focus": ""}),
    )

    def __init__(self, data: Any = None, *, below_list: bool = False) -> None:
        """Begin with today; below a list, the list has the focus."""
        super().__init__(data, initial={"bank_date": today()})
        if below_list:
            del self.fields["reference"].widget.attrs["data-focus"]


class NotClearedForm(forms.Form):
    """Why what was said of the bank is taken back."""

    reason = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"data-focus": ""}))
