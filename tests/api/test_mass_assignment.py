"""What the product decides itself is never taken from what is sent: who did it, when, its state, its balance, its hash.

Every writing operation is asked twice, the second time with every column of every table sent along that its document
does not name; both times the books hold the same afterwards, and nothing of what was smuggled in.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.db import models, transaction
from django.test import Client as Browser

from firms.clock import today
from ledgers.forms.parties import BankForm
from tests.access.addresses import numbers_of
from tests.access.world import World
from tests.api.test_schema import document, operations
from tests.firms.cast import browser_of

SMUGGLED_DAY, SMUGGLED_NUMBER, SMUGGLED_WORD = date(1999, 9, 9), 777_777_777, "smuggled"
OURS = ("firms", "ledgers", "billing", "disbursements", "reconciliation", "retainers", "notifications", "compliance")
NOT_THEIRS = re.compile(
    r"(^|_)(id|uid|by|at|hash|encrypted|fingerprint|seq|superuser|staff)$"
    r"|^(actor|requester|approver|author|second_person|authority|entry|balance|held|available|deficit|roles|password"
    r"|posted|approved|last_four|solo(_policy)?|result|source|request_id|proof|refusal|database_role)$"
)
# What was shown is sent back with a decision, to be compared; who disputes money is nobody of the firm: it is typed.
SHOWN = {"content_hash", "shown_hash", "disputed_by"}


def written(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that may be sent to an operation, those of parts too."""
    found: dict[str, Any] = {}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        waiting = [content["schema"]]
        while waiting:
            schema = waiting.pop()
            if "$ref" in schema:
                schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
            own = {name: one for name, one in schema.get("properties", {}).items() if not one.get("readOnly")}
            waiting += [*own.values(), *schema.get("allOf", []), *([schema["items"]] if "items" in schema else [])]
            found |= own
    return found


def columns() -> dict[str, Any]:
    """Return every column of our tables, by both of its names, with a value of its kind that is nowhere."""
    found: dict[str, Any] = {}
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for field in model._meta.local_fields:
            found[field.name] = found[field.attname] = smuggled(field)
    return found | {
        "approved": True,
        "posted": True,
        "balance": "777777.77",
        "roles": ["partner"],
        "is_superuser": True,
    }


def smuggled(field: Any) -> Any:
    """Return a value that the field would take."""
    if field.choices:
        return list(field.choices)[-1][0]
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.DateTimeField):
        return f"{SMUGGLED_DAY.isoformat()}T00:00:00Z"
    if isinstance(field, models.DateField):
        return SMUGGLED_DAY.isoformat()
    is_number = isinstance(field, (models.IntegerField, models.ForeignKey))
    return SMUGGLED_NUMBER if is_number else SMUGGLED_WORD


