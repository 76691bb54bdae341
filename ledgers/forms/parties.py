"""Forms of clients, matters and accounts: text to values; the books keep the rules."""

import re
from typing import Any

from django import forms

from firms.models import Person, Role
from firms.people import attorneys, people_in
from ledgers.access import Books
from ledgers.forms.fields import DayField, MoneyFormField
from ledgers.models import Client, Matter, TrustAccount
from ledgers.money import ZERO
from ledgers.queries.parties import may_be_walled_off, open_accounts

NAMED = re.compile(r".*\((\d+)\)\s*", re.DOTALL)


class ClientForm(forms.Form):
    """A client's details."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"data-focus": ""}))
    kind = forms.ChoiceField(choices=Client.Kind.choices)
    email = forms.EmailField(label="E-mail", required=False, help_text="Statements and requests go there.")
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    address = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    is_active = forms.BooleanField(label="Active", required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the books keep."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class NewClientForm(ClientForm):
    """A new client; asked about when there is one of that name."""

    is_another = forms.BooleanField(label="This is another client of the same name. Record it.", required=False)

    def ask_nothing(self) -> None:
        """Leave out the question while nobody of that name is known."""
        del self.fields["is_another"]


def client_text(client: Client) -> str:
    """Return how the client picker names a client: names are not unique."""
    return f"{client.name} ({client.pk})"


class MatterForm(forms.Form):
    """A matter's details."""

    number = forms.CharField(label="Matter number", max_length=60, widget=forms.TextInput(attrs={"data-focus": ""}))
    client = forms.CharField(
        max_length=250,
        help_text="Type a name and choose.",
        widget=forms.TextInput(attrs={"data-combobox": "/clients/options/"}),
    )
    description = forms.CharField(max_length=300)
    type = forms.ChoiceField(choices=Matter.Type.choices)
    practice_area = forms.CharField(max_length=100, required=False)
    responsible_attorney = forms.ModelChoiceField(
        Person.objects.none(), empty_label="Choose…", help_text="Decides on payments."
    )
    billing_attorney = forms.ModelChoiceField(Person.objects.none(), required=False, empty_label="None")
    alternate_attorney = forms.ModelChoiceField(Person.objects.none(), required=False, empty_label="None")
    coordinator = forms.ModelChoiceField(Person.objects.none(), required=False, empty_label="None")
    opened_date = DayField(label="Opened")
    agreement_signed_date = DayField(label="Fee agreement signed", required=False)
    notice_period_days = forms.IntegerField(label="Notice period (days)", required=False, min_value=0, max_value=365)
    minimum_balance = MoneyFormField(label="Minimum in trust", required=False, help_text="As the fee agreement says.")
    pay_invoices_from_trust = forms.BooleanField(required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, books: Books, *args: Any, **options: Any) -> None:
        """Offer the firm's attorneys, coordinators and trust accounts."""
        super().__init__(*args, **options)
        self.books = books
        for name in ("responsible_attorney", "billing_attorney", "alternate_attorney"):
            self._offer(name, attorneys())
        self._offer("coordinator", people_in(Role.COORDINATOR))

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def clean_client(self) -> Client:
        """Return the client that was chosen, or whose name was typed in full."""
        typed = self.cleaned_data["client"].strip()
        found = NAMED.fullmatch(typed)
        chosen = self.books.clients.filter(pk=int(found[1])) if found else self.books.clients.filter(name__iexact=typed)
        clients = list(chosen[:2])
        if len(clients) != 1:
            several = "Several clients have this name" if clients else "There is no such client"
            raise forms.ValidationError(f"{several}. Type part of the name and choose from the list.")
        return clients[0]

    def values(self) -> dict[str, Any]:
        """Return what the books keep of the matter."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"version", "accounts"}}


class MatterAccountsForm(forms.Form):
    """In which trust accounts a matter's money may be held, and which is its default."""

    accounts = forms.ModelMultipleChoiceField(
        TrustAccount.objects.none(), label="May hold money in", widget=forms.CheckboxSelectMultiple
    )
    default = forms.ModelChoiceField(TrustAccount.objects.none(), label="Default trust account", empty_label="Choose…")

    def __init__(self, books: Books, *args: Any, **options: Any) -> None:
        """Offer the open trust accounts."""
        super().__init__(*args, **options)
        for field in self.fields.values():
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = open_accounts(books)

    def clean(self) -> dict[str, Any]:
        """Hold that the default is one of the accounts."""
        values: dict[str, Any] = super().clean() or {}
        default = values.get("default")
        if default and default not in (values.get("accounts") or []):
            self.add_error("default", "The default must be one of the accounts ticked above.")
        return values


