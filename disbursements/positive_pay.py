"""The issue file of positive pay: what the bank compares with every check that it is asked to pay.

How a bank wants it is data: a file of `layouts/` names the fields in their order; another bank is another file. What is
made holds the account number, so each making is written down.
"""

import csv
import functools
import io
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from disbursements.check_queries import visible_checks
from disbursements.check_refusals import NothingToSend, PositivePayHidden, PositivePayTooLong
from firms import audit
from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed
from ledgers.access import books_of
from ledgers.account_numbers import open_number
from ledgers.models import TrustAccount
from ledgers.money import cents_of
from ledgers.queries.rows import fetch

FOLDER = Path(__file__).parent / "layouts"
PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
    }
)
WHAT = ("record", "account", "number", "date", "amount", "payee")
LINE_END = "\r\n"


@dataclass(frozen=True)
class Field:
    """One field of a line: what it tells, how wide it is (0: as wide as it comes), how it is written."""

    what: str
    width: int = 0
    longest: int = 0
    fill: str = " "
    format: str = "%m%d%Y"
    is_cents: bool = False
    issue: str = ""
    void: str = ""


@dataclass(frozen=True)
class Layout:
    """How one kind of bank wants the file; without a separator its fields have fixed widths."""

    code: str
    name: str
    extension: str
    separator: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Told:
    """What the bank is told of one check: that it was issued, or that it is not to be paid."""

    number: int
    check_date: date
    amount_cents: int
    payee: str
    is_void: bool


@dataclass(frozen=True)
class Ended:
    """The day on which a check became void or was stopped, where the firm is; None while it is in force."""

    id: int
    ended: date | None


def _layout(path: Path) -> Layout:
    """Read a layout; one that cannot be used fails when the product starts to use it, and in its test."""
    said = tomllib.loads(path.read_text())
    fields = []
    for one in said["fields"]:
        unit = one.pop("in", "cents")
        assert one["what"] in WHAT, f"{path.name}: {one['what']}"
        assert unit in {"cents", "dollars"}, f"{path.name}: {unit}"
        fields.append(Field(**one, is_cents=unit == "cents"))
    separator = said.get("separator", "")
    assert separator or all(field.width for field in fields), f"{path.name}: a field without a width"
    return Layout(path.stem, said["name"], said["extension"], separator, tuple(fields))


@functools.cache
def layouts() -> dict[str, Layout]:
    """Return every layout there is, by its code."""
    return {path.stem: _layout(path) for path in sorted(FOLDER.glob("*.toml"))}


def plain_text(text: str) -> str:
    """Return a name in the signs that every bank reads: accents dropped, what has no plain sign as a question mark."""
    folded = unicodedata.normalize("NFKD", text.translate(PLAIN))
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return " ".join(bare.encode("ascii", "replace").decode().split())


def told_checks(person: Person, account: TrustAccount, first: date, last: date) -> list[Told]:
    """Return what the bank is told of an account: issued or ended between two days, each check once, by number.

    A check that was issued and is void within these days is told as void alone; one that the opening import brought is
    told only when it is void.

    Raises:
        PositivePayHidden: some of the checks are behind a wall for this person; half a file stops good checks.
    """
    sql = """SELECT c.id, firm_date(c.ended_at) AS ended FROM disbursements_check c
      WHERE c.trust_account_id = %s AND ((c.check_date BETWEEN %s AND %s AND c.origin <> 'opening')
            OR firm_date(c.ended_at) BETWEEN %s AND %s)"""
    ended = {row.id: row.ended for row in fetch(Ended, sql, [account.pk, first, last, first, last])}
    seen = visible_checks(books_of(person)).filter(pk__in=list(ended)).order_by("number")
    rows = list(seen.values_list("pk", "number", "check_date", "amount", "payee"))
    if len(rows) != len(ended):
        raise PositivePayHidden(count=len(ended) - len(rows))
    return [
        Told(number, on, cents_of(amount), payee or "VOID", (ended[pk] or date.max) <= last)
        for pk, number, on, amount, payee in rows
    ]


def _written(field: Field, told: Told, account_number: str) -> str:
    """Return what a field says of a check, before it is brought to its width."""
    if field.what == "record":
        return field.void if told.is_void else field.issue
    if field.what == "date":
        return told.check_date.strftime(field.format)
    if field.what == "amount":
        cents = told.amount_cents
        return str(cents) if field.is_cents else f"{cents // 100}.{cents % 100:02}"
    if field.what == "payee":
        text = plain_text(told.payee)
        return text[: field.longest] if field.longest else text
    return account_number if field.what == "account" else str(told.number)


def _fitted(layout: Layout, field: Field, text: str) -> str:
    if not field.width:
        return text
    if len(text) > field.width:
        raise PositivePayTooLong(layout=layout.name, field=field.what, longest=field.width)
    return text.ljust(field.width) if field.fill == " " else text.rjust(field.width, field.fill)


def lines_of(layout: Layout, rows: list[Told], account_number: str) -> str:
    """Return the text of a file.

    Raises:
        PositivePayTooLong: a number has more digits than the layout has room for.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=layout.separator or ",", lineterminator=LINE_END)
    for told in rows:
        fields = [_fitted(layout, field, _written(field, told, account_number)) for field in layout.fields]
        if layout.separator:
            writer.writerow(fields)
        else:
            buffer.write("".join(fields) + LINE_END)
    return buffer.getvalue()


def positive_pay_file(person: Person, account: TrustAccount, layout: Layout, first: date, last: date) -> bytes:
    """Return the issue file of an account for the checks of some days; its making is recorded in the audit trail.

    Raises:
        NothingToSend: no check was issued or ended within these days.
        PositivePayHidden, PositivePayTooLong, NotAllowed.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    rows = told_checks(person, account, first, last)
    if not rows:
        raise NothingToSend(first=first, last=last)
    number = open_number(account.uid, account.number_key_id, bytes(account.number_encrypted))
    made = lines_of(layout, rows, number).encode("ascii")
    told = {"report": "positive-pay", "format": layout.code, "first": first, "last": last, "checks": len(rows)}
    audit.record("export", account, after=told)
    return made


def file_name(account: TrustAccount, layout: Layout, first: date, last: date) -> str:
    """Return what the file is called; never by the account number."""
    days = f"{first}" if first == last else f"{first}-to-{last}"
    return f"positive-pay-{account.last_four}-{days}.{layout.extension}"
