"""What is typed to re-open a month."""

from django import forms


class ReopeningForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3, "data-focus": ""}))
