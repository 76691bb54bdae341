"""Clients and matters: creating and editing them."""

import unicodedata
from typing import Any

from django.db import transaction

from firms.access import roles_of
from firms.clock import now
from firms.models import Person, Role
from firms.refusals import NotAllowed, Refusal, translating
from ledgers.access import Books
from ledgers.accounts import save_edited
from ledgers.models import Client, Matter, MatterAccount, MatterWall, TrustAccount
from ledgers.refusals import ReasonMissing


class WallStandsAlready(Refusal):
    """One wall per person and matter."""

    code = "wall_stands_already"
    sentence = "This person is walled off from the matter already."
    constraints = ("matter_wall_once",)


class ClientNameKnown(Refusal):
    """Perhaps it is the same client."""

    code = "client_name_known"
    sentence = "There is already a client named {name}: open it, or create another."


def create_client(*, name: str, **details: Any) -> Client:
    """Record a client."""
    with translating(), transaction.atomic():
        return Client.objects.create(name=name, **details)


def plain_name(name: str) -> str:
    """Return a name without what two spellings of it differ in: case, spaces, diacritics, punctuation."""
    parts = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(sign if sign.isalnum() else " " for sign in parts if not unicodedata.combining(sign))
    return " ".join(letters.split())


def record_client(books: Books, *, name: str, is_another: bool = False, **details: Any) -> Client:
    """Record a client, asking first when somebody of that name is known to whoever records it.

    Raises:
        ClientNameKnown: there is one; `is_another` says that this is not the same.
    """
    if not is_another:
        plain = plain_name(name)
        known = list(books.clients.order_by("pk").values_list("pk", "name"))  # read whole: no open cursor
        same = next(((pk, other) for pk, other in known if plain_name(other) == plain), None)
        if same:
            raise ClientNameKnown(client=same[0], name=same[1])
    return create_client(name=name, **details)


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


def raise_wall(matter: Matter, person: Person, by: Person, reason: str) -> MatterWall:
    """Raise an ethical wall: for this person the matter no longer exists.

    Raises:
        NotAllowed: only a managing partner or trust supervisor raises walls.
        ReasonMissing, WallStandsAlready.
    """
    _refuse_unless_walls_are_theirs(by)
    if not reason.strip():
        raise ReasonMissing
    with translating(), transaction.atomic():
        return MatterWall.objects.create(
            matter=matter, person=person, reason=reason.strip(), raised_by=by, raised_at=now()
        )


def lift_wall(wall: MatterWall, by: Person) -> None:
    """Lift a wall; lifted before, it stays as it is.

    Raises:
        NotAllowed: only a managing partner or trust supervisor lifts walls, and nobody the own one.
    """
    _refuse_unless_walls_are_theirs(by)
    if wall.person_id == by.pk:
        raise NotAllowed
    with translating(), transaction.atomic():
        MatterWall.objects.filter(pk=wall.pk, lifted_at__isnull=True).update(lifted_by=by, lifted_at=now())


def _refuse_unless_walls_are_theirs(person: Person) -> None:
    if not {Role.PARTNER, Role.SUPERVISOR} & roles_of(person):
        raise NotAllowed
