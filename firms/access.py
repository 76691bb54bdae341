"""Who may do what: the one table of roles and capabilities, and how a page or an API operation declares its need.

A page: `@requires(Capability.RECORD_MONEY)` (any of those listed is enough; a Role stands for itself), `@signed_in`
(every person of the firm) or `@public`. An API class: `permission_classes = [permission(Capability.SEE_BOOKS)]`.
What declares nothing is refused by `firms.gate.AccessMiddleware`.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import PermissionDenied as DeniedByApi
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from firms.clock import asked
from firms.models import ApiToken, Person, Role

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Capability(models.TextChoices):
    """What somebody may do. The value is also the scope of an API token; decisions can never be in one."""

    SEE_BOOKS = "books:read", "Read the books"
    RECORD_MONEY = "money:record", "Record receipts and bank events"
    REQUEST_MONEY = "money:request", "Request disbursements and transfers"
    EDIT_RECORDS = "records:write", "Edit clients, matters and accounts"
    IMPORT_BOOKS = "imports:write", "Import opening balances"
    PREPARE_RECONCILIATION = "reconciliations:write", "Match and prepare reconciliations"
    RECORD_TIME = "time:write", "Record time"
    MAKE_INVOICES = "invoices:write", "Make and issue invoices"
    SEND_REQUESTS = "requests:write", "Send trust requests and statements"
    WORK_EXCEPTIONS = "exceptions:write", "Work on exceptions"
    SEE_AUDIT = "audit:read", "Read the audit trail"
    SEE_PEOPLE = "people:read", "See people and roles"
    MANAGE_PEOPLE = "people:write", "Add people and give roles"
    MANAGE_SETTINGS = "settings:write", "Change the firm's settings"
    APPROVE_MONEY = "decide:money", "Approve disbursements and transfers"
    SIGN_RECONCILIATION = "decide:reconciliations", "Sign reconciliations and re-open months"
    RELEASE_HOLDS = "decide:holds", "Release holds"
    CONFIRM_BANK_EVENTS = "decide:bank-events", "Confirm bank events and imports"
    CONFIRM_ROLES = "decide:roles", "Confirm roles"
    SET_POLICIES = "decide:policies", "Set limits and policies"
    RECORD_ABSENCES = "decide:absences", "Record absences"

    @property
    def is_decision(self) -> bool:
        """Whether it needs the person's own session and a code: never a token."""
        return self.value.startswith("decide:")


C = Capability
READING = frozenset({C.SEE_BOOKS})
CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.COORDINATOR: READING
    | {C.RECORD_MONEY, C.REQUEST_MONEY, C.EDIT_RECORDS, C.IMPORT_BOOKS, C.PREPARE_RECONCILIATION, C.SEND_REQUESTS}
    | {C.WORK_EXCEPTIONS, C.RECORD_TIME, C.MAKE_INVOICES},
    Role.ATTORNEY: READING | {C.APPROVE_MONEY, C.RECORD_TIME, C.RECORD_ABSENCES},
    Role.SUPERVISOR: READING
    | {C.SIGN_RECONCILIATION, C.RELEASE_HOLDS, C.CONFIRM_BANK_EVENTS, C.WORK_EXCEPTIONS, C.SEE_AUDIT},
    Role.PARTNER: READING
    | {C.SEE_AUDIT, C.SEE_PEOPLE, C.MANAGE_SETTINGS, C.SET_POLICIES, C.CONFIRM_ROLES, C.CONFIRM_BANK_EVENTS}
    | {C.WORK_EXCEPTIONS, C.RECORD_ABSENCES},
    Role.AUDITOR: READING | {C.SEE_AUDIT, C.SEE_PEOPLE},
    Role.ADMINISTRATOR: frozenset(
        {C.SEE_PEOPLE, C.MANAGE_PEOPLE, C.MANAGE_SETTINGS, C.CONFIRM_ROLES, C.RECORD_ABSENCES}
    ),
}
NEED_SECOND_FACTOR = frozenset({Role.ATTORNEY, Role.SUPERVISOR, Role.PARTNER, Role.ADMINISTRATOR})
NEED_SECOND_PERSON = NEED_SECOND_FACTOR
Need = Capability | Role


@dataclass(frozen=True)
class Policy:
    """Who may open a view: anybody, everybody signed in, or those with one of `needs`."""

    needs: frozenset[Need] = frozenset()
    is_public: bool = False

    def allows(self, person: Person) -> bool:
        """Say whether a signed-in person may."""
        if self.is_public or not self.needs:
            return True
        return bool(self.needs & roles_of(person)) or bool(self.needs & capabilities_of(person))


def roles_of(person: Person) -> frozenset[Role]:
    """Return the roles a person holds now (as the middleware read them for this request, else asked afresh)."""
    kept: frozenset[Role] | None = getattr(person, "roles_in_this_request", None)
    if kept is not None:
        return kept
    return frozenset(Role(name) for name in asked("SELECT roles_held(%s)", person.pk))


def capabilities_of(person: Person) -> frozenset[Capability]:
    """Return everything a person may do; roles add up."""
    return _capabilities_with(roles_of(person))


@functools.cache
def _capabilities_with(roles: frozenset[Role]) -> frozenset[Capability]:
    return frozenset(capability for role in roles for capability in CAPABILITIES[role])


