"""What of the audit trail a person does not see: whatever speaks of something behind a wall is absent for them.

An upper app registers in AppConfig.ready what is hidden from whom: `conceal(hidden_from)` gives, per table, the hidden
rows, and nothing at all for whoever stands behind no wall. Which other tables belong to them, and in which columns an
event's before and after name them, follows from the foreign keys of all models: a new table needs no word here.
"""

import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import CompositePrimaryKey, Exists, F, ForeignKey, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import In

from firms.models import AuditEvent, Person, Proposal
from firms.proposals import Number, seen_by

Hidden = dict[str, "QuerySet[Any]"]
SIGHTS: list[Callable[[Person], Hidden]] = []


def conceal(hidden_from: Callable[[Person], Hidden]) -> None:
    """Leave out events that speak of hidden rows; `hidden_from` gives, per table, which are hidden from a person."""
    SIGHTS.append(hidden_from)


def without_hidden(person: Person, found: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
    """Return the events that speak of nothing hidden from the person, neither as their subject nor in their text."""
    hidden = {table: rows for sight in SIGHTS for table, rows in sight(person).items()}
    if not hidden:
        return found
    found = found.exclude(_of_hidden_proposals(person))
    keys = {table: _keys(rows) for table, rows in hidden.items()}
    for table, rows in hidden.items():
        found = found.exclude(_is(table, keys[table])).exclude(_names(rows.model, keys[table]))
    for model in apps.get_models():
        if belonging := _belonging(model, keys):
            found = found.exclude(_is(model._meta.db_table, _keys(model._default_manager.filter(belonging))))
    return found


def _keys(rows: "QuerySet[Any]") -> RawSQL:
    """Return the numbers of rows as finished SQL: Django would build the query anew in each that it is part of."""
    return RawSQL(*rows.order_by().values("pk").query.sql_with_params())  # noqa: S611  # SQL and parameters are Django's


def _is(table: str, keys: RawSQL) -> Q:
    return Q(subject_type=table) & Q(In(Number("subject_id"), keys))


def _of_hidden_proposals(person: Person) -> Q:
    seen = seen_by(person, Proposal.objects.all())
    return _is(Proposal._meta.db_table, _keys(Proposal.objects.exclude(pk__in=seen.values("pk"))))


def _belonging(model: type[Model], hidden: dict[str, RawSQL]) -> Q:
    """Return which rows of a model point to hidden ones; empty where it points to none, or has no number of its own."""
    belonging = Q()
    if isinstance(model._meta.pk, CompositePrimaryKey):
        return belonging
    for name, target in _keys_of(model):
        if target in hidden:
            belonging |= Q((f"{name}__in", hidden[target]))
    return belonging


def _names(model: type[Model], keys: RawSQL) -> Q:
    """Return which events name hidden rows of a model: in a column of theirs, or as what somebody asked for."""
    columns = _columns_naming()[model._meta.db_table]
    named = [
        Number(KeyTextTransform(column, OuterRef(f"detail__{side}")))
        for side in ("before", "after")
        for column in sorted(columns)
    ]
    asked = KeyTransform("asked", OuterRef("detail__after"))  # an export: the filters of the address
    named += [Number(KeyTextTransform(column.removesuffix("_id"), asked)) for column in sorted(columns)]
    return Q(Exists(model._default_manager.filter(In(F("pk"), keys), pk__in=named)))


@functools.cache
def _keys_of(model: type[Model]) -> tuple[tuple[str, str], ...]:
    keys = [field for field in model._meta.local_fields if isinstance(field, ForeignKey)]
    return tuple((key.name, key.related_model._meta.db_table) for key in keys)


@functools.cache
def _columns_naming() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for model in apps.get_models():
        for name, target in _keys_of(model):
            found[target].add(f"{name}_id")
    return found
