"""The client's signature under a settlement statement: exactly that statement, with the paper, once."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.settlement_models import SettlementState, SettlementStatement
from billing.settlements import void_settlement
from disbursements.attachments import AttachmentMissing, AttachmentRefused
from disbursements.models import Attachment, SettlementSignature
from disbursements.settlement_refusals import SettlementNotToSign, SettlementPaperUnlike, SettlementSignedWhen
from disbursements.settlement_signing import record_signature
from firms.models import AuditEvent, OutboxEvent
from firms.refusals import NotAllowed, Refusal
from ledgers.parties import raise_wall
from ledgers.refusals import KeyReused
from tests.access.addresses import body_of
from tests.billing.settling import drafted, issued
from tests.cast import Cast, key, today
from tests.disbursements.settling import PAPER, paper, sign, signed
from tests.disbursements.test_attachments import office
from tests.faults.crowd import at_once
from tests.firms.cast import browser_of
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

pytestmark = pytest.mark.django_db
SIGN = """INSERT INTO disbursements_settlementsignature (statement_id, content_hash, signed_on, attachment_id, evidence,
          recorded_by_id, at) VALUES (%s, %s, %s, %s, '', %s, now())"""


class TestASignature:
    def test_makes_the_statement_signed_and_has_the_attorney_asked(self, cast: Cast) -> None:
        it = signed(cast)
        assert it.state == SettlementState.SIGNED
        told = OutboxEvent.objects.get(kind="settlement_signed")
        assert (told.payload["number"], told.payload["amount"]) == (it.number, "$34,533.30")

    def test_is_for_exactly_the_statement_on_the_paper(self, cast: Cast) -> None:
        one, other = issued(cast), issued(cast)
        for wrong in (other.printed_code, "", "0" * 12, one.content_hash[:11]):
            with pytest.raises(SettlementPaperUnlike):
                sign(cast, one, code=wrong)
        assert sign(cast, one, code=one.printed_code.lower().replace(" ", "")).content_hash == one.content_hash
        assert sign(cast, other, code=other.content_hash).statement_id == other.pk

    def test_is_given_once_between_the_day_of_the_statement_and_today(self, cast: Cast) -> None:
        it = issued(cast)
        for day in (today() - timedelta(days=1), today() + timedelta(days=1)):
            with pytest.raises(SettlementSignedWhen):
                sign(cast, it, signed_on=day)
        sign(cast, it)
        with pytest.raises(SettlementNotToSign):
            sign(cast, it)
        with pytest.raises(SettlementNotToSign):
            sign(cast, void_settlement(cast.coordinator, other := issued(cast), other.version, "New offer"))
        with pytest.raises(SettlementPaperUnlike):
            sign(cast, drafted(cast))  # has no code

    def test_comes_with_the_recorders_own_scan(self, cast: Cast) -> None:
        it = issued(cast)
        with pytest.raises(AttachmentMissing):
            sign(cast, it, paper=paper(cast.second_coordinator))
        with pytest.raises(AttachmentRefused):
            sign(cast, it, paper=paper(cast.coordinator, office("word/document.xml"), "signed.docx"))

    def test_is_a_coordinators_to_record(self, cast: Cast) -> None:
        it, file = issued(cast), paper(cast.coordinator)
        for person in (cast.attorney, cast.partner, cast.auditor):
            with pytest.raises(NotAllowed):
                sign(cast, it, by=person, paper=file)
        raise_wall(cast.smith_matter, cast.second_coordinator, cast.partner, "Conflict")
        with pytest.raises(NotAllowed):
            sign(cast, it, by=cast.second_coordinator)

    def test_counts_once_when_it_is_sent_twice(self, cast: Cast) -> None:
        it, one = issued(cast), key()
        said: dict[str, Any] = {"code": it.printed_code, "signed_on": today()}
        first = record_signature(cast.coordinator, one, it, paper=paper(cast.coordinator), **said)
        again = record_signature(cast.coordinator, one, it, paper=paper(cast.coordinator), **said)
        assert again.pk == first.pk
        with pytest.raises(KeyReused):
            record_signature(cast.coordinator, one, it, paper=paper(cast.coordinator, PAPER + b" "), **said)


class TestTheDatabase:
    def test_binds_the_hash_the_day_the_paper_and_the_coordinator(self, cast: Cast) -> None:
        it, file, who = issued(cast), paper(cast.coordinator), cast.coordinator.pk
        assert refused(SIGN, it.pk, "0" * 64, today(), file.pk, who) == "settlement_paper_unlike"
        late = today() + timedelta(days=1)
        assert refused(SIGN, it.pk, it.content_hash, late, file.pk, who) == "settlement_signed_when"
        other = cast.second_coordinator.pk
        assert refused(SIGN, it.pk, it.content_hash, today(), file.pk, other) == "attachment_missing"
        assert refused(SIGN, it.pk, it.content_hash, today(), file.pk, cast.attorney.pk) == "settlement_not_recorded"

    def test_never_lets_it_change(self, cast: Cast) -> None:
        signed(cast)
        assert refused("UPDATE disbursements_settlementsignature SET evidence = 'x'") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM disbursements_settlementsignature") == NOT_THE_WEB_ROLES


class TestThePages:
    def typed(self, it: SettlementStatement, **changes: Any) -> dict[str, Any]:
        file = SimpleUploadedFile("signed.png", PAPER, content_type="image/png")
        said = {"signed_on": today().isoformat(), "code": it.printed_code, "paper": file, "evidence": "By mail"}
        return said | {"idempotency_key": key()} | changes

    def test_take_the_paper_and_give_it_out_again(self, cast: Cast) -> None:
        it, desk = issued(cast), browser_of(cast.coordinator)
        url = f"/settlements/{it.pk}/"
        answer = desk.post(f"{url}sign/", self.typed(it), follow=True)
        assert "Signature recorded." in answer.content.decode()
        assert "By mail" in answer.content.decode()
        given = browser_of(cast.auditor).get(f"{url}paper/")
        assert (body_of(given), given["X-Content-Type-Options"]) == (PAPER, "nosniff")
        assert AuditEvent.objects.filter(action="attachment.downloaded").exists()

    def test_keep_nothing_of_what_is_refused(self, cast: Cast) -> None:
        it, desk = issued(cast), browser_of(cast.coordinator)
        url = f"/settlements/{it.pk}/sign/"
        answer = desk.post(url, self.typed(it, code="wrong"))
        assert (answer.status_code, "the client signed another statement" in answer.content.decode()) == (409, True)
        text = SimpleUploadedFile("signed.png", b"Hello")
        assert desk.post(url, self.typed(it, paper=text)).status_code == 409
        assert desk.post(url, self.typed(it, paper="")).status_code == 422
        assert not Attachment.objects.exists()
        assert browser_of(cast.auditor).get(url).status_code == 403
        assert desk.get(f"/settlements/{it.pk}/paper/").status_code == 404


class TestTheApi:
    def test_does_the_same(self, cast: Cast) -> None:
        it, desk = issued(cast), browser_of(cast.coordinator)
        url = f"/api/v1/settlements/{it.pk}"
        said = {"code": it.content_hash, "signed_on": today().isoformat(), "attachment": paper(cast.coordinator).pk}
        answer = desk.post(f"{url}/sign", said, "application/json", headers={"Idempotency-Key": key()})
        assert (answer.status_code, answer.json()["content_hash"]) == (201, it.content_hash)
        assert body_of(desk.get(f"{url}/paper")) == PAPER
        again = desk.post(f"{url}/sign", said, "application/json", headers={"Idempotency-Key": key()})
        assert (again.status_code, again.json()["code"]) == (409, "settlement_not_to_sign")


@pytest.mark.django_db(transaction=True)
def test_two_signatures_or_a_void_at_once_end_in_one_of_them(cast: Cast) -> None:
    for _ in range(5):
        it = issued(cast)
        void = partial(void_settlement, cast.coordinator, it, it.version, "New offer")
        results = at_once(partial(sign, cast, it), partial(sign, cast, it, cast.second_coordinator), void)
        assert sum(isinstance(result, Refusal) for result in results) == 2, results
        assert SettlementSignature.objects.filter(statement=it).count() <= 1