def bodies(world: World) -> dict[str, dict[str, Any]]:
    """Return, by operation, what makes it write something."""
    numbers, day = numbers_of(world, world.open), today().isoformat()
    words = {"amount": "12.50", "purpose": "Filing", "reference": "R-1"}
    attorney = world.people["other_attorney"].pk
    bank = {"bank_name": "Bank", "routing_number": "021000021", "account_number": "55501234", "opened_date": day}
    matter = {"client": numbers["client_id"], "description": "New", "responsible_attorney": attorney}
    return {
        "bank_events_create": {"kind": "bank_event", "ledger": numbers["ledger_id"], "book_date": day,
                               "amount": "-1.00", "advice": "Advice"},
        "clients_create": {"name": "New Client"},
        "clients_partial_update": {"version": world.open.client.version, "phone": "555"},
        "deposit_slips_create": {"trust_account": numbers["trust_account"], "date": day},
        "deposit_slips_close": {"date": day},
        "disbursement_requests_create": {"ledger": numbers["ledger_id"], "payee": "Court", "method": "check", **words},
        "holds_create": {"ledger": numbers["ledger_id"], "kind": "manual", "amount": "1.00", "reason": "Because"},
        "holds_release": {"evidence": "The bank said so"},
        "journal_entries_notes_create": {"text": "A note"},
        "journal_entries_return": {"book_date": day, "advice": "Advice",
                                   "shares": [{"ledger": numbers["ledger_id"], "amount": "1.00"}]},
        "journal_entries_reverse": {"book_date": day, "reason": "Never true"},
        "matters_create": {"number": "N-1", "opened_date": day, "trust_accounts": [numbers["trust_account"]], **matter},
        "matters_walls_create": {"person": world.people["auditor"].pk, "reason": "Conflict"},
        "operating_accounts_create": {"name": "Payroll", "title": "Whitfield & Marsh LLP Payroll", **bank},
        "operating_accounts_partial_update": {"version": world.cast.operating.version, "name": "Operating 2"},
        "payees_create": {"name": "New Payee"},
        "payees_partial_update": {"version": 1, "notes": "Window 4"},
        "payees_bank_details_create": {
            "called_person": "Rosa Diaz", "called_number": "555 0100", "called_when": f"{day}T00:00:00Z",
            **{name: value for name, value in bank.items() if name != "opened_date"},
        },
        "people_create": {"full_name": "New Person", "email": "new@person.example"},
        "receipts_create": {"trust_account": numbers["trust_account"], "book_date": day, "method": "wire",
                            "payer": "Payer", "shares": [{"matter": numbers["matter_id"], "amount": "3.00"}]},
        **billing_bodies(world, numbers, day),
        "transfers_create": {"ledger": numbers["ledger_id"], "to_account": world.cast.second_account.pk, **words},
        "trust_accounts_create": {"name": "New", "kind": "pooled", "title": "Whitfield & Marsh LLP IOLTA New",
                                  "state": "NY", **bank},
        "trust_accounts_partial_update": {"version": world.cast.account.version, "name": "IOLTA One"},
    }  # fmt: skip


def check_bodies(numbers: dict[str, Any], day: str) -> dict[str, dict[str, Any]]:
    """Return what makes the operations of checks write something."""
    account = numbers["trust_account"]
    return {
        "checks_issue": {"trust_account": account, "entries": [numbers["payment"]]},
        "checks_written": {"payment": numbers["payment"], "number": 1020, "check_date": day},
        "checks_blanks": {"trust_account": account, "reason": "Test print"},
        "checks_spoil": {"reason": "The printer ate it"},
        "checks_stop": {"reason": "Lost in the mail", "bank_reference": "SP-1"},
        "checks_undo": {"book_date": day, "reason": "Never cashed"},
        "check_numbers_set": {"first_number": 5001},
        "clearances_create": {"entries": [numbers["payment"]], "bank_date": day, "reference": "Line 14"},
    }


def billing_bodies(world: World, numbers: dict[str, Any], day: str) -> dict[str, dict[str, Any]]:
    """Return what makes the operations of time write something."""
    return check_bodies(numbers, day) | {
        "time_entries_create": {"person": world.people["attorney"].pk, "matter": numbers["matter_id"], "date": day,
                                "hours": "0.40", "rate": "300.00", "narrative": "Call"},
        "time_entries_partial_update": {"version": 1, "hours": "0.50"},
        "invoices_add_time": {"entries": [numbers["time_id"]]},
        "invoices_create": {"matter": numbers["matter_id"], "date": day, "due_date": day},
        "invoices_issue": {"version": 2},
        "invoices_lines_create": {"kind": "fee", "date": day, "description": "Flat fee", "amount": "5.00"},
        "invoices_partial_update": {"version": 2, "due_date": day, "note": "Thank you"},
        "invoices_approve": {"evidence": "Letter"},
        "invoices_object": {"evidence": "Letter"},
        "invoices_void": {"version": 2, "reason": "Wrong client"},
        "time_entries_remove": {"version": 1, "reason": "Never worked"},
    }  # fmt: skip


def sent_along(body: Any, more: dict[str, Any]) -> Any:
    """Return what is sent with more in it, and in its parts; what is said already stays."""
    if isinstance(body, list):
        return [sent_along(one, more) for one in body]
    return more | {name: sent_along(one, more) for name, one in body.items()} if isinstance(body, dict) else body


Rows = dict[str, dict[Any, dict[str, Any]]]


