"""Answers that are files; taking the books out of the house is recorded in the audit trail."""

import re
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from firms.audit import record
from ledgers.reports.writer import Sheet, csv_lines, xlsx_file

Row = TypeVar("Row")
CHOSEN = frozenset(
    {"account", "all", "client", "format", "from_date", "holding", "kind", "ledger", "matter", "method", "on_date",
     "page", "sort", "state", "status", "to_date", "trust_account"}
)  # fmt: skip
TYPED = frozenset({"q", "text"})
PLAIN = re.compile(r"-?[a-z_]{1,30}|\d{1,18}|\d{4}-\d\d-\d\d")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(sheet: Sheet[Row], rows: Iterable[Row], name: str = "") -> StreamingHttpResponse:
    """Answer the rows as a CSV file, streamed."""
    answer = StreamingHttpResponse(csv_lines(sheet, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name or sheet.name}.csv"'
    return answer


def as_xlsx(sheet: Sheet[Row], rows: Iterable[Row], name: str = "") -> FileResponse:
    """Answer the rows as a spreadsheet with typed cells."""
    return FileResponse(
        xlsx_file(sheet, rows), as_attachment=True, filename=f"{name or sheet.name}.xlsx", content_type=XLSX
    )


def as_pdf(document: bytes, name: str) -> HttpResponse:
    """Answer a PDF."""
    return HttpResponse(
        document, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'}
    )


def filters_of(request: HttpRequest) -> dict[str, str]:
    """Return the filters of an address for the audit trail: choices, days and numbers; of words only how many letters.

    Words may name a matter, a client or a payee that the reader of the trail stands behind a wall of.
    """
    said = {name: str(value) for name, value in request.GET.items() if name in CHOSEN | TYPED and value}
    return {
        name: value if name in CHOSEN and PLAIN.fullmatch(value) else f"{len(value)} characters"
        for name, value in said.items()
    }


def record_export(request: HttpRequest, name: str, kind: str, of: Model | None = None) -> None:
    """Record who took what out, with which filter; what is `of` something is told to those who see that."""
    subject = ("report", name) if of is None else of
    record("export", subject, after={"report": name, "format": kind, "asked": filters_of(request)})


def export(
    request: HttpRequest, rows: Iterable[Row], sheet: Sheet[Row], name: str = "", of: Model | None = None
) -> HttpResponseBase | None:
    """Answer the rows as the file that `?format=` asks for; None when it asks for none."""
    kind = request.GET.get("format")
    if kind not in {"csv", "xlsx"}:
        return None
    record_export(request, name or sheet.name, kind, of)
    return as_csv(sheet, rows, name) if kind == "csv" else as_xlsx(sheet, rows, name)
