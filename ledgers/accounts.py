"""Opening and editing trust accounts and operating accounts."""

from datetime import date
from typing import Any

from django.db import connection, transaction

from firms.refusals import ChangedMeanwhile, Refusal, translating
from ledgers.account_numbers import seal_number
from ledgers.calls import call
from ledgers.models import BankItem, Client, Ledger, Matter, OperatingAccount, TrustAccount
from ledgers.models.accounts import BankDetails
from ledgers.money import ZERO, Money

SEALED = ("number_encrypted", "number_key_id", "number_fingerprint", "last_four")


class AccountNameTaken(Refusal):
    """Names tell accounts apart."""

    code = "account_name_taken"
    sentence = "Another account of the firm has this name. Use a different one."
    constraints = ("ledgers_trustaccount_name_key", "ledgers_operatingaccount_name_key")


class AccountKnown(Refusal):
    """One account at the bank is one account here."""

    code = "account_known"
    sentence = "This account at the bank is in the books already. Open it under Trust accounts."
    constraints = ("ledgers_trustaccount_number_fingerprint_key", "ledgers_operatingaccount_number_fingerprint_key")


def _seal(account: BankDetails, account_number: str) -> None:
    sealed = seal_number(account.uid, account.routing_number, account_number)
    account.number_encrypted, account.number_key_id = sealed.encrypted, sealed.key_id
    account.number_fingerprint, account.last_four = sealed.fingerprint, sealed.last_four


def _resealed(account: BankDetails, account_number: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what changes with the number; a new routing number needs the account number again."""
    routing_number = changes.get("routing_number", account.routing_number)
    if not account_number and routing_number == account.routing_number:
        return {}
    account.routing_number = routing_number
    _seal(account, account_number)
    return {name: getattr(account, name) for name in SEALED}


def open_trust_account(
    *,
    name: str,
    kind: str,
    title: str,
    bank_name: str,
    routing_number: str,
    account_number: str,
    state: str,
    opened_date: date,
    client: Client | None = None,
    firm_funds_minimum: Money = ZERO,
    firm_funds_cap: Money = ZERO,
) -> TrustAccount:
    """Open a trust account; its special ledgers and months are born with it.

    Raises:
        TitleRefused, RoutingNumberWrong, CushionBounds, AccountIsOperating: it would be no trust account of this firm.
        ValidationError: the account number is none.
    """
    account = TrustAccount(
        name=name,
        kind=kind,
        title=title,
        bank_name=bank_name,
        routing_number=routing_number,
        state=state,
        client=client,
        opened_date=opened_date,
        firm_funds_minimum=firm_funds_minimum,
        firm_funds_cap=firm_funds_cap,
    )
    _seal(account, account_number)
    with translating(), transaction.atomic():
        account.save(force_insert=True)
    return account


def open_operating_account(
    *, name: str, title: str, bank_name: str, routing_number: str, account_number: str, opened_date: date
) -> OperatingAccount:
    """Record one of the firm's own accounts.

    Raises:
        AccountIsOperating: the same number is a trust account.
        RoutingNumberWrong: the check digit is wrong.
    """
    account = OperatingAccount(
        name=name, title=title, bank_name=bank_name, routing_number=routing_number, opened_date=opened_date
    )
    _seal(account, account_number)
    with translating(), transaction.atomic():
        account.save(force_insert=True)
    return account


class CushionBounds(Refusal):
    """The bounds of the cushion for bank charges are none."""

    code = "cushion_bounds"
    sentence = "The cushion's upper bound cannot be less than its lower one, and neither less than 0.00."
    constraints = ("trust_account_cushion_bounds",)


def save_edited(kind: type[Any], pk: int, version: int, changes: dict[str, Any]) -> Any:
    """Save changes to a row that has a `version`, if nobody changed it since it was shown.

    Raises:
        ChangedMeanwhile: someone did.
    """
    with translating(), transaction.atomic():
        if not kind.objects.filter(pk=pk, version=version).update(**changes, version=version + 1):
            raise ChangedMeanwhile
    return kind.objects.get(pk=pk)


def edit_trust_account(
    account: TrustAccount, version: int, *, account_number: str = "", **changes: Any
) -> TrustAccount:
    """Change a trust account's details; kind and client stay as they were opened.

    Raises:
        ChangedMeanwhile, CushionBounds, TitleRefused, RoutingNumberWrong, AccountIsOperating.
    """
    changes |= _resealed(account, account_number, changes)
    edited: TrustAccount = save_edited(TrustAccount, account.pk, version, changes)
    return edited


def edit_operating_account(
    account: OperatingAccount, version: int, *, account_number: str = "", **changes: Any
) -> OperatingAccount:
    """Change the details of one of the firm's own accounts.

    Raises:
        ChangedMeanwhile, AccountIsOperating, RoutingNumberWrong.
        ValidationError: a new routing number without the account number.
    """
    changes |= _resealed(account, account_number, changes)
    edited: OperatingAccount = save_edited(OperatingAccount, account.pk, version, changes)
    return edited


def special_ledger(account: TrustAccount, kind: str) -> Ledger:
    """Return the firm-funds, unidentified-receipts or interest-due ledger of an account."""
    return Ledger.objects.select_related("trust_account").get(trust_account=account, kind=kind)


def client_ledger(account: TrustAccount, matter: Matter) -> Ledger:
    """Return the ledger of a matter in an account; it opens when it is not there yet.

    Raises:
        MatterNotInAccount, AccountOfAnotherClient: the matter may not hold money there.
    """
    return Ledger.objects.select_related("trust_account").get(
        pk=call("SELECT client_ledger(%s, %s)", account.pk, matter.pk)
    )


def open_deposit_slip(actor_id: int, account: TrustAccount, on_date: date, reference: str = "") -> BankItem:
    """Start a deposit slip that gathers receipts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT firm_now()")
        (now,) = cursor.fetchone()
    return BankItem.objects.create(
        trust_account=account,
        kind=BankItem.Kind.DEPOSIT_SLIP,
        date=on_date,
        reference=reference,
        opened_by_id=actor_id,
        opened_at=now,
    )


def close_deposit_slip(slip: BankItem, on_date: date) -> None:
    """The slip went to the bank: it takes no more receipts.

    Raises:
        BankItemClosed: it went before.
    """
    with translating(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledgers_bankitem SET closed_at = firm_now(), date = %s WHERE id = %s", [on_date, slip.pk]
        )
