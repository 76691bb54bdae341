"""A page that creates or changes one thing: the form, the refusal beside it, everything typed kept."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from firms.refusals import Refusal

WRITING = ["GET", "HEAD", "POST"]


def form_page(
    request: HttpRequest, form: forms.Form, facts: dict[str, Any], refusal: Refusal | None = None
) -> HttpResponse:
    """Show the form; 409 when refused, 422 when something typed cannot be read."""
    status = 409 if refusal else 422 if form.is_bound and form.errors else 200
    return render(request, "ledgers/record_form.html", {**facts, "form": form, "refusal": refusal}, status=status)


def saved(
    request: HttpRequest, form: forms.Form, facts: dict[str, Any], action: Callable[[Any], tuple[str, str]]
) -> HttpResponse:
    """Do what the form asks; `action` returns what to say and where to go. Otherwise show the form again."""
    if not form.is_valid():
        return form_page(request, form, facts)
    try:
        sentence, url = action(form)
    except ValidationError as error:
        form.add_error("account_number" if "account_number" in form.fields else None, error)
        return form_page(request, form, facts)
    except Refusal as refusal:
        return form_page(request, form, facts, refusal)
    messages.success(request, sentence)
    return redirect(url)
