"""The delivery log, and the demonstration's mailbox."""

from csp.decorators import csp_exempt, csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from firms.access import Capability, may, person_of, requires, signed_in
from firms.pages import refused_by, say, shown
from notifications.delivery import send_again
from notifications.forms import LogForm, MailboxForm
from notifications.models import DemoMail, Notice
from notifications.queries import listed, mailbox, visible_to

SENDERS = (Capability.SEND_REQUESTS, Capability.MANAGE_SETTINGS)
READERS = (*SENDERS, Capability.SEE_AUDIT)
ROWS = 50
SELF = "'self'"
OF_A_LETTER = "; ".join(
    (
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)


@require_safe
@requires(*READERS)
def mail_log(request: HttpRequest) -> HttpResponse:
    """List what was mailed, to whom and with what outcome, newest first."""
    form = LogForm(request.GET or None)
    found = form.cleaned_data if form.is_bound and form.is_valid() else {}
    notices = listed(person_of(request), found.get("state", ""), found.get("words", ""))
    page = Paginator(notices, ROWS).get_page(request.GET.get("page"))
    return shown(request, "notifications/mail_log.html", {"page": page, "form": form})


@require_safe
@requires(*READERS)
def mail_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Show one letter as it was sent, and how it went."""
    notice = notice_of(request, notice_id)
    facts = {"notice": notice, "may_send": may(person_of(request), *SENDERS)}
    return shown(request, "notifications/mail_notice.html", facts)


def notice_of(request: HttpRequest, notice_id: int) -> Notice:
    """Return a letter the person may know of; any other does not exist."""
    return get_object_or_404(visible_to(person_of(request)), pk=notice_id)


@require_POST
@requires(*SENDERS)
def mail_send_again(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Put a letter that was given up back into the queue."""
    notice = notice_of(request, notice_id)
    refusal = refused_by(lambda: send_again(person_of(request), notice.pk))
    say(request, refusal, "It is in the queue again.")
    return redirect("mail_notice", notice_id)


@csp_update({"frame-src": [SELF]})
@require_safe
@signed_in
def demo_mailbox(request: HttpRequest, mail_id: int | None = None) -> HttpResponse:
    """Show the mail of the demonstration firm: it lies here and goes nowhere else."""
    form = MailboxForm(request.GET or None)
    words = form.cleaned_data["words"] if form.is_bound and form.is_valid() else ""
    page = Paginator(mail_of_the_demonstration(words), ROWS).get_page(request.GET.get("page"))
    chosen = get_object_or_404(mailbox(), pk=mail_id) if mail_id else next(iter(page), None)
    facts = {"page": page, "form": form, "mail": chosen}
    return shown(request, "notifications/mailbox.html", facts)


@csp_exempt()  # type: ignore[arg-type]  # it has its own policy, which allows less
@require_safe
@signed_in
def demo_mail_html(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Serve the HTML part of a letter: its own styles and links to new windows; no script, no form, no picture."""
    letter = get_object_or_404(mail_of_the_demonstration(), pk=mail_id)
    html = letter.html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": OF_A_LETTER})


def mail_of_the_demonstration(words: str = "") -> QuerySet[DemoMail]:
    """Return the mailbox; outside a demonstration there is none."""
    if not settings.DEMO:
        raise Http404
    return mailbox(words)
