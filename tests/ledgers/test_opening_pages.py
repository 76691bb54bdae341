"""The pages of the opening import, from the files to the proof."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from ledgers.models import Client, JournalEntry, OpeningImport
from tests.cast import Cast
from tests.firms.cast import code_of
from tests.ledgers.opening import CUT_OVER, FILES
from tests.ledgers.test_parties_pages import desk_of

pytestmark = pytest.mark.django_db


def uploading(desk: Browser, balances: str, outstanding: str = "") -> str:
    """Upload files as the page does; return where it leads."""
    sent = {"balances": SimpleUploadedFile(balances, (FILES / balances).read_bytes())}
    if outstanding:
        sent["outstanding"] = SimpleUploadedFile(outstanding, (FILES / outstanding).read_bytes())
    return str(desk.post("/imports/new/", sent).headers["Location"])


def mapping(desk: Browser, url: str, banks: dict[int, str]) -> str:
    """Send the columns as they were guessed, with what the bank says; return where it leads."""
    form = desk.get(url).context["form"]
    typed = {name: value for name in form.fields if (value := form.get_initial_for_field(form.fields[name], name))}
    typed |= {"cut_over_date": CUT_OVER.isoformat()} | {f"bank-{pk}": text for pk, text in banks.items()}
    return str(desk.post(url, typed).headers["Location"])


class TestWizard:
    """Two people load a listing through the pages."""

    def test_goes_from_the_files_to_the_kept_proof(self, cast: Cast) -> None:
        desk, partner = desk_of(cast.coordinator), desk_of(cast.partner)
        url = uploading(desk, "clio_trust_listing.csv", "outstanding.csv")
        url = mapping(desk, url, {cast.account.pk: "18,425.80", cast.second_account.pk: "60.10"})
        shown = desk.get(url).content.decode()
        assert "Propose for approval" in shown
        assert "$18,425.80" in shown
        desk.post(f"{url}propose/")
        run = OpeningImport.objects.get()
        assert run.proposal is not None
        confirm = {"code": code_of(cast.partner), "shown_hash": run.proposal.content_hash}
        assert partner.get(f"/proposals/{run.proposal_id}/").status_code == 200
        partner.post(f"/proposals/{run.proposal_id}/confirm/", confirm)
        proof = desk.get(f"{url}proof/").content.decode()
        assert proof.count("Agrees") == 2
        assert "王小明" in proof
        assert JournalEntry.objects.count() == 10  # 7 balances, 2 checks, 1 deposit

    def test_shows_errors_by_row_and_gives_them_as_a_file(self, cast: Cast) -> None:
        desk = desk_of(cast.coordinator)
        url = mapping(desk, uploading(desk, "awkward_rows.csv"), {cast.account.pk: "100.00"})
        page = desk.get(url).content.decode()
        assert "No attorney is called “Perry Mason”." in page
        assert "Propose for approval" not in page
        refused = desk.post(f"{url}propose/")
        assert refused.status_code == 409
        file = b"".join(desk.get(f"{url}errors.csv")).decode()
        assert "Matter 2025-0501 stands in row 2 already." in file
        assert Client.objects.count() == 2

    def test_refuses_a_file_that_is_none_and_keeps_nothing(self, cast: Cast) -> None:
        sent = {"balances": SimpleUploadedFile("listing.xlsx", b"PK\x03\x04rest")}
        answer = desk_of(cast.coordinator).post("/imports/new/", sent)
        assert answer.status_code == 409
        assert "it is a zip or Excel file." in answer.content.decode()
        assert not OpeningImport.objects.exists()

    def test_is_read_by_readers_and_written_by_coordinators(self, cast: Cast) -> None:
        url = uploading(desk_of(cast.coordinator), "clio_trust_listing.csv").removesuffix("columns/")
        assert desk_of(cast.auditor).get(url).status_code == 200
        assert desk_of(cast.attorney).get(url).status_code == 403
        assert desk_of(cast.partner).post(f"{url}propose/").status_code == 403
