"""Every state of a personal link, opened by everybody: each sees a plain page of its own and nothing changes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from disbursements.approval import approve, reject
from disbursements.follow_up import follow_up
from disbursements.links import issue_link
from disbursements.models import ApprovalLink, DisbursementRequest, FirstApproval
from disbursements.requests import change_request, withdraw
from firms.absences import end_absence, record_absence
from firms.clock import now, today
from firms.models import AuditEvent, Firm, OutboxEvent, Person, Role, RoleGrant
from ledgers.models import Hold, JournalEntry, Matter, SpendingAuthority
from tests.cast import Cast, hire, key
from tests.disbursements.requesting import ask, spending
from tests.firms.cast import browser_of, code_of, give_second_factor

pytestmark = pytest.mark.django_db
At = Callable[[str], None]


@dataclass
class Sent:
    """A request whose letter went to `named`: the responsible attorney, or who stands in during an absence."""

    cast: Cast
    request: DisbursementRequest
    delegate: Person
    named: Person
    at: At

    def later(self, **ahead: float) -> None:
        """Let time pass."""
        self.at(f"{now() + timedelta(**ahead)}")


def is_live(sent: Sent) -> None:
    """Nothing happens."""


def is_approved(sent: Sent) -> None:
    request, attorney = sent.request, sent.cast.attorney
    approve(attorney, request.pk, request.version, request.content_hash, code_of(attorney))


def is_rejected(sent: Sent) -> None:
    reject(sent.cast.attorney, sent.request.pk, sent.request.version, "Not agreed")


def is_expired(sent: Sent) -> None:
    sent.later(hours=72, seconds=1)


def is_superseded(sent: Sent) -> None:
    issue_link(sent.request.pk, sent.named)


def is_withdrawn(sent: Sent) -> None:
    withdraw(sent.cast.coordinator, sent.request.pk, sent.request.version)


def is_changed(sent: Sent) -> None:
    change_request(
        sent.cast.coordinator, key(), sent.request, sent.request.version, spending(sent.cast.smith_ledger, 30000)
    )


def is_void(sent: Sent) -> None:
    sent.later(days=31)
    assert follow_up()["expired"] == 1


def is_first_of_two(sent: Sent) -> None:
    Firm.objects.filter(pk=1).update(two_attorneys_above_cents=100)
    is_approved(sent)
    assert FirstApproval.objects.get().approver == sent.cast.attorney


def is_deactivated(sent: Sent) -> None:
    Person.objects.filter(pk=sent.named.pk).update(is_active=False)


def loses_the_role(sent: Sent) -> None:
    RoleGrant.objects.filter(person=sent.named, role=Role.ATTORNEY).update(revoked_at=now())


def loses_the_matter(sent: Sent) -> None:
    Matter.objects.filter(pk=sent.cast.smith_matter.pk).update(responsible_attorney=sent.cast.other_attorney)


def absence_ends(sent: Sent) -> None:
    end_absence(sent.cast.attorney, sent.cast.attorney.absences.get())


DECIDED, NOT_YOURS = "This has been decided already", "You no longer decide on this"
TAKEN_BACK, NEWER = "This request was taken back", "There is a newer letter"
TO_THE_ATTORNEY: dict[Callable[[Sent], None], str] = {
    is_live: "Your decision",
    is_approved: DECIDED,
    is_rejected: DECIDED,
    is_expired: "This link has expired",
    is_superseded: NEWER,
    is_withdrawn: TAKEN_BACK,
    is_changed: TAKEN_BACK,
    is_void: "This request has expired",
    is_first_of_two: "Your approval is the first of two",
    is_deactivated: "Only Maya Okafor can see it",
    loses_the_role: NOT_YOURS,
    loses_the_matter: NOT_YOURS,
}
TO_THE_DELEGATE = {
    is_live: "Your decision",
    is_approved: DECIDED,
    is_expired: "This link has expired",
    is_superseded: NEWER,
    is_withdrawn: TAKEN_BACK,
    is_deactivated: "Only Fay Park can see it",
    loses_the_role: NOT_YOURS,
    loses_the_matter: NOT_YOURS,
    absence_ends: NOT_YOURS,
}
STATES = [("attorney", *state) for state in TO_THE_ATTORNEY.items()]
STATES += [("delegate", *state) for state in TO_THE_DELEGATE.items()]


def everything() -> str:
    """Return what the opening of a link could change, but for the note that the named attorney saw the page."""
    seen = [list(model.objects.order_by("pk").values()) for model in (DisbursementRequest, Hold, SpendingAuthority)]
    links = [{**link, "opened_at": None} for link in ApprovalLink.objects.order_by("pk").values()]
    rest = AuditEvent.objects.exclude(subject_type="disbursements_approvallink").count()
    counts = [JournalEntry.objects.count(), FirstApproval.objects.count(), OutboxEvent.objects.count(), rest]
    return json.dumps([seen, links, counts], default=str)


@pytest.mark.parametrize(
    ("reader", "happens", "told"), STATES, ids=[f"{who}-{happens.__name__}" for who, happens, _ in STATES]
)
def test_a_link_opened_by_everybody_in_every_state(
    desk: Cast, at: At, subtests: Any, reader: str, happens: Callable[[Sent], None], told: str
) -> None:
    delegate = hire("Fay Park", Role.ATTORNEY)
    give_second_factor(delegate)
    record_absence(desk.attorney, desk.attorney, delegate, today(), today() + timedelta(days=5))
    request = ask(desk)
    sent = Sent(desk, request, delegate, delegate if reader == "delegate" else desk.attorney, at)
    token = issue_link(request.pk, sent.named)
    people = {
        "attorney": desk.attorney, "delegate": delegate, "other attorney": desk.other_attorney,
        "requester": desk.coordinator, "anonymous": None,
    }  # fmt: skip
    browsers = {who: browser_of(person) if person else Browser() for who, person in people.items()}
    happens(sent)
    before = everything()
    for who, person in people.items():
        with subtests.test(f"opened by {who}"):
            page = browsers[who].get(f"/approvals/link/{token}/", follow=True)
            text = page.content.decode()
            is_signed_in = person is not None and Person.objects.get(pk=person.pk).is_active
            if person == sent.named:
                assert (page.status_code, told in text) == (200, True)
            else:
                assert page.status_code == (403 if is_signed_in else 200)
            if person != sent.named or not is_signed_in:
                assert f"This is for {sent.named.full_name}" in text
                for secret in (request.payee, request.purpose, "400.00", desk.smith_matter.number):
                    assert secret not in text
            assert token not in text
            assert ("Approve $400.00" in text) is (happens is is_live and person == sent.named)
            assert everything() == before
    seen = {link.approver for link in ApprovalLink.objects.exclude(opened_at=None)}
    assert seen == (set() if happens is is_deactivated else {sent.named})
