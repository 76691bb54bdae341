"""Records and the opening import through the API and the command line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from firms.api_tokens import make_token
from ledgers.models import Client, JournalEntry, Matter, OpeningImport
from ledgers.money import money
from ledgers.months import book_balance
from ledgers.opening.progress import Teller
from tests.cast import Cast
from tests.firms.cast import code_of, give_second_factor
from tests.ledgers.opening import CUT_OVER, FILES
from tests.ledgers.test_parties_pages import desk_of

pytestmark = pytest.mark.django_db


def sent(desk: Browser, verb: str, path: str, body: dict[str, Any], **headers: str) -> Any:
    """Send JSON; return the answer."""
    return getattr(desk, verb)(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


class TestRecords:
    """Clients, matters, accounts."""

    def test_are_created_edited_and_listed(self, cast: Cast) -> None:
        desk = desk_of(cast.coordinator)
        client = sent(desk, "post", "clients", {"name": "Núñez"}).json()
        matter = sent(desk, "post", "matters", {
            "number": "2026-0300", "client": client["id"], "description": "Will", "opened_date": "2026-02-01",
            "responsible_attorney": cast.attorney.pk, "minimum_balance": "1500.00",
            "trust_accounts": [cast.second_account.pk, cast.account.pk],
        })  # fmt: skip
        assert (matter.status_code, matter.json()["minimum_balance"]) == (201, "1500.00")
        made = Matter.objects.get(number="2026-0300")
        assert made.accounts.get(is_default=True).trust_account == cast.second_account
        changed = sent(desk, "patch", f"matters/{made.pk}", {"description": "Last will", "version": 1})
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        late = sent(desk, "patch", f"matters/{made.pk}", {"description": "Lost", "version": 1})
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        found = desk.get("/api/v1/matters", {"text": "last will"}).json()
        assert [row["number"] for row in found["results"]] == ["2026-0300"]

    def test_refuse_what_the_pages_refuse(self, cast: Cast) -> None:
        desk = desk_of(cast.coordinator)
        account = {
            "name": "New", "kind": "pooled", "title": "Whitfield & Marsh LLP IOLTA", "bank_name": "B", "state": "NY",
            "routing_number": "021000022", "account_number": "12345678", "opened_date": "2026-01-02",
        }  # fmt: skip
        wrong = sent(desk, "post", "trust-accounts", account)
        assert (wrong.status_code, wrong.json()["code"]) == (409, "routing_number_wrong")
        right = sent(desk, "post", "trust-accounts", account | {"routing_number": "021000021"})
        assert (right.status_code, right.json()["last_four"]) == (201, "5678")
        assert "12345678" not in right.content.decode()
        assert sent(desk_of(cast.auditor), "post", "clients", {"name": "X"}).status_code == 403
        assert desk_of(cast.other_attorney).get("/api/v1/clients/999999").status_code == 404
        assert sent(desk, "post", "matters", {"number": "1"}).status_code == 400


class TestImports:
    """The stages."""

    def test_go_from_upload_to_proof(self, cast: Cast) -> None:
        desk, partner = desk_of(cast.coordinator), desk_of(cast.partner)
        file = SimpleUploadedFile("listing.csv", (FILES / "clio_tab.tsv").read_bytes())
        run = desk.post("/api/v1/imports/upload", {"balances": file}).json()["id"]
        columns = {
            "matter": "Matter Number",
            "client": "Client",
            "balance": "Balance",
            "attorney": "Responsible Attorney",
        }
        body = {
            "mapping": {"columns": {"balances": columns}, "default_account": cast.account.pk},
            "cut_over_date": CUT_OVER.isoformat(), "statements": {str(cast.account.pk): "11.00"},
        }  # fmt: skip
        assert sent(desk, "put", f"imports/{run}/mapping", body).json()["error_count"] == 1
        (problem,) = desk.get(f"/api/v1/imports/{run}/problems").json()["results"]
        assert "The difference is ($1.00)." in problem["wrong"]
        assert sent(desk, "post", f"imports/{run}/propose", {}).json()["code"] == "opening_has_errors"
        sent(desk, "put", f"imports/{run}/mapping", body | {"statements": {str(cast.account.pk): "10.00"}})
        proposed = sent(desk, "post", f"imports/{run}/propose", {}).json()
        decision = {"code": code_of(cast.partner), "content_hash": proposed["content_hash"]}
        assert sent(partner, "post", f"imports/{run}/confirm", decision).status_code == 400
        done = sent(partner, "post", f"imports/{run}/confirm", decision, **{"Idempotency-Key": "k1"}).json()
        assert (done["state"], done["proof"]["holds"]) == ("loaded", True)
        (client,) = desk.get(f"/api/v1/imports/{run}/clients").json()["results"]
        assert client == {
            "client": "Ada Lovelace",
            "matters": 1,
            "source": "10.00",
            "loaded": "10.00",
            "difference": "0.00",
        }

    def test_are_shown_and_worked_on_while_the_cache_is_away(self, cast: Cast, settings: Any) -> None:
        desk = desk_of(cast.coordinator)
        file = SimpleUploadedFile("listing.csv", (FILES / "clio_tab.tsv").read_bytes())
        run = desk.post("/api/v1/imports/upload", {"balances": file}).json()["id"]
        Teller(run, 200).add(100)
        assert desk.get(f"/api/v1/imports/{run}").json()["progress"] == {"done": 100, "total": 200}
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere.sock"}}
        Teller(run, 200).add(150)
        assert desk.get(f"/api/v1/imports/{run}").json()["progress"] == {"done": 0, "total": 0}

    def test_are_never_confirmed_by_a_token(self, cast: Cast) -> None:
        give_second_factor(cast.partner)
        _, secret = make_token(cast.partner, "t", ["books:read"])
        answer = Browser().post("/api/v1/imports/1/confirm", {}, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 403


def run_command(*arguments: str) -> str:
    """Run `import_opening`; return what it prints."""
    out = io.StringIO()
    call_command("import_opening", *arguments, stdout=out)
    return out.getvalue()


class TestCommand:
    """`manage.py import_opening`."""

    def arguments(self, cast: Cast, bank: str = "18,425.80") -> list[str]:
        """Return the arguments for the listing of the tests."""
        files = [str(FILES / "clio_trust_listing.csv"), str(FILES / "outstanding.csv")]
        banks = ["--bank", f"IOLTA={bank}", "--bank", "8812=60.10"]
        return [*files, "--cut-over", "2026-06-30", *banks, "--actor", cast.coordinator.email]

    def test_prints_errors_and_proof_in_a_dry_run_and_keeps_nothing(self, cast: Cast) -> None:
        told = run_command(*self.arguments(cast), "--dry-run")
        assert "11 rows, 0 errors, 0 warnings." in told
        assert "$18,425.80" in told
        assert not OpeningImport.objects.exists()
        with pytest.raises(CommandError, match=r"1 errors\."):
            run_command(*self.arguments(cast, "1.00"), "--dry-run")
        assert (OpeningImport.objects.count(), Client.objects.count()) == (0, 2)

    def test_takes_a_mapping_from_a_file(self, cast: Cast, tmp_path: Path) -> None:
        file = tmp_path / "mapping.json"
        file.write_text(json.dumps({"columns": {"balances": {"matter": "Matter Number"}}}))
        with pytest.raises(CommandError, match="needs a column for “Client”"):
            run_command(*self.arguments(cast), "--mapping", str(file), "--dry-run")

    def test_names_people_it_does_not_know(self, cast: Cast) -> None:
        with pytest.raises(CommandError, match="Nobody here has the e-mail who@x"):
            run_command(str(FILES / "clio_tab.tsv"), "--cut-over", "2026-06-30", "--actor", "who@x")


@pytest.mark.django_db(transaction=True)
def test_the_command_loads_with_two_people(cast: Cast) -> None:
    give_second_factor(cast.supervisor)
    arguments = TestCommand().arguments(cast)
    told = run_command(*arguments, "--second", cast.supervisor.email, "--code", code_of(cast.supervisor))
    assert "is loaded; its proof is kept." in told
    assert book_balance(cast.account, CUT_OVER) == money(1777580)
    entry = JournalEntry.objects.filter(kind="opening_check").first()
    assert entry is not None
    assert (entry.actor, entry.second_person) == (cast.coordinator, cast.supervisor)