def rows() -> Rows:
    """Return every row of ours."""
    found: Rows = {}
    for model in apps.get_models():
        if model._meta.app_label in OURS and model._meta.managed:
            found[model._meta.db_table] = {row["pk"]: row for row in model._default_manager.values("pk", *named(model))}
    return found


def named(model: type[models.Model]) -> list[str]:
    """Return the columns of a model."""
    return [field.attname for field in model._meta.local_concrete_fields]


def done(browser: Browser, method: str, path: str, body: dict[str, Any], before: Rows) -> tuple[int, Any]:
    """Return the status, and what was written; then undo it."""
    undo = transaction.savepoint()
    try:
        headers = {"Idempotency-Key": "mass"}
        status = getattr(browser, method)(path, body, "application/json", headers=headers).status_code
        after = rows()
    finally:
        transaction.savepoint_rollback(undo)
    changed = {
        table: [row for pk, row in sorted(found.items(), key=lambda one: one[0]) if before[table].get(pk) != row]
        for table, found in after.items()
    }
    return status, changed


def differences(first: Any, again: Any, smuggling: Any) -> list[str]:
    """Return where the third deed differs from the first two, but for columns in which those differ themselves."""
    found = []
    for table, kept in first.items():
        if len(smuggling[table]) != len(kept):
            found.append(f"{table}: {len(smuggling[table])} rows instead of {len(kept)}")
        for one, two, three in zip(kept, again[table], smuggling[table], strict=False):
            found += [f"{table}.{name}" for name in one if one[name] == two[name] and one[name] != three[name]]
            if f"{SMUGGLED_NUMBER}" in str(three) or SMUGGLED_WORD in str(three) or SMUGGLED_DAY in three.values():
                found.append(f"{table} keeps what was smuggled: {three}")
    return found


TO_AN_ISSUED_INVOICE = frozenset({"invoices_approve", "invoices_object"})


class TestWhatIsSentAlong:
    @pytest.mark.parametrize("part", range(2))
    def test_is_never_taken(self, world: World, part: int) -> None:
        numbers, said, everything, wrong = numbers_of(world, world.open), bodies(world), columns(), []
        browsers = [browser_of(world.people[name]) for name in ("second_coordinator", "supervisor", "administrator")]
        before = rows()
        for path, method, operation in [one for one in operations() if one[1] != "get"][part::2]:
            name, body = operation["operationId"], said.get(operation["operationId"], {})
            account = numbers["operating_account" if "operating" in path else "trust_account"]
            invoice = {"invoice_id": numbers["issued_id"]} if name in TO_AN_ISSUED_INVOICE else {}
            address = path.format(**(numbers | invoice), account_id=account)
            more = {column: value for column, value in everything.items() if column not in written(operation)}
            for browser in browsers:
                status, first = done(browser, method, address, body, before)
                if status != 403:
                    break
            again = done(browser, method, address, body, before)[1]
            asked, smuggling = done(browser, method, address, sent_along(body, more), before)
            if asked not in {status, 400}:
                wrong.append(f"{name}: {status}, with more {asked}")
            wrong += [f"{name}: {one}" for one in differences(first, again, smuggling) if asked != 400]
            if name in said and status not in {200, 201, 202}:
                wrong.append(f"{name}: writes nothing ({status})")
        assert wrong == []


class TestFields:
    def test_of_an_operation_name_nothing_that_the_product_decides(self) -> None:
        assert theirs((said["operationId"], name) for _, _, said in operations() for name in written(said)) == []

    def test_of_a_form_name_nothing_that_the_product_decides(self) -> None:
        assert BankForm in every_form(forms.BaseForm)
        ours = [form for form in every_form(forms.BaseForm) if form.__module__.split(".")[0] in OURS]
        named = [(form.__name__, name) for form in ours for name in getattr(form, "base_fields", {})]
        assert theirs(one for one in named if "Filter" not in one[0]) == []


def theirs(named: Iterable[tuple[str, str]]) -> list[str]:
    """Return which of the fields only the product may fill."""
    return sorted(f"{of}.{name}" for of, name in named if NOT_THEIRS.search(name) and name not in SHOWN)


def every_form(kind: Any) -> set[Any]:
    """Return a class's subclasses, all the way down."""
    return {one for child in kind.__subclasses__() for one in {child, *every_form(child)}}
