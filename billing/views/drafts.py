"""What is done with one invoice: lines and time put on a draft and taken off, issued, made void."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing import invoicing
from billing.forms.invoices import HeadForm, IssueForm, LineForm, typed_head
from billing.forms.time import ReasonVersionForm
from billing.models import Invoice
from billing.queries.invoices import line_of
from billing.views.invoices import shown, visible
from firms.access import Capability, person_of, requires
from firms.pages import refused_by
from firms.refusals import Refusal
from ledgers.money import as_text
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING, form_page, saved


def done(request: HttpRequest, invoice_id: int, action: Callable[[], Any], said: str) -> HttpResponse:
    """Do it and show the invoice, with the refusal if there is one."""
    if refusal := refused_by(action):
        return shown(request, invoice_id, refusal)
    messages.success(request, said)
    return redirect("invoice", invoice_id)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def invoice_edit(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Change dates and note of a draft."""
    it, url = visible(request, invoice_id), reverse("invoice", args=[invoice_id])
    facts = {"title": f"Change {str(it).lower()}", "cancel_url": url, "next_url": request.path}
    if request.method != "POST":
        return form_page(request, HeadForm(initial=typed_head(it)), facts)

    def change(form: Any) -> tuple[str, str]:
        invoicing.change_draft(person_of(request), it, form.cleaned_data["version"] or 0, form.head())
        return "Draft saved.", url

    return saved(request, HeadForm(request.POST), facts, change)


@requires(Capability.MAKE_INVOICES)
@require_POST
def invoice_line_new(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Put a fee or an expense on a draft."""
    it, form, key = visible(request, invoice_id), LineForm(request.POST), key_of(request)
    if not form.is_valid():
        return shown(request, invoice_id, line_form=form)
    said, by = form.cleaned_data, person_of(request)
    words = (said["kind"], said["date"], said["description"], said["amount"])
    return done(request, invoice_id, lambda: invoicing.add_line(by, key, it, *words), "Line added.")


@requires(Capability.MAKE_INVOICES)
@require_POST
def invoice_line_remove(request: HttpRequest, invoice_id: int, line_id: int) -> HttpResponse:
    """Take a line off a draft."""
    line = get_object_or_404(line_of(person_of(request), invoice_id, line_id))
    by = person_of(request)
    return done(request, invoice_id, lambda: invoicing.remove_line(by, line), "Line taken off.")


@requires(Capability.MAKE_INVOICES)
@require_POST
def invoice_time(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Put unbilled time of the matter on a draft."""
    it, by = visible(request, invoice_id), person_of(request)
    typed = request.POST.getlist("time")
    chosen = [int(text) for text in typed if text.isascii() and text.isdigit() and len(text) < 19]
    return done(
        request,
        invoice_id,
        lambda: invoicing.add_time(by, it, chosen),
        f"Time entries added: {len(chosen)}.",
    )


def confirmed(
    request: HttpRequest, it: Invoice, form: Any, template: str, action: Callable[[dict[str, Any]], Invoice]
) -> HttpResponse:
    """Ask once more, then do it and show the invoice; a refusal stands beside what was typed."""
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            made = action(form.cleaned_data)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, f"{made}: {made.get_state_display().lower()}.")
            return redirect("invoice", it.pk)
    status = 409 if refusal else 422 if form.is_bound and form.errors else 200
    items = [("Matter", str(it.matter)), ("Client", it.matter.client.name), ("Date", it.date),
             ("To be paid by", it.due_date), ("Total", as_text(it.total))]  # fmt: skip
    return render(request, template, {"it": it, "form": form, "refusal": refusal, "items": items}, status=status)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def invoice_issue(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Issue a draft as it is shown."""
    it, by = visible(request, invoice_id), person_of(request)
    form = IssueForm(request.POST or None, initial={"version": it.version})

    def issue(said: dict[str, Any]) -> Invoice:
        return invoicing.issue(by, it, said["version"], said["number"])

    return confirmed(request, it, form, "billing/invoice_issue.html", issue)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def invoice_void(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Make an unpaid invoice, or a draft, void."""
    it, by = visible(request, invoice_id), person_of(request)
    form = ReasonVersionForm(request.POST or None, initial={"version": it.version})

    def void(said: dict[str, Any]) -> Invoice:
        return invoicing.void(by, it, said["version"], said["reason"])

    return confirmed(request, it, form, "billing/invoice_void.html", void)
