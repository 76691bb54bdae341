"""The list of payees, whom a picker offers, and which names look alike."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower

from disbursements.models import OPEN, DisbursementRequest, Payee, PayeeBank
from ledgers.models import OperatingAccount, TrustAccount
from ledgers.queries.rows import fetch

ORDERS = {"name": Lower("name"), "kind": F("kind"), "method": F("default_method")}
NAMED = re.compile(r".*\((\d{1,18})\)\s*", re.DOTALL)


@dataclass(frozen=True)
class Alike:
    """A payee whose name looks like another name; `nearness` from 0.6 to 1 (to the eye the same)."""

    id: int
    name: str
    kind: str
    is_active: bool
    nearness: float


def alike(name: str, but_for: int | None = None) -> list[Alike]:
    """Return up to five payees whose names look like this one, the nearest first; without the payee `but_for`."""
    sql = """SELECT p.id, p.name, p.kind, p.is_active, n.nearness FROM payees_like(%s, %s) n
      JOIN disbursements_payee p ON p.id = n.payee_id ORDER BY n.nearness DESC, p.name, p.id"""
    return fetch(Alike, sql, [name, but_for])


def payees() -> "QuerySet[Payee]":
    """Return every payee; they are the firm's, not a matter's."""
    return Payee.objects.all()


def payee_list(text: str = "", kind: str = "", state: str = "active", sort: str = "") -> "QuerySet[Payee]":
    """Return the payees found by words of name, e-mail, address or notes; `state`: active, inactive, or all."""
    rows = with_bank(payees())
    for word in text.split():
        rows = rows.filter(
            Q(name__icontains=word) | Q(email__icontains=word) | Q(address__icontains=word) | Q(notes__icontains=word)
        )
    if kind:
        rows = rows.filter(kind=kind)
    if state in {"active", "inactive"}:
        rows = rows.filter(is_active=state == "active")
    key = sort.lstrip("-") if sort.lstrip("-") in ORDERS else "name"
    order: Any = ORDERS[key]
    return rows.order_by(order.desc() if sort.startswith("-") else order.asc(), "pk")


def payee_text(payee: Payee) -> str:
    """Return how the payee picker names a payee: names are not unique."""
    return f"{payee.name} ({payee.pk})"


def payee_typed(typed: str) -> Payee | None:
    """Return the active payee that was chosen, or the only one whose name was typed in full; None for a free name."""
    found = NAMED.fullmatch(typed.strip())
    active = payees().filter(is_active=True)
    rows = active.filter(pk=int(found[1])) if found else active.filter(name__iexact=typed.strip())
    chosen = list(rows[:2])
    if found and chosen and payee_text(chosen[0]) != typed.strip():
        return None
    return chosen[0] if len(chosen) == 1 else None


def sharing_account(details: PayeeBank) -> list[str]:
    """Return the names of other payees, and of the firm's own accounts, that have or had this account at the bank."""
    same = bytes(details.number_fingerprint)
    others = PayeeBank.objects.filter(number_fingerprint=same).exclude(payee=details.payee_id)
    names = list(others.order_by("payee__name").values_list("payee__name", flat=True).distinct())
    for kind in (TrustAccount, OperatingAccount):
        names += [
            f"this firm ({name})"
            for name in kind.objects.filter(number_fingerprint=same).values_list("name", flat=True)
        ]
    return names


def with_bank(found: "QuerySet[Payee]") -> "QuerySet[Payee]":
    """Fetch along the bank details in force."""
    return found.select_related("bank")


def bank_history(payee: Payee) -> "QuerySet[PayeeBank]":
    """Return all bank details that were proposed for a payee, newest first; those never confirmed too."""
    return PayeeBank.objects.filter(payee=payee).select_related("proposed_by", "confirmed_by").order_by("-pk")


def open_requests(payee: Payee) -> "QuerySet[DisbursementRequest]":
    """Return the requests to a payee that are neither posted nor ended."""
    return DisbursementRequest.objects.filter(payee_record=payee, state__in=OPEN).order_by("pk")
