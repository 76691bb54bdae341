"""What the product refuses to start with, met on real servers."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connection, connections
from pytest_django import Settings

from tests import databases
from trustledger import checks

Owner = psycopg.Connection


def ids(found: list[CheckMessage]) -> set[str | None]:
    """Return the ids of findings."""
    return {message.id for message in found}


def findings() -> set[str | None]:
    """Return the ids of everything found."""
    return ids(run_checks(tags=[checks.SAFE], databases=["default"]))


class TestConfiguration:
    """DEBUG, the secret key, the addresses."""

    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("DEBUG", True, "trustledger.E001"),
            ("SECRET_KEY", "short", "trustledger.E002"),
            ("SECRET_KEY", "a" * 64, "trustledger.E002"),
            ("SECRET_KEY", "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789", "trustledger.E002"),
            ("BASE_URL", "http://trust.example.com", "trustledger.E003"),
            ("ALLOWED_HOSTS", ["*"], "trustledger.E004"),
            ("SECURE", True, "trustledger.E005"),
        ],
    )
    def test_is_refused_when_unsafe(self, settings: Settings, name: str, value: object, expected: str) -> None:
        setattr(settings, name, value)
        assert ids(checks.configuration_is_safe(None)) == {expected}

    @pytest.mark.parametrize("address", ["https://trust.example.com", "http://localhost:8000", "http://127.0.0.1"])
    def test_passes_when_safe(self, settings: Settings, address: str) -> None:
        settings.BASE_URL = address
        assert checks.configuration_is_safe(None) == []


class TestFieldKeys:
    """The file without which account numbers cannot be read."""

    @pytest.mark.parametrize(
        "content", [None, "", "{}", '{"active": "k1", "keys": {"k1": "c2hvcnQ="}, "index": "eA=="}']
    )
    def test_are_refused_when_missing_or_broken(self, settings: Settings, tmp_path: Path, content: str | None) -> None:
        settings.FIELD_KEYS_FILE = tmp_path / "keys.json"
        if content is not None:
            settings.FIELD_KEYS_FILE.write_text(content)
        assert ids(checks.field_keys_are_there(None)) == {"trustledger.E006"}

    def test_are_refused_when_others_may_change_them(self, settings: Settings, tmp_path: Path) -> None:
        copy = tmp_path / "keys.json"
        copy.write_text(settings.FIELD_KEYS_FILE.read_text())
        copy.chmod(0o666)
        settings.FIELD_KEYS_FILE = copy
        assert ids(checks.field_keys_are_there(None)) == {"trustledger.E007"}


@pytest.fixture
def as_owner(owner: Owner) -> Iterator[None]:
    """Let this process run as the owner, as a careless operator would."""
    careful = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {"USER": owner.info.user, "PASSWORD": owner.info.password}
    yield
    connection.close()
    connection.settings_dict |= careful


@pytest.mark.django_db(transaction=True)
class TestServers:
    """Durability and rights of the database this process talks to."""

    def test_that_forget_are_refused(self, settings: Settings) -> None:
        """The scratch server of tests has all three settings off; one that the caller named may have them on."""
        settings.SCRATCH = False
        found = [message.msg for message in checks.server_is_durable(None, databases=["default"])]
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting(%s)", [name])
                is_off = cursor.fetchone() == ("off",)
            assert any(f"with {name} = off" in sentence for sentence in found) == is_off

    def test_are_not_served_as_the_owner(self, as_owner: None) -> None:
        assert findings() >= {"trustledger.E011", "trustledger.E012"}

    def test_are_not_served_with_a_grant_that_no_model_declares(self, owner: Owner) -> None:
        assert "trustledger.E012" not in findings()
        owner.execute("GRANT DELETE ON firms_auditevent TO PUBLIC")
        assert "trustledger.E012" in findings()

    def test_are_served_when_all_is_well(self) -> None:
        checks.refuse_unsafe()

    def test_stop_the_process_with_the_sentence(self, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
        settings.DEBUG = True
        with pytest.raises(SystemExit, match="does not start"):
            checks.refuse_unsafe()
        assert "DEBUG is on" in capsys.readouterr().err


class TestEntryPoints:
    """Web, worker and beat look before they serve."""

    @pytest.mark.parametrize(
        "command",
        [
            ["-c", "import trustledger.wsgi"],
            ["-m", "celery", "-A", "trustledger", "worker", "-c", "1"],
            ["-m", "celery", "-A", "trustledger", "beat", "--pidfile", "", "--schedule", "{folder}/beat"],
        ],
        ids=["web", "worker", "beat"],
    )
    def test_refuse_a_guessable_secret_key(
        self, django_db_setup: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
    ) -> None:
        monkeypatch.setenv("SECRET_KEY", "guess me")
        monkeypatch.setenv("DATABASE_URL", databases.address("DATABASE_URL", databases.WORKER))
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "trustledger.settings")
        arguments = [part.format(folder=tmp_path) for part in command]
        done = subprocess.run(
            [sys.executable, *arguments], cwd=databases.CHECKOUT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode != 0
        assert "SECRET_KEY is short or guessable" in done.stderr
        connections.close_all()
