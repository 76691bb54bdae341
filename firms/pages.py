"""What every page does alike: ask the domain once, and show a refusal beside what was typed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firms import devices
from firms.refusals import Refusal


def factor_given(request: HttpRequest) -> str:
    """Return the second factor given for a decision: what a passkey signed, the code that was typed, or the device."""
    typed = str(request.POST.get("passkey") or request.POST.get("code", ""))
    if typed or "device" not in request.POST:
        return typed
    return devices.GIVEN + request.COOKIES.get(devices.COOKIE, "")


def refused_by(action: Callable[[], Any]) -> Refusal | None:
    """Do something; return the refusal, or None when it was done."""
    try:
        action()
    except Refusal as refusal:
        return refusal
    return None


def shown(request: HttpRequest, template: str, facts: dict[str, Any], refusal: Refusal | None = None) -> HttpResponse:
    """Show a page; one that carries a refusal answers 409."""
    return render(request, template, {**facts, "refusal": refusal}, status=409 if refusal else 200)


def say(request: HttpRequest, refusal: Refusal | None, done: str) -> None:
    """Say on the next page what was done, or why not."""
    if refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, done)
