"""What waits for a person: listed on one page, and counted in the sidebar."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Value

from disbursements import fee_queries, queries, settlement_queries
from firms import proposals
from firms.access import Capability, may
from firms.models import Person

COUNTED = 100


def asked_of(person: Person) -> "dict[str, QuerySet[Any]]":
    """Return what this person decides, authorizes, confirms or records, by what it is; each most urgent first."""
    found: dict[str, QuerySet[Any]] = {
        "decisions": queries.with_names(queries.decidable_by(person)),
        "invoices": fee_queries.to_authorize(person),
        "settlements": settlement_queries.to_authorize(person),
        "proposals": proposals.waiting_for(person),
    }
    if may(person, Capability.REQUEST_MONEY):
        found["unsigned"] = settlement_queries.to_sign(person)
    return found


def waiting_count(person: Person) -> int:
    """Return how many things are asked of a person, for the sidebar; in one question, and `COUNTED` at most.

    Every page asks, and whether an invoice is this attorney's is a question of its own for each: nobody reads more
    than "99+" there.
    """
    one = Value(1, output_field=IntegerField())
    parts = (found.order_by().annotate(one=one).values_list("one")[:COUNTED] for found in asked_of(person).values())
    first, *rest = parts
    count: int = first.union(*rest, all=True).count()
    return min(COUNTED, count)
