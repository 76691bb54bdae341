"""Keys of programs to the API: made once, shown once, kept as a digest, limited to scopes, revocable."""

import datetime as dt
import hashlib
import secrets

from django.db import connection
from django.db.models import QuerySet
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from firms import audit
from firms.access import Capability
from firms.clock import now
from firms.models import ApiToken, Person
from firms.refusals import Refusal

MARK = "tl_"
SCOPES = tuple(capability for capability in Capability if not capability.is_decision)


class UnknownScope(Refusal):
    """A scope that does not exist, or is a decision."""

    code = "unknown_scope"
    sentence = "{scope} is not a scope. Decisions are never in a token; the scopes are {scopes}."


def digest_of(secret: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_token(
    person: Person, name: str, scopes: list[str], *, by: Person | None = None, expires_on: dt.date | None = None
) -> tuple[ApiToken, str]:
    """Make a token in a person's name; return it and its secret, which is shown this once.

    Raises: UnknownScope.
    """
    for scope in scopes:
        if scope not in {known.value for known in SCOPES}:
            raise UnknownScope(scope=scope, scopes=", ".join(known.value for known in SCOPES))
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=person,
        name=name,
        prefix=secret[:11],
        digest=digest_of(secret),
        scopes=sorted(set(scopes)),
        created_at=now(),
        created_by=by,
        expires_on=expires_on,
    )
    return token, secret


def tokens_of(person: Person) -> QuerySet[ApiToken]:
    """Return a person's tokens, newest first; the revoked too."""
    return ApiToken.objects.filter(person=person).order_by("-id")


def revoke_token(token: ApiToken, by: Person | None) -> None:
    """End a token at once."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now(), revoked_by=by)


def token_of(secret: str, address: str) -> ApiToken | None:
    """Return the token in force with this secret, noting its use (at most once a minute)."""
    found = ApiToken.objects.select_related("person").raw(
        """SELECT t.* FROM firms_apitoken t JOIN firms_person p ON p.id = t.person_id
           WHERE t.digest = %s AND t.revoked_at IS NULL AND p.is_active
             AND (t.expires_on IS NULL OR t.expires_on >= firm_today())""",
        [digest_of(secret)],
    )
    for token in found:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE firms_apitoken SET last_used_at = firm_now(), last_used_address = %s WHERE id = %s
                   AND (last_used_at IS NULL OR last_used_at < firm_now() - interval '1 minute')""",
                [address or None, token.pk],
            )
        return token
    return None


class ApiTokenAuthentication(BaseAuthentication):
    """Authorization: Bearer tl_..."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        """Return who calls and with which token; everything is then done by that person."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        actor = audit.current_actor()
        secret = parts[1].decode("latin-1") if len(parts) == 2 else ""
        token = token_of(secret, actor.address)
        if token is None:
            raise AuthenticationFailed("This token is not known, was revoked or has expired.")
        audit.become(audit.Actor(token.person_id, f"token {token.prefix}", actor.address, actor.request_id))
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        """Say how one authenticates (RFC 6750)."""
        return "Bearer"