def may(person: Person | AnonymousUser, *needs: Need) -> bool:
    """Say whether a person has one of the capabilities or roles."""
    return isinstance(person, Person) and person.is_active and Policy(frozenset(needs)).allows(person)


def holders_of(capability: Capability) -> Iterable[Person]:
    """Return the active people who hold a capability, by name."""
    roles = [role for role, held in CAPABILITIES.items() if capability in held]
    return Person.objects.raw(
        "SELECT * FROM firms_person WHERE is_active AND roles_held(id) && %s::text[] ORDER BY full_name, id",
        [roles],
    )


def others_holding(person: Person, capability: Capability) -> list[Person]:
    """Return the active people who hold a capability and are somebody else than a person, whatever the account.

    Those first whose role decides already, then by name; under the recorded solo policy the person counts as well.
    """
    roles = [role for role, held in CAPABILITIES.items() if capability in held]
    found = Person.objects.raw(
        """SELECT * FROM firms_person WHERE is_active AND roles_held(id) && %(roles)s::text[]
              AND (solo_policy_applies() OR NOT is_one_person(id, %(person)s))
            ORDER BY too_new_to_decide(id, %(roles)s::text[], firm_now()) IS NOT NULL, full_name, id""",
        {"roles": roles, "person": person.pk},
    )
    return list(found)


def person_of(request: HttpRequest) -> Person:
    """Return who asks; for views that are not public."""
    return cast(Person, request.user)


def _marked(view: View, policy: Policy) -> View:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not policy.is_public:
            if not isinstance(request.user, Person):
                return redirect_to_login(request.get_full_path())
            if not policy.allows(request.user):
                raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.access_policy = policy  # type: ignore[attr-defined]
    return cast(View, guarded)


def requires(*needs: Need) -> Callable[[View], View]:
    """Let only people with one of the needs open a page; others are asked to sign in, or refused (403)."""
    if not needs:
        raise ValueError("name at least one capability or role")
    return functools.partial(_marked, policy=Policy(frozenset(needs)))


def signed_in(view: View) -> View:
    """Let everybody of the firm open a page."""
    return _marked(view, Policy())


def public(view: View) -> View:
    """Let anybody open a page."""
    return _marked(view, Policy(is_public=True))


class Forbidden(DeniedByApi):
    """403 of the API: the sentence names what is missing, `needs` and `has` say it to programs."""

    def __init__(self, code: str, sentence: str, needs: Iterable[str], has: Iterable[str]) -> None:
        """Keep the facts."""
        super().__init__(f"{sentence} Nothing was written.", code)
        self.facts = {"needs": sorted(needs), "has": sorted(has)}


class AccessPermission(BasePermission):
    """The permission of an API operation; made by `permission(...)`."""

    policy = Policy(frozenset(Capability))
    write_policy: Policy | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        """Say whether the caller's roles allow it and, for a token, its scopes; a decision is never in a token.

        Raises: Forbidden, for whoever is known.
        """
        safe = request.method in {"GET", "HEAD", "OPTIONS"}
        policy = self.policy if safe or self.write_policy is None else self.write_policy
        if not isinstance(request.user, Person):
            return False
        if not policy.allows(request.user):
            raise role_missing(policy, request.user)
        if isinstance(request.auth, ApiToken):
            refuse_beyond_scopes(policy, request.user, request.auth)
        return True


def role_missing(policy: Policy, person: Person) -> Forbidden:
    """Return the refusal for somebody none of whose roles gives what is needed."""
    held = [role.label.lower() for role in roles_of(person)]
    giving = [role for role, gives in CAPABILITIES.items() if role in policy.needs or gives & policy.needs]
    asked_for = " or ".join(sorted(Role(role).label.lower() for role in giving))
    having = f"you are {' and '.join(sorted(held))}" if held else "you hold no role"
    return Forbidden("role_missing", f"This needs the role {asked_for}; {having}.", policy.needs, held)


def refuse_beyond_scopes(policy: Policy, person: Person, token: ApiToken) -> None:
    """Refuse a token that has none of the scopes needed.

    Raises: Forbidden.
    """
    held = capabilities_of(person)
    fitting = [need for need in policy.needs if isinstance(need, Capability) and not need.is_decision and need in held]
    if not fitting:
        sentence = "This is decided by a person in the own session; no token can do it."
        raise Forbidden("decision_in_token", sentence, policy.needs, token.scopes)
    if not set(token.scopes) & {need.value for need in fitting}:
        names = " or ".join(sorted(need.value for need in fitting))
        sentence = f"This token lacks the scope {names}. Use one that has it; manage.py api_token makes it."
        raise Forbidden("scope_missing", sentence, fitting, token.scopes)


def permission(*needs: Need, write: Iterable[Need] = ()) -> type[AccessPermission]:
    """Return the permission class for an API operation: one of `needs`; unsafe methods need one of `write` if given."""
    if not needs:
        raise ValueError("name at least one capability or role")
    written = tuple(write)
    namespace = {
        "policy": Policy(frozenset(needs)),
        "write_policy": Policy(frozenset(written)) if written else None,
        "__doc__": AccessPermission.__doc__,
    }
    return type("Permission", (AccessPermission,), namespace)
