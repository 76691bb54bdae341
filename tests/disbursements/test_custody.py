"""The chain of custody on paper and by the API: the rows of the page, for whoever sees the request."""

import io

import pytest
from pypdf import PdfReader

from disbursements.approval import approve
from disbursements.attachments import store_attachment
from disbursements.links import issue_link
from disbursements.models import DisbursementRequest
from disbursements.requests import request_money
from firms.models import AuditEvent, Firm
from ledgers.parties import raise_wall
from tests.cast import Cast, key
from tests.disbursements.requesting import spending
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(desk: Cast) -> DisbursementRequest:
    """A request with a file that two attorneys approved, the first by a personal link."""
    Firm.objects.filter(pk=1).update(two_attorneys_above_cents=100)
    file = store_attachment(desk.coordinator, "order.pdf", io.BytesIO(b"%PDF-1.7"))
    made = request_money(desk.coordinator, key(), spending(desk.smith_ledger, 40000), files=[file])
    browser_of(desk.attorney).get(f"/approvals/link/{issue_link(made.pk, desk.attorney)}/", follow=True)
    for person in (desk.attorney, desk.other_attorney):
        approve(person, made.pk, 1, made.content_hash, code_of(person))
    made.refresh_from_db()
    return made


def words_of(document: bytes) -> str:
    """Return the text of a PDF."""
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(document)).pages)


def test_tells_every_step_with_person_and_time(desk: Cast, approved: DisbursementRequest) -> None:
    answer = browser_of(desk.partner).get(f"/disbursements/{approved.pk}/custody/")
    assert answer.headers["Content-Type"] == "application/pdf"
    text = words_of(answer.content)
    steps = ["Requested", "Link sent", "Opened", "Approved, the first of two", "Approved", "Posted"]
    places = [text.index(step, text.index("What happened")) for step in steps]
    assert places == sorted(places)
    for said in ("$400.00 to Court Clerk", "Maya Okafor", "Ann Whitfield", "Dana Reyes", "order.pdf", "EST"):
        assert said in text or said.replace("EST", "EDT") in text, said
    assert approved.content_hash[:32] in text
    event = AuditEvent.objects.filter(action="export").latest("pk")
    assert (event.actor, event.subject_id) == (desk.partner, str(approved.pk))


def test_is_the_same_by_the_api(desk: Cast, approved: DisbursementRequest) -> None:
    browser, path = browser_of(desk.coordinator), f"/api/v1/disbursement-requests/{approved.pk}/custody"
    steps = browser.get(path).json()
    assert [step["title"] for step in steps][:1] + [step["title"] for step in steps][-1:] == ["Requested", "Posted"]
    assert all(step["at"] and step["who"] for step in steps)
    assert browser.get(f"{path}.pdf").content.startswith(b"%PDF-")


def test_is_not_there_behind_a_wall(desk: Cast, approved: DisbursementRequest) -> None:
    raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict of interest")
    browser = browser_of(desk.coordinator)
    for path in (f"/disbursements/{approved.pk}/custody/", f"/api/v1/disbursement-requests/{approved.pk}/custody.pdf"):
        assert browser.get(path).status_code == 404
