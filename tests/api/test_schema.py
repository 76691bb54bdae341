"""The document of the API: complete, valid, and one way of saying amounts, dates, keys and refusals."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.core.management import call_command
from django.urls import get_resolver

from tests.cast import Cast
from tests.firms.cast import browser_of
from tests.firms.test_access import every_view

AMOUNTS = re.compile(r"(^|_)(amount|balance|held|available|debits?|credits?|deficit|cents|minimum|floor)$")
# Records, and what only a second person's confirmation turns into money (a proposal is posted with its own key).
MOVES_NO_MONEY = re.compile(
    r"/api/v1/(people|clients|matters|matters/{matter_id}/(start-closing|close|re-open)"
    r"|matters/{matter_id}/walls.*|trust-accounts|trust-accounts/{account_id}/(close|re-open)|operating-accounts|exceptions/.*|notices/.*|imports.*"
    r"|balance-checks|payees.*|absences.*|attachments"
    r"|time-entries/{time_id}/remove|invoices/{invoice_id}/(lines/{line_id}/remove|time|issue|void|withdraw-authorization)"
    r"|settlements/{settlement_id}/(lines/{deduction_id}/remove|issue|void|withdraw-authorization|settled-otherwise.*)"
    r"|deposit-slips/{slip_id}/close|transfer-batches/{item_id}/close|disbursement-requests/{request_id}/(reject|withdraw)|holds/{hold_id}/release"
    r"|journal-entries/{entry_id}/(notes|return)|reconciliations|reconciliations/re-open)"
)
REFUSALS = ("400", "401", "403", "404", "409")


@cache
def document() -> dict[str, Any]:
    """Return the document as it is served."""
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call,no-any-return]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (path, method, operation)."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (component, property, its schema)."""
    for component, schema in document()["components"]["schemas"].items():
        for name, said in schema.get("properties", {}).items():
            yield component, name, said


class TestTheDocument:
    def test_is_made_without_a_warning_and_is_valid(self, tmp_path: Any) -> None:
        call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))

    def test_names_every_operation_of_the_api(self) -> None:
        served = {
            (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{address}"), method.lower())
            for address, pattern in every_view(get_resolver().url_patterns)
            if address.startswith("api/v1/")
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
            if hasattr(getattr(pattern.callback, "cls", None), method.lower())
        }
        assert served == {(path, method) for path, method, _ in operations()}

    def test_names_each_operation_once(self) -> None:
        names = [operation["operationId"] for _, _, operation in operations()]
        assert sorted(set(names)) == sorted(names)

    def test_says_of_each_operation_what_it_does(self) -> None:
        assert [path for path, _, operation in operations() if not operation.get("description")] == []

    def test_gives_every_refusal_one_shape(self) -> None:
        for path, method, operation in operations():
            for status in REFUSALS:
                content = operation["responses"][status]["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Refusal"}, f"{method} {path} {status}"

    def test_says_amounts_as_decimal_strings(self) -> None:
        numbers = [
            f"{component}.{name}"
            for component, name, said in properties()
            if AMOUNTS.search(name)
            and "$ref" not in json.dumps(said)
            and not said.get("pattern", "").endswith(r"\.\d{2}$")
        ]
        assert numbers == []
        assert not any(said.get("type") == "number" for _, _, said in properties())

    def test_says_dates_and_instants_in_iso(self) -> None:
        formats = {"date": "date", "at": "date-time"}
        for component, name, said in properties():
            ending = name.rsplit("_", 1)[-1]
            if ending in formats and said.get("type") == "string":
                assert said["format"] == formats[ending], f"{component}.{name}"


class TestKeys:
    def test_are_asked_for_wherever_money_moves(self) -> None:
        silent = [path for path, method, said in operations() if method == "post" and not asks_for_a_key(said)]
        assert [path for path in silent if not MOVES_NO_MONEY.fullmatch(path)] == []

    def test_are_refused_as_malformed_when_they_are_missing(self, cast: Cast) -> None:
        for path, _, operation in operations():
            if asks_for_a_key(operation):
                answer = browser_of(cast.coordinator).post(re.sub(r"{\w+}", "1", path), {}, "application/json")
                assert answer.status_code in {400, 403, 404}, path
                assert answer.status_code != 400 or answer.json()["facts"], path


def asks_for_a_key(operation: dict[str, Any]) -> bool:
    """Say whether the operation's document requires the Idempotency-Key header."""
    return any(
        (said["in"], said["name"], said.get("required")) == ("header", "Idempotency-Key", True)
        for said in operation.get("parameters", ())
    )
