"""Personal links by which clients answer invoices: sent by letter, answered with the code that stands in it.

Whoever opens a link, or presses every button on its page, decides nothing: the answer needs the code of the letter,
which is neither in the address nor on the page. Rule: SPEC flow *Earned fee*; RELIABILITY D15-D17; DECISIONS 51.
"""

import hmac
import secrets
from datetime import timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from billing.models import UNPAID, Invoice
from disbursements.earned_fees import FEES, follow
from disbursements.fee_letters import ask_client
from disbursements.links import TOKEN_BYTES, hash_of
from disbursements.models import ClientAnswer, FeeAuthorization, InvoiceLink
from firms import outbox
from firms.access import Capability, may
from firms.audit import current_actor
from firms.clock import asked, now
from firms.models import Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.calls import call
from ledgers.money import as_text

LIVES = timedelta(days=30)
CODE_DIGITS = 6
Answer = ClientAnswer.Answer


class InvoiceLinkNotIssued(Refusal):
    """There is nothing for the client to answer, or nowhere to write to."""

    code = "invoice_link_not_issued"
    sentence = (
        "No letter was sent for {invoice}: its payment is not authorized now, the client has approved it already, or "
        "has no e-mail address of their own. Record the client’s answer with its evidence instead."
    )


class InvoiceLinkFixed(Refusal):
    """A link never changes."""

    code = "invoice_link_fixed"
    sentence = "The link to {invoice} never changes. Send the client a new letter."


class InvoiceLinkOver(Refusal):
    """It was used, superseded, or is too old; or the invoice is answered, paid or void."""

    code = "invoice_link_over"
    sentence = "Nothing was recorded: this link cannot be used any more. Open the newest letter, or call us."


class ClientCodeMissing(Refusal):
    """No code, or something that is none: said at once, and not counted as a wrong one."""

    code = "client_code_missing"
    sentence = "Type the six digits that stand in the letter as “Your code”. Without them nothing is recorded."


class ClientCodeWrong(Refusal):
    """Six digits, but not those of the letter."""

    code = "client_code_wrong"
    sentence = "This is not the code of the newest letter. Nothing was recorded. Look at the letter and type it again."


class ObjectionWithoutWords(Refusal):
    """An objection says what is wrong."""

    code = "objection_without_words"
    sentence = "Nothing was recorded. Please say in a few words what you object to, so that we can look into it."


class LinkState(StrEnum):
    """What a link is good for now; the database tells (`state_of_invoice_link`)."""

    LIVE = "live"
    USED = "used"
    VOID = "void"
    PAID = "paid"
    TRANSFERRED = "transferred"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    LOCKED = "locked"
    EXPIRED = "expired"


@retrying
def ask_client_again(by: Person, key: str, invoice: Invoice) -> None:
    """Send the client a new letter, whose link supersedes the earlier one; the same key sends one letter.

    Raises:
        NotAllowed; InvoiceLinkNotIssued: nothing is to be answered, or the client has no address.
    """
    if not may(by, Capability.REQUEST_MONEY) or not books_of(by).matters.filter(pk=invoice.matter_id).exists():
        raise NotAllowed
    authorization = FEES.in_force(invoice).first()
    with transaction.atomic():
        if authorization is None or invoice.state not in UNPAID or not ask_client(authorization, f"{by.pk}:{key}"):
            raise InvoiceLinkNotIssued(invoice=str(invoice).lower())


@retrying
def issue_invoice_link(authorization_id: int, address: str) -> tuple[str, str]:
    """Make a link for the client of an authorized invoice; return its token and its code, which nothing keeps.

    Raises:
        InvoiceLinkNotIssued: there is nothing to answer any more, or the client has another address.
    """
    token, instant = secrets.token_urlsafe(TOKEN_BYTES), now()
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    authorization = FeeAuthorization.objects.select_related("authority").get(pk=authorization_id)
    with translating(), transaction.atomic():
        _hold(authorization)
        older = InvoiceLink.objects.filter(invoice=authorization.invoice_id, superseded_at__isnull=True)
        older.update(superseded_at=instant)
        InvoiceLink.objects.create(
            invoice_id=authorization.invoice_id, authorization=authorization, address=address,
            token_hash=hash_of(token), code_hash=hash_of_code(hash_of(token), code), sent_at=instant,
            expires_at=instant + LIVES,
        )  # fmt: skip
    return token, code


