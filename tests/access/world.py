"""A firm with one of everything, and a secret: a matter whose every text holds a word that nobody behind a wall reads.

`SECRET` is the word; the firm's coordinator did all the work on the matter and its own attorney decided, before the
partner raised walls against both. Another supervisor stands behind the wall too; another attorney never had the matter.
"""

import io
import itertools
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.usersessions.models import UserSession

from billing.invoicing import Head, add_line, create_draft
from billing.settlement_models import SettlementLine, SettlementStatement
from billing.timekeeping import Work, record_time
from compliance.models import TrustException
from compliance.watch import look
from disbursements.attachments import store_attachment
from disbursements.checks import issue_checks, set_numbering
from disbursements.drafts import save_draft
from disbursements.links import hash_of
from disbursements.models import ApprovalLink, Check, DisbursementRequest, InvoiceLink, Payee, SettledOtherwise
from disbursements.payees import record_payee
from disbursements.requests import request_money
from disbursements.settled_otherwise import propose_settled_otherwise, propose_taking_back
from disbursements.settlement_queries import Part
from firms import people, proposals
from firms.absences import record_absence
from firms.api_tokens import make_token
from firms.models import AuditEvent, Person, Proposal, Role, RoleGrant
from ledgers.accounts import open_deposit_slip, special_ledger
from ledgers.authorities import Spending
from ledgers.models import BankItem, Client, Hold, JournalEntry, Ledger, Matter
from ledgers.money import money
from ledgers.notes import append_note
from ledgers.opening import runs
from ledgers.parties import create_client, create_matter, edit_matter, raise_wall
from ledgers.posting import Share, post_disbursement, post_receipt
from ledgers.proposals import propose_bank_event, propose_release, propose_returned_receipt, propose_reversal
from notifications.delivery import relay
from notifications.models import Notice
from reconciliation.months import prepare
from retainers.monitoring import check_balances
from tests.billing.settling import cost, lien, recovery
from tests.cast import Cast, assemble, hire, key, today
from tests.disbursements.asking_clients import handed_over
from tests.disbursements.earning import authorized, fee, invoiced
from tests.disbursements.settling import signed
from tests.firms.cast import browser_of, give_second_factor
from tests.ledgers.opening import code_for, typed

SECRET = "Quetzalcoatl"
REPORTER = "Metro Reporting"  # paid for both sides: payees are the firm's, not a matter's
GUESS = SECRET[:7]  # what somebody types who half remembers
MISSING = 987654321
_files = itertools.count(1)


@dataclass
class Side:
    """What one matter has of everything: numbers by the name they have in addresses."""

    client: Client
    matter: Matter
    numbers: dict[str, int]


@dataclass
class World:
    """The firm, its people by what they are to the secret matter, and one of everything on either side of the wall."""

    cast: Cast
    people: dict[str, Person]
    secret: Side
    open: Side
    others: dict[str, Any]


def hired() -> tuple[Cast, dict[str, Person]]:
    """Return the firm and its people by name, all with a second factor where their role needs one."""
    cast = assemble()
    set_numbering(cast.coordinator, cast.account, 1001, cast.start)
    found = {
        name: getattr(cast, name)
        for name in ("coordinator", "second_coordinator", "attorney", "other_attorney", "supervisor", "partner",
                     "auditor", "administrator")
    }  # fmt: skip
    found["foreign_attorney"] = hire("Fay Foreign", Role.ATTORNEY)
    found["walled_supervisor"] = hire("Wanda Walled", Role.SUPERVISOR)
    found["no_role"] = cast.stranger
    for name, person in found.items():
        if name not in ("coordinator", "second_coordinator", "auditor", "no_role"):
            give_second_factor(person)
    found["deactivated"] = hire("Dora Departed", Role.COORDINATOR)
    return cast, found


def matter_of(cast: Cast, word: str) -> tuple[Client, Matter]:
    """Return a client and a matter all of whose texts hold the word."""
    client = create_client(name=f"{word} Holdings", email=f"{word.lower()}@client.example", phone=f"555 {word}")
    matter = create_matter(
        number=f"2026-{word}",
        client=client,
        description=f"Estate of {word}",
        type="hybrid",
        accounts=[cast.account, cast.second_account],
        responsible_attorney=cast.attorney,
        billing_attorney=cast.other_attorney,
        coordinator=cast.coordinator,
        opened_date=cast.start,
        minimum_balance=money(9_000_000),
    )
    return client, matter


