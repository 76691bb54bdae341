"""Schemathesis asks every operation what its document allows, and what it does not: no fault, no answer out of shape.

Bounded and always the same: a few examples of each, derandomized (no constants either of whatever modules happen to be
loaded), undone after each. Every second one is about things
that are there: numbers in the address and in what is sent are exchanged for those of a matter that the callers see.
"""

import functools
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from django.conf import settings as product
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.utils.crypto import get_random_string
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies import SearchStrategy, tuples
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi import checks

from firms.api_tokens import SCOPES, make_token
from firms.clock import today
from tests.access.addresses import numbers_of
from tests.access.world import World
from tests.api.test_schema import document, operations
from tests.firms.cast import browser_of

PARTS = 4  # so that several workers share the operations
BOUNDED = settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
HELD = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


class Product(WSGIHandler):
    """The product as a server calls it, on the connection of the test."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer whole; Django closes connections around a request, and that of a test must stay."""
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            answer = super().__call__(environ, start_response)
            body = list(answer)
            answer.close()
            return body
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)


@functools.cache
def schema() -> Any:
    """Return the document as Schemathesis reads it."""
    signing_in_ourselves = ProjectConfig(generation=GenerationConfig(with_security_parameters=False))
    config = SchemathesisConfig(seed=1, projects=ProjectsConfig(default=signing_in_ourselves))
    read = schemathesis.openapi.from_dict(document(), config=config)
    read.app = Product()
    return read


@pytest.fixture(scope="module")
def found() -> list[Any]:
    """Read the document before a transaction begins, which the database ends where it idles for half a minute."""
    return [operation.ok() for operation in schema().get_all_operations()]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep hundreds of refused requests out of the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def repeatable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Draw no constants of the modules that this process has loaded: which they are depends on the tests before."""
    monkeypatch.setattr(providers, "_get_local_constants", Constants)
    providers.CONSTANTS_CACHE.cache.clear()
    yield
    providers.CONSTANTS_CACHE.cache.clear()


def callers(world: World) -> list[dict[str, Any]]:
    """Return who asks, so that each policy lets one of them in: a token first, then people's own sessions."""
    _, secret = make_token(world.people["second_coordinator"], "fuzz", [scope.value for scope in SCOPES])
    found: list[dict[str, Any]] = [{"headers": {"Authorization": f"Bearer {secret}"}}]
    for name in ("supervisor", "other_attorney", "administrator"):
        session = browser_of(world.people[name]).cookies[product.SESSION_COOKIE_NAME].value
        proof = get_random_string(CSRF_SECRET_LENGTH)
        cookies = {product.SESSION_COOKIE_NAME: session, product.CSRF_COOKIE_NAME: proof}
        found.append({"cookies": cookies, "headers": {"X-CSRFToken": proof}})
    return found


def real(sent: Any, numbers: dict[str, Any]) -> Any:
    """Return what is sent with numbers of things that are there."""
    if isinstance(sent, list):
        return [real(one, numbers) for one in sent]
    if isinstance(sent, dict):
        return {name: numbers.get(name, real(one, numbers)) for name, one in sent.items()}
    return sent


def asked(case: Any, **asking: Any) -> Any:
    """Ask once and undo whatever it did."""
    undo = transaction.savepoint()
    try:
        return case.call(**asking)
    finally:
        transaction.savepoint_rollback(undo)


def cases(operation: Any, there: dict[str, Any]) -> SearchStrategy[Any]:
    """Return what an operation is asked: what its document allows, of things that are there or not, and what not."""
    drawn = functools.partial(operation.as_strategy, feedback=FeedbackSources())
    fitting = wrong = drawn()
    if operation.path_parameters or operation.query or operation.headers or operation.body:
        wrong = drawn(GenerationMode.NEGATIVE)
    of_things = drawn(path_parameters=there) if operation.path_parameters else fitting
    return tuples(of_things, of_things, fitting, wrong)


def faults_of(
    operation: Any, numbers: dict[str, Any], values: dict[str, Any], asking: list[dict[str, Any]]
) -> list[str]:
    """Return what is wrong with the answers of an operation; whoever is let in first goes on asking."""
    found: list[str] = []
    account = numbers["operating_account" if "operating" in operation.path else "trust_account"]
    there = {name: (numbers | {"account_id": account})[name] for name in re.findall(r"{(\w+)}", operation.path)}

    @BOUNDED
    @given(cases(operation, there))
    def ask(drawn: tuple[Any, ...]) -> None:
        for place, case in enumerate(drawn):
            if place < 2:
                case.body = real(case.body, numbers if place else numbers | values)
                case.headers["Idempotency-Key"] = "fuzz"
            answer = next(
                (said for who in asking if (said := asked(case, **who)).status_code != HTTPStatus.FORBIDDEN), None
            )
            if answer is None:
                found.append(f"{operation.label}: nobody is let in")
                return
            try:
                case.validate_response(answer, checks=HELD)
            except FailureGroup as wrong:
                found.extend(f"{operation.label} {answer.status_code}: {one}" for one in wrong.exceptions)
        drawn[0].query = {}  # a NUL there is malformed whoever asks
        if (answer := asked(drawn[0])).status_code != HTTPStatus.UNAUTHORIZED:
            found.append(f"{operation.label}: answers {answer.status_code} to nobody")

    ask()
    return found


def plausible(world: World) -> dict[str, Any]:
    """Return what a program in its senses sends, by name."""
    day, attorney, account = today().isoformat(), world.people["other_attorney"].pk, world.others["trust_account"]
    dates = {"book_date": day, "date": day, "on_date": day, "until": None, "month": "2026-01-01"}
    people = {"responsible_attorney": attorney, "billing_attorney": attorney, "alternate_attorney": None}
    bank = {"account_number": "123456789", "routing_number": "021000021", "trust_accounts": [account]}
    return {"amount": "12.50", "version": 1, **dates, **people, **bank}


def numbers_by_every_name(world: World) -> dict[str, Any]:
    """Return the numbers of things that are there, by the names of addresses and of what is sent."""
    numbers = numbers_of(world, world.open)
    return numbers | {name.removesuffix("_id"): number for name, number in numbers.items() if name.endswith("_id")}


class TestEveryOperation:
    @pytest.mark.parametrize("part", range(PARTS))
    def test_keeps_to_its_document(self, found: list[Any], world: World, part: int) -> None:
        numbers, values, asking = numbers_by_every_name(world), plausible(world), callers(world)
        assert len(found) == len(list(operations()))
        assert [fault for one in found[part::PARTS] for fault in faults_of(one, numbers, values, asking)] == []
