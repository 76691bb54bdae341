"""Keeping the exceptions true: new causes open one, causes that are gone close theirs, and people work on the rest."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from compliance.models import Pulse, TrustException
from compliance.rules import RULES, Rule
from firms import audit, outbox
from firms.clock import now, today
from firms.models import Person
from firms.refusals import Refusal, translating

log = logging.getLogger(__name__)

ROUND = "exceptions"
SILENT_MINUTES = 15
State = TrustException.State

REFRESH = """
WITH found AS MATERIALIZED ({question}),
changed AS (
    UPDATE compliance_trustexception e SET label = f.label, amount = f.amount, severity = f.severity,
        due_date = COALESCE(f.due, e.due_date) FROM found f
    WHERE e.rule = %(rule)s AND e.state <> 'resolved'
      AND (e.subject_type, e.subject_id) = (f.subject_type, f.subject_id)
      AND (e.label, e.amount, e.severity, e.due_date) IS DISTINCT FROM
          (f.label, f.amount, f.severity, COALESCE(f.due, e.due_date)) RETURNING 1
), gone AS (
    UPDATE compliance_trustexception e
    SET state = 'resolved', resolved_at = firm_now(), resolution = 'The cause is gone.'
    WHERE e.rule = %(rule)s AND e.state <> 'resolved' AND NOT EXISTS (
        SELECT FROM found f WHERE (f.subject_type, f.subject_id) = (e.subject_type, e.subject_id)) RETURNING 1
), opened AS (
    INSERT INTO compliance_trustexception (rule, subject_type, subject_id, label, matter_id, trust_account_id, amount,
        severity, opened_at, due_date, state, snooze_reason, resolution)
    SELECT %(rule)s, f.subject_type, f.subject_id, f.label, f.matter_id, f.trust_account_id, f.amount, f.severity,
           firm_now(), COALESCE(f.due, add_business_days(firm_today(), %(days)s)), 'open', '', ''
    FROM found f WHERE NOT EXISTS (
        SELECT FROM compliance_trustexception e
        WHERE e.rule = %(rule)s AND (e.subject_type, e.subject_id) = (f.subject_type, f.subject_id)
          AND (e.state <> 'resolved' OR (%(by_hand)s AND e.resolved_by_id IS NOT NULL)))
    ON CONFLICT (rule, subject_type, subject_id) WHERE NOT (state = 'resolved') DO NOTHING
    RETURNING id, severity, label, matter_id
), told AS (
    INSERT INTO firms_outboxevent (kind, dedupe, subject_type, subject_id, payload, created_at)
    SELECT 'exception.critical', 'exception:' || id, 'compliance_trustexception', id::text,
           jsonb_build_object('title', %(title)s::text, 'label', label, 'matter', matter_id), firm_now()
    FROM opened WHERE severity = 'critical' RETURNING 1
)
SELECT (SELECT count(*) FROM opened), (SELECT count(*) FROM gone), (SELECT count(*) FROM told),
       (SELECT count(*) FROM changed)
