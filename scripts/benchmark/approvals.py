"""Decisions per second, from the attorney's touch to the posted payment, against bare postings in the same books."""

import multiprocessing as mp
import statistics
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmark import postings, tpcb
from benchmark.decider import decide, decisions_of, passkey_of
from benchmark.firm import DECIDERS, decider, found
from disbursements.approval import approve
from firms.models import Person
from ledgers.models import Matter

CLIENTS = DECIDERS
ENOUGH_PER_SECOND = 20  # requests that wait for each attorney: more than one attorney decides in that time


def attorneys(held: postings.Books) -> list[int]:
    """Share the matters out among the attorneys who decide, or find it done; return who they are."""
    people = list(Person.objects.filter(email__in=map(decider, range(CLIENTS))).order_by("pk"))
    matters = list(Matter.objects.filter(ledgers__in=held.ledgers).order_by("pk").values_list("pk", flat=True))
    if Matter.objects.filter(pk__in=matters, responsible_attorney=people[0]).exists():
        return [person.pk for person in people]
    for place, person in enumerate(people):
        Matter.objects.filter(pk__in=matters[place::CLIENTS]).update(responsible_attorney=person)
    return [person.pk for person in people]


def rate(held: postings.Books, deciding: list[int], seconds: int) -> float:
    """Return decisions per second of all attorneys at once; requests are made and devices ready before."""
    seats: Any = mp.get_context("spawn").Queue()
    for attorney in deciding:
        seats.put(attorney)
    return postings.at_once(decide, (seats, seconds * ENOUGH_PER_SECOND), CLIENTS, seconds)


def queries_of_a_decision(attorney: int) -> int:
    """Return how many statements one decision is."""
    person = Person.objects.get(pk=attorney)
    device = passkey_of(person)
    (request, touch), *_ = decisions_of(person, device, 1)
    with CaptureQueriesContext(connection) as asked:
        approve(person, request.pk, request.version, request.content_hash, touch)
    Authenticator.objects.filter(user=person).delete()
    return len(asked)


def measure(seconds: int, runs: int, ledgers: int) -> list[dict[str, Any]]:
    """Return the medians of interleaved runs of 16 clients, and their ratio."""
    held = postings.books(found(), ledgers)
    deciding = attorneys(held)
    postings.rate(held, CLIENTS, seconds)
    tpcb.vacuum()
    ours: list[float] = []
    bare: list[float] = []
    for run in range(runs):
        ours.append(rate(held, deciding, seconds))
        bare.append(postings.rate(held, CLIENTS, seconds))
        print(f"  run {run + 1}: {ours[-1]:5.0f} decisions/s, bare postings {bare[-1]:5.0f}/s", flush=True)
    mine, yardstick = statistics.median(ours), statistics.median(bare)
    return [
        {
            "what": "approved with a passkey and posted",
            "clients": CLIENTS,
            "queries": queries_of_a_decision(deciding[0]),
            "decisions_per_second": round(mine),
            "postings_per_second": round(yardstick),
            "ratio": round(mine / yardstick, 2),
            "runs": [[round(a), round(b)] for a, b in zip(ours, bare, strict=True)],
        }
    ]
