"""Forms of the opening import: the files, the columns, a deficit, a roll back."""

from typing import Any

from django import forms

from firms.people import attorneys
from ledgers.forms.fields import DayField, MoneyFormField
from ledgers.models import OpeningFile, OpeningImport
from ledgers.opening.mapping import DATE_LABELS, UNTYPED, Mapping, fields, guessed
from ledgers.opening.runs import unknown_accounts
from ledgers.queries.opening import accounts_for_import, files_of

ACCEPT = ".csv,.tsv,.txt,text/csv"


class UploadForm(forms.Form):
    """The two files."""

    balances = forms.FileField(
        label="Trust listing with matters",
        help_text="CSV with one row per matter and trust account: client, matter number, balance … At most 50 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT, "data-focus": ""}),
    )
    outstanding = forms.FileField(
        label="Outstanding checks and deposits in transit",
        required=False,
        help_text="CSV, one row per item: number, date, payee, matter, amount, type. Leave it out if there are none.",
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
    )

    def sent(self) -> tuple[Any, Any]:
        """Return the files as the books take them: (name, stream)."""
        second = self.cleaned_data["outstanding"]
        first = self.cleaned_data["balances"]
        return (first.name, first), (second.name, second) if second else None


class MappingForm(forms.Form):
    """Which column means what, how dates are written, and what the bank says."""

    cut_over_date = DayField(
        label="Cut-over date", help_text="The last day of the old books; balances are as of its end."
    )
    dates = forms.ChoiceField(label="Dates are written like", choices=[("", "Choose"), *DATE_LABELS.items()])

    def __init__(self, run: OpeningImport, *args: Any, **options: Any) -> None:
        """Make a field per column, per bank statement, and per name of an account that is not known."""
        self.run, self.sources = run, files_of(run)
        self.accounts = list(accounts_for_import())
        self.unknown = unknown_accounts(run)
        mapping = Mapping.from_json(run.mapping) if run.mapping else guessed(self.sources)
        options["initial"] = self._start(mapping)
        super().__init__(*args, **options)
        for account in self.accounts:
            label = f"Bank’s closing balance of {account}"
            self.fields[f"bank-{account.pk}"] = MoneyFormField(label=label, required=False)
        for file in self.sources:
            self._add_columns(file)
        self._add_defaults()

    def _start(self, mapping: Mapping) -> dict[str, Any]:
        start: dict[str, Any] = {
            "dates": mapping.dates,
            "untyped": mapping.untyped,
            "cut_over_date": self.run.cut_over_date,
        }
        start |= {"default_account": mapping.default_account, "default_attorney": mapping.default_attorney}
        start |= {f"bank-{account}": amount for account, amount in self.run.statements.items()}
        start |= {f"account-{at}": mapping.accounts.get(text) for at, text in enumerate(self.unknown)}
        for part, columns in mapping.columns.items():
            start |= {f"{part}-{name}": column for name, column in columns.items()}
        return start

    def _add_columns(self, file: OpeningFile) -> None:
        columns = [("", "Not in the file"), *((column, column) for column in file.header if column)]
        for wanted in fields(file.part):
            self.fields[f"{file.part}-{wanted.name}"] = forms.ChoiceField(
                label=wanted.label, choices=columns, required=wanted.required
            )

    def _add_defaults(self) -> None:
        choices = [("", "–"), *((str(account.pk), str(account)) for account in self.accounts)]
        for at, text in enumerate(self.unknown):
            self.fields[f"account-{at}"] = forms.ChoiceField(
                label=f"“{text}” in the files is", choices=choices, required=False
            )
        self.fields["default_account"] = forms.ChoiceField(
            label="Trust account of rows without one", choices=choices, required=False
        )
        self.fields["default_attorney"] = forms.ChoiceField(
            label="Responsible attorney of rows without one", required=False,
            choices=[("", "–"), *((str(person.pk), person.full_name) for person in attorneys())],
        )  # fmt: skip
        if len(self.sources) > 1:
            self.fields["untyped"] = forms.ChoiceField(
                label="Outstanding items without a type column", choices=UNTYPED.items()
            )

    def columns_of(self, part: str) -> list[Any]:
        """Return the fields that choose the columns of a file."""
        return [self[f"{part}-{wanted.name}"] for wanted in fields(part)]

    @property
    def groups(self) -> list[tuple[OpeningFile, list[Any]]]:
        """The files with the fields of their columns."""
        return [(file, self.columns_of(file.part)) for file in self.sources]

    @property
    def bank_fields(self) -> list[Any]:
        """The fields of the bank's balances."""
        return [self[f"bank-{account.pk}"] for account in self.accounts]

    @property
    def other_fields(self) -> list[Any]:
        """The fields of what the files leave open."""
        names = [
            name
            for name in self.fields
            if name.startswith("account-") or name in {"default_account", "default_attorney", "untyped"}
        ]
        return [self[name] for name in names]

    def mapping(self) -> Mapping:
        """Return what was chosen."""
        said = self.cleaned_data
        columns = {
            file.part: {
                wanted.name: said[name] for wanted in fields(file.part) if said[name := f"{file.part}-{wanted.name}"]
            }
            for file in self.sources
        }
        kept = Mapping.from_json(self.run.mapping).accounts if self.run.mapping else {}
        named = {text: int(said[f"account-{at}"]) for at, text in enumerate(self.unknown) if said[f"account-{at}"]}
        return Mapping(
            columns=columns,
            dates=said["dates"],
            accounts=kept | named,
            default_account=int(said["default_account"]) if said["default_account"] else None,
            default_attorney=int(said["default_attorney"]) if said["default_attorney"] else None,
            untyped=said.get("untyped") or "check",
        )

    def statements(self) -> dict[int, str]:
        """Return the bank's balances that were typed."""
        typed = {account.pk: self.cleaned_data[f"bank-{account.pk}"] for account in self.accounts}
        return {pk: str(amount.amount) for pk, amount in typed.items() if amount is not None}


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=300)
