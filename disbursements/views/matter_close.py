"""Closing a matter: what stands against it, each with its next action; what the bank has shown; and the end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from disbursements.closing_check import closing_check
from disbursements.final_statement import kept_or_preview, lines_of, send_statement, statement_name, statements_of
from disbursements.views.checks import numbers_typed
from firms.access import Capability, may, person_of, requires
from firms.models import Person
from firms.pages import refused_by, say, shown
from firms.refusals import Refusal
from ledgers import closing
from ledgers.access import books_of
from ledgers.clearing import clear_entries
from ledgers.forms.clearing import ClearedForm
from ledgers.forms.closing import VersionForm
from ledgers.models import Matter
from ledgers.views.answers import key_of
from ledgers.views.files import as_pdf, record_export
from ledgers.views.parties import matter_of
from ledgers.views.saving import WRITING


def close_page(
    request: HttpRequest, matter: Matter, typed: ClearedForm, refusal: Refusal | None = None
) -> HttpResponse:
    """Show what stands against closing a matter, with the form that marks what the bank has shown."""
    person = person_of(request)
    facts = {
        "matter": matter, "check": closing_check(books_of(person), matter), "typed": typed,
        "form": VersionForm(initial={"version": matter.version}), "ticked": numbers_typed(request, "entry"),
        "statements": statements_of(matter), "may_send": may_send(person, matter),
        "may_start": matter.status == Matter.Status.OPEN, "may_clear": may(person, Capability.RECORD_MONEY),
    }  # fmt: skip
    answer = shown(request, "disbursements/matter_close.html", facts, refusal)
    if typed.is_bound and typed.errors:
        answer.status_code = 422
    return answer


def may_send(person: Person, matter: Matter) -> bool:
    """Say whether the final statement may go out: not for an open matter, and by whoever sends statements."""
    return matter.status != Matter.Status.OPEN and lines_of(matter) > 0 and may(person, Capability.SEND_REQUESTS)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def matter_close(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Show what stands against closing a matter, and close it when nothing does."""
    found, form, refusal = matter_of(request, matter_id), VersionForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        refusal = refused_by(lambda: closing.close_matter(person_of(request), found, version))
        if refusal is None:
            messages.success(request, f"Matter {found.number} is closed.")
            return redirect("matter", found.pk)
    return close_page(request, found, ClearedForm(below_list=True), refusal)


@requires(Capability.RECORD_MONEY)
@require_POST
def matter_cleared(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Mark the ticked payments of a matter as cleared, as the bank shows them."""
    found, typed, refusal = matter_of(request, matter_id), ClearedForm(request.POST, below_list=True), None
    if typed.is_valid():
        said, chosen = typed.cleaned_data, numbers_typed(request, "entry")
        asked = (person_of(request), key_of(request), chosen, said["bank_date"], said["reference"])
        refusal = refused_by(lambda: clear_entries(*asked))
        if refusal is None:
            messages.success(request, "Marked as cleared.")
            return redirect(reverse("matter_close", args=[found.pk]))
    return close_page(request, found, typed, refusal)


@requires(Capability.SEND_REQUESTS)
@require_POST
def matter_statement_send(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Make the final statement, keep it and send it to the client."""
    found, person = matter_of(request, matter_id), person_of(request)
    refusal = refused_by(lambda: send_statement(person, key_of(request), found))
    say(request, refusal, f"The final statement goes to {found.client.email or 'nobody: the client has no address'}.")
    return redirect(reverse("matter_close", args=[found.pk]))


@requires(Capability.SEE_BOOKS)
@require_safe
def matter_statement(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Give the final statement as it was sent last; before that, as it would be made now."""
    found = matter_of(request, matter_id)
    try:
        made = kept_or_preview(found)
    except Refusal as refused:
        messages.error(request, refused.detail)
        return redirect("matter", found.pk)
    record_export(request, statement_name(found), "pdf", found)
    return as_pdf(made, statement_name(found))
