"""What of a settlement was settled otherwise: a lien or the client's share left by a payment that names no statement.

One person records it with its evidence, another confirms exactly that; then it counts as settled, and a statement of
which nothing is left has ended. Two people take it back in the same way.

Rule: SPEC flow *Earned fee* (contingency); two-person rules.
"""

from typing import Any

from django.db.models import Exists, F, Func, OuterRef, QuerySet, Value

from billing.queries.settlements import settlement_of
from billing.settlement_models import SettlementLine, SettlementStatement
from disbursements.models import SettledOtherwise, SettledOtherwiseTakenBack
from disbursements.settlement_queries import Part, standing_otherwise
from disbursements.settlement_refusals import SettledOtherwiseIncomplete, TakingBackSaysWhy
from firms import proposals
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person, Proposal
from firms.refusals import NotAllowed, translating
from ledgers.access import books_of
from ledgers.calls import call
from ledgers.models import JournalEntry, JournalLine, MatterWall
from ledgers.money import ZERO, CentsField, Money, as_text, cents_of, money
from ledgers.proposals import second_person

KIND = "disbursements.settled_otherwise"
TAKEN_BACK = "disbursements.settled_otherwise_taken_back"


def payments_otherwise(person: Person, it: SettlementStatement) -> "QuerySet[JournalEntry]":
    """Return the payments by which money left a statement's matter since its day and that settle nothing yet.

    Newest first; `free` of each (Money) is what it can still settle.
    """
    out = JournalLine.objects.filter(entry=OuterRef("pk"), ledger__matter=it.matter_id, amount__lt=ZERO)
    free = Func(Value(it.matter_id), F("pk"), Value(it.date), function="left_by_entry", output_field=CentsField())
    found = books_of(person).entries.filter(Exists(out), book_date__gte=it.date).annotate(free=free)
    return found.filter(free__gt=ZERO).select_related("text").order_by("-book_date", "-pk")


def propose_settled_otherwise(by: Person, part: Part, entry: JournalEntry, amount: Money, evidence: str) -> Proposal:
    """Propose that an amount of a lien, or of the client's share, counts as settled by a payment, on evidence.

    Raises:
        NotAllowed, SettledOtherwiseIncomplete, NobodyCanConfirm, AlreadyProposed.
        SettlementNotPayable: the client has not signed. SettlementLinePaid: more than is left of the line.
        SettlementMoneyNotLeft: the money has not left by it, or what left settles something already.
    """
    it, line, cents = part.statement, part.line_id, cents_of(amount)
    if not may(by, Capability.REQUEST_MONEY) or not settlement_of(by, it.pk).exists():
        raise NotAllowed
    if not evidence.strip() or cents <= 0:
        raise SettledOtherwiseIncomplete(settlement=it.in_words)
    second_person(by, Capability.CONFIRM_BANK_EVENTS)
    call("SELECT refuse_settled_otherwise(%s, %s::bigint, %s, %s)", it.pk, line, entry.pk, cents)
    content = {"settlement": it.pk, "line": line, "entry": entry.pk, "cents": cents, "evidence": evidence.strip()[:500]}
    summary = f"{as_text(amount)} for {part.payee} by {it.in_words} was settled by entry {entry.pk}"
    return proposals.propose(by, KIND, content, summary, entry)  # who does not see the entry does not see this


