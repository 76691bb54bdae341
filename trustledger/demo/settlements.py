"""A claim that was settled: the recovery is in trust, the statement is issued and waits for the client's signature."""

from decimal import Decimal

from billing.settlement_models import FeeBasis, SettlementLine
from billing.settlements import Deduction, Recovery, add_deduction, create_settlement, issue_settlement
from ledgers.money import money
from ledgers.posting import Share, post_receipt
from trustledger.demo.history import Story

INSURER = "Harbor Mutual Insurance Co."
GROSS = 9_250_000
DEDUCTIONS = (
    Deduction(SettlementLine.Kind.COST, "Empire Court Reporting", "Depositions of both drivers", money(184_250)),
    Deduction(SettlementLine.Kind.COST, "Dr. Alan Pierce", "Medical report and testimony", money(325_000)),
    Deduction(
        SettlementLine.Kind.LIEN, "St. Vincent Medical Center", "Treatment, account 77-4410", money(980_000),
        money(1_412_600),
    ),
    Deduction(SettlementLine.Kind.LIEN, "Medicaid, State of New York", "Waived by letter", money(0), money(214_000)),
)  # fmt: skip


def a_settlement(story: Story) -> None:
    """The insurer pays by wire; the statement says who gets what, to the cent."""
    matter = next(m for m in story.stage.matters if m.type == "contingency" and m.pk in story.balances)
    story.left_alone.add(matter.pk)
    who = story.stage.people["coordinator"]
    post_receipt(
        who, story.key(), account=story.stage.iolta, book_date=story.today, method="wire", payer=INSURER,
        shares=[Share(matter, money(GROSS))], reference="FW30418822",
    )  # fmt: skip
    story.balances[matter.pk] += GROSS
    story.set_clock()
    recovery = Recovery(story.today, money(GROSS), f"{INSURER}, claim 88-20417", FeeBasis.GROSS, Decimal("33.3333"))
    statement = create_settlement(who, story.key(), matter, recovery)
    for deduction in DEDUCTIONS:
        statement = add_deduction(who, story.key(), statement, deduction)
    issue_settlement(who, statement, statement.version)
