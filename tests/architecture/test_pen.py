"""A book has one pen: nothing but its functions writes what the web role may only read."""

import ast

import pytest
from django.apps import apps
from django.conf import settings

from tests.architecture.source import app_files, calls, files, place, writes_to

MONEY_APPS = ("ledgers", "billing", "disbursements", "reconciliation", "retainers")
HIDES_WRITE_SKEW = {"get_or_create", "update_or_create"}


def penned_models() -> set[str]:
    """Return the names of our models whose rows only functions of the database write."""
    models = (model for app in settings.OUR_APPS for model in apps.get_app_config(app).get_models())
    return {model.__name__ for model in models if getattr(model, "web_may", "write") in {"read", "none"}}


class TestWritesOutsideThePen:
    """Journal, balances, authorities and log are written by their functions only."""

    def test_are_nowhere_in_the_apps(self) -> None:
        names = penned_models()
        found = [place(path, call) for path in app_files() for call in writes_to(names, path.read_text())]
        assert not found

    @pytest.mark.parametrize(
        "planted",
        [
            "JournalEntry.objects.create(amount=1)",
            "JournalEntry.objects.filter(id=1).update(amount=1)",
            "JournalEntry(amount=1).save()",
        ],
    )
    def test_would_be_found(self, planted: str) -> None:
        assert writes_to({"JournalEntry"}, planted)

    def test_are_not_hidden_by_conflicts_that_are_ignored(self) -> None:
        """ON CONFLICT DO NOTHING hides write skew even under SERIALIZABLE (RELIABILITY D8)."""
        found = [
            place(path, call)
            for path in app_files(*MONEY_APPS)
            for call, method, _ in calls(path.read_text())
            if method in HIDES_WRITE_SKEW or any(word.arg == "ignore_conflicts" for word in call.keywords)
        ]
        assert not found


class TestTestsThemselves:
    """State comes from the domain's own functions (section 6)."""

    def test_write_no_rows_of_the_books_by_hand(self) -> None:
        names = penned_models()
        found = [
            place(path, call)
            for path in files(".py")
            if "tests" in path.parts and not {"rules", "faults"}.intersection(path.parts)
            for call in writes_to(names, path.read_text())
        ]
        assert not found


class TestTranslationOnly:
    """Pages and operations translate; the rules and questions lie below them (section 3)."""

    def test_pages_and_operations_ask_no_table_themselves(self) -> None:
        found = [
            place(path, node)
            for path in app_files()
            if {path.stem, path.parent.name}.intersection({"views", "api"})
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute) and node.attr == "objects"
        ]
        assert not found
