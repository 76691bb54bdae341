"""What a request says, in words: what the approval covers, what is left after it, and what happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format

from disbursements.models import OPEN, Check, DisbursementRequest, FirstApproval, State
from ledgers.holds import held_amount
from ledgers.models import Ledger
from ledgers.money import Money, as_text
from ledgers.queries.clearances import clearance_of


def ledger_name(ledger: Ledger) -> str:
    """Return a ledger in words: number, description, client, account."""
    matter = ledger.matter
    where = str(ledger.trust_account)
    return f"{matter.number} {matter.description}, {matter.client.name} — {where}" if matter else f"{ledger} — {where}"


def covered(request: DisbursementRequest) -> list[tuple[str, Any]]:
    """Return everything that the content hash covers, as labels and values."""
    into = request.destination_ledger
    said: list[tuple[str, Any]] = [
        ("What", request.get_kind_display()),
        ("Amount", request.amount),
        ("Pay to" if not request.is_transfer else "To", request.payee),
        ("Paid into", str(request.payee_bank or "")),
        ("Out of", ledger_name(request.ledger)),
        ("Into", ledger_name(into) if into else ""),
        ("Into the firm’s", str(request.operating_account or "")),
        ("Method", request.get_method_display()),
        ("Purpose", request.purpose),
        ("Reference", request.reference),
        ("Earliest date", request.earliest_date),
        ("Settlement statement", request.settlement_part),
        ("Unidentified receipt", f"Entry {request.receipt_id}" if request.receipt_id else ""),
        ("Client’s consent", request.consent),
        ("Note", request.note),
    ]
    return [(label, value) for label, value in said if value]


@dataclass(frozen=True)
class MoneyAfter:
    """What the ledger holds now, and what will be left of it when this is paid."""

    balance: Money
    available: Money
    balance_after: Money
    available_after: Money


def money_after(request: DisbursementRequest) -> MoneyAfter | None:
    """Return balance and available money with and without this request, while it is open or a draft."""
    if request.state not in (State.DRAFT, *OPEN):
        return None
    balance, own = request.ledger.balance, request.amount
    left = balance - held_amount(request.ledger)
    if request.state == State.DRAFT:  # it reserves nothing yet
        left -= own
    return MoneyAfter(balance=balance, available=left + own, balance_after=balance - own, available_after=left)


@dataclass(frozen=True)
class Event:
    """One thing that happened to a request."""

    title: str
    who: str
    at: datetime | None
    text: str = ""
    tone: str = ""


def who_decided(request: DisbursementRequest) -> str:
    """Return who decided and, where that was a delegate, for whom."""
    by = request.decided_by.full_name if request.decided_by else ""
    return f"{by} for {request.decided_for.full_name}" if request.decided_for else by


def first_approval(request: DisbursementRequest) -> FirstApproval | None:
    """Return the first of two approvals as it was fetched along (`queries.with_names`)."""
    found: FirstApproval | None = getattr(request, "first_approval", None)
    return found


def first_of_two(request: DisbursementRequest) -> list[Event]:
    """Return the first of two approvals, where there is one."""
    given = first_approval(request)
    if given is None:
        return []
    who = given.approver.full_name + (f" for {given.in_place_of.full_name}" if given.in_place_of else "")
    counted, limit = as_text(given.counted), as_text(given.firm_limit)
    why = f"{counted} for this payee and matter on one day; one attorney may approve {limit}"
    return [Event("Approved, the first of two", who, given.decided_at, why, "info")]


def asked_by_link(request: DisbursementRequest) -> list[Event]:
    """Return who was sent a personal link, and when they, signed in, first saw it."""
    links = request.links.select_related("approver").order_by("sent_at", "pk")
    sent = [Event("Link sent", link.approver.full_name, link.sent_at) for link in links]
    seen = [Event("Opened", link.approver.full_name, link.opened_at) for link in links if link.opened_at]
    return sent + seen


def of_checks(request: DisbursementRequest) -> list[Event]:
    """Return which checks its payment got, and what became of those that are not in force."""
    if request.entry is None:
        return []
    found: list[Event] = []
    for check in request.entry.checks.select_related("issued_by", "ended_by").order_by("pk"):
        by_hand = check.origin == Check.Origin.WRITTEN
        made = f"Check {check.number} {'written by hand' if by_hand else 'numbered for the printer'}"
        found.append(Event(made, check.issued_by.full_name, check.issued_at, "", "ok"))
        if check.ended_by is not None:
            ended = f"Check {check.number} {check.get_state_display().lower()}"
            found.append(Event(ended, check.ended_by.full_name, check.ended_at, check.reason, "warn"))
    return sorted(found, key=lambda event: event.at or request.requested_at)


def of_bank(request: DisbursementRequest) -> list[Event]:
    """Return that its payment cleared: on which day the bank shows it, and who says so from what."""
    seen = clearance_of(request.entry) if request.entry else None
    if seen is None:
        return []
    text = f"{date_format(seen.bank_date, 'M j, Y')}: {seen.reference}"
    return [Event("Cleared at the bank", seen.recorded_by.full_name, seen.recorded_at, text, "ok")]


def began(request: DisbursementRequest) -> list[Event]:
    """Return who asked for it and when; before that, who wrote the draft, where it was one."""
    who, drafted = request.requester.full_name, request.drafted_at
    found = [Event("Drafted", who, drafted, "" if request.hold_id else request.note)] if drafted else []
    if request.hold_id:
        found.append(Event("Requested", who, request.requested_at, request.note, "info"))
    return found


def events(request: DisbursementRequest) -> list[Event]:
    """Return the chain of custody so far, oldest first."""
    found = began(request)
    found += sorted(asked_by_link(request) + first_of_two(request), key=lambda event: event.at or request.requested_at)
    reason = request.reason
    if request.decided_by and request.state == State.REJECTED:
        found.append(Event("Rejected", who_decided(request), request.decided_at, reason, "bad"))
    elif request.decided_by:
        funded = request.closed_at == request.decided_at and request.state == State.POSTED
        text = "" if funded else reason
        found.append(Event("Approved" if funded else "Approved, unfunded", who_decided(request),
                           request.decided_at, text, "ok" if funded else "warn"))  # fmt: skip
    if request.closed_by and request.state == State.POSTED:
        found.append(Event("Posted", request.closed_by.full_name, request.closed_at, f"Entry {request.entry_id}", "ok"))
    elif request.closed_by and request.hold_id is None:
        found.append(Event("Draft given up", request.closed_by.full_name, request.closed_at, reason))
    elif request.closed_by:
        found.append(Event(request.get_state_display(), request.closed_by.full_name, request.closed_at, reason))
    elif request.state == State.EXPIRED:
        found.append(Event("Expired", "By itself", request.closed_at, reason, "bad"))
    return found + of_checks(request) + of_bank(request)
