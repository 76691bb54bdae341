"""Answers that are files; taking the books out of the house is recorded in the audit trail."""

from collections.abc import Iterable
from typing import TypeVar

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from firms.audit import record
from ledgers.reports.writer import Sheet, csv_lines, xlsx_file

Row = TypeVar("Row")
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


def record_export(request: HttpRequest, name: str, kind: str) -> None:
    """Record who took what out, with which filter."""
    record("export", ("report", name), after={"format": kind, "asked": request.GET.dict()})


def export(request: HttpRequest, rows: Iterable[Row], sheet: Sheet[Row], name: str = "") -> HttpResponseBase | None:
    """Answer the rows as the file that `?format=` asks for; None when it asks for none."""
    kind = request.GET.get("format")
    if kind not in {"csv", "xlsx"}:
        return None
    record_export(request, name or sheet.name, kind)
    return as_csv(sheet, rows, name) if kind == "csv" else as_xlsx(sheet, rows, name)
