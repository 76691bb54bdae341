"""Letters about settlement statements: what waits for an attorney, was authorized, transferred."""

from django.conf import settings

from billing.settlement_models import SettlementState, SettlementStatement
from disbursements.settlement_queries import recorded_signature
from firms.models import OutboxEvent, Person
from ledgers.authorities import deciders, new_deciders
from ledgers.models import Ledger
from notifications.letters import Letter, NotNeeded

SIGNED = ("Please authorize", "The client has signed a settlement statement", "warn")
SETTLEMENTS: dict[str, tuple[str, str, str]] = {
    "settlement_authorized": ("Authorized", "An attorney authorized a settlement: ask for its payments", "info"),
    "settlement_transferred": ("Transferred", "Fee and costs of a settlement were transferred out of trust", "ok"),
}


def attorneys_asked(event: OutboxEvent) -> list[Person]:
    """Return who is asked to authorize a signed statement: who decides on the ledger, never who recorded the signature.

    Where the delegate recorded it, the attorney in whose place the delegate would decide is asked after all.
    """
    it = SettlementStatement.objects.get(pk=event.subject_id)
    ledgers = Ledger.objects.filter(matter=it.matter_id, trust_account__closed_date__isnull=True)
    ledger = ledgers.order_by("-balance", "pk").first()
    if ledger is None or it.issued_by_id is None:
        return []
    turns = {one.person_id: one.is_asked for one in deciders(ledger.pk, it.issued_by_id)}
    turns = turns or {one.person_id: True for one in new_deciders(ledger.pk, it.issued_by_id)}
    people = Person.objects.filter(pk__in=turns, is_active=True).order_by("full_name", "pk")
    able = [person for person in people if not recorded_signature(person, it)]
    return [person for person in able if turns[person.pk]] or able


def signed_letter(event: OutboxEvent, person: Person) -> Letter:
    """Ask an attorney to authorize the payments of a signed statement.

    Raises: NotNeeded when it is authorized or void.
    """
    if not SettlementStatement.objects.filter(pk=event.subject_id, state=SettlementState.SIGNED).exists():
        raise NotNeeded("It was authorized or made void before the letter left.")
    return letter_of(event, SIGNED)


def settlement_letter(event: OutboxEvent, person: Person) -> Letter:
    """Tell the coordinator what became of a statement."""
    return letter_of(event, SETTLEMENTS[event.kind])


def letter_of(event: OutboxEvent, words: tuple[str, str, str]) -> Letter:
    """Return the letter about a statement: how its subject begins, its heading and its tone."""
    facts, (begin, heading, tone) = event.payload, words
    return Letter(
        subject=f"{begin}: settlement {facts['number']} ({facts['matter']})",
        heading=heading, lead=f"Settlement statement {facts['number']} of matter {facts['matter']}.",
        facts=(("Gross recovery", facts["gross"]), ("By", facts["by"])),
        figure=facts["amount"], figure_label="fee and costs", action="Open the statement",
        url=settings.BASE_URL + facts["path"], tone=tone,
    )  # fmt: skip
