"""Files of a request: known by their bytes, covered by the approval, given out to whoever sees the request, audited."""

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from disbursements.approval import approve
from disbursements.attachments import (
    MOST_BYTES,
    AttachmentMissing,
    AttachmentRefused,
    AttachmentsTooMany,
    bytes_of,
    clean_name,
    store_attachment,
)
from disbursements.models import Attachment, AttachmentPiece, DisbursementRequest, State
from disbursements.requests import change_request, request_money, spending_of
from firms.models import AuditEvent
from firms.refusals import NotAllowed
from ledgers.models import JournalEntry
from ledgers.parties import raise_wall
from tests.cast import Cast, key
from tests.disbursements.requesting import ask, spending
from tests.firms.cast import browser_of, code_of
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def office(*parts: str) -> bytes:
    """Return a zip file with these parts, as an office program writes one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return made.getvalue()


def kept(cast: Cast, name: str = "invoice.pdf", data: bytes = PDF) -> Attachment:
    return store_attachment(cast.coordinator, name, io.BytesIO(data))


def asked_with(cast: Cast, *files: Attachment) -> DisbursementRequest:
    return request_money(cast.coordinator, key(), spending(cast.smith_ledger, 20000), files=files)


class TestAFile:
    @pytest.mark.parametrize(
        ("name", "data", "kind"),
        [
            ("a.pdf", PDF, "application/pdf"),
            ("a.PNG", PNG, "image/png"),
            ("a.jpeg", JPEG, "image/jpeg"),
            ("a.docx", office("word/document.xml"), "wordprocessingml.document"),
            ("a.xlsx", office("xl/workbook.xml"), "spreadsheetml.sheet"),
        ],
    )
    def test_is_known_by_its_bytes(self, desk: Cast, name: str, data: bytes, kind: str) -> None:
        file = kept(desk, name, data)
        assert file.content_type.endswith(kind)
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert b"".join(bytes_of(file)) == data

    @pytest.mark.parametrize(
        ("name", "data", "why"),
        [
            ("a.pdf", b"<html><script>alert(1)</script>", "no PDF"),
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PDF"),
            ("a.exe", b"MZ\x90\0", "no PDF"),
            ("a.pdf", b"", "no PDF"),
            ("a.pdf", b"\n%PDF-1.7", "no PDF"),
            ("a.png", PDF, "Rename it to end in .pdf"),
            ("invoice", PDF, "Rename it to end in .pdf"),
            ("a.zip", office("anything.txt"), "no PDF"),
            ("a.docx", b"PK\x03\x04 broken", "no PDF"),
            ("a.docx", office("word/document.xml", "word/vbaProject.bin"), "no PDF"),
            ("a.docx", office("xl/workbook.xml"), "Rename it to end in .xlsx"),
            ("a.pdf", PDF + b"0" * MOST_BYTES, "larger than 10 MB"),
        ],
    )
    def test_is_refused_when_it_is_none_of_ours(self, desk: Cast, name: str, data: bytes, why: str) -> None:
        with pytest.raises(AttachmentRefused, match=why):
            kept(desk, name, data)
        assert not Attachment.objects.exists()

    @pytest.mark.parametrize(
        ("sent", "name"),
        [
            ("../../etc/passwd.pdf", "passwd.pdf"),
            ("C:\\bills\\may.pdf", "may.pdf"),
            ('a"\r\nSet-Cookie: x.pdf', "aSet-Cookie x.pdf"),
            ("fdp\u202e.exe.pdf", "fdp.exe.pdf"),
            ("", "file"),
            ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ],
    )
    def test_has_a_plain_name(self, sent: str, name: str) -> None:
        assert clean_name(sent) == name

    @pytest.mark.parametrize("who", ["attorney", "supervisor", "administrator"])
    def test_is_uploaded_by_who_asks_for_money_only(self, desk: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            store_attachment(getattr(desk, who), "a.pdf", io.BytesIO(PDF))

    def test_is_never_wholly_in_memory(self, desk: Cast) -> None:
        big = io.BytesIO(PDF + bytes(MOST_BYTES - len(PDF)))
        kept(desk)
        tracemalloc.start()
        file = store_attachment(desk.coordinator, "big.pdf", big)
        assert sum(len(piece) for piece in bytes_of(file)) == MOST_BYTES
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4_000_000


class TestARequest:
    def test_is_approved_with_exactly_its_files(self, desk: Cast) -> None:
        plain, other = ask(desk), kept(desk, "order.png", PNG)
        request = asked_with(desk, kept(desk), other)
        assert len({plain.content_hash, request.content_hash, asked_with(desk, other).content_hash}) == 3
        assert spending_of(request).content_hash() == request.content_hash
        done = approve(desk.attorney, request.pk, 1, request.content_hash, code_of(desk.attorney))
        assert done.state == State.POSTED

    def test_keeps_its_files_whatever_is_tried(self, desk: Cast) -> None:
        asked_with(desk, kept(desk))
        change = "UPDATE disbursements_disbursementrequest SET attachments = '{}'"
        assert refused(change) == NOT_THE_WEB_ROLES
        assert refused("UPDATE disbursements_attachment SET sha256 = repeat('0', 64)") == NOT_THE_WEB_ROLES
        assert refused("UPDATE disbursements_attachmentpiece SET data = ''") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM disbursements_attachmentpiece") == NOT_THE_WEB_ROLES
        more = """INSERT INTO disbursements_attachmentpiece (attachment_id, seq, data)
                  SELECT id, 1, 'x' FROM disbursements_attachment"""
        assert refused(more) == "attachment_fixed"

    @pytest.mark.django_db(transaction=True)
    def test_keeps_its_files_from_the_owner_too(self, desk: Cast, owner: Any) -> None:
        asked_with(desk, kept(desk))
        gone = "UPDATE disbursements_disbursementrequest SET attachments = '{}'"
        assert refused_to_owner(owner, gone) == "request_content_fixed"
        assert refused_to_owner(owner, "UPDATE disbursements_attachment SET name = 'x'") == "never_changed"
        assert refused_to_owner(owner, "DELETE FROM disbursements_attachmentpiece") == "never_changed"

    def test_names_whole_files_of_the_requester_only(self, desk: Cast) -> None:
        file = kept(desk)
        with pytest.raises(AttachmentMissing):
            request_money(desk.second_coordinator, key(), spending(desk.smith_ledger, 100), files=[file])
        half = Attachment.objects.create(
            name="half.pdf", content_type="application/pdf", size=9, sha256="0" * 64, uploaded_by=desk.coordinator,
            uploaded_at=file.uploaded_at,
        )  # fmt: skip
        AttachmentPiece.objects.create(attachment=half, seq=0, data=b"12345")
        assert refused(lambda: asked_with(desk, half)) == "attachment_missing"
        with pytest.raises(AttachmentsTooMany):
            asked_with(desk, *[kept(desk) for _ in range(11)])
        assert DisbursementRequest.objects.count() == 0

    def test_hands_its_files_to_its_new_version(self, desk: Cast) -> None:
        file = kept(desk)
        old = asked_with(desk, file)
        new = change_request(desk.coordinator, key(), old, 1, spending(desk.smith_ledger, 30000), files=[file])
        assert new.attachments == [file.pk]

    def test_is_another_one_with_another_file(self, desk: Cast) -> None:
        given, file = key(), kept(desk)
        asked = spending(desk.smith_ledger, 100)
        first = request_money(desk.coordinator, given, asked, files=[file])
        assert request_money(desk.coordinator, given, asked, files=[file]) == first
        assert refused(lambda: request_money(desk.coordinator, given, asked)) == "key_reused"


class TestTheDownload:
    def test_is_safe_and_in_the_trail(self, desk: Cast) -> None:
        file = kept(desk, "Rechnung für “May”.pdf")
        request = asked_with(desk, file)
        answer = browser_of(desk.attorney).get(f"/disbursements/{request.pk}/files/{file.pk}/")
        assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
        said = answer.headers
        assert said["Content-Disposition"].startswith("attachment; filename*=utf-8''Rechnung%20f%C3%BCr")
        assert (said["Content-Type"], said["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
        assert said["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert said["Content-Length"] == str(len(PDF))
        event = AuditEvent.objects.get(action="attachment.downloaded")
        assert (event.actor, event.subject_id) == (desk.attorney, str(request.pk))

    def test_is_there_for_who_sees_the_matter_only(self, desk: Cast) -> None:
        file = kept(desk)
        request, other = asked_with(desk, file), ask(desk, 100)
        path = f"/disbursements/{request.pk}/files/{file.pk}/"
        assert browser_of(desk.partner).get(path).status_code == 200
        assert browser_of(desk.partner).get(f"/disbursements/{other.pk}/files/{file.pk}/").status_code == 404
        assert browser_of(desk.other_attorney).get(path).status_code == 200
        assert browser_of(desk.stranger).get(path).status_code == 403
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict of interest")
        for walled in (path, f"/api/v1/disbursement-requests/{request.pk}/attachments/{file.pk}"):
            assert browser_of(desk.coordinator).get(walled).status_code == 404
        assert AuditEvent.objects.filter(action="attachment.downloaded").count() == 2


class TestThePages:
    @pytest.fixture
    def typed(self, desk: Cast) -> dict[str, Any]:
        """What a coordinator types to ask for a filing fee."""
        return {
            "matter": desk.smith_matter.number, "kind": "disbursement", "payee": "Court Clerk", "amount": "400.00",
            "method": "check", "purpose": "Filing fee", "reference": "1001", "idempotency_key": key(),
        }  # fmt: skip

    def test_keep_what_was_uploaded_when_something_else_is_wrong(self, desk: Cast, typed: dict[str, Any]) -> None:
        browser = browser_of(desk.coordinator)
        sent = typed | {"amount": "4,000.00", "uploads": [SimpleUploadedFile("may.pdf", PDF)]}
        page = browser.post("/disbursements/new/", sent)
        assert page.status_code == 409
        file = Attachment.objects.get()
        assert f'value="{file.pk}"' in page.content.decode()
        assert browser.post("/disbursements/new/", typed | {"attached": [file.pk]}).status_code == 302
        request = DisbursementRequest.objects.get()
        assert request.attachments == [file.pk]
        for path in (f"/disbursements/{request.pk}/", f"/disbursements/{request.pk}/change/"):
            assert "may.pdf" in browser.get(path).content.decode()

    def test_take_several_files_and_say_which_one_is_none(self, desk: Cast, typed: dict[str, Any]) -> None:
        files = [SimpleUploadedFile("may.pdf", PDF), SimpleUploadedFile("june.pdf", b"MZ")]
        page = browser_of(desk.coordinator).post("/disbursements/new/", typed | {"uploads": files})
        assert (page.status_code, DisbursementRequest.objects.count()) == (422, 0)
        assert "“june.pdf” was not attached" in page.content.decode()
        assert list(Attachment.objects.values_list("name", flat=True)) == ["may.pdf"]

    def test_take_nobody_elses_files(self, desk: Cast, typed: dict[str, Any]) -> None:
        file = kept(desk)
        page = browser_of(desk.second_coordinator).post("/disbursements/new/", typed | {"attached": [file.pk]})
        assert page.status_code == 422
        for wrong in ("x", "9" * 30, "-1"):
            page = browser_of(desk.coordinator).post("/disbursements/new/", typed | {"attached": [wrong]})
            assert page.status_code == 422


class TestTheApi:
    def test_uploads_names_lists_and_downloads(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        made = browser.post("/api/v1/attachments", {"file": SimpleUploadedFile("may.pdf", PDF)})
        assert (made.status_code, made.json()["content_type"]) == (201, "application/pdf")
        bad = browser.post("/api/v1/attachments", {"file": SimpleUploadedFile("may.pdf", b"MZ")})
        assert (bad.status_code, bad.json()["code"]) == (409, "attachment_refused")
        assert browser.post("/api/v1/attachments", {"file": "x"}).status_code == 400
        body = {"ledger": desk.smith_ledger.pk, "payee": "Court Clerk", "amount": "50.00", "method": "check"}
        body |= {"purpose": "Filing fee", "reference": "1001", "attachments": [made.json()["id"]]}
        post: Callable[..., Any] = lambda said: browser.post(  # noqa: E731
            "/api/v1/disbursement-requests", said, content_type="application/json", headers={"Idempotency-Key": key()}
        )
        request = post(body).json()
        assert request["attachments"] == [made.json()["id"]]
        assert post(body | {"attachments": [987654321]}).status_code == 404
        path = f"/api/v1/disbursement-requests/{request['id']}/attachments"
        listed = browser.get(path).json()
        assert [file["sha256"] for file in listed] == [hashlib.sha256(PDF).hexdigest()]
        answer = browser.get(f"{path}/{made.json()['id']}")
        assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
        assert not JournalEntry.objects.filter(kind="disbursement").exists()
