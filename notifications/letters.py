"""Letters: how one looks, whatever it is about. Plain text first; the HTML part says the same."""

import hashlib
import zoneinfo
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from firms.models import Firm, OutboxEvent
from notifications.models import Notice

LONGEST_SUBJECT = 200
PERSONAL_LINK = "personal-link"  # stands in every kept copy of a letter for the token that only its reader has
PERSONAL_CODE = "personal-code"  # and this for the code of a letter to a client


class NotNeeded(Exception):
    """The letter has nothing to tell any more; the reason goes into the delivery log."""


@dataclass(frozen=True)
class Letter:
    """What one person is told about one event. Amounts are text already; account numbers never stand in a letter."""

    subject: str
    heading: str
    lead: str
    facts: tuple[tuple[str, str], ...] = ()
    action: str = ""
    url: str = ""
    tone: str = "info"
    foot: str = ""
    figure: str = ""
    figure_label: str = ""


@dataclass(frozen=True)
class Attached:
    """A file that goes with a letter."""

    name: str
    content: bytes
    kind: str


@dataclass(frozen=True)
class Rendered:
    """A letter as it is handed over."""

    subject: str
    text: str
    html: str
    files: tuple[Attached, ...] = ()
    repeat: int = 0  # of a letter whose link is new each time: 2 is the second attempt


def page_url(name: str, *args: Any) -> str:
    """Return the full address of a page; the front page's while that page does not exist."""
    try:
        return f"{settings.BASE_URL}{reverse(name, args=args)}"
    except NoReverseMatch:
        return f"{settings.BASE_URL}/"


def one_line(text: str, longest: int = LONGEST_SUBJECT) -> str:
    """Return text that fits one header line: no line break can begin another header."""
    joined = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return joined if len(joined) <= longest else joined[: longest - 1].rstrip() + "…"


def render(letter: Letter, template: str = "letter") -> Rendered:
    """Set a letter in type, with times in the firm's zone; one to a client is the firm's, not the product's."""
    firm = Firm.objects.get(pk=1)
    context = {"letter": letter, "firm_name": firm.name}
    with timezone.override(zoneinfo.ZoneInfo(firm.time_zone)):
        text = render_to_string(f"email/{template}.txt", context)
        html = render_to_string(f"email/{template}.html", context)
    return Rendered(one_line(letter.subject), text.strip() + "\n", html)


def message_id(event: OutboxEvent, address: str) -> str:
    """Return the one Message-ID of an event's letter to an address: a repeated letter can be recognized as the same."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    digest = hashlib.sha256(f"{event.dedupe}\n{address.lower()}".encode()).hexdigest()[:32]
    return f"<{event.pk}.{digest}@{domain}>"


def email_of(notice: Notice, rendered: Rendered) -> EmailMultiAlternatives:
    """Return the e-mail of a notice: no answer is expected, no machine should answer it.

    A repeated letter has the same Message-ID, so that mailboxes know it; not one whose link has superseded the first.
    """
    headers = {
        "Message-ID": notice.message_id.replace("@", f".{rendered.repeat}@") if rendered.repeat else notice.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    message = EmailMultiAlternatives(rendered.subject, rendered.text, None, [notice.address], headers=headers)
    if rendered.html:
        message.attach_alternative(rendered.html, "text/html")
    for file in rendered.files:
        message.attach(file.name, file.content, file.kind)
    return message
