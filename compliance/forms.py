"""Forms of the exception dashboard: text into values, no rule of the books."""

from typing import Any

from django import forms

from compliance.models import TrustException
from compliance.queries import Filters
from compliance.rules import RULES
from firms.models import Person

ANY = [("", "Any")]


class FilterForm(forms.Form):
    """What to look for among the exceptions."""

    severity = forms.ChoiceField(choices=[*ANY, *TrustException.Severity.choices], required=False)
    rule = forms.ChoiceField(choices=[*ANY, *((rule.code, rule.title) for rule in RULES.values())], required=False)
    owner = forms.ChoiceField(choices=[*ANY, ("me", "Me"), ("nobody", "Nobody")], required=False)
    state = forms.ChoiceField(
        choices=[("", "Open"), ("snoozed", "Snoozed"), ("resolved", "Resolved (history)")], required=False
    )

    def filters(self) -> Filters:
        """Return what was asked for; what cannot be read is left out."""
        self.full_clean()
        return Filters(**{name: value for name, value in self.cleaned_data.items() if name in self.fields})


class OwnerForm(forms.Form):
    """Who looks after it."""

    owner = forms.ChoiceField(required=False)

    def __init__(self, people: list[Person], *args: Any, **kwargs: Any) -> None:
        """Offer the people who work on exceptions."""
        super().__init__(*args, **kwargs)
        choices = [("", "Nobody"), *((str(person.pk), person.full_name) for person in people)]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class SnoozeForm(forms.Form):
    """Until when, and why."""

    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class ResolveForm(forms.Form):
    """What was done about it."""

    resolution = forms.CharField(label="What was done", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
