"""What happens to a request nobody decides: two more letters, each with a new link, then its end.

Who decides may change meanwhile (an absence begins or ends): whoever is asked now and was not told gets a letter too.

In between it becomes an exception (`compliance`, *Approval overdue*). Every step is told once, whoever looks how often.
Rule: SPEC flow *Disbursement*; RELIABILITY D15.
"""

import datetime as dt
import logging

from django.db import connection

from disbursements.approval import DAYS_TO_FUND
from disbursements.models import DisbursementRequest, State
from disbursements.requests import approvers_of, move, tell
from firms import audit
from firms.clock import now
from firms.refusals import Refusal, translating
from ledgers.authorities import void_authority
from ledgers.holds import end_reservation

log = logging.getLogger(__name__)

REMIND_AFTER_HOURS = (2, 24)  # business hours, see business_hours_between()
EXPIRE_AFTER_DAYS = 30
AT_ONCE = 500
SOURCE = "job:follow-up"
NOBODY_DECIDED = f"Nobody decided within {EXPIRE_AFTER_DAYS} days."
NOT_FUNDED = f"The money did not come back within {DAYS_TO_FUND} business days of the approval."

# The newest letter that is due and was not told; an earlier one that was missed meanwhile is not made up for. The
# second of two attorneys is waited for since the first approval.
DUE_LETTERS = """
SELECT r.id, due.letter FROM disbursements_disbursementrequest r
  LEFT JOIN disbursements_firstapproval f ON f.request_id = r.id
 CROSS JOIN LATERAL (SELECT CASE WHEN f.id IS NULL THEN ':' ELSE ':second:' END
                                 || CASE WHEN waited.hours >= %(second)s THEN 2 ELSE 1 END AS letter
                       FROM business_hours_between(coalesce(f.decided_at, r.requested_at), firm_now()) waited(hours)
                      WHERE waited.hours >= %(first)s) due
 WHERE r.state = 'awaiting_approval'
   AND NOT EXISTS (SELECT FROM firms_outboxevent o
                    WHERE o.dedupe = 'request:' || r.id || ':' || r.version || ':request_overdue' || due.letter)
 ORDER BY r.id LIMIT %(at_once)s
"""

# Who is asked to decide but was not told: a delegate since an absence began, an attorney since the absence ended, the
# matter's new attorney. Every letter says whom it went to.
DUE_HAND_OVERS = """
SELECT r.id, array_agg(d.person ORDER BY d.person) FROM disbursements_disbursementrequest r
 CROSS JOIN LATERAL request_deciders(r.id) d
 WHERE r.state = 'awaiting_approval' AND d.is_asked
   AND NOT EXISTS (SELECT FROM firms_outboxevent o
                    WHERE o.dedupe IN ('request:' || r.id || ':' || r.version || ':request_made',
                                       'request:' || r.id || ':' || r.version || ':request_handed:' || d.person,
                                       'request:' || r.id || ':' || r.version || ':request_second',
                                       'request:' || r.id || ':' || r.version || ':request_overdue:1',
                                       'request:' || r.id || ':' || r.version || ':request_overdue:2',
                                       'request:' || r.id || ':' || r.version || ':request_overdue:second:1',
                                       'request:' || r.id || ':' || r.version || ':request_overdue:second:2')
                      AND o.payload -> 'to' @> to_jsonb(d.person))
 GROUP BY r.id ORDER BY r.id LIMIT %(at_once)s
"""

# Undecided for too long, or approved when the money was gone and no longer to be posted (approval.last_day_to_post).
DUE_ENDS = """
SELECT r.id, r.version FROM disbursements_disbursementrequest r
 WHERE (r.state = 'awaiting_approval' AND r.requested_at <= firm_now() - make_interval(hours => 24 * %(days)s))
    OR (r.state = 'approved_unfunded' AND firm_today() > add_business_days(firm_date(r.decided_at), %(fund)s))
 ORDER BY r.id LIMIT %(at_once)s
"""


def expires_at(request: DisbursementRequest) -> dt.datetime | None:
    """Return when an undecided request ends by itself; nothing for one that is decided."""
    waits = request.state == State.AWAITING_APPROVAL
    return request.requested_at + dt.timedelta(days=EXPIRE_AFTER_DAYS) if waits else None


def follow_up() -> dict[str, int]:
    """End the requests whose time is over, then send the letters that are due; answer how many of each.

    In this order nobody is asked for a decision on what ends in the same minute, and nobody gets two letters in one.
    """
    expired, reminded = expire(), remind()
    return {"reminded": reminded, "handed_over": hand_over(), "expired": expired}


def remind() -> int:
    """Ask again for the decisions that are overdue; answer for how many requests that was done."""
    first, second = REMIND_AFTER_HOURS
    with connection.cursor() as cursor:
        cursor.execute(DUE_LETTERS, {"first": first, "second": second, "at_once": AT_ONCE})
        due = cursor.fetchall()
    return sum(_remind(request_id, letter) for request_id, letter in due)


def hand_over() -> int:
    """Ask who decides now but was not asked yet, each once; answer for how many requests that was done."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_HAND_OVERS, {"at_once": AT_ONCE})
        due = cursor.fetchall()
    return sum(_hand_over(request_id, people) for request_id, people in due)


def expire() -> int:
    """End the requests that were open too long, and free their money; answer how many."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_ENDS, {"days": EXPIRE_AFTER_DAYS, "fund": DAYS_TO_FUND, "at_once": AT_ONCE})
        due = cursor.fetchall()
    return sum(_expire(request_id, version) for request_id, version in due)


def _remind(request_id: int, letter: str) -> int:
    with audit.acting(None, source=SOURCE):
        waiting = DisbursementRequest.objects.filter(pk=request_id, state=State.AWAITING_APPROVAL)
        request = waiting.select_for_update(skip_locked=True).first()
        if request is None:  # decided meanwhile, or somebody is deciding
            return 0
        tell(request, "request_overdue", approvers_of(request), which=letter)
        return 1


def _hand_over(request_id: int, people: list[int]) -> int:
    with audit.acting(None, source=SOURCE):
        waiting = DisbursementRequest.objects.filter(pk=request_id, state=State.AWAITING_APPROVAL)
        request = waiting.select_for_update(skip_locked=True).first()
        if request is None:  # decided meanwhile, or somebody is deciding
            return 0
        for person in people:
            tell(request, "request_handed", [person], which=f":{person}")
        return 1


def _expire(request_id: int, version: int) -> int:
    """End one request, unless it moved meanwhile; one that cannot be ended does not keep the others."""
    try:
        with translating(), audit.acting(None, source=SOURCE):
            open_still = DisbursementRequest.objects.filter(pk=request_id, version=version)
            request = open_still.select_for_update(of=("self",), skip_locked=True).select_related("hold").first()
            if request is None:
                return 0
            reason = NOBODY_DECIDED if request.state == State.AWAITING_APPROVAL else NOT_FUNDED
            end_reservation(None, request.reservation, reason)
            if request.authority is not None:
                void_authority(request.authority, reason)
            move(request, State.EXPIRED, reason=reason, closed_at=now())
            tell(request, "request_expired", [request.requester_id, *approvers_of(request)])
    except Refusal as refusal:
        log.warning("request_not_expired", extra={"request": request_id, "reason": refusal.detail})
        return 0
    return 1
