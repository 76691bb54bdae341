"""Which column means what: the fields an import knows, guesses from the names that practice programs use, own mappings.

Clio's matter export and trust listing, PracticePanther, TimeSolv and QuickBooks are recognized by their headers.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ledgers.models import OpeningFile
from ledgers.opening.refusals import MappingIncomplete

BALANCES, OUTSTANDING = OpeningFile.Part.BALANCES, OpeningFile.Part.OUTSTANDING
DATE_FORMATS = {"iso": "%Y-%m-%d", "mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y"}
DATE_LABELS = {"iso": "2026-06-30", "mdy": "06/30/2026 (month first)", "dmy": "30/06/2026 (day first)"}
UNTYPED = {"check": "All of them are checks", "sign": "Negative amounts are checks, positive ones deposits"}


@dataclass(frozen=True)
class Field:
    """Something an import reads from a column."""

    name: str
    label: str
    aliases: tuple[str, ...]
    required: bool = False


def _field(name: str, label: str, aliases: str, required: bool = False) -> Field:
    return Field(name, label, tuple(alias.strip() for alias in aliases.split("|")), required)


MATTER_NAMES = (
    "matter number|matter|matter no|matter no.|matter #|display number|number|file number|case number|project id"
)
FIELDS: dict[str, tuple[Field, ...]] = {
    BALANCES: (
        _field("client", "Client", "client|client name|contact|customer|company", True),
        _field("matter", "Matter number", MATTER_NAMES, True),
        _field("balance", "Balance",
               "balance|trust balance|matter balance|trust funds|current balance|amount|balance total", True),
        _field("description", "Description", "description|matter description|matter name|project name|case name"),
        _field("attorney", "Responsible attorney", "responsible attorney|responsible|attorney|assigned to|supervisor"),
        _field("account", "Trust account", "trust account|bank account|account|account name"),
        _field("last_activity", "Last activity date",
               "last activity date|last activity|last transaction date|last transaction"),
        _field("email", "Client e-mail",
               "client e-mail|client email|e-mail|email|email address|primary email address|main email"),
        _field("opened", "Open date", "open date|opened|date opened|opened date"),
        _field("ledger", "Special ledger", "ledger|ledger type|fund|fund type"),
    ),
    OUTSTANDING: (
        _field("number", "Number",
               "number|num|check number|check no|check no.|check #|cheque number|ref|reference|item number", True),
        _field("date", "Date", "date|check date|item date|issue date|transaction date", True),
        _field("payee", "Payee or payer", "payee|payee or payer|payer|paid to|name|received from", True),
        _field("matter", "Matter number", MATTER_NAMES, True),
        _field("amount", "Amount", "amount|total|value", True),
        _field("type", "Type (check or deposit)", "type|kind|item type|transaction type"),
        _field("account", "Trust account", "trust account|bank account|account|account name"),
        _field("purpose", "Purpose", "purpose|memo|description|note|notes"),
    ),
}  # fmt: skip


def fields(part: str) -> tuple[Field, ...]:
    """Return what can be read from a part."""
    return FIELDS[part]


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").split())


def guessed_columns(part: str, header: list[str]) -> dict[str, str]:
    """Return the column that each field most likely is in, by the header's names; each column once."""
    by_name = {_plain(column): column for column in header if column}
    found: dict[str, str] = {}
    for wanted in FIELDS[part]:
        columns = (by_name[alias] for alias in wanted.aliases if alias in by_name)
        column = next((column for column in columns if column not in found.values()), None)
        if column:
            found[wanted.name] = column
    return found


def parse_date(text: str, style: str) -> date:
    """Read a date in the style the mapping names; nothing is guessed.

    Raises:
        ValueError: not a date in this style.
    """
    return datetime.strptime(text, DATE_FORMATS[style]).date()  # noqa: DTZ007 (a date of business has no zone)


def guessed_dates(files: list[OpeningFile], columns: dict[str, dict[str, str]]) -> str:
    """Return the style in which most sample dates can be read; nothing where month first and day first both fit."""
    samples = [
        row[at].strip()
        for file in files
        for name in ("last_activity", "opened", "date")
        if (column := columns.get(file.part, {}).get(name)) and (at := file.header.index(column)) >= 0
        for row in file.sample
        if at < len(row) and row[at].strip()
    ]
    fits = {style: sum(_reads(text, style) for text in samples) for style in DATE_FORMATS}
    best = max(fits, key=lambda style: fits[style])
    return "" if best != "iso" and fits["mdy"] == fits["dmy"] else best


def _reads(text: str, style: str) -> bool:
    try:
        parse_date(text, style)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Mapping:
    """How the files of a run are read. As JSON it is what a firm keeps and gives to `import_opening --mapping`."""

    columns: dict[str, dict[str, str]]
    dates: str = "iso"
    accounts: dict[str, int] = field(default_factory=dict)
    default_account: int | None = None
    default_attorney: int | None = None
    untyped: str = "check"

    def as_json(self) -> dict[str, Any]:
        """Return it for the run."""
        return {
            "columns": self.columns,
            "dates": self.dates,
            "accounts": self.accounts,
            "default_account": self.default_account,
            "default_attorney": self.default_attorney,
            "untyped": self.untyped,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Mapping":
        """Read one.

        Raises:
            MappingIncomplete: it is none.
        """
        known = {"columns", "dates", "accounts", "default_account", "default_attorney", "untyped"}
        if unknown := set(kept) - known:
            raise MappingIncomplete(what=f"“{min(unknown)}” is nothing a mapping knows.")
        made = cls(**{"columns": {}, **kept})
        if made.dates not in {"", *DATE_FORMATS} or made.untyped not in UNTYPED:
            raise MappingIncomplete(what=f"Dates are one of {', '.join(DATE_FORMATS)}; untyped is check or sign.")
        return made


def guessed(files: list[OpeningFile], default_account: int | None = None) -> Mapping:
    """Return the mapping to begin with."""
    columns = {file.part: guessed_columns(file.part, file.header) for file in files}
    return Mapping(columns, guessed_dates(files, columns), default_account=default_account)


def refuse_incomplete(mapping: Mapping, files: list[OpeningFile]) -> None:
    """Check a mapping against the files it is for.

    Raises:
        MappingIncomplete: a needed column is missing, unknown or used twice.
    """
    if not mapping.dates:
        raise MappingIncomplete(what="The dates can be read month first and day first; say which it is.")
    for file in files:
        chosen = {name: column for name, column in mapping.columns.get(file.part, {}).items() if column}
        _refuse_unknown(file, chosen)
        if len(set(chosen.values())) < len(chosen):
            raise MappingIncomplete(what=f"In {file.name} one column was chosen for two meanings.")
        for wanted in FIELDS[file.part]:
            if wanted.required and wanted.name not in chosen:
                raise MappingIncomplete(what=f"{file.name} needs a column for “{wanted.label}”.")


def _refuse_unknown(file: OpeningFile, chosen: dict[str, str]) -> None:
    known = {field.name for field in FIELDS[file.part]}
    for name, column in chosen.items():
        if name not in known:
            raise MappingIncomplete(what=f"“{name}” is nothing that {file.get_part_display().lower()} have.")
        if column not in file.header:
            raise MappingIncomplete(what=f"{file.name} has no column “{column}”.")
