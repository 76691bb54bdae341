"""One record of a file: to one row as it is understood, or to what is wrong with it and what to do."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from firms import people
from ledgers.models import OpeningFile, OpeningImport, TrustAccount
from ledgers.money import cents_of, parse_money
from ledgers.opening.mapping import BALANCES, DATE_LABELS, Mapping, parse_date

TOTAL = re.compile(r"(grand |sub-?|account |report )?totals?(:| for .*)?", re.IGNORECASE)
SPECIAL = {
    "firm funds": "firm_funds", "firm fund": "firm_funds", "law firm funds": "firm_funds", "bank charges": "firm_funds",
    "firm funds for bank charges": "firm_funds", "unidentified": "unidentified",
    "unidentified receipts": "unidentified", "unidentified funds": "unidentified", "interest": "interest_due",
    "interest due": "interest_due", "iolta interest": "interest_due",
}  # fmt: skip
CHECKS = frozenset(
    {"check", "chk", "cheque", "outstanding check", "payment", "disbursement", "withdrawal", "bill payment"}
)
DEPOSITS = frozenset({"deposit", "dep", "deposit in transit", "receipt", "payment received"})
LONGEST = {"client": 200, "matter": 60, "description": 300, "payee": 200, "number": 100, "purpose": 300, "email": 254}


@dataclass
class Problem:
    """What is wrong with one cell, and what to do."""

    column: str
    value: str
    wrong: str
    remedy: str


@dataclass
class Directory:
    """Whom and what the file may name: attorneys by e-mail and full name, trust accounts by name and last four."""

    attorneys: dict[str, list[int]]
    accounts: dict[str, list[int]]
    all_accounts: list[int]

    @classmethod
    def of_the_firm(cls) -> "Directory":
        """Read the firm's attorneys and accounts."""
        attorneys: dict[str, list[int]] = {}
        for person in people.attorneys():
            for text in {plain(person.email), plain(person.full_name)}:
                attorneys.setdefault(text, []).append(person.pk)
        accounts: dict[str, list[int]] = {}
        ids = []
        for account in TrustAccount.objects.order_by("pk"):
            ids.append(account.pk)
            for text in {plain(account.name), plain(account.title), account.last_four, plain(str(account))}:
                accounts.setdefault(text, []).append(account.pk)
        return cls(attorneys, accounts, ids)


def plain(text: str) -> str:
    """Return a name as it is compared: one space, no case."""
    return " ".join(text.split()).casefold()


@dataclass
class Reader:
    """Reads the records of one file."""

    run: OpeningImport
    file: OpeningFile
    mapping: Mapping
    directory: Directory
    places: dict[str, int] = field(init=False)
    columns: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Find where each field stands."""
        self.columns = {name: column for name, column in self.mapping.columns.get(self.file.part, {}).items() if column}
        self.places = {name: self.file.header.index(column) for name, column in self.columns.items()}

    def read(self, record: list[str]) -> tuple[dict[str, Any], list[Problem]]:
        """Return the values of the row and what is wrong with it; no values for a row that cannot be one."""
        found = Found(self, record)
        if len(record) > len(self.file.header) and any(cell.strip() for cell in record[len(self.file.header) :]):
            found.wrong("", record[len(self.file.header)], "The row has more cells than the header names.",
                        "Look for an amount or a name with a comma that is not in quotation marks.")  # fmt: skip
        if self.file.part == BALANCES:
            return read_balance(found), found.problems
        return read_item(found), found.problems


@dataclass
class Found:
    """One record being read."""

    reader: Reader
    record: list[str]
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return the cell of a field, one space between words."""
        place = self.reader.places.get(name)
        cell = self.record[place] if place is not None and place < len(self.record) else ""
        cell = " ".join(cell.split())
        longest = LONGEST.get(name, 200)
        if len(cell) > longest:
            self.wrong(name, cell, f"It is longer than {longest} characters.", "Shorten it.")
            return cell[:longest]
        return cell

    def wrong(self, name: str, value: str, wrong: str, remedy: str) -> None:
        """Note what is wrong."""
        column = self.reader.columns.get(name, "") or name
        self.problems.append(Problem(column[:100], value[:200], wrong, remedy))

    def needed(self, name: str, what: str) -> str:
        """Return the cell of a field that must not be empty."""
        text = self.text(name)
        if not text:
            self.wrong(name, "", f"The {what} is empty.", f"Fill in the {what}, or take the row out of the file.")
        return text

    def cents(self, name: str) -> int | None:
        """Return an amount in cents."""
        text = self.needed(name, "amount" if name == "amount" else name)
        try:
            return cents_of(parse_money(text)) if text else None
        except ValidationError as error:
            self.wrong(name, text, error.messages[0], "Correct the amount in the file.")
            return None

    def date(self, name: str) -> date | None:
        """Return a date not after the cut-over; None when empty or wrong."""
        text = self.text(name)
        if not text:
            return None
        try:
            read = parse_date(text, self.reader.mapping.dates)
        except ValueError:
            style = DATE_LABELS[self.reader.mapping.dates]
            self.wrong(
                name,
                text,
                f"“{text}” is not a date like {style}.",
                "Choose how dates are written, or correct the date.",
            )
            return None
        cut_over = self.reader.run.cut_over_date
        if cut_over and read > cut_over:
            self.wrong(
                name, text, f"It is after the cut-over date {cut_over}.", "Export the file as of the cut-over date."
            )
        return read

    def one_of(self, name: str, text: str, known: list[int], what: str, remedy: str) -> int | None:
        """Return the one that a text names."""
        if len(set(known)) == 1:
            return known[0]
        self.wrong(name, text, f"{'More than one' if known else 'No'} {what} is called “{text}”.", remedy)
        return None

    def account(self) -> int | None:
        """Return the trust account of the row."""
        text, mapping, directory = self.text("account"), self.reader.mapping, self.reader.directory
        if text and text in mapping.accounts:
            return mapping.accounts[text]
        if text:
            known = directory.accounts.get(plain(text), [])
            return self.one_of(
                "account",
                text,
                known,
                "trust account",
                "Say below which account is meant, or add it under Trust accounts.",
            )
        if mapping.default_account or len(directory.all_accounts) == 1:
            return mapping.default_account or directory.all_accounts[0]
        if self.reader.file.part == BALANCES:
            self.wrong(
                "account", "", "The trust account is empty.", "Fill it in, or choose an account for rows without one."
            )
        return None

    def attorney(self) -> int | None:
        """Return the responsible attorney of the row."""
        text = self.text("attorney")
        if not text and self.reader.mapping.default_attorney:
            return self.reader.mapping.default_attorney
        if not text:
            remedy = "Fill in the attorney's e-mail or full name, or choose an attorney for rows without one."
            self.wrong("attorney", "", "The responsible attorney is empty.", remedy)
            return None
        known = self.reader.directory.attorneys.get(plain(text), [])
        remedy = "Use the e-mail of the attorney" if known else "Add the attorney under People, or correct the name"
        return self.one_of("attorney", text, known, "attorney", f"{remedy} and check again.")


