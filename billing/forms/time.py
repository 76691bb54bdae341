"""What people type about time and invoices. Forms know no rule of the books."""

from decimal import Decimal
from typing import Any

from django import forms

from billing.models import TimeEntry
from billing.queries.time import STATES, TimeFilter, people_with_time, timekeepers
from billing.timekeeping import Work
from firms.models import Person
from ledgers.access import Books
from ledgers.forms.fields import DayField, MoneyFormField, PeriodForm
from ledgers.forms.places import MatterField, matter_of
from ledgers.money import ZERO

ACCEPT = ".csv,.tsv,.txt,text/csv"


class TimeForm(forms.Form):
    """One time entry."""

    matter = MatterField(is_first=True)
    person = forms.ModelChoiceField(Person.objects.none(), label="Who worked", empty_label="Choose")
    date = DayField(label="Date of the work")
    hours = forms.DecimalField(
        min_value=Decimal("0.01"), max_value=Decimal(24), max_digits=4, decimal_places=2,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "0.0", "data-plain": ""}
        ),
        help_text="Tenths or hundredths: 0.4 is 24 minutes.",
    )  # fmt: skip
    rate = MoneyFormField(label="Rate for an hour")
    narrative = forms.CharField(
        label="What was done", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands on the client’s invoice.",
    )  # fmt: skip
    is_billable = forms.BooleanField(label="Charged to the client", required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, books: Books, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Offer whose time the person may record."""
        super().__init__(data, initial=initial)
        self.books = books
        field: Any = self.fields["person"]
        field.queryset = timekeepers(books.person)
        if len(only := list(field.queryset[:2])) == 1:
            field.empty_label, field.initial = None, only[0]

    def clean_matter(self) -> Any:
        """Find the matter, among those the person may see."""
        return matter_of(self.books, self.cleaned_data["matter"])

    def clean_rate(self) -> Any:
        """Hold that the rate is not negative."""
        rate = self.cleaned_data["rate"]
        if rate is not None and rate < ZERO:
            raise forms.ValidationError("The rate cannot be negative. Type 0.00 for work that is not charged.")
        return rate

    def work(self) -> Work:
        """Return what was typed."""
        return Work(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


def typed_time(entry: TimeEntry) -> dict[str, Any]:
    """Return a time entry as its form shows it for changing."""
    return {
        "matter": entry.matter.number, "person": entry.person_id, "date": entry.date, "hours": entry.hours,
        "rate": f"{entry.rate.amount:.2f}", "narrative": entry.narrative, "is_billable": entry.is_billable,
        "version": entry.version,
    }  # fmt: skip


class ReasonVersionForm(forms.Form):
    """Why something is taken out or made void, and what was shown."""

    reason = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"data-focus": ""}))
    version = forms.IntegerField(widget=forms.HiddenInput)


class TimeFileForm(forms.Form):
    """A file of time entries."""

    file = forms.FileField(
        label="CSV file",
        help_text="One row per entry; the first row names the columns: Date, Person (e-mail or full name), Matter "
        "(number), Hours, Rate, Narrative and, if you like, Billable (yes or no). At most 20,000 rows.",
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT, "data-focus": ""}),
    )


class TimeFilterForm(PeriodForm):
    """Which time entries to list."""

    text = forms.CharField(
        label="Find", required=False, max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Words, matter, client", "data-shortcut": "f"}),
    )  # fmt: skip
    matter = forms.CharField(label="Matter number", required=False, max_length=60)
    person = forms.ModelChoiceField(Person.objects.none(), required=False, empty_label="Everybody")
    state = forms.ChoiceField(
        required=False, choices=[("", "All that counts"), *((name, label) for name, (label, _) in STATES.items())]
    )
    field_order = ("text", "matter", "person", "state", "from_date", "to_date")

    def __init__(self, books: Books, data: Any = None) -> None:
        """Offer who has worked on what the person may see."""
        super().__init__(data)
        field: Any = self.fields["person"]
        field.queryset = people_with_time(books)

    def filter(self) -> TimeFilter:
        """Return what is wanted."""
        said = self.cleaned_data
        return TimeFilter(
            person_id=said["person"].pk if said["person"] else None, matter_number=said["matter"].strip(),
            from_date=said["from_date"], to_date=said["to_date"], state=said["state"], text=said["text"],
        )  # fmt: skip
