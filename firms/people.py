"""People of the firm: who works here, which roles they hold, and how that ends."""

import datetime as dt
import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import DateField, Exists, F, Func, OuterRef, Q, QuerySet
from django.urls import reverse

from firms import devices, outbox, proposals
from firms.access import NEED_SECOND_PERSON, Capability, may
from firms.clock import now, today
from firms.models import ApiToken, Firm, Person, Proposal, Role, RoleGrant
from firms.one_person import accounts_alike
from firms.refusals import ChangedMeanwhile, NotAllowed, Refusal, translating

GRANT_KIND = "people.role"


class EmailTaken(Refusal):
    """Somebody has this address already."""

    code = "email_taken"
    sentence = "Another person of the firm has this e-mail address already. Use a different one, or edit that person."
    constraints = ("person_email_once", "firms_person_email_key")


class EmailNotValid(Refusal):
    """The address is no e-mail address."""

    code = "email_not_valid"
    sentence = "{email} is not an e-mail address. Enter one like name@example.com."


class RoleHeldAlready(Refusal):
    """The person holds the role."""

    code = "role_held_already"
    sentence = "This person holds that role already."
    constraints = ("role_grant_once",)


class RoleNeedsAnotherPerson(Refusal):
    """A role that approves, signs or administers was to be given by one person alone."""

    code = "role_needs_another_person"
    sentence = "This role approves, signs or administers: another person has to confirm it."
    constraints = ("role_grant_two_people",)


class AuditorNeedsAnEnd(Refusal):
    """An auditor's access is for a period."""

    code = "auditor_needs_an_end"
    sentence = "An auditor reads everything, so the access must end: give its last day, today or later."


class LastAdministrator(Refusal):
    """Nobody would be left to administer the firm."""

    code = "last_administrator"
    sentence = "This is the last active firm administrator. Give another person that role first."


class NotActive(Refusal):
    """The person has left."""

    code = "person_not_active"
    sentence = "{name} is deactivated. Reactivate the person first."


def create_person(by: Person, email: str, full_name: str) -> Person:
    """Add a person without a password and send a link to set one.

    Raises: NotAllowed, EmailNotValid, EmailTaken.
    """
    _refuse_unless_manager(by)
    _refuse_bad_email(email)
    with translating(), transaction.atomic():
        person = Person.objects.create_user(email.strip(), full_name=full_name.strip())
        send_password_link(person, PasswordWhy.INVITED)
    return person


class PasswordWhy(StrEnum):
    """Why somebody is sent a link to set a password; each is a kind of letter of its own."""

    INVITED = "person.invited"
    SENT = "person.password-sent"
    FORGOTTEN = "person.password-forgotten"


def password_key(person: Person) -> str:
    """Return a new key to set a password with: it works once and for a few days, and is kept nowhere."""
    return str(PASSWORD_RESET_TOKEN_GENERATOR().make_token(person))


def password_link(person: Person, key: str = "") -> str:
    """Return the address at which a person sets a password with a key; with a new one if none is given."""
    kwargs = {"uidb36": user_pk_to_url_str(person), "key": key or password_key(person)}
    return f"{settings.BASE_URL}{reverse('account_reset_password_from_key', kwargs=kwargs)}"


def send_password_link(person: Person, why: PasswordWhy) -> None:
    """Ask for a letter with a link to set a password; its key is made when the letter is handed over (DECISIONS 27)."""
    outbox.tell(why, person, {"person": person.pk}, dedupe=f"{why}:{person.pk}:{secrets.token_hex(8)}")


def edit_person(by: Person, person: Person, version: int, **changes: Any) -> Person:
    """Change a person's name or address; `version` is the one that was shown.

    Raises: NotAllowed, EmailNotValid, EmailTaken, ChangedMeanwhile.
    """
    _refuse_unless_manager(by)
    if "email" in changes:
        _refuse_bad_email(changes["email"])
        changes["email"] = changes["email"].strip().lower()
    with translating(), transaction.atomic():
        _change(person, version, **changes)
    person.refresh_from_db()
    return person


