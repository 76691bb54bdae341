"""Who is acting, and named events of the audit trail. Changes of rows are recorded by the database itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, models, transaction
from psycopg.types.json import Jsonb

from firms.models import Person

SET_ACTOR = """SELECT set_config('trustledger.actor', %s, %s), set_config('trustledger.source', %s, %s),
    set_config('trustledger.address', %s, %s), set_config('trustledger.request_id', %s, %s)"""


@dataclass(frozen=True)
class Actor:
    """Who acts, through what, from where."""

    person_id: int | None = None
    source: str = ""
    address: str = ""
    request_id: str = ""

    def values(self, *, local: bool) -> list[Any]:
        """Return the parameters of SET_ACTOR; local ones end with the transaction."""
        texts = (str(self.person_id or ""), self.source, self.address, self.request_id)
        return [value for text in texts for value in (text, local)]

    @cached_property
    def context(self) -> str:
        """As JSON what an entry of the journal keeps of it: from where, in which request."""
        return json.dumps({"address": self.address or None, "request_id": self.request_id})


NOBODY = Actor()
_current: ContextVar[Actor] = ContextVar("trustledger_actor", default=NOBODY)


def current_actor() -> Actor:
    """Return who acts at present."""
    return _current.get()


def _tell_database(actor: Actor, *, local: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SET_ACTOR, actor.values(local=local))


@contextmanager
def acting(person: Person | None, source: str = "", address: str = "", request_id: str = "") -> Iterator[None]:
    """Open a transaction in which everything is done by `person` through `source` (page, api, command, job ...).

    What is not given is taken from the surrounding request. Work of a job has no person but a source naming it.
    """
    outer = current_actor()
    actor = Actor(
        person.pk if person else None, source or outer.source, address or outer.address, request_id or outer.request_id
    )
    token = _current.set(actor)
    try:
        with transaction.atomic():
            _tell_database(actor, local=True)
            yield
            if connection.savepoint_ids:  # an outer transaction goes on as whoever began it
                _tell_database(outer, local=True)
    finally:
        _current.reset(token)


def become(actor: Actor) -> None:
    """Let everything from now on be done by `actor`, in and outside transactions: middleware and API tokens only."""
    _current.set(actor)
    _tell_database(actor, local=False)


def note(actor: Actor) -> None:
    """Remember who acts when the database has been told already."""
    _current.set(actor)


def nobody_acts() -> None:
    """End what `become` began; a connection that cannot be told is closed."""
    _current.set(NOBODY)
    try:
        _tell_database(NOBODY, local=False)
    except DatabaseError:
        connection.close()


def subject_of(subject: models.Model | tuple[str, Any] | None) -> tuple[str, str]:
    """Return the table and the key under which the trail files a subject."""
    if subject is None:
        return "", ""
    if isinstance(subject, models.Model):
        return subject._meta.db_table, str(subject.pk)
    return subject[0], str(subject[1])


def as_json(value: dict[str, Any] | None) -> Any:
    """Return a value as the database takes JSON: dates and decimals as text."""
    return None if value is None else Jsonb(value, dumps=DjangoJSONEncoder().encode)


def record(
    action: str,
    subject: models.Model | tuple[str, Any] | None = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> int:
    """Record a named event (a sign-in, an export, a look at a walled matter) in this transaction; return its number."""
    subject_type, subject_id = subject_of(subject)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_event(%s, %s, %s, %s, %s)",
            [action, subject_type, subject_id, as_json(before), as_json(after)],
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class BrokenRow:
    """The first row of the audit trail that is not what was written."""

    seq: int | None
    event_id: int | None
    problem: str


def verify_audit_chain() -> BrokenRow | None:
    """Re-compute every hash of the audit trail; return the first broken row, None when it is whole."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, event_id, problem FROM verify_audit_chain()")
        row = cursor.fetchone()
    return BrokenRow(*row) if row else None
