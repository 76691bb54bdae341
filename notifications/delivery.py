"""The way of a letter: from the outbox to one notice per person, over SMTP, into the log.

Rule: D22, D25, F025, F026, F042, F046. Nothing is sent inside a transaction; nothing is lost between the commit and the
sending; nobody is told twice, save that a letter whose acceptance we never heard of is repeated under the same
Message-ID.
"""

import logging
import smtplib
import time
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError, connection, transaction

from firms import audit, outbox
from firms.clock import now
from firms.models import OutboxEvent, Person
from firms.refusals import Refusal
from notifications.client_letters import TO_CLIENTS
from notifications.enclosures import EnclosureWrong, enclosures_of
from notifications.kinds import KINDS, matter_of, walled_off
from notifications.letters import PERSONAL_LINK, NotNeeded, Rendered, email_of, message_id, one_line, render
from notifications.models import Notice

log = logging.getLogger(__name__)

LEASE_SECONDS = 300  # longer than one hand-over can take
PAUSES_MINUTES = (1, 5, 15, 60, 120, 240, 480, 720)  # after the first, second ... attempt; then it is given up
RUN_SECONDS = 40
BATCH = 100
PERMANENT = 500  # the first SMTP answer that will not change by waiting
FINISHED_LETTER = "mail."
SERVER_LOST = (OperationalError, InterfaceError)  # no fault of the event: try again later


class NoticeWasSent(Refusal):
    """The letter left before."""

    code = "notice_was_sent"
    sentence = "This letter has been sent already, or was never to be sent. Its record does not change."


class NotUndeliverable(Refusal):
    """Only what was given up is tried again by hand."""

    code = "notice_not_undeliverable"
    sentence = "This letter is {state}: it is not one that was given up. Nothing needs to be done."


class GivenUp(Exception):
    """The letter cannot be delivered, now or later; says why."""


@dataclass(frozen=True)
class Relayed:
    """What one run of the relay did: events taken, letters handed over, letters that failed."""

    taken: int
    sent: int
    failed: int


def relay() -> Relayed:
    """Take what is in the outbox and send what is due, for at most RUN_SECONDS; harmless when run twice at once."""
    began, sent, failed, taken = time.monotonic(), 0, 0, 0
    while fresh := make_notices():
        taken += fresh
    while time.monotonic() - began < RUN_SECONDS:
        outcome = send_next()
        if outcome is None:
            break
        sent, failed = sent + outcome, failed + (not outcome)
    return Relayed(taken, sent, failed)


# --- from event to notices --------------------------------------------------------------------------------------------


def make_notices(limit: int = BATCH) -> int:
    """Take events and write one notice per person to be told, in one transaction; return how many events."""
    if not outbox.waiting(outbox.Reader.NOTIFICATIONS):
        return 0
    with audit.acting(None, source="job:relay"):
        events = outbox.take(outbox.Reader.NOTIFICATIONS, limit)
        for event in events:
            _make_notices_of(event)
    return len(events)


def _make_notices_of(event: OutboxEvent) -> None:
    """Write an event's notices; one that cannot be understood is given up alone and the others go on."""
    try:
        with transaction.atomic():
            notices = list(_notices_of(event))
            Notice.objects.bulk_create(notices)
    except SERVER_LOST:
        raise
    except Exception as error:
        log.exception("an event could not be turned into letters", extra={"event": event.pk, "kind": event.kind})
        problem = f"{type(error).__name__}: {error}"[:500]
        Notice.objects.create(**_base(event, ""), state=Notice.State.UNDELIVERABLE, last_error=problem)


def _base(event: OutboxEvent, address: str) -> dict[str, object]:
    instant = now()
    return {
        "event": event, "kind": event.kind, "address": address, "message_id": message_id(event, address),
        "created_at": instant, "next_attempt_at": instant,
    }  # fmt: skip


def _notices_of(event: OutboxEvent) -> list[Notice]:
    if event.kind.startswith(FINISHED_LETTER):
        subject = one_line(str(event.payload["subject"]))
        return [Notice(**_base(event, str(event.payload["to"])), subject=subject, matter=matter_of(event))]
    if event.kind in TO_CLIENTS:
        return [Notice(**_base(event, str(event.payload["to"])), matter=matter_of(event))]
    kind = KINDS.get(event.kind)
    matter = matter_of(event) if kind else None
    people = {person.pk: person for person in kind.people(event)} if kind else {}
    told = [person for person in people.values() if person.is_active and not walled_off(person, matter)]
    if not told:
        return [Notice(**_base(event, ""), state=Notice.State.NOT_MAILED, matter=matter)]
    return [Notice(**_base(event, person.email), person=person, matter=matter) for person in told]


# --- from notice to letter to the mail server -------------------------------------------------------------------------


def send_next() -> bool | None:
    """Hand over one letter that is due: True when it left or needed not to, False when it failed, None without any."""
    notice = claim()
    if notice is None:
        return None
    try:
        rendered = with_token(notice, compose(notice))
        _hand_over(notice, rendered)
    except NotNeeded as reason:
        _mark(notice, state=Notice.State.NOT_NEEDED, last_error=str(reason)[:500], next_attempt_at=None)
        return True
    except GivenUp as problem:
        _fail(notice, str(problem), for_good=True)
        return False
    except (smtplib.SMTPException, OSError) as error:
        _fail(notice, said_by_server(error), for_good=is_permanent(error))
        return False
    _mark(notice, state=Notice.State.SENT, sent_at=now(), last_error="", next_attempt_at=None)
    return True