def hash_of_code(token_hash: str, code: str) -> str:
    """Return what is kept of a code: keyed, so that who reads the table cannot try all of them."""
    return salted_hmac("invoice link", token_hash + code, algorithm="sha256").hexdigest()


def link_of(token: str) -> InvoiceLink | None:
    """Return the link that a token opens."""
    return InvoiceLink.objects.filter(token_hash=hash_of(token)).first()


def seen_link(link_id: int) -> InvoiceLink | None:
    """Return a link with what it points to."""
    found = InvoiceLink.objects.select_related("invoice__matter__client", "authorization__authority__ledger", "answer")
    return found.filter(pk=link_id).first()


def state_of(link: InvoiceLink) -> LinkState:
    """Return what the link is good for now, most telling first."""
    return LinkState(asked("SELECT state_of_invoice_link(%s)", link.pk))


def answer_by_link(link: InvoiceLink, code: str, answer: str, words: str = "") -> ClientAnswer:
    """Take the client's answer, with the code of the letter; an approval is followed by the transfer.

    Raises:
        ObjectionWithoutWords, ClientCodeMissing, ClientCodeWrong (counted: the database locks a link after ten).
        InvoiceLinkOver: it is not live any more.
    """
    if answer == Answer.OBJECTED and not words.strip():
        raise ObjectionWithoutWords
    typed = "".join(code.split())
    if len(typed) != CODE_DIGITS or not typed.isascii() or not typed.isdigit():
        raise ClientCodeMissing
    if not _is_code_of(link, typed):
        raise ClientCodeWrong
    return _record(link.pk, answer, words.strip()[:1000] if answer == Answer.OBJECTED else "")


def _is_code_of(link: InvoiceLink, typed: str) -> bool:
    """Say whether this is the code of the letter; a wrong one is counted, whatever comes after, one at a time."""
    with translating(), transaction.atomic():
        held = InvoiceLink.objects.select_for_update().get(pk=link.pk)
        if state_of(held) != LinkState.LIVE:
            raise InvoiceLinkOver
        if hmac.compare_digest(held.code_hash, hash_of_code(held.token_hash, typed)):
            return True
        InvoiceLink.objects.filter(pk=link.pk).update(wrong_codes=F("wrong_codes") + 1)
    return False


@retrying
def _record(link_id: int, answer: str, words: str) -> ClientAnswer:
    """Use the link up and record the answer, in one transaction with the transfer that follows."""
    with translating(), transaction.atomic():
        link = InvoiceLink.objects.select_related("authorization__authority", "authorization__invoice__matter").get(
            pk=link_id
        )
        _hold(link.authorization)
        if not InvoiceLink.objects.filter(pk=link_id, used_at__isnull=True).update(used_at=now()):
            raise InvoiceLinkOver
        made = ClientAnswer.objects.create(
            invoice_id=link.invoice_id, answer=answer, link=link, words=words, at=now(),
            address=current_actor().address or None,
            evidence=f"By the personal link and the code of the letter to {link.address}",
        )  # fmt: skip
        _tell(link, made)
        if answer == Answer.APPROVED:
            follow(link.authorization)
    return made


def _hold(authorization: FeeAuthorization) -> None:
    call("SELECT (hold_fee(%s)).id", authorization.authority_id)


def _tell(link: InvoiceLink, made: ClientAnswer) -> None:
    """Tell who issued the invoice, who authorized it and the matter's coordinator, through the outbox, once."""
    authorization, invoice = link.authorization, link.authorization.invoice
    kind = f"fee_client_{made.answer}"
    concerned = {invoice.issued_by_id, authorization.authority.approver_id, invoice.matter.coordinator_id}
    facts = {
        "to": sorted(pk for pk in concerned if pk), "invoice": invoice.pk, "number": invoice.number,
        "matter": invoice.matter.number, "amount": as_text(authorization.due), "words": made.words,
        "by": invoice.client_name, "path": f"/invoices/{invoice.pk}/",
    }  # fmt: skip
    outbox.tell(kind, invoice, facts, dedupe=f"{kind}:{link.pk}")
