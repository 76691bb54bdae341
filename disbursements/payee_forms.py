"""What somebody types about a payee. Forms know no rule of the books."""

from typing import Any

from django import forms

from disbursements.models import PAID_BY, Payee

MOST_LINES, LONGEST_LINE = 5, 60


def address_lines(typed: str) -> str:
    """Return the lines of an address as they stand on a check.

    Raises:
        ValidationError: they do not fit into the window of the envelope.
    """
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        raise forms.ValidationError(
            f"An address on a check has at most {MOST_LINES} lines of {LONGEST_LINE} letters. Shorten it."
        )
    return "\n".join(lines)


class PayeeForm(forms.Form):
    """A payee's details."""

    name = forms.CharField(
        max_length=200,
        help_text="As it stands on the check. Never cash.",
        widget=forms.TextInput(attrs={"data-focus": "", "autocomplete": "off"}),
    )
    is_another = forms.BooleanField(label="This is another payee than the one it looks like.", required=False)
    kind = forms.ChoiceField(choices=Payee.Kind.choices, initial=Payee.Kind.VENDOR)
    address = forms.CharField(
        max_length=300,
        required=False,
        help_text="The lines under the name on the check.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    email = forms.EmailField(label="E-mail", required=False)
    default_method = forms.ChoiceField(label="Usually paid by", choices=PAID_BY)
    notes = forms.CharField(max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    is_active = forms.BooleanField(
        label="Active", required=False, initial=True, help_text="An inactive payee is no longer offered or paid."
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def ask_nothing(self) -> None:
        """Leave out the question while no name looks alike."""
        del self.fields["is_another"]

    def clean_address(self) -> str:
        """Return the address in lines."""
        return address_lines(self.cleaned_data["address"])

    def values(self) -> dict[str, Any]:
        """Return what is kept."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PayeeBankForm(forms.Form):
    """A payee's account at the bank, and the call back."""

    bank_name = forms.CharField(label="Bank", max_length=200, widget=forms.TextInput(attrs={"data-focus": ""}))
    routing_number = forms.RegexField(
        r"^\s*\d{9}\s*$",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "A routing number has nine digits."},
    )
    account_number = forms.CharField(
        max_length=20,
        help_text="Kept encrypted; only its last four digits are ever shown again.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(label="Both are really paid into this account.", required=False)
    called_person = forms.CharField(label="Whom did you call?", max_length=100)
    called_number = forms.CharField(
        label="At which number?",
        max_length=60,
        help_text="One the firm knew before, never one from the message that asks for the change.",
    )
    called_when = forms.DateTimeField(
        label="When?",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def ask_nothing(self) -> None:
        """Leave out the question while nobody else has the account."""
        del self.fields["is_shared"]


class PayeeFilterForm(forms.Form):
    """Which payees to list."""

    q = forms.CharField(
        label="Find",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Name, e-mail, address", "data-shortcut": "f"}),
    )
    kind = forms.ChoiceField(required=False, choices=[("", "All kinds"), *Payee.Kind.choices])
    state = forms.ChoiceField(
        required=False, choices=[("active", "Active"), ("inactive", "Inactive"), ("all", "All")], initial="active"
    )

    def wanted(self) -> dict[str, str]:
        """Return what was chosen; what cannot be read filters nothing."""
        said = self.cleaned_data if self.is_valid() else {}
        return {"text": said.get("q", ""), "kind": said.get("kind", ""), "state": said.get("state") or "active"}