def deactivate(by: Person, person: Person) -> None:
    """End a person's access at once: roles, sessions and API tokens; what the person did stays.

    Raises: NotAllowed, LastAdministrator.
    """
    _refuse_unless_manager(by)
    with translating(), transaction.atomic():
        _refuse_last_administrator(person)
        for grant in person.role_grants.filter(revoked_at__isnull=True):
            _revoke(by, grant)
        Person.objects.filter(pk=person.pk).update(is_active=False, version=F("version") + 1)
        ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now(), revoked_by=by)
        end_sessions(person)
        devices.forget_devices(person)
    person.refresh_from_db()


def reactivate(by: Person, person: Person) -> None:
    """Let a person sign in again, without any role until one is given.

    Raises: NotAllowed.
    """
    _refuse_unless_manager(by)
    Person.objects.filter(pk=person.pk).update(is_active=True, version=F("version") + 1)
    person.refresh_from_db()


def end_sessions(person: Person, but: str | None = None) -> int:
    """End a person's sessions (all but the one with the key `but`); return how many."""
    sessions = UserSession.objects.filter(user=person).exclude(session_key=but or "")
    ended = 0
    for session in sessions:
        session.end()
        ended += 1
    return ended


def give_role(by: Person, person: Person, role: Role, expires_on: dt.date | None = None) -> RoleGrant | Proposal:
    """Give a role; one that approves, signs or administers becomes a proposal for a second person.

    Raises: NotAllowed, NotActive, AuditorNeedsAnEnd, RoleHeldAlready, AlreadyProposed.
    """
    _refuse_unless_manager(by)
    if not person.is_active:
        raise NotActive(name=person.full_name)
    if role == Role.AUDITOR and (expires_on is None or expires_on < today()):
        raise AuditorNeedsAnEnd
    if person.role_grants.filter(role=role, revoked_at__isnull=True, expires_on__isnull=True).exists():
        raise RoleHeldAlready
    if role in NEED_SECOND_PERSON:
        content = {"person": person.pk, "role": role.value, "expires_on": expires_on}
        summary = f"Give {person.full_name} the role {role.label.lower()}"
        return proposals.propose(by, GRANT_KIND, content, summary, person)
    with translating(), transaction.atomic():
        return _grant(by, person, role, expires_on, confirmed_by=None)


def confirm_role(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Give the role that was proposed (the handler of GRANT_KIND)."""
    content = proposal.content
    person = Person.objects.get(pk=content["person"])
    if not person.is_active:
        raise NotActive(name=person.full_name)
    expires_on = content["expires_on"] and dt.date.fromisoformat(content["expires_on"])
    other = None if proposal.solo else confirmed_by
    grant = _grant(proposal.proposed_by, person, Role(content["role"]), expires_on, confirmed_by=other)
    return {"role_grant": grant.pk}


def describe_role(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return what a proposed role says."""
    content = proposal.content
    person = Person.objects.get(pk=content["person"])
    last_day = content["expires_on"] and dt.date.fromisoformat(content["expires_on"])
    facts = [("Person", person.full_name), ("E-mail", person.email), ("Role", Role(content["role"]).label)]
    alike = [("Another account", str(found)) for found in accounts_alike(person)]
    return [*facts, ("Last day", last_day or "no end"), *alike]


def revoke_role(by: Person, grant: RoleGrant) -> None:
    """Take a role away at once; one person is enough.

    Raises: NotAllowed, LastAdministrator.
    """
    _refuse_unless_manager(by)
    with translating(), transaction.atomic():
        if grant.role == Role.ADMINISTRATOR:
            _refuse_last_administrator(grant.person)
        _revoke(by, grant)


def _grant(
    by: Person, person: Person, role: Role, expires_on: dt.date | None, confirmed_by: Person | None
) -> RoleGrant:
    person.role_grants.filter(role=role, revoked_at__isnull=True, expires_on__lt=today()).update(
        revoked_at=now(), revoked_by=by
    )
    grant = RoleGrant.objects.create(
        person=person, role=role, granted_at=now(), granted_by=by, confirmed_by=confirmed_by, expires_on=expires_on
    )
    facts = {"role": role.value, "by": by.pk, "confirmed_by": confirmed_by and confirmed_by.pk}
    outbox.tell("person.role-given", person, facts, dedupe=f"person.role-given:{grant.pk}")
    return grant


def _revoke(by: Person, grant: RoleGrant) -> None:
    RoleGrant.objects.filter(pk=grant.pk, revoked_at__isnull=True).update(revoked_at=now(), revoked_by=by)


def _change(person: Person, version: int, **changes: Any) -> None:
    changed = Person.objects.filter(pk=person.pk, version=version).update(**changes, version=version + 1)
    if not changed:
        raise ChangedMeanwhile


def _refuse_unless_manager(by: Person) -> None:
    if not may(by, Capability.MANAGE_PEOPLE):
        raise NotAllowed


def _refuse_bad_email(email: str) -> None:
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise EmailNotValid(email=email) from error


def _refuse_last_administrator(person: Person) -> None:
    Firm.objects.select_for_update().get(pk=1)  # two administrators cannot take each other's role at the same time
    administrators = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, revoked_at__isnull=True, person__is_active=True)
    if administrators.filter(person=person).exists() and not administrators.exclude(person=person).exists():
        raise LastAdministrator


