"""What a coordinator types to ask for money, and what an attorney types to decide. Forms know no rule of the books."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import reverse_lazy

from disbursements.attachments import ACCEPT, usable
from disbursements.models import PAID_BY, Attachment, DisbursementRequest, Kind, Payee, State
from disbursements.payee_queries import payee_text, payee_typed
from disbursements.two_attorneys import device_suffices
from firms.devices import remembered_device
from firms.forms import CodeForm, ReasonForm
from firms.models import Person
from ledgers.access import Books
from ledgers.accounts import client_ledger, special_ledger
from ledgers.authorities import Spending
from ledgers.forms.fields import MoneyFormField
from ledgers.forms.places import MatterField, ledger_of, matter_of
from ledgers.models import JournalEntry, Ledger, OperatingAccount, TrustAccount
from ledgers.refusals import BookRefusal

Method = JournalEntry.Method
MOVED_BY = [(m.value, m.label) for m in (Method.WIRE, Method.ACH, Method.CHECK, Method.INTERNAL)]
OPTIONS = reverse_lazy("spending_options")


class FilesInput(forms.FileInput):
    """A field for several files."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        """Offer the kinds that are kept."""
        super().__init__(attrs={"accept": ACCEPT})


class AttachedField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Files that were uploaded before; one that is unticked is left out."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        """Return the name and how large it is."""
        return f"{obj.name} ({filesizeformat(obj.size)})"


class WordsForm(forms.Form):
    """What every request says: how much, why, by what reference."""

    amount = MoneyFormField()
    purpose = forms.CharField(max_length=300)
    reference = forms.CharField(max_length=100, help_text="Invoice, docket or claim number")
    note = forms.CharField(
        label="Note to the attorney", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    attached = AttachedField(Attachment.objects.none(), label="Attached", required=False)
    uploads = forms.CharField(
        label="Attach files", required=False, widget=FilesInput(),
        help_text="Invoice, order or letter: PDF, PNG, JPEG, DOCX or XLSX, at most 10 MB each and ten in all. The "
        "attorney sees them and approves exactly these.",
    )  # fmt: skip

    def __init__(self, books: Books, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Offer what the person may see."""
        super().__init__(data, initial=initial)
        self.books = books
        self.taken_over: list[int] = list((initial or {}).get("attached", []))
        self.offer_files(data.getlist("attached") if data else self.taken_over)
        for name, offered in self.offers().items():
            field: Any = self.fields[name]
            field.queryset = offered

    def offers(self) -> dict[str, Any]:
        """Return what each choice offers."""
        return {}

    def offer_files(self, wanted: Iterable[Any]) -> None:
        """Offer files that were uploaded before, of this person or of the version that is replaced."""
        numbers = [int(one) for one in wanted if str(one).isascii() and str(one).isdigit() and len(str(one)) < 19]
        field: Any = self.fields["attached"]
        field.widget = forms.CheckboxSelectMultiple() if numbers else forms.MultipleHiddenInput()
        field.queryset = usable(self.books.person, numbers, self.taken_over)

    def keep(self, uploaded: list[Attachment]) -> None:
        """Tick what was uploaded just now, so that it is there whatever else has to be typed again."""
        typed = cast("QueryDict", self.data).copy()
        known = [*typed.getlist("attached"), *(str(file.pk) for file in uploaded)]
        typed.setlist("attached", known)
        self.data = typed
        self.offer_files(known)

    def clean_amount(self) -> Any:
        """Hold that the amount is more than zero."""
        amount = self.cleaned_data["amount"]
        if amount is not None and amount.amount <= 0:
            raise forms.ValidationError("The amount must be more than zero.")
        return amount

    def words(self) -> dict[str, Any]:
        """Return amount, purpose and reference as the request takes them."""
        return {name: self.cleaned_data[name] for name in ("amount", "purpose", "reference")}


class PayeeField(forms.CharField):
    """Whom to pay: chosen from the payees as one types, or a plain name, which is paid by check only."""

    def __init__(self, label: str) -> None:
        """Offer payees as one types."""
        attrs = {"data-combobox": reverse_lazy("payee_options"), "autocomplete": "off"}
        told = (
            "Type a name and choose from the payees. A name that is not among them is paid by check only. Never cash."
        )
        super().__init__(label=label, max_length=230, help_text=told, widget=forms.TextInput(attrs=attrs))

    def clean(self, value: Any) -> Any:
        """Return the payee of the list, or the name as it was typed.

        Raises:
            ValidationError: it is too long for a check.
        """
        typed = super().clean(value)
        payee = payee_typed(typed)
        if payee is None and len(typed) > 200:
            raise forms.ValidationError("A name on a check has at most 200 letters.")
        return payee or typed


def payee_of(said: dict[str, Any]) -> Payee | None:
    """Return the payee of the list that a form names, if it does."""
    typed = said.get("payee")
    return typed if isinstance(typed, Payee) else None


