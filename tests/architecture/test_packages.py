"""Where code may be, and what it stands on."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.architecture.source import CHECKOUT, app_files, files, place

FORBIDDEN_NAMES = {"core", "common", "utils", "helpers", "services", "signals"}
WEB = ("django.http", "django.shortcuts", "django.views", "rest_framework", "celery", "django.core.mail")
WEB_MODULES = {"views", "api", "tasks", "urls", "api_urls", "forms", "gate", "access", "sign_in", "apps", "admin"}


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def imported(path: Path) -> set[str]:
    """Return the modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


class TestOrderOfTheHouse:
    """Every package has its place in the order of imports."""

    def test_names_every_package_there_is(self) -> None:
        packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")} - {"tests"}
        contracts = project()["tool"]["importlinter"]
        layers = " | ".join(contracts["contracts"][0]["layers"]).split(" | ")
        assert packages == set(contracts["root_packages"]) == set(layers)
        assert packages == {*settings.OUR_APPS, "trustledger"}

    def test_has_no_drawer_for_odds_and_ends(self) -> None:
        assert not [place(path) for path in app_files() if {path.stem, *path.parts[-2:-1]} & FORBIDDEN_NAMES]

    def test_is_not_passed_by_in_migrations(self) -> None:
        """A migration imports no app code (section 7), save model fields it must name."""
        migrations = [path for path in files(".py") if "migrations" in path.parts]
        assert migrations
        ours = tuple(f"{app}." for app in settings.OUR_APPS)
        found = [
            f"{place(path)} {name}"
            for path in migrations
            for name in imported(path)
            if name.startswith(ours) and not name.startswith(("ledgers.money", "firms.models", "ledgers.models"))
        ]
        assert not found

    def test_keeps_web_and_queue_out_of_models_and_questions(self) -> None:
        found = [
            f"{place(path)} {name}"
            for path in app_files()
            if {path.stem, path.parent.name} & {"models", "queries"}
            for name in imported(path)
            if name.startswith(WEB)
        ]
        assert not found


class TestLocks:
    """What is installed is exactly what was reviewed, from wherever it comes."""

    def test_hold_no_address(self) -> None:
        for lock in (CHECKOUT / "requirements").glob("*.txt"):
            assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", lock.read_text()), lock.name

    def test_pin_every_package_with_hashes(self) -> None:
        for lock in (CHECKOUT / "requirements").glob("*.txt"):
            pins = re.split(r"\n(?=\S)", lock.read_text().strip())
            assert all("==" in pin and "--hash=sha256:" in pin for pin in pins), lock.name

    def test_agree_with_pyproject(self) -> None:
        declared = project()
        groups = declared["dependency-groups"]
        run = [*declared["project"]["dependencies"], *groups["embedded"]]
        wanted = {
            "prod": declared["project"]["dependencies"],
            "run": run,
            "test": [*run, *groups["test"], *groups["lint"]],
        }
        for name, requirements in wanted.items():
            locked = set(
                re.findall(r"^([a-z0-9-]+)==", (CHECKOUT / f"requirements/{name}.txt").read_text(), re.MULTILINE)
            )
            asked = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in requirements}  # type: ignore[index]
            assert asked <= locked, name

    def test_of_run_and_test_hold_what_production_runs(self) -> None:
        pins = {
            name: set(re.findall(r"^(\S+==\S+)", (CHECKOUT / f"requirements/{name}.txt").read_text(), re.MULTILINE))
            for name in ("prod", "run", "test")
        }
        assert pins["prod"] <= pins["run"] <= pins["test"]


class TestRepository:
    """What may not be committed."""

    def test_holds_no_machine_path_and_no_key(self) -> None:
        pattern = re.compile(r"/(work|opt/pypi|opt/wheels)/|BEGIN [A-Z ]*PRIVATE KEY|sk_live_")
        found = [place(path) for path in files(".py", ".sh", ".toml", ".txt", ".yml", ".md") if path != Path(__file__)]
        assert not [where for where in found if pattern.search((CHECKOUT / where.rsplit(":", 1)[0]).read_text())]