def people_in(*roles: str) -> QuerySet[Person]:
    """Return the active people who hold one of these roles now, by name."""
    unexpired = Q(expires_on__isnull=True) | Q(expires_on__gte=Func(function="firm_today", output_field=DateField()))
    held = RoleGrant.objects.filter(unexpired, person=OuterRef("pk"), role__in=roles, revoked_at__isnull=True)
    return Person.objects.filter(Exists(held), is_active=True).order_by("full_name", "pk")


def attorneys() -> QuerySet[Person]:
    """Return the active attorneys, by name."""
    return people_in(Role.ATTORNEY)


def grants_of(person: Person) -> QuerySet[RoleGrant]:
    """Return every role a person holds or held, newest first."""
    return person.role_grants.select_related("granted_by", "confirmed_by", "revoked_by").order_by("-id")


def new_roles_of(person: Person) -> list[RoleGrant]:
    """Return the person's roles that do not decide yet."""
    grants = RoleGrant.objects.filter(person=person, revoked_at=None).order_by("pk")
    return [grant for grant in grants if grant.decides_from and grant.decides_from > now()]


def sessions_of(person: Person) -> QuerySet[UserSession]:
    """Return where a person is signed in, most recently seen first."""
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user=person).order_by("-last_seen_at")
    return sessions


@dataclass(frozen=True)
class PersonRow:
    """A person as lists show it."""

    id: int
    full_name: str
    email: str
    is_active: bool
    roles: list[str]
    has_second_factor: bool
    last_login: dt.datetime | None
    alike: tuple[str, ...] = ()  # other accounts that may be the same person's, in words

    @property
    def role_labels(self) -> str:
        """The roles in words."""
        return ", ".join(str(Role(role).label) for role in self.roles)


def people_with_roles() -> list[PersonRow]:
    """Return everybody with the roles held now: active people first, by name."""
    alike: dict[int, list[str]] = {}
    for found in accounts_alike():
        alike.setdefault(found.person_id, []).append(str(found))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.id, p.full_name, p.email, p.is_active, roles_held(p.id),
                      EXISTS (SELECT FROM mfa_authenticator a
                              WHERE a.user_id = p.id AND a.type IN ('totp', 'webauthn')), p.last_login
               FROM firms_person p ORDER BY p.is_active DESC, p.full_name, p.id"""
        )
        return [replace(PersonRow(*row), alike=tuple(alike.get(row[0], ()))) for row in cursor.fetchall()]