def settle_otherwise(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Record what was confirmed; called by the confirmation, in its transaction.

    Raises:
        NotAllowed: matter or payment does not exist for who confirms. Refusal: as `propose_settled_otherwise`.
    """
    said = proposal.content
    refuse_unless_seen(confirmed_by, said["settlement"], said["entry"])
    with translating():
        made = SettledOtherwise.objects.create(
            statement_id=said["settlement"], line_id=said["line"], entry_id=said["entry"],
            amount=money(said["cents"]), evidence=said["evidence"], proposal=proposal, at=now(),
        )  # fmt: skip
    return {"settled_otherwise": made.pk}


def refuse_unless_seen(person: Person, statement_id: int, entry_id: int) -> None:
    """Refuse whoever does not see the matter, or where its money went."""
    is_seen = settlement_of(person, statement_id).exists()
    if not is_seen or not books_of(person).entries.filter(pk=entry_id).exists():
        raise NotAllowed


def standing_for(person: Person, it: SettlementStatement) -> "QuerySet[SettledOtherwise]":
    """Return what counts as settled otherwise of a statement, as far as the person sees where the money went."""
    return standing_otherwise(it).filter(entry__in=books_of(person).entries)


def propose_taking_back(by: Person, settled: SettledOtherwise, reason: str) -> Proposal:
    """Propose that something counts as settled no more, since the payment was for something else.

    Raises:
        NotAllowed, TakingBackSaysWhy, NobodyCanConfirm, AlreadyProposed.
    """
    it, entry = settled.statement, settled.entry
    if not may(by, Capability.REQUEST_MONEY):
        raise NotAllowed
    refuse_unless_seen(by, it.pk, entry.pk)
    if not reason.strip():
        raise TakingBackSaysWhy(settlement=it.in_words, entry=entry.pk)
    second_person(by, Capability.CONFIRM_BANK_EVENTS)
    content = {"settlement": it.pk, "settled_otherwise": settled.pk, "entry": entry.pk, "reason": reason.strip()[:500]}
    payee = Part(it, settled.line).payee
    summary = f"{as_text(settled.amount)} for {payee} by {it.in_words} was not settled by entry {entry.pk}"
    return proposals.propose(by, TAKEN_BACK, content, summary, entry)


def take_back(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Take back what was confirmed once; called by the confirmation, in its transaction.

    Raises:
        NotAllowed: matter or payment does not exist for who confirms. TakenBackAlready.
    """
    said = proposal.content
    refuse_unless_seen(confirmed_by, said["settlement"], said["entry"])
    with translating():
        made = SettledOtherwiseTakenBack.objects.create(
            settled_id=said["settled_otherwise"], reason=said["reason"], proposal=proposal, at=now()
        )
    return {"taken_back": made.pk}


def part_of(content: dict[str, Any]) -> Part:
    """Return the lien or the client's share that a proposal is about."""
    line = SettlementLine.objects.filter(pk=content["line"]).first() if content["line"] else None
    return Part(SettlementStatement.objects.get(pk=content["settlement"]), line)


def describe(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return what is to count as settled, by which payment and on what evidence."""
    said, part = proposal.content, part_of(proposal.content)
    entry = JournalEntry.objects.select_related("text").get(pk=said["entry"])
    return [
        ("Settlement", part.statement.number), ("Matter", part.statement.matter_name), ("Paid to", part.payee),
        ("By the statement", part.amount), ("Counts as settled", money(said["cents"])),
        ("Left by", f"Entry {entry.pk}, {entry.get_kind_display().lower()} of {entry.book_date:%b %d, %Y}"),
        ("To", entry.text.party), ("For", entry.text.purpose), ("Evidence", said["evidence"]),
    ]  # fmt: skip


def describe_taking_back(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return what counted as settled, on what evidence, and why it does no more."""
    settled = SettledOtherwise.objects.select_related("proposal").get(pk=proposal.content["settled_otherwise"])
    return [*describe(settled.proposal), ("Taken back because", proposal.content["reason"])]


def hidden_from(person: Person) -> "dict[str, QuerySet[Any]]":
    """Return what was settled otherwise in matters that a wall keeps from a person; nothing without a wall."""
    walled = MatterWall.objects.filter(person=person, lifted_at__isnull=True)
    if not walled.exists():
        return {}
    of_walled = Exists(walled.filter(matter=OuterRef("statement__matter_id")))
    return {"disbursements_settledotherwise": SettledOtherwise.objects.filter(of_walled)}


def proposed_for(it: SettlementStatement) -> "QuerySet[Proposal]":
    """Return what waits for a second person about a statement, to count as settled or no more."""
    return proposals.undecided(KIND).filter(content__settlement=it.pk)


def register() -> None:
    """Make the kinds of proposals known; called once, when the app is ready."""
    who = Capability.CONFIRM_BANK_EVENTS
    proposals.register(KIND, settle_otherwise, who, "Settled otherwise", describe)
    proposals.register(TAKEN_BACK, take_back, who, "Settled otherwise: taken back", describe_taking_back)
