"""A role that decides begins to decide a day after it was given, and only on what was asked since.

Nobody is made an approver for one payment, or right after it was asked for. The roles that the firm's first people got
when it was founded decide at once. The database holds it (`role_decides`); here are its sentence and its questions.
Rule: FAULTS F116; SPEC I8.
"""

import datetime as dt
import json
from typing import Any

from django.utils import timezone

from firms.clock import asked
from firms.models import Person, Proposal, Role
from firms.refusals import Refusal


class RoleTooNew(Refusal):
    """Whoever decides was given the role within the last 24 hours, or after this was asked."""

    code = "role_too_new"
    sentence = "Nothing was done: you were given the role {role} on {given}. {rule} {what_next}"

    def told(self) -> dict[str, Any]:
        """Return the facts with the instants in the firm's zone, and what can be done."""
        given, begins, at = (_instant(self.facts[name]) for name in ("given", "decides_from", "asked_at"))
        if at < given:
            rule, what_next = (
                "A new role does not decide on what was asked before it was given.",
                "Somebody who held it then decides, or it is taken back and asked again.",
            )
        else:
            rule, what_next = f"A new role decides after 24 hours: from {_moment(begins)} on.", "Come back then."
        label = str(Role(self.facts["role"]).label).lower()
        return {"role": label, "given": _moment(given), "rule": rule, "what_next": what_next}


def refuse_too_new(proposal: Proposal, person: Person) -> None:
    """Hold that whoever confirms a proposal held the role when it was proposed, and for a day.

    Raises:
        RoleTooNew: no role that confirms it is old enough.
    """
    answer = asked("SELECT too_new_to_confirm(%s, %s)", proposal.pk, person.pk)
    if answer:
        raise RoleTooNew(**(json.loads(answer) if isinstance(answer, str) else answer))


def _instant(fact: Any) -> dt.datetime:
    return fact if isinstance(fact, dt.datetime) else dt.datetime.fromisoformat(str(fact))


def _moment(instant: dt.datetime) -> str:
    return f"{timezone.localtime(instant):%b %d, %Y %H:%M %Z}"
