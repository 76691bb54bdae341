"""The codes of the demonstration's people: what their authenticator apps would show now, and recovery codes."""

import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from firms.models import Person
from trustledger.demo.people import MEMBERS, Member

STEP_SECONDS = 30


def codes(person: Person | None) -> list[str]:
    """Return the code that counts now and the next one; none for a person without a second factor."""
    authenticator = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if person is None or authenticator is None:
        return []
    secret, step = get_adapter().decrypt(authenticator.data["secret"]), int(time.time()) // STEP_SECONDS
    return [str(format_hotp_value(hotp_value(secret, step + ahead))) for ahead in range(2)]


def members_with_codes() -> list[tuple[Member, list[str]]]:
    """Return who works at the demonstration firm, each with the codes that count."""
    known = Person.objects.in_bulk([member.email for member in MEMBERS], field_name="email")
    return [(member, codes(known.get(member.email))) for member in MEMBERS]


def unused_code(person: Person) -> str:
    """Return one of a person's recovery codes."""
    kept = Authenticator.objects.get(user=person, type=Authenticator.Type.RECOVERY_CODES)
    return str(RecoveryCodes(kept).get_unused_codes()[0])
