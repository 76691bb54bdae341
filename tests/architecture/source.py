"""The project's own files, as the tests of its house rules read them."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_OURS = {"vendor", "var", "secrets", "staticfiles", "shots", "__pycache__"}
WRITES = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create", "save"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*endings: str) -> list[Path]:
    """Return the project's own files with one of these endings, no vendored and no installed ones."""
    found = []
    for folder, below, names in os.walk(CHECKOUT):
        below[:] = sorted(name for name in below if name not in NOT_OURS and not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if name.endswith(endings)]
    return found


def app_files(*apps: str) -> list[Path]:
    """Return the Python files of these apps (all of ours by default), without migrations."""
    wanted = apps or (*settings.OUR_APPS, "trustledger")
    return [
        path
        for path in files(".py")
        if path.relative_to(CHECKOUT).parts[0] in wanted and "migrations" not in path.parts
    ]


def place(path: Path, node: ast.expr | ast.stmt | None = None) -> str:
    """Return where something is, as an editor understands it."""
    return f"{path.relative_to(CHECKOUT)}:{node.lineno if node else 1}"


def functions(path: Path) -> Iterator[Function]:
    """Yield every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Return the lines of a function from its `def` to its end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def calls(text: str) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield every method call of a source text with the name of the method and the name the expression starts from."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            root: ast.expr = node.func.value
            while isinstance(root, ast.Attribute | ast.Call):
                root = root.value if isinstance(root, ast.Attribute) else root.func
            yield node, node.func.attr, root.id if isinstance(root, ast.Name) else ""


def writes_to(names: set[str], text: str) -> list[ast.Call]:
    """Return the calls in a source text that write rows of the models so named."""
    return [call for call, method, root in calls(text) if method in WRITES and root in names]
