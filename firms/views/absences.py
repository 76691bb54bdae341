"""The page of absences: who is away, who decides meanwhile, and recording it."""

from functools import partial

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from firms import absences
from firms.access import Capability, may, person_of, requires
from firms.forms import AbsenceForm
from firms.models import Absence
from firms.pages import refused_by, say, shown
from firms.refusals import Refusal


def listed(request: HttpRequest, form: AbsenceForm | None, refusal: Refusal | None = None) -> HttpResponse:
    """Show who is away now, soon, and was, with the form for whoever may record."""
    person = person_of(request)
    away = list(absences.current_absences())
    facts = {
        "form": form, "away": [(row, absences.may_record_for(person, row.person)) for row in away],
        "page": Paginator(absences.past_absences(), 50).get_page(request.GET.get("page")),
        "ends": any(absences.may_record_for(person, row.person) for row in away),
    }  # fmt: skip
    return shown(request, "firms/absences.html", facts, refusal)


@requires(Capability.SEE_BOOKS, Capability.SEE_PEOPLE)
def absences_page(request: HttpRequest) -> HttpResponse:
    """Show the absences; attorneys record their own here, administrators and partners anybody's."""
    person = person_of(request)
    if not may(person, Capability.RECORD_ABSENCES):
        return listed(request, None)
    form = AbsenceForm(person, request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        refusal = refused_by(partial(absences.record_absence, person, **form.cleaned_data))
        if refusal is None:
            typed = form.cleaned_data
            say(request, None, f"Recorded: {typed['delegate']} decides for {typed['person']}. Both are told.")
            return redirect("absences")
    return listed(request, form, refusal)


@require_POST
@requires(Capability.RECORD_ABSENCES)
def absence_end(request: HttpRequest, absence_id: int) -> HttpResponse:
    """End an absence at once."""
    absence = get_object_or_404(Absence, pk=absence_id)
    refusal = refused_by(lambda: absences.end_absence(person_of(request), absence))
    say(request, refusal, f"The absence has ended: {absence.person} decides again.")
    return redirect("absences")
