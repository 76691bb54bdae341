"""Recording and editing payees. A name that looks like a known one is asked about, never taken in silence."""

import re
from typing import Any

from django.db import transaction

from disbursements import payee_queries
from disbursements.models import Payee
from disbursements.models.payees import UNSEEN
from firms import audit
from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed, Refusal, translating
from ledgers.accounts import save_edited

HIDDEN = re.compile(f"[{UNSEEN}]+")


class PayeeNameMissing(Refusal):
    """A payee has a name."""

    code = "payee_name_missing"
    sentence = "A payee needs a name: who stands on the check?"
    constraints = ("payee_has_name",)


class PayeeNameUnseen(Refusal):
    """The name holds what nobody can read."""

    code = "payee_name_unseen"
    sentence = "The name holds signs that cannot be seen. Type it anew instead of copying it."
    constraints = ("payee_name_is_seen",)


class PayeeNameFixed(Refusal):
    """Bank details were confirmed for this name."""

    code = "payee_name_fixed"
    sentence = (
        "Bank details were confirmed for the name “{name}”, so it stays. Record a payee of the new name, and "
        "deactivate this one."
    )


class PayeeNameKnown(Refusal):
    """Perhaps it is the same payee, or somebody who wants to be taken for it."""

    code = "payee_name_known"
    sentence = (
        "“{typed}” looks like the payee “{name}”. Open that payee, or say that this is another one. Compare the "
        "names sign by sign: a look-alike name is how money is led astray."
    )


def plainly(name: str) -> str:
    """Return a name as it was typed without what cannot be seen, with single spaces."""
    return " ".join(HIDDEN.sub(" " if "\n" in name else "", name).split())


def record_payee(person: Person, *, name: str, is_another: bool = False, **details: Any) -> Payee:
    """Record a payee, asking first when the name looks like a known one; the answer stays in the audit trail.

    Raises:
        PayeeNameKnown: there is one that looks like it; `is_another` says that this is not the same.
        PayeeIsCash, PayeeNameMissing, NotAllowed.

    Rule: SPEC I8; RELIABILITY D20.
    """
    _refuse_unless_may(person)
    name = plainly(name)
    alike = payee_queries.alike(name)
    _refuse_unless_answered(name, alike, is_another=is_another)
    with translating(), transaction.atomic():
        payee = Payee.objects.create(name=name, **details)
        _keep_answer(payee, alike)
    payee.refresh_from_db()
    return payee


def edit_payee(person: Person, payee: Payee, version: int, *, is_another: bool = False, **changes: Any) -> Payee:
    """Change a payee; a new name is asked about like that of a new payee.

    Raises:
        ChangedMeanwhile: someone else saved it since it was shown.
        PayeeNameFixed: bank details were confirmed for the name it has.
        PayeeNameKnown, PayeeIsCash, PayeeNameMissing, NotAllowed.
    """
    _refuse_unless_may(person)
    alike: list[payee_queries.Alike] = []
    if "name" in changes:
        changes["name"] = plainly(changes["name"])
        if changes["name"] != payee.name:
            alike = payee_queries.alike(changes["name"], but_for=payee.pk)
            _refuse_unless_answered(changes["name"], alike, is_another=is_another)
    with transaction.atomic():
        edited: Payee = save_edited(Payee, payee.pk, version, changes)
        _keep_answer(edited, alike)
    return edited


def _refuse_unless_may(person: Person) -> None:
    if not may(person, Capability.EDIT_RECORDS):
        raise NotAllowed


def _refuse_unless_answered(name: str, alike: list[payee_queries.Alike], *, is_another: bool) -> None:
    if alike and not is_another:
        raise PayeeNameKnown(typed=name, payee=alike[0].id, name=alike[0].name)


def _keep_answer(payee: Payee, alike: list[payee_queries.Alike]) -> None:
    """Record that somebody said that this is not one of those it looks like."""
    if alike:
        told = {"name": payee.name, "is_another_than": [f"{one.name} ({one.id})" for one in alike]}
        audit.record("payee.told-apart", payee, after=told)
