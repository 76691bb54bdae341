"""The audit trail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from firms import audit
from firms.access import Capability, person_of, requires
from firms.audit_queries import audit_events, every_event, linked_count, page_of
from firms.clock import now
from firms.forms import AuditFilterForm
from firms.pages import shown


@require_safe
@requires(Capability.SEE_AUDIT)
def audit_events_page(request: HttpRequest) -> HttpResponse:
    """List what was done, newest first."""
    form = AuditFilterForm(request.GET)
    before = request.GET.get("before", "")
    found = audit_events(person_of(request), form.filters())
    page = page_of(found, int(before) if before.isdecimal() and len(before) < 19 else None)
    older = request.GET.copy()
    older["before"] = str(page.older_than)
    return shown(request, "firms/audit_events.html", {"form": form, "page": page, "older_query": older.urlencode()})


@require_safe
@requires(Capability.SEE_AUDIT)
def audit_event_page(request: HttpRequest, event_id: int) -> HttpResponse:
    """Show one event with what was before and after."""
    event = get_object_or_404(every_event(person_of(request)), pk=event_id)
    before, after = event.detail.before or {}, event.detail.after or {}
    rows = [(name, before.get(name), after.get(name)) for name in sorted({**before, **after})]
    return shown(request, "firms/audit_event.html", {"event": event, "rows": rows})


@require_POST
@requires(Capability.SEE_AUDIT)
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Re-compute every hash and show the first broken row."""
    broken = audit.verify_audit_chain()
    audit.record("audit.verified", after={"problem": broken.problem if broken else None})
    items = [
        ("Events in the chain", f"{linked_count():,}"),
        ("Verified at", now()),
        ("Verified by", person_of(request).full_name),
    ]
    return shown(request, "firms/audit_verify.html", {"broken": broken, "items": items})