class NewMatterForm(MatterAccountsForm, MatterForm):
    """A new matter with its trust accounts."""

    field_order = (
        "number",
        "client",
        "description",
        "type",
        "practice_area",
        "responsible_attorney",
        "accounts",
        "default",
    )

    def __init__(self, books: Books, *args: Any, **options: Any) -> None:
        """Offer people and accounts; the only account is chosen already."""
        MatterForm.__init__(self, books, *args, **options)
        rows = open_accounts(books)
        for name in ("accounts", "default"):
            self._offer(name, rows)
        only = list(rows[:2])
        if len(only) == 1:
            self.fields["accounts"].initial, self.fields["default"].initial = only, only[0]

    def values(self) -> dict[str, Any]:
        """Return the matter with its accounts, the default first."""
        values = super().values()
        default = values.pop("default")
        rest = [account for account in self.cleaned_data["accounts"] if account != default]
        return values | {"accounts": [default, *rest]}


class WallForm(forms.Form):
    """An ethical wall: who must not see the matter, and why."""

    person = forms.ModelChoiceField(Person.objects.none(), empty_label="Choose…")
    reason = forms.CharField(max_length=300)

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer everybody who could see a matter."""
        super().__init__(*args, **options)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = may_be_walled_off()


class FilterForm(forms.Form):
    """Find clients or matters by text."""

    q = forms.CharField(label="Find", required=False, widget=forms.TextInput(attrs={"data-shortcut": "f"}))


class MatterFilterForm(FilterForm):
    """Find matters by text and status."""

    status = forms.ChoiceField(required=False, choices=[("", "All"), *Matter.Status.choices])


class BankForm(forms.Form):
    """What a trust account and an operating account have in common."""

    name = forms.CharField(
        max_length=100, help_text="What the firm calls it.", widget=forms.TextInput(attrs={"data-focus": ""})
    )
    title = forms.CharField(max_length=200, help_text="The exact title at the bank.")
    bank_name = forms.CharField(label="Bank", max_length=200)
    routing_number = forms.CharField(max_length=9, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    account_number = forms.CharField(
        max_length=20,
        help_text="Kept encrypted; only its last four digits are ever shown again.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    opened_date = DayField(label="Opened")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def keep_number(self, last_four: str) -> None:
        """Let the number stay what it is when nothing is typed."""
        field = self.fields["account_number"]
        field.required = False
        field.help_text = (
            f"Leave it empty to keep the number ending in {last_four}. Needed again with a new routing number."
        )

    def values(self) -> dict[str, Any]:
        """Return what the books keep."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class OperatingAccountForm(BankForm):
    """One of the firm's own accounts."""


class TrustAccountForm(BankForm):
    """A trust account."""

    kind = forms.ChoiceField(choices=TrustAccount.Kind.choices)
    client = forms.CharField(
        required=False,
        max_length=250,
        help_text="Only for an individual account: whose it is.",
        widget=forms.TextInput(attrs={"data-combobox": "/clients/options/"}),
    )
    state = forms.CharField(max_length=2, min_length=2, help_text="Postal code of the state whose rules apply.")
    firm_funds_minimum = MoneyFormField(label="Cushion for bank charges, at least", required=False)
    firm_funds_cap = MoneyFormField(label="Cushion, at most", required=False)
    field_order = ("name", "kind", "client", "title", "bank_name", "routing_number", "account_number", "state")

    def __init__(self, books: Books, *args: Any, **options: Any) -> None:
        """Keep who asks, to find the client."""
        super().__init__(*args, **options)
        self.books = books

    clean_client_text = MatterForm.clean_client

    def clean_client(self) -> Client | None:
        """Return the client of an individual account."""
        return self.clean_client_text() if self.cleaned_data["client"].strip() else None  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """Hold that an individual account, and only such a one, has a client, and that the bounds are in order."""
        values: dict[str, Any] = super().clean() or {}
        is_individual = values.get("kind") == TrustAccount.Kind.INDIVIDUAL
        if "client" in values and is_individual != bool(values["client"]):
            self.add_error("client", "An individual account has one client; any other account has none.")
        for name in ("firm_funds_minimum", "firm_funds_cap"):
            values[name] = values.get(name) or ZERO
        if values["firm_funds_cap"] < values["firm_funds_minimum"]:
            self.add_error("firm_funds_cap", "It cannot be less than the minimum.")
        return values
