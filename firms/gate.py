"""The gate every request passes: who it is, from where, and whether the page has said who may open it."""

import logging
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from firms import audit, sign_in
from firms.access import NEED_SECOND_FACTOR, AccessPermission, Policy
from firms.models import Person, Role

log = logging.getLogger(__name__)

# Views that are not ours and have their own door: named one by one, so that a new one is refused until someone decides.
OF_THE_SIGN_IN = frozenset(
    {
        "account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate",
        "account_change_password", "account_set_password", "account_reset_password", "account_reset_password_done",
        "account_reset_password_from_key", "account_reset_password_from_key_done", "account_confirm_login_code",
        "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp",
        "mfa_generate_recovery_codes", "mfa_view_recovery_codes", "mfa_download_recovery_codes", "mfa_trust",
        "mfa_list_webauthn", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn",
        "mfa_reauthenticate_webauthn", "usersessions_list",
    }
)  # fmt: skip
OPEN_TO_MACHINES = frozenset({"healthz"})
FOR_EVERYBODY_SIGNED_IN = frozenset({"api-schema"})  # by session or token: SERVE_PERMISSIONS asks who it is
BEFORE_THE_SECOND_FACTOR = frozenset(
    {"mfa_activate_totp", "mfa_add_webauthn", "account_logout", "account_reauthenticate", "account_login", "healthz"}
)
FACTOR_FIRST = "Your roles need a second factor. Set up your authenticator app on the pages first. Nothing was written."
STANDING = """SELECT p.is_active, roles_held(p.id),
    EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = p.id AND a.type IN ('totp', 'webauthn')),
    set_config('trustledger.actor', p.id::text, false), set_config('trustledger.source', %s, false),
    set_config('trustledger.address', %s, false), set_config('trustledger.request_id', %s, false)
    FROM firms_person p WHERE p.id = %s"""


def client_address(request: HttpRequest) -> str:
    """Return the caller's address; what proxies say counts only as far as the firm runs them."""
    trusted = int(getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if trusted and len(hops) >= trusted:
        return str(hops[-trusted])
    return str(request.META.get("REMOTE_ADDR") or "")


def policy_of(view: Callable[..., Any]) -> Policy | type[AccessPermission] | None:
    """Return what a view says about who may open it; None when it says nothing."""
    policy: Policy | None = getattr(view, "access_policy", None)
    if policy is not None:
        return policy
    api_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
    for permission in getattr(api_class, "permission_classes", ()):
        if isinstance(permission, type) and issubclass(permission, AccessPermission):
            return permission
    return getattr(api_class, "access_policy", None)


class AccessMiddleware:
    """Names the actor of a request, refuses views without a policy, and sends people to set up their second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Do the request as the person who is signed in, and as nobody afterwards."""
        number = uuid.uuid4().hex
        request.id = number  # type: ignore[attr-defined]
        request.META["HTTP_X_REQUEST_ID"] = number  # ours: the caller's own number proves nothing
        source = "api" if request.path.startswith("/api/") else "page"
        self.name_actor(request, audit.Actor(None, source, client_address(request), number))
        try:
            response = self.get_response(request)
            sign_in.keep_device(request, response)
            return response
        finally:
            audit.nobody_acts()

    def name_actor(self, request: HttpRequest, actor: audit.Actor) -> None:
        """Tell the database who acts and read, in the same question, what they may do now."""
        person = request.user
        if not isinstance(person, Person):
            audit.become(actor)
            return
        with connection.cursor() as cursor:
            cursor.execute(STANDING, [actor.source, actor.address, actor.request_id, person.pk])
            is_active, roles, has_factor = cursor.fetchone()[:3]
        if not is_active:
            logout(request)
            audit.become(actor)
            return
        audit.note(audit.Actor(person.pk, actor.source, actor.address, actor.request_id))
        person.roles_in_this_request = frozenset(Role(role) for role in roles)  # type: ignore[attr-defined]
        person.has_second_factor = has_factor  # type: ignore[attr-defined]

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Refuse what declares no policy; nobody who must have a second factor goes anywhere before having it."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        person = request.user if isinstance(request.user, Person) else None
        if not self.is_declared(name or "", view):
            log.error("a view declares no access policy", extra={"view": name, "path": request.path})
            raise PermissionDenied
        if person and needs_second_factor(person) and name not in BEFORE_THE_SECOND_FACTOR:
            if request.path.startswith("/api/"):
                raise PermissionDenied(FACTOR_FIRST)
            return redirect("mfa_activate_totp")
        return None

    def is_declared(self, name: str, view: Callable[..., Any]) -> bool:
        """Say whether somebody decided who may open the view."""
        named = name in OF_THE_SIGN_IN or name in OPEN_TO_MACHINES or name in FOR_EVERYBODY_SIGNED_IN
        return named or policy_of(view) is not None


def needs_second_factor(person: Person) -> bool:
    """Say whether a signed-in person must set up a second factor first (as read for this request)."""
    roles: frozenset[Role] = getattr(person, "roles_in_this_request", frozenset())
    return bool(roles & NEED_SECOND_FACTOR) and not getattr(person, "has_second_factor", True)
