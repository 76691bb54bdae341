"""Attorneys that decide as the web server lets them: each a thread with a connection of the web role and a passkey."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from disbursements.models import DisbursementRequest
    from firms.models import Person
    from tests.firms.device import Device


def passkey_of(person: "Person") -> "Device":
    """Give a person a device with a passkey, in place of an earlier one, whose key nobody kept."""
    from allauth.mfa.models import Authenticator

    from tests.firms.device import Device

    Authenticator.objects.filter(user=person).delete()
    device = Device()
    device.register(person)
    return device


def decisions_of(person: "Person", device: "Device", count: int) -> "list[tuple[DisbursementRequest, str]]":
    """Return so many requests that wait for a person, made where there are too few, each with a touch of the device."""
    from benchmark.firm import found
    from disbursements.models import DisbursementRequest, State
    from disbursements.requests import request_money
    from ledgers.authorities import Spending
    from ledgers.commands import new_key
    from ledgers.models import Ledger
    from ledgers.money import money

    coordinator, dice = found().coordinator, random.Random(person.pk)  # noqa: S311 (no secret)
    waiting = DisbursementRequest.objects.filter(state=State.AWAITING_APPROVAL)
    requests = list(waiting.filter(ledger__matter__responsible_attorney=person).order_by("pk")[:count])
    places = list(Ledger.objects.filter(matter__responsible_attorney=person).values_list("pk", flat=True))
    while len(requests) < count:
        asked = Spending(
            ledger_id=dice.choice(places), kind="disbursement", payee="Court Clerk", amount=money(dice.randint(1, 99)),
            method="check", purpose="Filing fee", reference="1001",
        )  # fmt: skip
        requests.append(request_money(coordinator, new_key(), asked))
    return [(request, device.touch(person, request.content_hash)) for request in requests]


def decide(seats: Any, enough: int, seconds: int, threads: int, ready: Any, counts: Any) -> None:
    """Decide for so many seconds, each thread as another attorney; put how many each has decided per second."""
    import django

    django.setup()
    from django.db import connection

    from disbursements.approval import approve
    from firms.models import Person

    def attorney(_: int) -> None:
        person = Person.objects.get(pk=seats.get())
        waiting = decisions_of(person, passkey_of(person), enough)
        ready.wait()
        decided, began = 0, time.monotonic()
        for request, touch in waiting:
            approve(person, request.pk, request.version, request.content_hash, touch)
            decided += 1
            if time.monotonic() - began >= seconds:
                break
        counts.put(decided / (time.monotonic() - began))
        connection.close()

    connection.close()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(attorney, range(threads)))
