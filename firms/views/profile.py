"""One's own page: name, roles, second factor, sessions, API tokens."""

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from firms import audit, devices, passkeys, people
from firms.access import person_of, roles_of, signed_in
from firms.api_tokens import revoke_token, tokens_of
from firms.models import ApiToken
from firms.pages import say, shown
from firms.second_factor import codes_refused, has_second_factor


@require_safe
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """Show who I am here, and where I am signed in."""
    person = person_of(request)
    facts = {
        "role_labels": ", ".join(sorted(str(role.label) for role in roles_of(person))),
        "new_roles": people.new_roles_of(person),
        "has_second_factor": has_second_factor(person),
        "codes_refused": codes_refused(person),
        "sessions": people.sessions_of(person),
        "current_key": request.session.session_key,
        "devices": devices.remembered(person),
        "tokens": tokens_of(person),
    }
    return shown(request, "firms/profile.html", facts)


@require_safe
@signed_in
def passkey_challenge(request: HttpRequest, purpose: str) -> HttpResponse:
    """Answer what a passkey is asked to sign for the decision with this content hash; nothing is kept of it."""
    return JsonResponse(passkeys.challenge(person_of(request), purpose), headers={"Cache-Control": "no-store"})


@require_POST
@signed_in
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of my sessions."""
    session = get_object_or_404(UserSession, pk=session_id, user=person_of(request))
    session.end()
    devices.forget_devices(person_of(request))  # whichever it was: a lost telephone is ended here
    audit.record("session.ended", person_of(request))
    say(request, None, "That session has ended.")
    return redirect("profile")


@require_POST
@signed_in
def devices_forget(request: HttpRequest) -> HttpResponse:
    """Ask for a passkey or a code again at every decision."""
    devices.forget_devices(person_of(request))
    say(request, None, "No device is remembered any more: each decision takes your passkey or a code.")
    return redirect("profile")


@require_POST
@signed_in
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    """End all my sessions but this one."""
    ended = people.end_sessions(person_of(request), but=request.session.session_key)
    devices.forget_devices(person_of(request))
    audit.record("session.ended", person_of(request), after={"sessions": ended})
    say(request, None, "Every other session has ended.")
    return redirect("profile")


@require_POST
@signed_in
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke one of my API tokens."""
    token = get_object_or_404(ApiToken, pk=token_id, person=person_of(request), revoked_at=None)
    revoke_token(token, person_of(request))
    say(request, None, f"The token {token.prefix} is revoked.")
    return redirect("profile")
