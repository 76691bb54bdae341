"""Documents of a request: told by their bytes what they are, kept in pieces in the database, given out as downloads.

They lie where the books lie: in one transaction and one back-up with the request, outside of every folder a web server
knows. No file is ever wholly in memory here.
Rule: SPEC I9; RELIABILITY D18, D27.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import BigIntegerField, F, Func, Q, QuerySet

from disbursements.models import Attachment, AttachmentPiece, DisbursementRequest, SettlementSignature
from disbursements.models.payees import UNSEEN
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import NotAllowed, Refusal, translating
from ledgers.models import MatterWall

MOST_BYTES, MOST_FILES, PIECE_BYTES = 10_485_760, 10, 262_144
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX, XLSX = f"{OFFICE}.wordprocessingml.document", f"{OFFICE}.spreadsheetml.sheet"
BEGINNINGS = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
ENDINGS = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), DOCX: (".docx",), XLSX: (".xlsx",)}
NAMES = {PDF: "PDF", PNG: "PNG picture", JPEG: "JPEG picture", DOCX: "Word document", XLSX: "Excel workbook"}
ACCEPT = ",".join(ending for endings in ENDINGS.values() for ending in endings)


class AttachmentRefused(Refusal):
    """The file is not one that is kept."""

    code = "attachment_refused"
    sentence = "“{name}” was not attached: {why}"


class AttachmentMissing(Refusal):
    """A request names a file that is not there for it."""

    code = "attachment_missing"
    sentence = "A file of this request is not there, or was uploaded by somebody else. Attach it again."


class AttachmentFixed(Refusal):
    """A file stays as it was uploaded."""

    code = "attachment_fixed"
    sentence = "A file that was uploaded never changes. Upload the other one."


class AttachmentsTooMany(Refusal):
    """More files than one request takes."""

    code = "attachments_too_many"
    sentence = (
        "{asked} files were named; a request takes at most ten, each once. Leave some out, or put them into one PDF."
    )


def store_attachment(person: Person, name: str, stream: BinaryIO) -> Attachment:
    """Keep a file for a request to come; `stream` can be read twice.

    Raises:
        NotAllowed: the person requests no money.
        AttachmentRefused: it is empty, too large, or no PDF, PNG, JPEG, DOCX or XLSX by its content.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    name = clean_name(name)
    content_type = type_of(name, stream)
    size, digest = _measured(name, stream)
    with translating(), transaction.atomic():
        kept = Attachment.objects.create(
            name=name, content_type=content_type, size=size, sha256=digest, uploaded_by=person, uploaded_at=now()
        )
        for seq, piece in enumerate(_pieces(stream)):
            AttachmentPiece.objects.create(attachment=kept, seq=seq, data=piece)
    return kept


def clean_name(name: str) -> str:
    """Return a file's name without folders, signs that nobody sees, and quotation marks; its ending stays."""
    seen = re.sub(f'[{UNSEEN}"<>|:*?\x00]', "", PurePath(name.replace("\\", "/")).name).strip(" .")
    path = PurePath(seen or "file")
    return path.stem[: 120 - len(path.suffix)] + path.suffix if len(path.suffix) <= 10 else path.name[:120]


def type_of(name: str, stream: BinaryIO) -> str:
    """Return the content type that the bytes tell.

    Raises:
        AttachmentRefused: they tell none of ours, or another one than the name.
    """
    stream.seek(0)
    beginning = stream.read(8)
    found = next((kind for begins, kind in BEGINNINGS.items() if beginning.startswith(begins)), None)
    if found is None and beginning.startswith(b"PK\x03\x04"):
        found = _office_type(stream)
    if found is None:
        raise AttachmentRefused(name=name, why="it is no PDF, PNG, JPEG, DOCX or XLSX. Save it as a PDF first.")
    if not name.lower().endswith(ENDINGS[found]):
        why = f"its content is a {NAMES[found]}, which its name does not say. Rename it to end in {ENDINGS[found][0]}."
        raise AttachmentRefused(name=name, why=why)
    return found


def usable(person: Person, wanted: Iterable[int], taken_over: Sequence[int] = ()) -> "QuerySet[Attachment]":
    """Return which of these files a person's request may name: own uploads, and those of the version it replaces."""
    mine = Q(uploaded_by=person) | Q(pk__in=list(taken_over))
    return Attachment.objects.filter(mine, pk__in=list(wanted)).order_by("pk")


def attachments_of(request: DisbursementRequest) -> list[Attachment]:
    """Return the files of a request, in the order in which they were uploaded."""
    return list(Attachment.objects.filter(pk__in=request.attachments).order_by("pk")) if request.attachments else []


def hidden_from(person: Person) -> "dict[str, QuerySet[Any]]":
    """Return the files a wall keeps from a person: all that nothing on this side names; nothing without a wall."""
    walled = MatterWall.objects.filter(person=person, lifted_at__isnull=True).values("matter")
    if not walled.exists():
        return {}
    seen = DisbursementRequest.objects.exclude(ledger__matter__in=walled).exclude(destination_ledger__matter__in=walled)
    named = seen.annotate(named=Func(F("attachments"), function="unnest", output_field=BigIntegerField()))
    signed = SettlementSignature.objects.exclude(statement__matter__in=walled).values("attachment")
    hidden = Attachment.objects.exclude(pk__in=named.values("named")).exclude(pk__in=signed)
    return {"disbursements_attachment": hidden}


def hashed(request: DisbursementRequest) -> dict[str, str]:
    """Return what the content hash covers of the files: their bytes and their names.

    Rule: SPEC I9; RELIABILITY D18.
    """
    return {"attachments": "\n".join(f"{file.sha256} {file.name}" for file in attachments_of(request))}


def bytes_of(attachment: Attachment) -> Iterator[bytes]:
    """Yield the bytes of a file, a piece at a time, each asked for when the one before was sent."""
    pieces = attachment.pieces.order_by("seq")
    for seq in range(-(-attachment.size // PIECE_BYTES)):
        yield bytes(pieces.values_list("data", flat=True).get(seq=seq))


def _office_type(stream: BinaryIO) -> str | None:
    """Return which Office document a zip file is by the names in it; none with macros. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {entry.filename for entry in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((kind for part, kind in PARTS.items() if part in names), None)


def _measured(name: str, stream: BinaryIO) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for piece in _pieces(stream):
        size += len(piece)
        digest.update(piece)
        if size > MOST_BYTES:
            raise AttachmentRefused(name=name, why="it is larger than 10 MB. Make it smaller, or split it.")
    return size, digest.hexdigest()


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    return iter(lambda: stream.read(PIECE_BYTES), b"")
