"""Documents: the same bytes each time, read aloud properly, and nothing loaded from anywhere."""

import datetime as dt
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from moneyed import Money
from pypdf import PdfReader

from ledgers import pdf

pytestmark = pytest.mark.django_db  # a document asks where the firm is

AT = dt.datetime(2026, 11, 20, 17, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def specimen_folder(settings: Any) -> Iterator[None]:
    template = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**template, "DIRS": [*template["DIRS"], Path(__file__).parent / "templates"]}]
    yield
    pdf.pool().close()


def facts(rows: int = 3, planted: str = "") -> dict[str, Any]:
    return {
        "firm_name": "Whitfield & Marsh LLP",
        "generated_at": AT,
        "name": "Smith v. Jones",
        "total": Money("1250.00", "USD"),
        "negative": -231055,
        "day": dt.date(2026, 11, 20),
        "rows": range(rows),
        "planted": planted,
    }


def text_of(document: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages)


def fonts_of(reader: PdfReader) -> set[str]:
    found: list[Any] = []
    for page in reader.pages:
        resources: Any = page["/Resources"]
        found += [font.get_object()["/BaseFont"] for font in resources["/Font"].get_object().values()]
    return {re.sub(r"^/[A-Z]+\+|-.*$", "", str(name)) for name in found}


def test_a_document_holds_its_facts_pages_and_tags() -> None:
    document = pdf.render("specimen.html", facts(rows=120))
    reader = PdfReader(io.BytesIO(document))
    assert "Smith v. Jones" in text_of(document)
    assert "($2,310.55)" in text_of(document)
    assert f"Page 2 of {len(reader.pages)}" in reader.pages[1].extract_text()
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata
    assert reader.metadata.title == "Specimen"
    assert reader.metadata.creation_date == AT
    assert fonts_of(reader) == {"Inter"}


def test_the_same_facts_give_the_same_bytes_in_another_worker() -> None:
    first = pdf.render("specimen.html", facts())
    again = pdf.render("specimen.html", facts())
    pdf.pool().close()
    other = pdf.render("specimen.html", facts())
    assert first == again == other
    assert first != pdf.render("specimen.html", facts(rows=4))


@pytest.mark.parametrize(
    "planted",
    [
        '<img src="file:///etc/passwd">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        "<style>@import url(http://127.0.0.1:9/x.css);</style>",
        '<div style="background:url(data:image/svg+xml,%3Csvg/%3E)">x</div>',
        '<object data="../settings.py"></object>',
    ],
)
def test_nothing_but_our_assets_is_loaded_even_if_markup_got_in(planted: str) -> None:
    with pytest.raises(pdf.PdfLoadsSomething):
        pdf.render("specimen.html", facts(planted=mark_safe(planted)))  # the attack itself


def test_typed_markup_is_text() -> None:
    document = pdf.render("specimen.html", facts() | {"name": '<img src="file:///etc/passwd">'})
    assert '<img src="file:///etc/passwd">' in text_of(document)
    assert "root:" not in text_of(document)


def only_worker() -> pdf.Worker:
    """Return a new worker, the only one: those that earlier tests left idle have done a part of their share."""
    pdf.pool().close()
    pdf.render("specimen.html", facts())
    (worker,) = pdf.pool().idle
    return worker


def test_a_worker_has_no_secret_and_is_replaced_after_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for a worker")
    monkeypatch.setattr(pdf, "RENDERS_PER_WORKER", 2)
    worker = only_worker()
    environment = Path(f"/proc/{worker.process.pid}/environ").read_text()
    assert "not for a worker" not in environment
    assert "DATABASE_URL" not in environment
    pdf.render("specimen.html", facts())
    assert pdf.pool().idle == []
    assert worker.process.poll() is not None


def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = only_worker()
    monkeypatch.setattr(pdf, "TIME_LIMIT_SECONDS", 0.05)
    with pytest.raises(pdf.PdfTookTooLong):
        pdf.render("specimen.html", facts(rows=2000))
    assert worker.process.poll() is not None
    monkeypatch.setattr(pdf, "TIME_LIMIT_SECONDS", 30.0)
    assert pdf.render("specimen.html", facts()).startswith(b"%PDF")


def test_a_worker_that_is_killed_says_so_and_the_next_one_works() -> None:
    worker = only_worker()
    os.kill(worker.process.pid, 9)
    worker.process.wait()
    with pytest.raises(pdf.PdfNotMade, match="ended"):
        pdf.render("specimen.html", facts())
    assert pdf.render("specimen.html", facts()).startswith(b"%PDF")
