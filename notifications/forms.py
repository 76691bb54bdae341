"""Forms of the delivery log."""

from django import forms

from notifications.models import Notice


class LogForm(forms.Form):
    """What to look for in the delivery log."""

    state = forms.ChoiceField(choices=[("", "Any"), *Notice.State.choices], required=False)
    words = forms.CharField(label="Person, address or subject", max_length=100, required=False)


class MailboxForm(forms.Form):
    """What to look for in the mailbox."""

    words = forms.CharField(label="To or subject", max_length=100, required=False)