def special_kind(found: Found, matter: str) -> str:
    """Return which special ledger the row is for; empty for a client's."""
    named = SPECIAL.get(plain(found.text("ledger")), "")
    if named:
        return named
    words = [matter] if matter else [found.text("client"), found.text("description")]
    return next((SPECIAL[plain(word)] for word in words if plain(word) in SPECIAL), "")


def is_total(found: Found, matter: str) -> bool:
    """Say whether the row is a total of other rows: it names no matter, and its first words say so."""
    first = next((cell.strip() for cell in found.record if cell.strip()), "")
    return bool(TOTAL.fullmatch(first)) and (not matter or bool(TOTAL.fullmatch(matter)))


def total_of(found: Found, name: str) -> dict[str, Any]:
    """Read a row of totals: of the account it names, else of the rows above it. Checked, never loaded."""
    text = found.text("account")
    known = found.reader.directory.accounts.get(plain(text), []) if text else []
    account = found.reader.mapping.accounts.get(text) or (known[0] if len(set(known)) == 1 else None)
    return {"is_total": True, "amount": found.cents(name), "account_text": text, "trust_account_id": account}


def read_balance(found: Found) -> dict[str, Any]:
    """Read a row of the balances: a matter's, a special ledger's, or a total."""
    matter = found.text("matter")
    if is_total(found, matter):
        return total_of(found, "balance")
    special = special_kind(found, matter)
    values: dict[str, Any] = {
        "amount": found.cents("balance"), "account_text": found.text("account"), "trust_account_id": found.account(),
        "last_activity_date": found.date("last_activity"), "ledger_kind": special or "client",
    }  # fmt: skip
    if special:
        return values
    email = found.text("email")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            found.wrong("email", email, "This is not an e-mail address.", "Correct it, or leave it empty.")
    number = found.needed("matter", "matter number")
    return values | {
        "matter_number": number, "client_name": found.needed("client", "client"), "client_email": email,
        "description": found.text("description") or f"Matter {number}", "attorney_id": found.attorney(),
        "opened_date": found.date("opened"),
    }  # fmt: skip


def item_kind(found: Found, cents: int | None) -> str:
    """Return whether an item is a check or a deposit."""
    if "type" not in found.reader.columns:
        return "deposit" if found.reader.mapping.untyped == "sign" and (cents or 0) > 0 else "check"
    text = found.text("type")
    kind = "check" if plain(text) in CHECKS else "deposit" if plain(text) in DEPOSITS else ""
    if not kind:
        found.wrong("type", text, f"“{text}” is neither a check nor a deposit.", "Write Check or Deposit.")
    return kind


def read_item(found: Found) -> dict[str, Any]:
    """Read an outstanding check or a deposit in transit."""
    matter = found.text("matter")
    if is_total(found, matter):
        return total_of(found, "amount")
    cents = found.cents("amount")
    kind = item_kind(found, cents)
    special = special_kind(found, matter)
    if special and kind == "check":
        found.wrong("matter", matter or found.text("client"), "An outstanding check must belong to a matter.",
                    "Leave it out and record it when the bank shows it, or name its matter.")  # fmt: skip
    if cents is not None and (cents == 0 or (kind == "deposit" and cents < 0)):
        found.wrong(
            "amount", found.text("amount"), "The amount must be more than zero.", "Correct the amount or the type."
        )
    when = found.date("date")
    if not found.text("date"):
        found.wrong("date", "", "The date is empty.", "Fill in the date of the check or deposit.")
    return {
        "item": kind, "amount": None if cents is None else abs(cents), "item_date": when,
        "item_number": found.needed("number", "number"), "payee": found.needed("payee", "payee"),
        "purpose": found.text("purpose"), "ledger_kind": special or "client",
        "matter_number": "" if special else found.needed("matter", "matter number"),
        "account_text": found.text("account"), "trust_account_id": found.account(),
    }  # fmt: skip
