"""What people type about settlement statements once they are issued. Forms know no rule of the books."""

from django import forms

from disbursements.attachments import ACCEPT
from firms.clock import today
from ledgers.forms.fields import DayField


class SignatureForm(forms.Form):
    """The client's signature: when, under which paper, and the paper itself."""

    signed_on = DayField(label="Signed on")
    code = forms.CharField(
        label="Code on the paper", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Twelve signs below the signatures of the paper that came back: exactly this was signed.",
    )  # fmt: skip
    paper = forms.FileField(
        label="Signed paper", widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text="A scan of the signed statement: PDF, PNG or JPEG, at most 10 MB.",
    )  # fmt: skip
    evidence = forms.CharField(
        label="How it came back", max_length=500, required=False,
        help_text="“Signed in the office before Dana Ruiz”, “by mail, original in file 12”",
    )  # fmt: skip

    def __init__(self, data: object = None, files: object = None) -> None:
        """Start with today."""
        super().__init__(data, files, initial={"signed_on": today()})  # type: ignore[arg-type]