def received(cast: Cast, matter: Matter, cents: int, word: str, **changes: Any) -> JournalEntry:
    """Record a receipt with the word in each of its texts."""
    details: dict[str, Any] = {"method": "wire", "payer": f"{word} payer", "reference": f"{word} ref", "memo": word}
    posted = post_receipt(
        cast.coordinator,
        key(),
        account=cast.account,
        book_date=today() - timedelta(days=1),
        shares=[Share(matter, money(cents))],
        **details | changes,
    )
    return JournalEntry.objects.select_related("text").get(pk=posted.id)


def spent(ledger: Ledger, word: str, **changes: Any) -> Spending:
    """Return a payment with the word in each of its texts."""
    asked: dict[str, Any] = {"kind": "disbursement", "payee": f"{word} payee", "method": "check", "purpose": word}
    return Spending(ledger_id=ledger.pk, amount=money(1000), **{"reference": word, **asked, **changes})


def billed_to(cast: Cast, matter: Matter, number: str) -> int:
    """Send the client an invoice by letter; return the number of the link."""
    token, _ = handed_over(authorized(cast, invoiced(cast, 800, matter=matter, number=number)))
    return InvoiceLink.objects.get(token_hash=hash_of(token)).pk


def settled_with(cast: Cast, matter: Matter, word: str) -> dict[str, int]:
    """Have a settlement signed, with the word in each of its texts; return its numbers."""
    asked = recovery(received_from=f"{word} insurer", note=f"{word} note of the settlement", gross=money(300_000))
    lines = (cost(1000, f"{word} reporter"), lien(2000, 3000, f"{word} hospital"))
    made = signed(cast, *lines, matter=matter, said=asked, evidence=f"{word} by mail")
    line = SettlementLine.objects.filter(statement=made).latest("pk")
    left = JournalEntry.objects.get(pk=cast.pay(cast.ledger(matter), 100).id)
    both_said(cast, propose_taking_back(cast.coordinator, settled_by(cast, made, left, word), f"{word} mistake"))
    otherwise = settled_by(cast, made, left, word)
    propose_taking_back(cast.coordinator, otherwise, f"{word} reason")
    return {"settlement_id": made.pk, "deduction_id": line.pk, "otherwise_id": otherwise.pk}


def both_said(cast: Cast, proposal: Proposal) -> None:
    """Let the supervisor confirm what the coordinator proposed."""
    proposals.confirm(proposal.pk, cast.supervisor, code_for(cast.supervisor, proposal))


def settled_by(cast: Cast, it: SettlementStatement, left: JournalEntry, word: str) -> SettledOtherwise:
    """Let two people say that a payment settled a part of the client's share."""
    both_said(cast, propose_settled_otherwise(cast.coordinator, Part(it), left, money(100), f"{word} evidence of it"))
    return SettledOtherwise.objects.filter(statement=it).latest("pk")


def requested(cast: Cast, ledger: Ledger, word: str) -> DisbursementRequest:
    """Ask for money with a file and for a payee of both sides, keep a draft; return the first."""
    who = cast.coordinator
    order = store_attachment(who, f"{word}.png", io.BytesIO(b"\x89PNG\r\n\x1a\n" + word.encode()))
    asked = request_money(who, key(), spent(ledger, word), note=f"{word} note of the request", files=[order])
    reporter = Payee.objects.filter(name=REPORTER).first() or record_payee(who, name=REPORTER)
    request_money(who, key(), spent(ledger, word, payee=REPORTER), payee=reporter, note=f"{word} note")
    save_draft(who, key(), spent(ledger, word, payee=f"{word} expert"), note=f"{word} note of the draft")
    return asked


