"""The filters of ledgers and cards, and the note on an entry."""

from typing import Any

from django import forms

from ledgers.access import Books
from ledgers.forms.fields import PeriodForm, account_choice
from ledgers.models import Matter
from ledgers.queries.card import CardRange
from ledgers.queries.ledgers import LedgerFilter


class LedgerFilterForm(forms.Form):
    """Which ledgers to list."""

    text = forms.CharField(
        label="Find", required=False, widget=forms.TextInput(attrs={"placeholder": "Matter, client"})
    )
    account = account_choice()
    holding = forms.ChoiceField(
        label="Holding",
        required=False,
        choices=[("", "Everything"), ("with_money", "With money"), ("zero", "At zero"), ("deficit", "In deficit")],
    )
    status = forms.ChoiceField(label="Matter", required=False, choices=[("", "Any status"), *Matter.Status.choices])

    def __init__(self, books: Books, data: Any = None) -> None:
        """Offer the accounts the person may see."""
        super().__init__(data)
        field: Any = self.fields["account"]
        field.queryset = books.accounts.order_by("name")

    def filter(self) -> LedgerFilter:
        """Return the filter as the books understand it."""
        said = self.cleaned_data
        account = said["account"].pk if said["account"] else None
        return LedgerFilter(account_id=account, text=said["text"], holding=said["holding"], status=said["status"])


class CardForm(PeriodForm):
    """Which part of a card to show."""

    def within(self) -> CardRange:
        """Return the range; one that cannot be read is everything."""
        if not self.is_valid():
            return CardRange()
        return CardRange(self.cleaned_data["from_date"], self.cleaned_data["to_date"])


class NoteForm(forms.Form):
    """A remark on an entry."""

    text = forms.CharField(
        label="Add a note",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stays with the entry and cannot be changed.",
    )
