"""Clients and matters: creating and editing them."""

from typing import Any

from django.db import transaction

from firms.refusals import translating
from ledgers.accounts import save_edited
from ledgers.models import Client, Matter, MatterAccount, TrustAccount


def create_client(*, name: str, **details: Any) -> Client:
    """Record a client."""
    with translating(), transaction.atomic():
        return Client.objects.create(name=name, **details)


def edit_client(client: Client, version: int, **changes: Any) -> Client:
    """Change a client's details.

    Raises:
        ChangedMeanwhile: someone else saved them since they were shown.
    """
    edited: Client = save_edited(Client, client.pk, version, changes)
    return edited


def create_matter(*, number: str, client: Client, accounts: list[TrustAccount], **details: Any) -> Matter:
    """Open a matter that may hold money in these trust accounts, the first of them its default.

    Raises:
        MatterNumberTaken: another matter has the number.
    """
    with translating(), transaction.atomic():
        matter = Matter.objects.create(number=number, client=client, **details)
        MatterAccount.objects.bulk_create(
            MatterAccount(matter=matter, trust_account=account, is_default=place == 0)
            for place, account in enumerate(accounts)
        )
    return matter


def edit_matter(matter: Matter, version: int, **changes: Any) -> Matter:
    """Change a matter's details.

    Raises:
        ChangedMeanwhile: someone else saved them since they were shown.
        MatterNumberTaken: another matter has the number.
    """
    edited: Matter = save_edited(Matter, matter.pk, version, changes)
    return edited


def set_matter_accounts(matter: Matter, active: list[TrustAccount], default: TrustAccount | None) -> None:
    """Say in which trust accounts the matter may hold money, and which of them is its default."""
    with translating(), transaction.atomic():
        rows = MatterAccount.objects.filter(matter=matter)
        rows.update(is_default=False)
        rows.exclude(trust_account__in=active).update(is_active=False)
        rows.filter(trust_account__in=active).update(is_active=True)
        known = set(rows.values_list("trust_account_id", flat=True))
        MatterAccount.objects.bulk_create(
            MatterAccount(matter=matter, trust_account=account) for account in active if account.pk not in known
        )
        if default is not None:
            rows.filter(trust_account=default).update(is_default=True)