def one_of_everything(cast: Cast, word: str) -> Side:
    """Do everything with one matter: money in and out, holds, notes, requests, proposals, a slip of its own."""
    who = cast.coordinator
    client, matter = matter_of(cast, word)
    slip = open_deposit_slip(who.pk, cast.account, today(), f"{word} slip")
    entry = received(cast, matter, 500000, word)
    received(cast, matter, 2500, word, method="check", deposit_slip_id=slip.pk)
    ledger = cast.ledger(matter)
    append_note(who, entry, f"{word} note")
    authority = cast.authority(ledger, 1000, payee=f"{word} payee", purpose=word, reference=word)
    paid = post_disbursement(who, key(), authority=authority, book_date=today())
    batch = issue_checks(who, key(), cast.account, [paid.id])
    waits = cast.authority(ledger, 900, payee=f"{word} payee", purpose=word, reference=word)
    waiting = post_disbursement(who, key(), authority=waits, book_date=today())
    taken = fee(cast, 500, matter=matter, number=f"{word}-1")
    issued = invoiced(cast, 700, matter=matter, number=f"{word}-2")
    held = Hold.objects.filter(ledger=ledger).latest("pk")
    worked = record_time(who, key(), Work(cast.attorney, matter, today(), Decimal("1.5"), money(30000), f"{word} work"))
    draft = create_draft(who, key(), matter, Head(today(), today(), f"{word} note"))
    add_line(who, key(), draft, "expense", today(), f"{word} copies", money(1250))
    asked = requested(cast, ledger, word)
    proposals = [
        propose_bank_event(who, ledger=ledger, book_date=today(), signed_amount=money(-700), advice=f"{word} advice"),
        propose_release(who, hold=held, evidence=f"{word} evidence"),
        propose_reversal(who, entry=received(cast, matter, 300, word), book_date=today(), reason=f"{word} reason"),
        propose_returned_receipt(
            who, receipt=entry, book_date=today(), shares=[(ledger, money(100))], advice=f"{word} returned"
        ),
    ]
    numbers = settled_with(cast, matter, word) | {
        "client_id": client.pk, "matter_id": matter.pk, "ledger_id": ledger.pk, "entry_id": entry.pk,
        "hold_id": held.pk, "request_id": asked.pk, "proposal_id": proposals[0].pk, "slip_id": slip.pk,
        "fee_id": taken.pk, "time_id": worked.pk, "invoice_id": draft.pk, "line_id": draft.lines.get().pk,
        "batch_id": batch.pk, "check_id": Check.objects.get(batch=batch).pk, "payment": waiting.id,
        "attachment_id": asked.attachments[0], "issued_id": issued.pk, "bill_id": billed_to(cast, matter, f"{word}-3"),
    }  # fmt: skip
    return Side(client, matter, numbers | {f"proposal_{place}": made.pk for place, made in enumerate(proposals)})


def away_next_week(cast: Cast, person: Person) -> int:
    """Record a day of absence to come; return its number."""
    day = today() + timedelta(days=7)
    return record_absence(cast.partner, person, cast.other_attorney, day, day).pk


def shared_batch() -> int:
    """Return the number of the account's transfer batch: the fees of both sides are in it."""
    return BankItem.objects.get(kind=BankItem.Kind.TRANSFER_BATCH).pk


def built() -> World:
    """Build the firm, do everything twice, then raise the walls."""
    cast, found = hired()
    secret, opened = one_of_everything(cast, SECRET), one_of_everything(cast, "Ordinary")
    unknown = Share(special_ledger(cast.account, "unidentified"), money(900))
    posted = post_receipt(
        cast.coordinator, key(), account=cast.account, book_date=today(), method="wire", shares=[unknown], payer="Who"
    )
    for side in (secret, opened):
        edit_matter(side.matter, side.matter.version, status="closing")
    check_balances()
    look()
    relay()
    for side in (secret, opened):
        side.numbers["exception_id"] = TrustException.objects.filter(matter=side.matter).latest("pk").pk
        side.numbers["link_id"] = ApprovalLink.objects.filter(request_id=side.numbers["request_id"]).latest("pk").pk
        side.numbers["notice_id"] = Notice.objects.filter(matter=side.matter).latest("pk").pk
    run = runs.upload(cast.coordinator, typed(f"2026-{next(_files)},Somebody,Maya Okafor,IOLTA,10.00"))
    month = cast.start.replace(day=1)
    prepare(cast.coordinator, cast.account, month)
    walls = [
        raise_wall(secret.matter, found[name], cast.partner, "Conflict of interest")
        for name in ("coordinator", "attorney", "walled_supervisor")
    ]
    opened_wall = raise_wall(opened.matter, found["no_role"], cast.partner, "Left the team")
    opened.numbers["wall_id"], secret.numbers["wall_id"] = opened_wall.pk, walls[0].pk
    token, _ = make_token(cast.coordinator, "script", ["books:read"])
    browser_of(cast.second_coordinator).get("/")
    others = {
        "person_id": found["no_role"].pk, "grant_id": RoleGrant.objects.filter(person=cast.auditor).get().pk,
        "event_id": AuditEvent.objects.latest("pk").pk, "token_id": token.pk,
        "session_id": getattr(UserSession.objects.first(), "pk", 1), "run_id": run.pk, "month": f"{month:%Y-%m}",
        "trust_account": cast.account.pk, "operating_account": cast.operating.pk, "unidentified": posted.id,
        "name": "charge", "token": "never-sent", "purpose": "a" * 64,
        "payee_id": Payee.objects.get(name=REPORTER).pk, "item_id": shared_batch(),
        "absence_id": away_next_week(cast, found["foreign_attorney"]),
        "firm_proposal": Proposal.objects.latest("pk").pk,
    }  # fmt: skip
    people.deactivate(cast.administrator, found["deactivated"])
    return World(cast, found, secret, opened, others)
