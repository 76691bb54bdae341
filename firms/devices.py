"""Remembered devices: a browser stands for the second factor of small decisions, up to the firm's limit, for a while.

A person remembers the device at hand while deciding with a passkey or a code. It is known by the cookie of the sign-in,
counts for that person alone and only while signed in, and is forgotten with the password and the second factor.
Rule: SPEC flow *Disbursement* (a remembered, registered device of that attorney); RELIABILITY D15.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db.models import QuerySet

from firms.clock import now
from firms.models import KnownDevice, Person

COOKIE = "device"
DAYS = 30
GIVEN = "device:"


def digest_of(secret: str) -> str:
    """Return by what the cookie of a device is known in the database."""
    return hashlib.sha256(secret.encode()).hexdigest()


def remembered(person: Person) -> QuerySet[KnownDevice]:
    """Return the devices that decide for this person now, the one used last first."""
    return KnownDevice.objects.filter(person=person, decides_until__gt=now()).order_by("-last_seen_at", "-pk")


def remembered_device(person: Person, secret: str) -> KnownDevice | None:
    """Return the device with this cookie, if it decides for this person now."""
    return remembered(person).filter(digest=digest_of(secret)).first()


def remember(person: Person, secret: str) -> str:
    """Let the device with this cookie stand for the person's second factor from now on, for DAYS days.

    The caller has just seen that person's passkey or code, and gives the device the cookie that is returned: what was
    in the browser before may be known to others. Empty: nobody signed in from it, so nothing is remembered.
    """
    fresh = secrets.token_urlsafe(32)
    known = KnownDevice.objects.filter(person=person, digest=digest_of(secret))
    changed = known.update(decides_until=now() + timedelta(days=DAYS), digest=digest_of(fresh))
    return fresh if changed else ""


def forget_devices(person: Person) -> int:
    """Let no device decide for this person any more; return how many did."""
    return KnownDevice.objects.filter(person=person, decides_until__isnull=False).update(decides_until=None)
