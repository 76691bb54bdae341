"""How a firm begins: its first people are made once, by whoever installs the product; never with a default password."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from firms.clock import now
from firms.models import Firm, Person, Role, RoleGrant
from firms.refusals import Refusal, translating


class FirmFoundedAlready(Refusal):
    """The first people were made before."""

    code = "firm_already_founded"
    sentence = "The firm exists already. A firm administrator adds people on the page People."


class NobodyCanBegin(Refusal):
    """Without an administrator nobody could add anyone."""

    code = "nobody_can_begin"
    sentence = "The first people must include a firm administrator, who adds the others."


@dataclass(frozen=True)
class FirstPerson:
    """One of the first people; without a password, a link to set one is made."""

    email: str
    full_name: str
    roles: tuple[Role, ...]
    password: str | None = None


def create_firm(
    name: str, state: str, people: Sequence[FirstPerson], time_zone: str = "America/New_York"
) -> list[Person]:
    """Make the firm and its first people, once; return the people in the order given.

    Raises: FirmFoundedAlready, NobodyCanBegin; ValidationError for a weak password.
    """
    if not any(Role.ADMINISTRATOR in first.roles for first in people):
        raise NobodyCanBegin
    with translating(), transaction.atomic():
        firm, _ = Firm.objects.get_or_create(pk=1, defaults={"name": name, "state": state, "time_zone": time_zone})
        if Firm.objects.select_for_update().get(pk=1).founded_at is not None:
            raise FirmFoundedAlready
        made = [_make(first) for first in people]
        firm.name, firm.state, firm.time_zone, firm.founded_at = name, state.upper(), time_zone, now()
        firm.save()
    return made


def _make(first: FirstPerson) -> Person:
    if first.password is not None:
        validate_password(first.password, Person(email=first.email, full_name=first.full_name))
    person = Person.objects.create_user(first.email, first.password, full_name=first.full_name)
    RoleGrant.objects.bulk_create(RoleGrant(person=person, role=role, granted_at=now()) for role in first.roles)
    return person
