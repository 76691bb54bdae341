"""The demonstration's own page: who can sign in, and the codes their authenticator apps would show."""

import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firms.access import public
from firms.models import Person
from trustledger.demo.people import MEMBERS, PASSWORD

STEP_SECONDS = 30


def codes(person: Person | None) -> list[str]:
    """Return the code that counts now and the two that follow; none for a person without a second factor."""
    authenticator = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if person is None or authenticator is None:
        return []
    secret, step = get_adapter().decrypt(authenticator.data["secret"]), int(time.time()) // STEP_SECONDS
    return [str(format_hotp_value(hotp_value(secret, step + ahead))) for ahead in range(3)]


@public
def demo_people(request: HttpRequest) -> HttpResponse:
    """Show the people of the demonstration firm with their password and codes; only there (see urls)."""
    known = Person.objects.in_bulk([member.email for member in MEMBERS], field_name="email")
    rows = [(member, codes(known.get(member.email))) for member in MEMBERS]
    return render(request, "demo_people.html", {"rows": rows, "password": PASSWORD})
