"""Numbers that keep the house readable (ARCHITECTURE section 8)."""

import ast

from tests.architecture.source import CHECKOUT, Function, app_files, files, functions, length, place

GENERATED = {"static/icons.svg"}


def is_task(function: Function) -> bool:
    """Tell whether a function is a Celery task."""
    return any("task" in ast.unparse(decorator) for decorator in function.decorator_list)


def too_long(limit: int, *names: str) -> list[str]:
    """Return the functions over a limit in the modules (or packages) so named."""
    return [
        f"{place(path, function)} {function.name}: {length(function)}"
        for path in app_files()
        if {path.stem, path.parent.name}.intersection(names)
        for function in functions(path)
        if length(function) > limit
    ]


class TestSizes:
    """Nothing grows beyond what a reader holds in mind."""

    def test_of_files_are_at_most_400_lines(self) -> None:
        endings = (".py", ".sql", ".css", ".js", ".sh")
        long = {
            place(path): count
            for path in files(*endings)
            if "migrations" not in path.parts and (count := len(path.read_text().splitlines())) > 400
        }
        assert not long

    def test_of_no_file_tell_of_two_versions_at_once(self) -> None:
        """A conflict that git left in a template is a page that shows both."""
        marks = ("\n" + "<" * 7 + " ", "\n" + ">" * 7 + " ")
        kinds = (".html", ".txt", ".md", ".py", ".sql", ".css", ".js", ".json", ".toml", ".yml", ".sh")
        assert not [place(path) for path in files(*kinds) if any(mark in path.read_text() for mark in marks)]

    def test_of_functions_are_at_most_40_lines(self) -> None:
        assert not [
            f"{place(path, function)} {function.name}: {length(function)}"
            for path in files(".py")
            if "migrations" not in path.parts
            for function in functions(path)
            if length(function) > 40
        ]

    def test_of_views_and_operations_are_at_most_25_lines(self) -> None:
        assert not too_long(25, "views", "api")

    def test_of_tasks_are_at_most_10_lines(self) -> None:
        assert not [
            f"{place(path, function)} {function.name}: {length(function)}"
            for path in app_files()
            if path.stem == "tasks"
            for function in functions(path)
            if is_task(function) and length(function) > 10
        ]

    def test_of_templates_are_at_most_150_lines(self) -> None:
        templates = [path for path in files(".html") if "templates" in path.parts]
        assert templates
        assert not [place(path) for path in templates if len(path.read_text().splitlines()) > 150]


class TestComponents:
    """What appears twice is a component, and says what it takes."""

    def test_open_with_the_list_of_their_variables(self) -> None:
        components = sorted((CHECKOUT / "templates" / "components").glob("**/*.html"))
        assert components
        assert not [
            place(path) for path in components if not path.read_text().lstrip().startswith(("{#", "{% comment %}"))
        ]
