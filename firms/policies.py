"""The firm's settings: its name at once; limits and policies only with a second person."""

import zoneinfo
from typing import Any

from django.db import transaction

from firms import proposals
from firms.access import Capability, may
from firms.clock import now
from firms.models import Firm, Person, Proposal
from firms.proposals import SOLO_KIND
from firms.refusals import ChangedMeanwhile, NotAllowed, Refusal, translating

POLICY_KIND = "firm.policies"
AT_ONCE = ("name", "state")
NEED_ANOTHER_PERSON = (
    "time_zone",
    "hold_days_wire",
    "hold_days_cash",
    "hold_days_ach",
    "hold_days_check",
    "hold_days_cashiers_check",
    "hold_days_foreign_check",
    "deficit_stops_account",
    "two_attorneys_above_cents",
    "device_decides_up_to_cents",
    "fee_condition",
    "fee_notice_days",
    "fees_distributed_by_hand",
)


class UnknownTimeZone(Refusal):
    """There is no such zone."""

    code = "unknown_time_zone"
    sentence = "{time_zone} is not a time zone. Use a name like America/Chicago."


class SoloPolicyNeedsAReason(Refusal):
    """The solo policy is recorded with its reason."""

    code = "solo_policy_needs_a_reason"
    sentence = "Record why one person must do both halves of a two-person rule."


class PolicyNeedsAnotherPerson(Refusal):
    """A limit or policy was to be changed by one person alone."""

    code = "policy_needs_another_person"
    sentence = "{policy} is a policy of the firm: another person has to confirm its change on the page Confirmations."


class NothingChanged(Refusal):
    """Every value is what it was."""

    code = "nothing_changed"
    sentence = "Every value is what it was before. Change something first."


def the_firm() -> Firm:
    """Return the firm as it is now."""
    return Firm.objects.select_related("solo_policy_by").get(pk=1)


def change_firm(by: Person, version: int, **changes: Any) -> Proposal | None:
    """Change the firm's settings; limits and policies become a proposal, which is returned.

    Raises: NotAllowed, NothingChanged, UnknownTimeZone, ChangedMeanwhile, AlreadyProposed.
    """
    if not may(by, Capability.MANAGE_SETTINGS):
        raise NotAllowed
    _refuse_unknown_zone(changes)
    with translating(), transaction.atomic():
        firm = Firm.objects.select_for_update().get(pk=1)
        if firm.version != version:
            raise ChangedMeanwhile
        changed = {name: value for name, value in changes.items() if getattr(firm, name) != value}
        if not changed:
            raise NothingChanged
        policies = {name: changed[name] for name in NEED_ANOTHER_PERSON if name in changed}
        if at_once := {name: changed[name] for name in AT_ONCE if name in changed}:
            Firm.objects.filter(pk=1).update(**at_once, version=version + 1)
        if not policies:
            return None
        before = {name: getattr(firm, name) for name in policies}
        content = {"before": before, "after": policies}
        summary = "Change " + ", ".join(name.replace("_", " ") for name in policies)
        return proposals.propose(by, POLICY_KIND, content, summary, firm)


def apply_policies(proposal: Proposal, confirmed_by: Person) -> None:
    """Put confirmed policies into force (the handler of POLICY_KIND).

    Raises: ChangedMeanwhile when one of them is not what it was when they were proposed.
    """
    firm = Firm.objects.select_for_update().get(pk=1)
    if any(getattr(firm, name) != value for name, value in proposal.content["before"].items()):
        raise ChangedMeanwhile
    Firm.objects.filter(pk=1).update(**proposal.content["after"], version=firm.version + 1)


def describe_policies(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return what changed policies say: each from what it is to what it will be."""
    before, after = proposal.content["before"], proposal.content["after"]
    return [
        (
            name.removesuffix("_cents").replace("_", " ").capitalize(),
            f"{_said(name, before[name])} → {_said(name, value)}",
        )
        for name, value in after.items()
    ]


def _said(name: str, value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value / 100:,.2f}" if name.endswith("_cents") else str(value)


def propose_solo_policy(by: Person, reason: str) -> Proposal:
    """Begin to record that one person may do both halves of a two-person rule; confirming it is the second step.

    Raises: NotAllowed, SoloPolicyNeedsAReason.
    """
    if not may(by, Capability.SET_POLICIES):
        raise NotAllowed
    if not reason.strip():
        raise SoloPolicyNeedsAReason
    firm = Firm.objects.get(pk=1)
    content = {"reason": reason.strip()[:500]}
    return proposals.propose(by, SOLO_KIND, content, "Record the solo policy", firm)


def record_solo_policy(proposal: Proposal, confirmed_by: Person) -> None:
    """Put the solo policy into force (the handler of SOLO_KIND)."""
    Firm.objects.filter(pk=1).update(
        solo_policy_by=confirmed_by, solo_policy_at=now(), solo_policy_reason=proposal.content["reason"]
    )


def end_solo_policy(by: Person) -> None:
    """End the solo policy at once: from now on everything needs two people again.

    Raises: NotAllowed.
    """
    if not may(by, Capability.SET_POLICIES):
        raise NotAllowed
    Firm.objects.filter(pk=1).update(solo_policy_by=None, solo_policy_at=None, solo_policy_reason="")


def _refuse_unknown_zone(changes: dict[str, Any]) -> None:
    zone = changes.get("time_zone")
    if zone is not None and zone not in zoneinfo.available_timezones():
        raise UnknownTimeZone(time_zone=zone)
