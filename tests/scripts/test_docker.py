"""What production on one machine is made of: docker-compose.yml and the secrets it mounts."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from pytest_django import Settings

from tests.databases import CHECKOUT
from trustledger.checks import field_keys_are_there

OURS = ("migrate", "web", "worker", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Read docker-compose.yml."""
    found: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
    return found


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Make the secrets in a folder of their own."""
    shutil.copytree(CHECKOUT / "scripts" / "docker", tmp_path / "scripts" / "docker")
    env = os.environ | {"EMAIL_URL": "smtp+tls://u:p@mail.example.com:587"}
    subprocess.run([tmp_path / "scripts" / "docker" / "make-secrets"], env=env, check=True)
    return tmp_path / "secrets"


class TestSecrets:
    """What scripts/docker/make-secrets makes."""

    def test_are_all_that_the_compose_file_mounts(self, secrets: Path, compose: dict[str, Any]) -> None:
        mounted = {Path(secret["file"]).name for secret in compose["secrets"].values()}
        assert mounted == {file.name for file in secrets.iterdir()}

    def test_lie_in_a_closed_folder_and_are_never_made_twice(self, secrets: Path) -> None:
        assert secrets.stat().st_mode & 0o777 == 0o700
        before = (secrets / "web_password").read_text()
        again = subprocess.run(
            [secrets.parent / "scripts" / "docker" / "make-secrets"], capture_output=True, text=True, check=False
        )
        assert again.returncode == 1
        assert "nothing was changed" in again.stderr
        assert (secrets / "web_password").read_text() == before

    def test_name_the_two_roles_with_the_passwords_the_database_gives_them(self, secrets: Path) -> None:
        for role, name in (("trustledger_owner", "owner"), ("trustledger_web", "web")):
            file = "owner_database_url" if name == "owner" else "database_url"
            address = urlsplit((secrets / file).read_text())
            assert (address.username, address.hostname) == (role, "postgres")
            assert address.password == (secrets / f"{name}_password").read_text()

    def test_hold_field_keys_that_the_start_up_check_accepts(self, secrets: Path, settings: Settings) -> None:
        settings.FIELD_KEYS_FILE = secrets / "field-keys.json"
        assert field_keys_are_there(None) == []


class TestCompose:
    """Who gets what."""

    def test_gives_the_owners_password_to_the_migration_alone(self, compose: dict[str, Any]) -> None:
        holders = {name for name, service in compose["services"].items() if "owner_database_url" in service["secrets"]}
        assert holders == {"migrate"}

    @pytest.mark.parametrize("name", [*OURS, "valkey"])
    def test_runs_without_capabilities_on_a_file_system_it_cannot_write(
        self, compose: dict[str, Any], name: str
    ) -> None:
        service = compose["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]

    def test_lets_nothing_but_the_web_process_be_reached(self, compose: dict[str, Any]) -> None:
        reachable = {name for name, service in compose["services"].items() if service.get("ports")}
        assert reachable == {"web"}
        assert compose["networks"]["data"] == {"internal": True}

    def test_starts_the_application_only_after_the_migration(self, compose: dict[str, Any]) -> None:
        for name in ("web", "worker", "beat"):
            condition = compose["services"][name]["depends_on"]["migrate"]["condition"]
            assert condition == "service_completed_successfully"