def claim() -> Notice | None:
    """Take one letter that is due for LEASE_SECONDS; two workers never have the same one."""
    found = list(Notice.objects.raw("SELECT * FROM claim_notice(make_interval(secs => %s))", [LEASE_SECONDS]))
    return found[0] if found else None


def compose(notice: Notice) -> Rendered:
    """Return the letter as things are now; what was composed once is kept and repeated as it was.

    Raises: NotNeeded when there is nothing to tell any more; GivenUp when it cannot be written.
    """
    event = notice.event
    if notice.is_personal:
        return _finished_letter(notice, event)
    try:
        rendered = _written_anew(notice, event)
    except (NotNeeded, *SERVER_LOST):
        raise
    except Exception as error:
        log.exception("a letter could not be composed", extra={"notice": notice.pk, "kind": notice.kind})
        raise GivenUp(f"{type(error).__name__}: {error}") from error
    if notice.text:
        return Rendered(notice.subject, notice.text, notice.html, rendered.files)
    _mark(notice, subject=rendered.subject, text=rendered.text, html=rendered.html)
    return rendered


def _written_anew(notice: Notice, event: OutboxEvent) -> Rendered:
    """Return the letter to a client, or to somebody who works here and may know of it.

    Raises: NotNeeded.
    """
    if notice.kind in TO_CLIENTS:
        to_client = TO_CLIENTS[notice.kind]
        return replace(render(to_client.letter(event), "to_client"), files=to_client.files(event))
    person = notice.person
    if person is None or not person.is_active:
        raise NotNeeded("The person no longer works here.")
    if person.email != notice.address:
        raise NotNeeded(f"The person's address is now {person.email}.")
    if walled_off(person, matter_of(event)):
        raise NotNeeded("The person must not know of this matter any more.")
    return render(KINDS[notice.kind].letter(event, person))


def with_token(notice: Notice, rendered: Rendered) -> Rendered:
    """Return the letter with its reader's own link in it; only a hash of the link's token is kept anywhere.

    Raises: NotNeeded when the reader has nothing to decide any more.
    """
    to_client, kind = TO_CLIENTS.get(notice.kind), KINDS.get(notice.kind)
    own: dict[str, str] = {}
    with audit.acting(None, source="job:relay"):
        if to_client is not None:
            own = to_client.secrets(notice.event)
        elif kind is not None and kind.token is not None and notice.person is not None:
            own = {PERSONAL_LINK: kind.token(notice.event, notice.person)}
    text, html = rendered.text, rendered.html
    for stands_for, secret in own.items():
        text, html = text.replace(stands_for, secret), html.replace(stands_for, secret)
    return replace(rendered, text=text, html=html, repeat=notice.attempts if own and notice.attempts > 1 else 0)


def _finished_letter(notice: Notice, event: OutboxEvent) -> Rendered:
    """Return a letter that is finished already; its text stays out of the log, because it holds a personal link."""
    if not event.payload.get("text"):
        raise GivenUp("The letter has no text.")
    try:
        files = enclosures_of(event)
    except EnclosureWrong as error:
        raise GivenUp(str(error)) from error
    return Rendered(notice.subject, str(event.payload["text"]), str(event.payload.get("html", "")), files)


def _hand_over(notice: Notice, rendered: Rendered) -> None:
    """Give the letter to the mail server, outside every transaction of ours."""
    try:
        validate_email(notice.address)
    except ValidationError as error:
        raise GivenUp("The address is no e-mail address.") from error
    with get_connection() as server:
        server.send_messages([email_of(notice, rendered)])


def is_permanent(error: Exception) -> bool:
    """Say whether the server will answer the same whenever we ask: an unknown recipient, a refused content."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= PERMANENT


def said_by_server(error: Exception) -> str:
    """Return what went wrong as one line for the log."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values()]
        return one_line("The server refused the recipient: " + "; ".join(answers), 500)
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return one_line(f"The server answered {error.smtp_code} {text}", 500)
    return one_line(f"{type(error).__name__}: {error}", 500)


def _fail(notice: Notice, problem: str, *, for_good: bool) -> None:
    if for_good or notice.attempts > len(PAUSES_MINUTES):
        _mark(notice, state=Notice.State.UNDELIVERABLE, last_error=problem[:500], next_attempt_at=None)
        log.error("a letter is undeliverable", extra={"notice": notice.pk, "kind": notice.kind})
        return
    pause = PAUSES_MINUTES[notice.attempts - 1]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notifications_notice SET state = 'deferred', last_error = %s,
                   next_attempt_at = firm_now() + make_interval(mins => %s) WHERE id = %s AND state <> 'sent'""",
            [problem[:500], pause, notice.pk],
        )


def _mark(notice: Notice, **facts: object) -> None:
    """Write down how far a letter came, in a transaction of its own."""
    with audit.acting(None, source="job:relay"):
        Notice.objects.filter(pk=notice.pk).exclude(state=Notice.State.SENT).update(**facts)


def send_again(by: Person, notice_id: int) -> Notice:
    """Put a letter that was given up back into the queue.

    Raises: NotUndeliverable.
    """
    instant = now()
    with audit.acting(by):
        again = Notice.objects.filter(pk=notice_id, state=Notice.State.UNDELIVERABLE).exclude(address="")
        if not again.update(state=Notice.State.QUEUED, attempts=0, next_attempt_at=instant, last_error=""):
            raise NotUndeliverable(state=Notice.objects.get(pk=notice_id).get_state_display().lower())
        outbox.wake_after_commit()
    return Notice.objects.get(pk=notice_id)
