"""Personal links: whoever opens one, in whatever state, sees a page of its own; only the named attorney decides."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from disbursements.approval import reject
from disbursements.links import LinkNotIssued, LinkNotLive, hash_of, issue_link, link_of
from disbursements.models import ApprovalLink, DisbursementRequest, State
from firms.clock import now
from ledgers.models import JournalEntry
from ledgers.parties import raise_wall
from tests.cast import Cast
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

pytestmark = pytest.mark.django_db

FOR_HER = "This is for"


@pytest.fixture
def asked(desk: Cast) -> DisbursementRequest:
    return ask(desk)


@pytest.fixture
def token(desk: Cast, asked: DisbursementRequest) -> str:
    return issue_link(asked.pk, desk.attorney)


def opened(browser: Browser, token: str) -> Any:
    """Follow a link as a browser does; return the page it leads to."""
    return browser.get(f"/approvals/link/{token}/", follow=True)


def is_rejected(cast: Cast, asked: DisbursementRequest) -> None:
    reject(cast.attorney, asked.pk, asked.version, "Not agreed")


def is_superseded(cast: Cast, asked: DisbursementRequest) -> None:
    issue_link(asked.pk, cast.attorney)


class TestTheNamedAttorney:
    def test_is_told_that_an_old_link_has_expired_and_can_decide_on_the_request(
        self, desk: Cast, asked: DisbursementRequest, token: str, at: Any
    ) -> None:
        assert "Your decision" in opened(browser_of(desk.attorney), token).content.decode()
        at(f"{now() + timedelta(hours=72, seconds=1)}")
        page = opened(browser_of(desk.attorney), token).content.decode()
        assert "This link has expired" in page
        assert f'href="/disbursements/{asked.pk}/"' in page

    def test_decides_on_its_page_and_uses_the_link_up(self, desk: Cast, asked: DisbursementRequest, token: str) -> None:
        browser, link = browser_of(desk.attorney), link_of(token)
        assert link is not None
        opened(browser, token)
        said = {"version": asked.version, "shown_hash": asked.content_hash, "code": code_of(desk.attorney)}
        assert browser.post(f"/approvals/{link.pk}/approve/", said).status_code == 302
        asked.refresh_from_db()
        link.refresh_from_db()
        assert asked.state == State.POSTED
        assert link.used_at is not None
        assert "This has been decided already" in opened(browser, token).content.decode()

    def test_rejects_on_its_page(self, desk: Cast, asked: DisbursementRequest, token: str) -> None:
        browser, link = browser_of(desk.attorney), link_of(token)
        assert link is not None
        opened(browser, token)
        empty = browser.post(f"/approvals/{link.pk}/reject/", {"version": asked.version, "reason": ""})
        assert (empty.status_code, ApprovalLink.objects.get(pk=link.pk).used_at) == (409, None)
        browser.post(f"/approvals/{link.pk}/reject/", {"version": asked.version, "reason": "Not agreed"})
        asked.refresh_from_db()
        assert (asked.state, asked.reason) == (State.REJECTED, "Not agreed")

    def test_is_written_into_the_chain_of_custody_when_she_first_sees_it(
        self, desk: Cast, asked: DisbursementRequest, token: str
    ) -> None:
        browser = browser_of(desk.attorney)
        opened(browser, token)
        first = ApprovalLink.objects.get().opened_at
        opened(browser, token)
        assert ApprovalLink.objects.get().opened_at == first is not None
        page = browser.get(f"/disbursements/{asked.pk}/").content.decode()
        assert page.index("Requested") < page.index("Link sent") < page.index("Opened")

    def test_finds_nothing_any_more_when_a_wall_was_raised(
        self, desk: Cast, asked: DisbursementRequest, token: str
    ) -> None:
        raise_wall(desk.smith_matter, desk.attorney, desk.partner, "Conflict of interest")
        browser = browser_of(desk.attorney)
        assert opened(browser, token).status_code == 404
        said = {"version": asked.version, "shown_hash": asked.content_hash, "code": code_of(desk.attorney)}
        assert browser.post(f"/approvals/{ApprovalLink.objects.get().pk}/approve/", said).status_code == 404


class TestAnybodyElse:
    @pytest.mark.parametrize("who", ["other_attorney", "coordinator", "partner"])
    @pytest.mark.parametrize("verb", ["approve", "reject"])
    def test_decides_nothing(self, desk: Cast, asked: DisbursementRequest, token: str, who: str, verb: str) -> None:
        browser, link = browser_of(getattr(desk, who)), link_of(token)
        assert link is not None
        opened(browser, token)
        said = {"version": asked.version, "shown_hash": asked.content_hash, "code": "123456", "reason": "No"}
        assert browser.post(f"/approvals/{link.pk}/{verb}/", said).status_code in {403, 404}
        asked.refresh_from_db()
        assert asked.state == State.AWAITING_APPROVAL

    def test_finds_no_page_without_having_had_the_link(self, desk: Cast, token: str) -> None:
        assert Browser().get(f"/approvals/{ApprovalLink.objects.get().pk}/").status_code == 404
        assert browser_of(desk.partner).get(f"/approvals/{ApprovalLink.objects.get().pk}/").status_code == 404

    def test_is_told_that_a_link_is_not_known(self) -> None:
        page = Browser().get("/approvals/link/never-sent/")
        assert (page.status_code, "This link is not known" in page.content.decode()) == (404, True)

    def test_changes_nothing_by_looks_of_a_scanner(self, desk: Cast, asked: DisbursementRequest, token: str) -> None:
        def books() -> str:
            return json.dumps(
                [list(model.objects.order_by("pk").values()) for model in (ApprovalLink, DisbursementRequest)]
                + [JournalEntry.objects.count()],
                default=str,
            )

        before, scanner = books(), Browser()
        for _ in range(500):
            assert scanner.head(f"/approvals/link/{token}/").status_code == 302
            assert scanner.get(f"/approvals/link/{token}/").status_code == 302
        for _ in range(10):
            assert scanner.get(f"/approvals/link/{token}/", follow=True).status_code == 200
            assert scanner.post(f"/approvals/link/{token}/").status_code == 405
            assert scanner.post(f"/approvals/{ApprovalLink.objects.get().pk}/approve/").status_code in {302, 403}
        assert books() == before
        assert "Your decision" in opened(browser_of(desk.attorney), token).content.decode()


class TestALink:
    def test_is_kept_as_a_hash_only(self, desk: Cast, asked: DisbursementRequest, token: str) -> None:
        assert len(token) >= 43
        assert ApprovalLink.objects.get().token_hash == hash_of(token)
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT count(*) FROM {table} x WHERE x::text LIKE %s", [f"%{token}%"])
                assert cursor.fetchone() == (0,), table

    def test_is_used_for_its_own_request_only_and_not_after_a_newer_one(
        self, desk: Cast, asked: DisbursementRequest, token: str
    ) -> None:
        link, other = link_of(token), ask(desk, 100)
        assert link is not None
        with pytest.raises(LinkNotLive):  # nobody has seen its page
            reject(desk.attorney, asked.pk, asked.version, "No", link=link.pk)
        opened(browser_of(desk.attorney), token)
        with pytest.raises(LinkNotLive):
            reject(desk.attorney, other.pk, other.version, "No", link=link.pk)
        is_superseded(desk, asked)
        with pytest.raises(LinkNotLive):
            reject(desk.attorney, asked.pk, asked.version, "No", link=link.pk)
        asked.refresh_from_db()
        assert asked.state == State.AWAITING_APPROVAL

    def test_is_not_made_for_who_may_not_decide_or_when_it_is_decided(
        self, desk: Cast, asked: DisbursementRequest
    ) -> None:
        with pytest.raises(LinkNotIssued):
            issue_link(asked.pk, desk.other_attorney)
        is_rejected(desk, asked)
        with pytest.raises(LinkNotIssued):
            issue_link(asked.pk, desk.attorney)

    @pytest.mark.parametrize("change", ["approver_id = approver_id + 1", "token_hash = repeat('0', 64)"])
    def test_never_changes(self, token: str, change: str) -> None:
        assert refused(f"UPDATE disbursements_approvallink SET {change}") == NOT_THE_WEB_ROLES

    def test_is_not_used_after_it_was_superseded_even_by_sql(
        self, desk: Cast, asked: DisbursementRequest, token: str
    ) -> None:
        opened(browser_of(desk.attorney), token)
        is_superseded(desk, asked)
        used = "UPDATE disbursements_approvallink SET used_at = now() WHERE superseded_at IS NOT NULL"
        assert refused(used) == "link_not_live"
        again = "UPDATE disbursements_approvallink SET superseded_at = NULL WHERE superseded_at IS NOT NULL"
        assert refused(again) == "link_fixed"

    def test_is_never_removed(self, token: str) -> None:
        assert refused("DELETE FROM disbursements_approvallink") == NOT_THE_WEB_ROLES
