"""The exception dashboard, one exception, and what people do with it."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from compliance import queries, watch
from compliance.charts import chart_of
from compliance.forms import FilterForm, OwnerForm, ResolveForm, SnoozeForm
from compliance.models import TrustException
from firms.access import Capability, may, person_of, requires
from firms.clock import today
from firms.pages import refused_by, say, shown
from firms.refusals import Refusal

READERS = (Capability.WORK_EXCEPTIONS, Capability.SEE_AUDIT)
ROWS = 50


@require_safe
@requires(*READERS)
def exceptions(request: HttpRequest) -> HttpResponse:
    """Show the dashboard: key figures, what opened and closed, and the list, worst first."""
    person, form = person_of(request), FilterForm(request.GET or None)
    filters = form.filters() if form.is_bound else queries.Filters()
    page = Paginator(queries.listed(person, filters), ROWS).get_page(request.GET.get("page"))
    days, ages = queries.opened_and_closed(person), queries.open_by_age(person)
    facts = {
        "figures": queries.figures(person), "chart": chart_of(days), "days": days, "ages": ages,
        "most": max([1, *(count for _, count, _ in ages)]), "page": page, "rows": queries.rows_of(page, person),
        "form": form, "filters": filters, "silent_since": watch.silent_since(), "today": today(),
    }  # fmt: skip
    return shown(request, "compliance/exceptions.html", facts)


@require_safe
@requires(*READERS)
def exception(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Show one exception."""
    return exception_shown(request, exception_of(request, exception_id))


def exception_of(request: HttpRequest, exception_id: int) -> TrustException:
    """Return an exception the person may see; any other does not exist."""
    return get_object_or_404(queries.visible_to(person_of(request)), pk=exception_id)


def exception_shown(
    request: HttpRequest, found: TrustException, refusal: Refusal | None = None, **forms: Any
) -> HttpResponse:
    """Show an exception, what to do about it and the forms of whoever works on it."""
    row, people = queries.row_of(found, today(), person_of(request)), queries.people_to_own()
    facts = {
        "row": row, "exception": found, "rule": row.rule, "events": queries.events_of(found),
        "items": queries.described(found), "may_work": may(person_of(request), Capability.WORK_EXCEPTIONS),
        "owner_form": OwnerForm(people, initial={"owner": str(found.owner_id or "")}),
        "snooze_form": SnoozeForm(), "resolve_form": ResolveForm(),
    } | forms  # fmt: skip
    return shown(request, "compliance/exception.html", facts, refusal)


def worked(request: HttpRequest, exception_id: int, done: str, action: Callable[[TrustException], Any]) -> HttpResponse:
    """Do something with an exception, or show why not."""
    found = exception_of(request, exception_id)
    refusal = refused_by(lambda: action(found))
    if refusal:
        return exception_shown(request, exception_of(request, exception_id), refusal)
    say(request, None, done)
    return redirect("exception", exception_id)


@require_POST
@requires(Capability.WORK_EXCEPTIONS)
def exception_owner(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Say who looks after it."""
    chosen = request.POST.get("owner", "")
    owner = next((person for person in queries.people_to_own() if str(person.pk) == chosen), None)
    by = person_of(request)
    return worked(request, exception_id, "The owner is recorded.", lambda found: watch.give(by, found, owner))


@require_POST
@requires(Capability.WORK_EXCEPTIONS)
def exception_snooze(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Put it off until a day, with a reason."""
    form, by = SnoozeForm(request.POST), person_of(request)
    if not form.is_valid():
        return exception_shown(request, exception_of(request, exception_id), snooze_form=form)
    until, reason = form.cleaned_data["until"], form.cleaned_data["reason"]
    return worked(request, exception_id, "Snoozed.", lambda found: watch.snooze(by, found, until, reason))


@require_POST
@requires(Capability.WORK_EXCEPTIONS)
def exception_wake(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Take it back among the open ones."""
    by = person_of(request)
    return worked(request, exception_id, "It is open again.", lambda found: watch.wake(by, found))


@require_POST
@requires(Capability.WORK_EXCEPTIONS)
def exception_resolve(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Settle it with a sentence."""
    form, by = ResolveForm(request.POST), person_of(request)
    if not form.is_valid():
        return exception_shown(request, exception_of(request, exception_id), resolve_form=form)
    said = form.cleaned_data["resolution"]
    return worked(request, exception_id, "Resolved.", lambda found: watch.resolve(by, found, said))
