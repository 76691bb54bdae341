"""What writes asks for its token; what reads writes nothing; a token of the API never decides."""

from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, transaction
from django.test import Client

from firms.access import CAPABILITIES, AccessPermission, Policy
from firms.api_tokens import SCOPES, make_token
from firms.models import ApiToken, AuditEvent
from tests.access.addresses import addresses, each, numbers_of
from tests.access.test_matrix import JSON, asked
from tests.access.world import World
from tests.firms.cast import browser_of

NOTED = {"firms_auditevent", "firms_auditdetail", "firms_auditlink", "django_session", "usersessions_usersession"}
LOOKED = {"export", "view", "attachment.downloaded"}


def counted() -> dict[str, int]:
    """Return how many rows every table of ours has, but for the notes of who looked at what."""
    models = [model for model in apps.get_models() if model._meta.managed and model._meta.db_table not in NOTED]
    return {model._meta.db_table: model._default_manager.count() for model in models}


class TestPagesThatWrite:
    def test_refuse_a_form_without_its_token(self, world: World) -> None:
        browser, numbers = Client(enforce_csrf_checks=True), numbers_of(world, world.open)
        browser.force_login(world.people["coordinator"], backend="allauth.account.auth_backends.AuthenticationBackend")
        before, wrong = counted(), []
        for address, method in each(addresses()):
            if method == "get":
                continue
            sent = JSON if address.is_api else {}
            status = getattr(browser, method)(address.path(numbers), **sent).status_code
            if status not in {403, 405}:
                wrong.append(f"{method} /{address.route}: {status}")
        assert wrong == []
        assert counted() == before


class TestReading:
    @pytest.mark.parametrize("who", ["coordinator", "partner"])
    def test_writes_nothing(self, world: World, who: str) -> None:
        browser, numbers = browser_of(world.people[who]), numbers_of(world, world.open)
        before, last = counted(), AuditEvent.objects.latest("pk").pk
        for address in addresses():
            browser.get(address.path(numbers))
        assert counted() == before
        done = AuditEvent.objects.filter(pk__gt=last).exclude(action__in=LOOKED).exclude(subject_type__in=NOTED)
        assert [(event.action, event.subject_type) for event in done] == []


class TestTokens:
    def test_open_what_their_scope_says_and_never_a_decision(self, world: World) -> None:
        numbers, wrong = numbers_of(world, world.open), []
        for name in ("second_coordinator", "supervisor", "partner", "attorney", "administrator"):
            person = world.people[name]
            held = {
                capability for role in CAPABILITIES if role in roles_of(person) for capability in CAPABILITIES[role]
            }
            _, secret = make_token(person, "all", [scope.value for scope in SCOPES])
            for address, method in each([address for address in addresses() if address.is_api]):
                policy = needed(address.policy, method)
                allowed = any(need in held and not getattr(need, "is_decision", True) for need in policy.needs)
                client = Client(headers={"Authorization": f"Bearer {secret}"})
                status = asked(client, address, method, numbers).status_code
                stricter = status == 403 and "/reports/" in address.route
                if (status == 403) == allowed and not stricter:
                    wrong.append(f"{name} {method} /{address.route}: {status}")
        assert wrong == []

    def test_open_nothing_without_a_scope(self, world: World) -> None:
        numbers = numbers_of(world, world.open)
        _, secret = make_token(world.people["second_coordinator"], "none", [])
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        for address, method in each([address for address in addresses() if address.is_api]):
            assert asked(client, address, method, numbers).status_code == 403, address.route

    def test_cannot_be_given_a_decision_afterwards(self, world: World) -> None:
        token, _ = make_token(world.people["attorney"], "forged", ["books:read"])
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            ApiToken.objects.filter(pk=token.pk).update(scopes=["books:read", "decide:money"])

    @pytest.mark.parametrize("name", ["token", "access_token", "api_token", "key", "Authorization"])
    def test_in_the_address_are_ignored(self, world: World, name: str) -> None:
        _, secret = make_token(world.people["second_coordinator"], "leaky", ["books:read"])
        for said in (secret, f"Bearer {secret}"):
            assert Client().get("/api/v1/client-ledgers", {name: said}).status_code == 401


def needed(policy: Any, method: str) -> Policy:
    """Return what a method of an operation needs."""
    assert issubclass(policy, AccessPermission)
    policies: Policy = policy.policy if method == "get" or policy.write_policy is None else policy.write_policy
    return policies


def roles_of(person: Any) -> set[str]:
    """Return the roles a person was given."""
    return set(person.role_grants.filter(revoked_at__isnull=True).values_list("role", flat=True))
