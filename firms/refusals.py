"""What the product refuses, with the facts and a sentence a bookkeeper understands.

The database refuses with SQLSTATE TL001 (a rule) or TL000 (an append-only table), MESSAGE = code, DETAIL = facts as
JSON; a few rules are plain constraints. Here both become the Python exception that registered for the code or the
constraint. An upper app adds its own by subclassing `Refusal`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, ClassVar

import psycopg
from django.db import Error as DatabaseError
from django.utils.formats import date_format

REFUSED = "TL001"
NEVER_CHANGED = "TL000"
CONSTRAINT_STATES = frozenset({"23514", "23505", "23503", "23P01"})
ISO_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
CODES = frozenset({"state", "status", "kind", "asked"})
BY_CODE: dict[str, type["Refusal"]] = {}
BY_CONSTRAINT: dict[str, type["Refusal"]] = {}


def worded(name: str, fact: Any) -> Any:
    """Return a fact as a sentence tells it: a day as the pages write it, a month by its name, a code in words."""
    if isinstance(fact, str) and ISO_DAY.fullmatch(fact):
        fact = date.fromisoformat(fact)
    if isinstance(fact, date) and not isinstance(fact, datetime):
        return date_format(fact, "F Y" if name == "month" else "M j, Y")
    return fact.replace("_", " ") if name in CODES and isinstance(fact, str) else fact


class Refusal(Exception):
    """Something that must not happen was asked for; nothing was written."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "This is not possible ({code})."
    constraints: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **facts: Any) -> None:
        """Keep the facts."""
        super().__init__(self.code, facts)
        self.facts = facts

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class for its code and for the constraints that say the same."""
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            BY_CODE[cls.code] = cls
        for name in cls.__dict__.get("constraints", ()):
            BY_CONSTRAINT[name] = cls

    @property
    def detail(self) -> str:
        """Return the sentence: what was asked, what the books hold, what to do next."""
        return self.sentence.format_map(_Facts({"code": self.code, **self.told()}))

    def told(self) -> dict[str, Any]:
        """Return the facts as the sentence tells them; an upper app words its own kinds of facts here."""
        return {name: worded(name, fact) for name, fact in self.facts.items()}

    def __str__(self) -> str:
        """Return the sentence."""
        return self.detail


class _Facts(dict[str, Any]):
    """Facts for a sentence; one that is not known shows as a dash instead of failing."""

    def __missing__(self, key: str) -> str:
        """Return a dash."""
        return "-"


class UnknownRefusal(Refusal):
    """A refusal of the database for which no class is registered; it keeps the database's own code."""

    def __init__(self, code: str, **facts: Any) -> None:
        """Keep code and facts."""
        super().__init__(**facts)
        self.code = code  # type: ignore[misc]  # this one class stands for every code without a sentence


class NeverChanged(Refusal):
    """Somebody tried to change or remove a row of an append-only table."""

    code = "never_changed"
    sentence = "Rows of {table} are never changed or removed. Record a correction instead."


class NotAllowed(Refusal):
    """The person holds no role that may do this."""

    code = "not_allowed"
    sentence = "Your roles do not allow this. Ask a firm administrator if you need it for your work."


class ChangedMeanwhile(Refusal):
    """Somebody else saved the same thing since it was shown."""

    code = "changed_meanwhile"
    sentence = "Someone else changed this since you opened it. Look at the new version and enter your change again."


def _driver_error(error: BaseException) -> psycopg.Error | None:
    """Return the driver's own exception behind Django's."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, psycopg.Error):
        found = found.__cause__
    return found


def sqlstate_of(error: BaseException) -> str:
    """Return the SQLSTATE of a database error, or an empty string."""
    driver_error = _driver_error(error)
    return (driver_error.sqlstate or "") if driver_error else ""


def refusal_from(error: BaseException) -> Refusal | None:
    """Return the refusal that a database error stands for; None when it is a fault and no refusal."""
    driver_error = _driver_error(error)
    if driver_error is None:
        return None
    diagnosis = driver_error.diag
    if driver_error.sqlstate in {REFUSED, NEVER_CHANGED}:
        code = diagnosis.message_primary or "refused"
        facts = json.loads(diagnosis.message_detail or "{}")
        known = BY_CODE.get(code)
        return known(**facts) if known else UnknownRefusal(code, **facts)
    if driver_error.sqlstate in CONSTRAINT_STATES and diagnosis.constraint_name in BY_CONSTRAINT:
        return BY_CONSTRAINT[diagnosis.constraint_name]()
    return None


@contextmanager
def translating() -> Iterator[None]:
    """Turn the database's refusals inside the block into `Refusal`s; stand outside `atomic`, which rolls back.

    Raises: the registered `Refusal`; other database errors pass unchanged.
    """
    try:
        yield
    except (DatabaseError, psycopg.Error) as error:
        refusal = refusal_from(error)
        if refusal is None:
            raise
        raise refusal from error