class PaymentForm(WordsForm):
    """Money to be paid out of a matter."""

    matter = MatterField(is_first=True, options=OPTIONS)
    account = forms.ModelChoiceField(
        TrustAccount.objects.none(), label="Trust account", required=False, empty_label="The matter’s default account"
    )
    kind = forms.ChoiceField(
        label="What for", choices=[(Kind.DISBURSEMENT, "Payment for the matter"), (Kind.RETURN, "Return to the client")]
    )
    payee = PayeeField("Pay to")
    method = forms.ChoiceField(choices=PAID_BY)
    field_order = ("matter", "account", "kind", "payee", "amount", "method", "purpose", "reference", "note")

    def offers(self) -> dict[str, Any]:
        """Offer the open accounts."""
        return {"account": self.books.accounts.filter(closed_date__isnull=True).order_by("name")}

    def clean(self) -> dict[str, Any]:
        """Find the ledger."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("matter"):
            try:
                said["ledger"] = ledger_of(self.books, matter_of(self.books, said["matter"]), said.get("account"))
            except forms.ValidationError as error:
                self.add_error("matter", error)
        return said

    def spending(self) -> Spending:
        """Return what is asked."""
        said = self.cleaned_data
        return Spending(
            ledger_id=said["ledger"].pk,
            kind=said["kind"],
            payee=str(said["payee"]),
            method=said["method"],
            **self.words(),
        )


class TransferForm(WordsForm):
    """Money to be moved to another matter, or to the matter's ledger in another account."""

    matter = MatterField(label="From matter", is_first=True, options=OPTIONS)
    account = forms.ModelChoiceField(
        TrustAccount.objects.none(), label="From account", required=False, empty_label="The matter’s default account"
    )
    to_matter = MatterField(
        label="To matter", required=False, options=OPTIONS, help_text="Leave empty to move to another trust account"
    )
    to_account = forms.ModelChoiceField(
        TrustAccount.objects.none(), label="To account", required=False, empty_label="The same account"
    )
    method = forms.ChoiceField(choices=MOVED_BY, label="Between accounts by", required=False)
    consent = forms.CharField(
        label="Client’s consent",
        max_length=450,
        required=False,
        help_text="To another client’s matter: the document by which the first client consents. Who signed it, when, "
        "and where it is filed.",
    )
    field_order = (
        *("matter", "account", "to_matter", "to_account", "method", "consent"),
        *("amount", "purpose", "reference", "note"),
    )

    def offers(self) -> dict[str, Any]:
        """Offer the open accounts."""
        accounts = self.books.accounts.filter(closed_date__isnull=True).order_by("name")
        return {"account": accounts, "to_account": accounts}

    def clean(self) -> dict[str, Any]:
        """Find both ledgers."""
        said: dict[str, Any] = super().clean() or {}
        for name in ("matter", "to_matter"):
            if said.get(name):
                try:
                    said[f"the_{name}"] = matter_of(self.books, said[name])
                except forms.ValidationError as error:
                    self.add_error(name, error)
        if not self.errors and bool(said.get("to_matter")) == bool(said.get("to_account")):
            self.add_error("to_matter", "Choose either another matter or another account.")
        if not self.errors:
            self.find_ledgers(said)
        return said

    def find_ledgers(self, said: dict[str, Any]) -> None:
        """Add both ledgers to what was said; the destination opens when it is not there yet."""
        field = "matter"
        try:
            said["ledger"] = ledger_of(self.books, said["the_matter"], said.get("account"))
            field = "to_matter"
            into = said.get("the_to_matter") or said["the_matter"]
            said["destination"] = client_ledger(said.get("to_account") or said["ledger"].trust_account, into)
        except forms.ValidationError as error:
            self.add_error(field, error)
        except BookRefusal as refusal:
            self.add_error(field, refusal.detail)

    def spending(self) -> Spending:
        """Return what is asked; the payee of a transfer is the ledger it goes to."""
        said, into = self.cleaned_data, self.cleaned_data["destination"]
        between = bool(said.get("to_account"))
        payee = f"{into.matter.number} {into.matter.description} ({into.trust_account.name})"
        return Spending(
            ledger_id=said["ledger"].pk,
            kind=Kind.ACCOUNT_TRANSFER if between else Kind.MATTER_TRANSFER,
            payee=payee[:200],
            method=said["method"] if between else Method.INTERNAL,
            destination_ledger_id=into.pk,
            **self.words(),
        )


