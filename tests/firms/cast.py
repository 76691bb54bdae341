"""The people of the firm in tests, made by the product's own founding; with a second factor where one is needed."""

import time
from dataclasses import dataclass

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from firms.access import NEED_SECOND_FACTOR
from firms.founding import FirstPerson, create_firm
from firms.models import Person, Role

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    """Everybody. `attorney` is responsible for matters, `second_attorney` is somebody else's attorney."""

    coordinator: Person
    attorney: Person
    second_attorney: Person
    supervisor: Person
    partner: Person
    administrator: Person
    second_administrator: Person
    stranger: Person


MEMBERS = (
    ("coordinator", "Carla Ortiz", (Role.COORDINATOR,)),
    ("attorney", "Adam Reed", (Role.ATTORNEY,)),
    ("second_attorney", "Beth Stone", (Role.ATTORNEY,)),
    ("supervisor", "Susan Hale", (Role.SUPERVISOR, Role.ATTORNEY)),
    ("partner", "Paul Hart", (Role.PARTNER, Role.ATTORNEY)),
    ("administrator", "Ida Moss", (Role.ADMINISTRATOR,)),
    ("second_administrator", "Noel Park", (Role.ADMINISTRATOR,)),
    ("stranger", "Sam Gray", ()),
)


def found_firm(name: str = "Hart & Reed LLP", time_zone: str = "America/New_York") -> Cast:
    """Found the firm with everybody in it."""
    first = [
        FirstPerson(f"{key.replace('_', '.')}@hart-reed.example", full_name, roles, PASSWORD)
        for key, full_name, roles in MEMBERS
    ]
    made = create_firm(name, "NY", first, time_zone)
    for person, (_, _, roles) in zip(made, MEMBERS, strict=True):
        if NEED_SECOND_FACTOR & set(roles):
            give_second_factor(person)
    return Cast(**{key: person for (key, _, _), person in zip(MEMBERS, made, strict=True)})


def give_second_factor(person: Person) -> None:
    """Set up an authenticator app and recovery codes, as the page does."""
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)


def code_of(person: Person, steps_ahead: int = 0) -> str:
    """Return the code that the person's authenticator app shows; each counts once: ask for a later step next."""
    secret = get_adapter().decrypt(Authenticator.objects.get(user=person, type="totp").data["secret"])
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps_ahead)))


def recovery_codes_of(person: Person) -> list[str]:
    """Return the unused recovery codes."""
    instance = Authenticator.objects.get(user=person, type="recovery_codes")
    return list(RecoveryCodes(instance).get_unused_codes())


def browser_of(person: Person) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
