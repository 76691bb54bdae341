"""I9: whatever changes between the letter and the decision, the link lets nothing out: one test per content field.

Each twice: the requester changes the request, as people do; and the row itself is forged past its guard.
Rule: SPEC section 2, I9; RELIABILITY D18.
"""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from disbursements.approval import approve
from disbursements.attachments import store_attachment
from disbursements.links import issue_link, link_of, note_opened
from disbursements.models import ApprovalLink, DisbursementRequest, State
from disbursements.payees import record_payee
from disbursements.requests import change_request, request_money
from firms.refusals import Refusal
from ledgers.accounts import client_ledger
from ledgers.models import JournalEntry, SpendingAuthority
from tests.cast import Cast, key, today
from tests.disbursements.paying import payee_with_bank
from tests.disbursements.requesting import ask, spending
from tests.firms.cast import give_second_factor
from tests.firms.device import Device

Change = Callable[[Cast, Any], dict[str, Any]]


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """$1,000.00 in Smith's ledger; the supervisor confirms with codes."""
    give_second_factor(cast.supervisor)
    cast.receive(cast.smith_matter, 100000)
    return cast


@pytest.fixture
def device(desk: Cast) -> Device:
    """Return the telephone with the attorney's passkey."""
    made = Device()
    made.register(desk.attorney)
    return made


def of_another_matter(desk: Cast, at: Any) -> dict[str, Any]:
    desk.receive(desk.doe_matter, 100000)
    return {"ledger": desk.doe_ledger}


def of_another_account(desk: Cast, at: Any) -> dict[str, Any]:
    desk.receive(desk.smith_matter, 100000, account=desk.second_account)
    return {"ledger": desk.ledger(desk.smith_matter, desk.second_account)}


def to_the_bank(desk: Cast, at: Any) -> dict[str, Any]:
    record = payee_with_bank(desk, at, "Court Clerk")
    return {"spending": {"method": "wire"}, "payee": record}


def to_a_record(desk: Cast, at: Any) -> dict[str, Any]:
    return {"payee": record_payee(desk.coordinator, name="Court Clerk")}


def with_a_file(desk: Cast, at: Any) -> dict[str, Any]:
    return {"files": [store_attachment(desk.coordinator, "order.pdf", io.BytesIO(b"%PDF-1.7 order"))]}


CHANGES: dict[str, Change] = {
    "payee": lambda desk, at: {"spending": {"payee": "Court Clerk Inc"}},
    "payee of the list": to_a_record,
    "method and the payee's bank": to_the_bank,
    "amount": lambda desk, at: {"cents": 40001},
    "matter": of_another_matter,
    "account": of_another_account,
    "purpose": lambda desk, at: {"spending": {"purpose": "Copies"}},
    "reference": lambda desk, at: {"spending": {"reference": "1002"}},
    "earliest date": lambda desk, at: {"spending": {"earliest_date": today() + timedelta(days=1)}},
    "attachments": with_a_file,
    "note": lambda desk, at: {"note": "Please hurry"},
}


def opened_letter(desk: Cast, request: DisbursementRequest) -> ApprovalLink:
    """Return the link of a letter that the attorney has opened."""
    link = link_of(issue_link(request.pk, desk.attorney))
    assert link is not None
    note_opened(link)
    return link


def answered(device: Device, link: ApprovalLink, request: DisbursementRequest, shown: str) -> str:
    """Return why the approval, by this link, of what was shown in the letter is refused."""
    person = link.approver
    touch = device.touch(person, shown)
    with pytest.raises(Refusal) as refused:
        approve(person, request.pk, request.version, shown, touch, link=link.pk)
    return refused.value.code


@pytest.mark.django_db
@pytest.mark.parametrize("field", CHANGES)
def test_a_change_by_the_requester_voids_the_letter(desk: Cast, device: Device, at: Any, field: str) -> None:
    told = CHANGES[field](desk, at)
    request = ask(desk)
    link = opened_letter(desk, request)
    asked = spending(told.get("ledger", desk.smith_ledger), told.get("cents", 40000), **told.get("spending", {}))
    more = {name: told[name] for name in ("payee", "files", "note") if name in told}
    newer = change_request(desk.coordinator, key(), request, request.version, asked, **more)
    assert newer.content_hash != request.content_hash
    assert answered(device, link, request, request.content_hash) == "request_replaced"
    assert answered(device, link, newer, request.content_hash) == "request_changed"
    assert answered(device, link, newer, newer.content_hash) == "link_not_live"
    assert not SpendingAuthority.objects.exists()
    newer.refresh_from_db()
    assert (newer.state, newer.version) == (State.AWAITING_APPROVAL, 1)


FORGED = {
    "payee": "payee = 'Court Clerk Inc'",
    "payee of the list": "payee_record_id = (SELECT max(id) FROM disbursements_payee)",
    "payee's bank details": "payee_record_id = (SELECT max(id) FROM disbursements_payee), "
    "payee_bank_id = (SELECT max(id) FROM disbursements_payeebank)",
    "amount": "amount = amount - 1",
    "matter": "ledger_id = (SELECT l.id FROM ledgers_ledger l JOIN ledgers_matter m ON m.id = l.matter_id"
    " WHERE m.number = '2026-0143')",
    "account": "ledger_id = (SELECT id FROM ledgers_ledger WHERE trust_account_id = {second} AND matter_id = {smith})",
    "destination": "destination_ledger_id = (SELECT max(id) FROM ledgers_ledger)",
    "operating account": "operating_account_id = (SELECT max(id) FROM ledgers_operatingaccount)",
    "kind": "kind = 'return'",
    "method": "method = 'card'",
    "purpose": "purpose = 'Copies'",
    "reference": "reference = '1002'",
    "earliest date": "earliest_date = '2020-01-01'",
    "attachments": "attachments = ARRAY[(SELECT max(id) FROM disbursements_attachment)]",
    "note": "note = 'Please hurry'",
    "consent": "consent = 'Letter'",
}


@pytest.mark.django_db(transaction=True)
def test_a_row_forged_past_its_guard_is_not_what_was_approved(
    desk: Cast, device: Device, owner: "psycopg.Connection[Any]", at: Any, subtests: Any
) -> None:
    desk.receive(desk.doe_matter, 100000)
    client_ledger(desk.second_account, desk.smith_matter)
    payee_with_bank(desk, at, "Court Clerk")
    store_attachment(desk.coordinator, "order.pdf", io.BytesIO(b"%PDF-1.7 order"))
    request = request_money(desk.coordinator, key(), spending(desk.smith_ledger, 40000))
    table, ids = "disbursements_disbursementrequest", {"second": desk.second_account.pk, "smith": desk.smith_matter.pk}
    columns = ", ".join(
        str(field.column) for field in DisbursementRequest._meta.concrete_fields if field.column != "id"
    )
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER keep_request")
    owner.execute(f"CREATE TABLE public.kept AS SELECT * FROM {table} WHERE id = {request.pk}")
    put_back = f"UPDATE {table} SET ({columns}) = (SELECT {columns} FROM public.kept) WHERE id = {request.pk}"
    for field, forgery in FORGED.items():
        with subtests.test(field):
            owner.execute(f"UPDATE {table} SET {forgery.format(**ids)} WHERE id = {request.pk}")
            said = answered(device, opened_letter(desk, request), request, request.content_hash)
            assert said in {"request_changed", "payee_details_changed"}
            owner.execute(put_back)
    assert not SpendingAuthority.objects.exists()
    assert not JournalEntry.objects.filter(kind="disbursement").exists()
