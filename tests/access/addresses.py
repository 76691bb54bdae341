"""Every address of the product: what its numbers stand for, who may open it, and how its answers are compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import URLPattern, get_resolver

from firms.access import AccessPermission, Policy
from firms.gate import policy_of
from firms.models import Person
from tests.access.world import MISSING, Side, World
from tests.firms.test_access import REFUSED_FOR_EVERYBODY, every_view

OF_A_MATTER = frozenset(
    {"client_id", "matter_id", "ledger_id", "entry_id", "hold_id", "request_id", "proposal_id", "slip_id", "wall_id",
     "exception_id", "notice_id", "fee_id", "link_id", "time_id", "invoice_id", "line_id", "check_id", "batch_id",
     "attachment_id", "bill_id", "settlement_id", "deduction_id", "otherwise_id"}
)  # fmt: skip
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
OF_THE_FRAMEWORK = ("account/", "api/schema/", "healthz", "demonstration/")


@dataclass(frozen=True)
class Address:
    """A route with its parameters, in the order of the address."""

    route: str
    pattern: URLPattern
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        """Whether programs call it."""
        return self.route.startswith("api/")

    @property
    def policy(self) -> Any:
        """Who may open it, as the view declares."""
        return policy_of(self.pattern.callback)

    @property
    def is_of_a_matter(self) -> bool:
        """Whether it shows something that belongs to a matter."""
        return bool(OF_A_MATTER & set(self.parameters)) and "unidentified" not in self.route

    def path(self, numbers: dict[str, Any]) -> str:
        """Return the address with these numbers in it."""
        return "/" + PARAMETER.sub(lambda found: str(numbers[self.meaning(found[2])]), self.route)

    def meaning(self, parameter: str) -> str:
        """Return what a parameter stands for in this address."""
        if parameter == "account_id":
            return "operating_account" if "operating" in self.route else "trust_account"
        if "put-back" in self.route:
            return "fee_id"
        return "unidentified" if "unidentified" in self.route and parameter == "entry_id" else parameter

    def allows(self, person: Person, method: str) -> bool:
        """Say whether the declared policy lets a person use a method."""
        policy = self.policy
        if isinstance(policy, Policy):
            return policy.allows(person)
        assert issubclass(policy, AccessPermission)
        writes = method != "get" and policy.write_policy is not None
        needed = policy.write_policy if writes else policy.policy
        assert needed is not None
        return bool(needed.allows(person))


def addresses() -> list[Address]:
    """Return every address of ours; those of the sign-in have their own tests."""
    return [
        Address(route, pattern, tuple(found[1] for found in PARAMETER.findall(route)))
        for route, pattern in every_view(get_resolver().url_patterns)
        if not route.startswith(OF_THE_FRAMEWORK)
        and not route.startswith(settings.STATIC_URL.lstrip("/"))
        and pattern.name not in REFUSED_FOR_EVERYBODY
    ]


def numbers_of(world: World, side: Side) -> dict[str, Any]:
    """Return the numbers of one side of the wall, and those that have no side."""
    return {**world.others, **side.numbers}


def numbers_missing(world: World) -> dict[str, Any]:
    """Return numbers that nothing has, where something of a matter is meant."""
    return {**world.others, **dict.fromkeys(OF_A_MATTER, MISSING)}


def body_of(answer: HttpResponseBase) -> bytes:
    """Return all that was answered, streamed or not."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def comparable(answer: HttpResponseBase) -> tuple[int, str, str]:
    """Return status, body and destination without the number of the request, the form's token, and the number asked."""
    text = body_of(answer).decode(errors="replace")
    text = re.sub(r"[0-9a-f]{32}", "-", text)
    text = re.sub(r'(csrfmiddlewaretoken" value="|nonce="|"X-CSRFToken": ")[^"]*', r"\1", text)
    return answer.status_code, text, answer.headers.get("Location", "")


def each(found: list[Address]) -> Iterator[tuple[Address, str]]:
    """Yield every address with every method it takes; a page is asked both ways, and refuses the wrong one itself."""
    for address in found:
        operations = getattr(address.pattern.callback, "cls", None)
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(operations, method) if address.is_api else method in ("get", "post"):
                yield address, method