"""


class AlreadyResolved(Refusal):
    """The exception is closed."""

    code = "exception_already_resolved"
    sentence = "This exception is resolved already. If the cause comes back, a new one opens by itself."


class CauseStillThere(Refusal):
    """An exception that closes by itself cannot be closed by a sentence."""

    code = "cause_still_there"
    sentence = "{title}: the cause is still there ({label}). {advice} It then closes by itself; until then, snooze it."


class ReasonMissing(Refusal):
    """Somebody must be able to read later why."""

    code = "exception_reason_missing"
    sentence = "Say why, so that whoever reads this later understands."


class SnoozeNotAhead(Refusal):
    """An exception is put off to a day that comes, and not for ever."""

    code = "snooze_not_ahead"
    sentence = "Give a day after today and within the next 30 days."


@dataclass(frozen=True)
class Refreshed:
    """What a look found: exceptions that opened, and that closed by themselves."""

    opened: int
    closed: int


def refresh(only: str = "") -> Refreshed:
    """Ask every rule (or one) and bring the exceptions up to date, one statement per rule."""
    opened = closed = 0
    for rule in [RULES[only]] if only else RULES.values():
        new, gone = _refresh(rule)
        opened, closed = opened + new, closed + gone
    return Refreshed(opened, closed)


def _refresh(rule: Rule) -> tuple[int, int]:
    facts: dict[str, str | int | bool] = {
        "rule": rule.code, "title": rule.title, "days": rule.due_business_days, "by_hand": rule.by_hand,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFRESH.format(question=rule.sql), facts)
        opened, closed, told, _ = cursor.fetchone()
        if told:
            outbox.wake_after_commit()
    return int(opened), int(closed)


def look() -> Refreshed:
    """Do a round: wake what was snoozed until today, ask every rule, leave the pulse that the web process watches."""
    with audit.acting(None, source="job:exceptions"):
        TrustException.objects.filter(state=State.SNOOZED, snoozed_until__lte=today()).update(state=State.OPEN)
    with audit.acting(None, source="job:exceptions"):
        found = refresh()
    Pulse.objects.update_or_create(name=ROUND, defaults={"at": now()})
    return found


def look_if_told() -> bool:
    """Do a round if something happened since the last one; the events are this reader's from now on."""
    if not outbox.waiting(outbox.Reader.COMPLIANCE):
        return False
    with audit.acting(None, source="job:exceptions"):
        while outbox.take(outbox.Reader.COMPLIANCE, 1000):
            pass
    look()
    return True


def silent_since() -> dt.datetime | None:
    """Return since when no round was done, when that is longer than it may be; None while the worker works."""
    pulse = Pulse.objects.filter(name=ROUND).first()
    if pulse is None or now() - pulse.at <= dt.timedelta(minutes=SILENT_MINUTES):
        return None
    return pulse.at


# --- what people do with one ------------------------------------------------------------------------------------------


def resolve(by: Person, exception: TrustException, resolution: str) -> TrustException:
    """Settle an exception with a sentence; one whose cause can go is resolved by removing the cause.

    Raises: ReasonMissing, AlreadyResolved, CauseStillThere.
    """
    if not resolution.strip():
        raise ReasonMissing
    rule = RULES[exception.rule]
    with translating(), audit.acting(by):
        refresh(rule.code)
        current = _open(exception)
        if not rule.by_hand:
            raise CauseStillThere(title=rule.title, label=current.label, advice=rule.advice)
        facts: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": now(), "resolved_by": by}
        TrustException.objects.filter(pk=current.pk).update(**facts, resolution=resolution.strip()[:500])
    current.refresh_from_db()
    return current


def give(by: Person, exception: TrustException, owner: Person | None) -> TrustException:
    """Say who looks after an exception, or nobody.

    Raises: AlreadyResolved.
    """
    return _change(by, exception, owner=owner)


def snooze(by: Person, exception: TrustException, until: dt.date, reason: str) -> TrustException:
    """Put an exception off until a day, with the reason; it stays listed among the snoozed.

    Raises: ReasonMissing, SnoozeNotAhead, AlreadyResolved.
    """
    if not reason.strip():
        raise ReasonMissing
    if not today() < until <= today() + dt.timedelta(days=30):
        raise SnoozeNotAhead
    facts = {"snoozed_until": until, "snooze_reason": reason.strip()[:500], "snoozed_by": by}
    return _change(by, exception, state=State.SNOOZED, **facts)


def wake(by: Person, exception: TrustException) -> TrustException:
    """Take a snoozed exception back among the open ones.

    Raises: AlreadyResolved.
    """
    return _change(by, exception, state=State.OPEN)


def _open(exception: TrustException) -> TrustException:
    current = TrustException.objects.select_for_update().get(pk=exception.pk)
    if current.state == State.RESOLVED:
        raise AlreadyResolved
    return current


def _change(by: Person, exception: TrustException, **facts: Any) -> TrustException:
    with translating(), audit.acting(by):
        current = _open(exception)
        TrustException.objects.filter(pk=current.pk).update(**facts)
    current.refresh_from_db()
    return current
