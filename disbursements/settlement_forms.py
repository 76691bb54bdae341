"""What people type about settlement statements once they are issued. Forms know no rule of the books."""

from typing import Any

from django import forms

from billing.settlement_models import SettlementStatement
from disbursements.attachments import ACCEPT
from disbursements.fee_forms import LedgerChoice
from disbursements.fee_queries import firms_own_accounts
from disbursements.settlement_queries import firms_part_open, ledgers_of
from disbursements.taking_fees import Terms
from firms.clock import today
from firms.forms import CodeForm
from firms.models import Person
from ledgers.forms.fields import DayField, MoneyFormField
from ledgers.models import JournalEntry, Ledger, OperatingAccount
from ledgers.money import Money, as_text


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


class SettlementTermsForm(forms.Form):
    """Out of which ledger fee and costs go, and into which account of the firm."""

    ledger = LedgerChoice(Ledger.objects.none(), label="Out of", empty_label=None)
    operating_account = forms.ModelChoiceField(OperatingAccount.objects.none(), label="Into", empty_label=None)

    def __init__(self, person: Person, it: SettlementStatement, data: Any = None, initial: Any = None) -> None:
        """Offer the matter's ledgers and the firm's own accounts."""
        super().__init__(data, initial=initial)
        self.statement = it
        choices: dict[str, Any] = {"ledger": ledgers_of(person, it), "operating_account": firms_own_accounts()}
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.queryset = offered

    def terms(self) -> Terms:
        """Return what was chosen, with all that is unpaid of fee and costs."""
        said = self.cleaned_data
        return Terms(said["ledger"], said["operating_account"], firms_part_open(self.statement))


class SettlementDecisionForm(CodeForm):
    """The decision: the code, and the terms that were shown."""

    ledger = forms.CharField(widget=forms.HiddenInput)
    operating_account = forms.CharField(widget=forms.HiddenInput)


class PaymentChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of payments out of the matter, with what of each settles nothing yet."""

    def label_from_instance(self, obj: JournalEntry) -> str:
        """Return when it was, to whom, and how much is free."""
        return f"{obj.book_date:%b %d, %Y}, {obj.text.party}: {as_text(vars(obj)['free'])} (entry {obj.pk})"


class SettledOtherwiseForm(forms.Form):
    """By which payment a lien or the client's share left, how much of it, and how that is known."""

    payment = PaymentChoice(JournalEntry.objects.none(), label="Left by", empty_label=None)
    amount = MoneyFormField(help_text="As much of the payment as was for this.")
    evidence = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="“Ledger card and check 1042, paid to the client on Nov 20 as a return; receipt in file 12”.",
    )  # fmt: skip

    def __init__(self, payments: Any, left: Money, data: Any = None) -> None:
        """Offer the payments, the newest first; begin with what is left of the line."""
        super().__init__(data, initial={"amount": f"{left.amount:,.2f}"})
        field: Any = self.fields["payment"]
        field.queryset = payments