class AssignForm(WordsForm):
    """An unidentified receipt found its matter."""

    matter = MatterField(label="Belongs to matter", is_first=True, options=OPTIONS)
    field_order = ("matter", "amount", "purpose", "reference", "note")

    def __init__(self, books: Books, source: Ledger, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Remember the ledger the money lies in."""
        super().__init__(books, data, initial)
        self.source = source

    def clean_matter(self) -> str:
        """Find the matter's ledger in the same account."""
        number: str = self.cleaned_data["matter"]
        matter = matter_of(self.books, number)
        try:
            self.destination = client_ledger(self.source.trust_account, matter)
        except BookRefusal as refusal:
            raise forms.ValidationError(refusal.detail) from refusal
        return number

    def spending(self) -> Spending:
        """Return what is asked."""
        matter = self.destination.matter
        assert matter is not None, "a client ledger has a matter"
        return Spending(
            ledger_id=self.source.pk, kind=Kind.MATTER_TRANSFER, payee=f"{matter.number} {matter.description}"[:200],
            method=Method.INTERNAL, destination_ledger_id=self.destination.pk, **self.words(),
        )  # fmt: skip


class SendBackForm(WordsForm):
    """An unidentified receipt goes back to its sender."""

    payee = PayeeField("Return to")
    method = forms.ChoiceField(choices=PAID_BY)
    field_order = ("payee", "amount", "method", "purpose", "reference", "note")

    def __init__(self, books: Books, source: Ledger, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        """Remember the ledger the money lies in."""
        super().__init__(books, data, initial)
        self.source = source

    def spending(self) -> Spending:
        """Return what is asked."""
        said = self.cleaned_data
        return Spending(
            ledger_id=self.source.pk, kind=Kind.RETURN, payee=str(said["payee"]), method=said["method"], **self.words()
        )


class FirmFundsForm(WordsForm):
    """Firm money taken out of the cushion."""

    account = forms.ModelChoiceField(TrustAccount.objects.none(), label="Trust account", empty_label=None)
    operating_account = forms.ModelChoiceField(OperatingAccount.objects.none(), label="To", empty_label=None)
    method = forms.ChoiceField(choices=PAID_BY[:3])
    field_order = ("account", "operating_account", "amount", "method", "purpose", "reference", "note")

    def offers(self) -> dict[str, Any]:
        """Offer pooled accounts and the firm's own."""
        pooled = self.books.accounts.exclude(kind=TrustAccount.Kind.INDIVIDUAL).filter(closed_date__isnull=True)
        own = self.books.operating_accounts.filter(closed_date__isnull=True)
        return {"account": pooled.order_by("name"), "operating_account": own.order_by("name")}

    def spending(self) -> Spending:
        """Return what is asked."""
        said = self.cleaned_data
        source = special_ledger(said["account"], Ledger.Kind.FIRM_FUNDS)
        return Spending(
            ledger_id=source.pk, kind=Kind.FIRM_FUNDS_WITHDRAWAL, payee=str(said["operating_account"].name),
            method=said["method"], operating_account_id=said["operating_account"].pk, **self.words(),
        )  # fmt: skip


class DecisionForm(CodeForm):
    """An approval: the code, and what was shown; small enough, by the device alone or remembering it from now on."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    remember = forms.BooleanField(
        required=False,
        label="Remember this device for 30 days",
        help_text="Payments this small then take one tap here, without a code, while you are signed in.",
    )

    def __init__(self, person: Person, it: DisbursementRequest, secret: str) -> None:
        """Ask for a decision on a request; `secret` is the cookie by which the device at hand is known."""
        super().__init__(person, it.content_hash, version=it.version)
        suffices = device_suffices(it)
        self.device = remembered_device(person, secret) if suffices else None
        if self.device is not None or not suffices:
            del self.fields["remember"]


class RejectionForm(ReasonForm):
    """A rejection and its reason."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class WithdrawalForm(forms.Form):
    """Taking a request back."""

    reason = forms.CharField(max_length=500, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class RequestFilterForm(forms.Form):
    """Which requests to list."""

    text = forms.CharField(
        label="Find",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Payee, matter, purpose"}),
    )
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any state"), *State.choices])
    account = forms.ModelChoiceField(
        TrustAccount.objects.none(), label="Trust account", required=False, empty_label="All accounts"
    )

    def __init__(self, books: Books, data: Any = None) -> None:
        """Offer the accounts the person may see."""
        super().__init__(data)
        field: Any = self.fields["account"]
        field.queryset = books.accounts.order_by("name")

    def wanted(self) -> dict[str, Any]:
        """Return what was typed; what cannot be read filters nothing."""
        return self.cleaned_data if self.is_valid() else {}


def initial_of(request: DisbursementRequest) -> dict[str, Any]:
    """Return a request as its form shows it for changing."""
    ledger, into = request.ledger, request.destination_ledger
    payee = payee_text(request.payee_record) if request.payee_record else request.payee
    same: dict[str, Any] = {
        "amount": f"{request.amount.amount:,.2f}", "purpose": request.purpose, "reference": request.reference,
        "note": request.note, "consent": request.consent, "attached": request.attachments,
        "method": request.method, "payee": payee, "kind": request.kind, "account": ledger.trust_account_id,
        "matter": ledger.matter.number if ledger.matter else "", "operating_account": request.operating_account_id,
    }  # fmt: skip
    if into is not None and into.matter is not None:
        between = request.kind == Kind.ACCOUNT_TRANSFER
        same |= {"to_account": into.trust_account_id} if between else {"to_matter": into.matter.number}
    return same
