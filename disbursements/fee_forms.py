"""What people type about payment of invoices from trust. Forms know no rule of the books."""

from typing import Any

from django import forms

from billing.models import Invoice
from disbursements.fee_queries import firms_own_accounts, ledgers_for
from disbursements.models import ClientAnswer
from disbursements.taking_fees import Terms
from firms.forms import CodeForm
from firms.models import Person
from ledgers.forms.fields import MoneyFormField
from ledgers.models import Ledger, OperatingAccount


class LedgerChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of the matter's ledgers, by their accounts."""

    def label_from_instance(self, obj: Ledger) -> str:
        """Return the name of the account."""
        return str(obj.trust_account)


class FeeTermsForm(forms.Form):
    """How much of an invoice is paid, out of which ledger, into which account of the firm."""

    amount = MoneyFormField()
    ledger = LedgerChoice(Ledger.objects.none(), label="Out of", empty_label=None)
    operating_account = forms.ModelChoiceField(OperatingAccount.objects.none(), label="Into", empty_label=None)

    def __init__(
        self, person: Person, invoice: Invoice, data: Any = None, initial: dict[str, Any] | None = None
    ) -> None:
        """Offer the matter's ledgers and the firm's own accounts."""
        super().__init__(data, initial=initial)
        choices: dict[str, Any] = {"ledger": ledgers_for(person, invoice), "operating_account": firms_own_accounts()}
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.queryset = offered

    def clean_amount(self) -> Any:
        """Hold that the amount is more than zero."""
        amount = self.cleaned_data["amount"]
        if amount is not None and amount.amount <= 0:
            raise forms.ValidationError("The amount must be more than zero.")
        return amount

    def terms(self) -> Terms:
        """Return what was typed."""
        said = self.cleaned_data
        return Terms(said["ledger"], said["operating_account"], said["amount"])


def typed_terms(terms: Terms) -> dict[str, Any]:
    """Return terms as a form shows them."""
    return {
        "amount": f"{terms.amount.amount:.2f}", "ledger": terms.ledger.pk,
        "operating_account": terms.operating_account.pk,
    }  # fmt: skip


class FeeDecisionForm(CodeForm):
    """The decision: the code, and the terms that were shown."""

    amount = forms.CharField(widget=forms.HiddenInput)
    ledger = forms.CharField(widget=forms.HiddenInput)
    operating_account = forms.CharField(widget=forms.HiddenInput)


class ClientAnswerForm(forms.Form):
    """What the client said to an invoice, and how the firm knows."""

    answer = forms.ChoiceField(label="The client", choices=ClientAnswer.Answer.choices, widget=forms.RadioSelect)
    evidence = forms.CharField(
        label="Evidence", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="By what the client said so, when, and where it is filed: “E-mail of Jane Smith, Mar 3, file 12”.",
    )  # fmt: skip
