"""How the tests make settlement statements: $100,000.00 recovered, a third of it the fee, a cost, and a lien."""

from decimal import Decimal
from typing import Any

from billing.settlement_models import SettlementStatement
from billing.settlements import Deduction, Recovery, add_deduction, create_settlement, issue_settlement
from ledgers.models import Matter
from ledgers.money import money
from ledgers.parties import edit_matter
from tests.cast import Cast, key, today

GROSS, FEE, COST, LIEN, SHARE = 10_000_000, 3_333_330, 120_000, 800_000, 5_746_670
INSURER = "Acme Insurance, claim 4711"


def contingent(cast: Cast, matter: Matter | None = None) -> Matter:
    """Return a matter (Smith's) with a contingent fee."""
    it = Matter.objects.get(pk=(matter or cast.smith_matter).pk)
    return (
        it
        if it.type in (Matter.Type.CONTINGENCY, Matter.Type.HYBRID)
        else edit_matter(it, it.version, type=Matter.Type.CONTINGENCY)
    )


def recovery(**changes: Any) -> Recovery:
    """Return $100,000.00 of an insurer, of which a third is the fee."""
    said: dict[str, Any] = {
        "date": today(), "gross": money(GROSS), "received_from": INSURER, "fee_basis": "gross",
        "fee_percent": Decimal("33.3333"),
    }  # fmt: skip
    return Recovery(**(said | changes))


def lien(cents: int = LIEN, claimed: int = 1_000_000, payee: str = "St. Mary’s Hospital") -> Deduction:
    """Return a lien that was negotiated down."""
    return Deduction("lien", payee, "Lien 88-1203", money(cents), money(claimed))


def cost(cents: int = COST, payee: str = "Metro Reporting") -> Deduction:
    """Return a cost that the firm advanced."""
    return Deduction("cost", payee, "Deposition of J. Muñoz", money(cents))


def drafted(
    cast: Cast, *lines: Deduction, matter: Matter | None = None, said: Recovery | None = None
) -> SettlementStatement:
    """Begin a statement with these lines; with a cost and a lien where none are given."""
    draft = create_settlement(cast.coordinator, key(), contingent(cast, matter), said or recovery())
    for line in lines or (cost(), lien()):
        draft = add_deduction(cast.coordinator, key(), draft, line)
    return draft


def issued(cast: Cast, *lines: Deduction, **more: Any) -> SettlementStatement:
    """Issue a statement."""
    draft = drafted(cast, *lines, **more)
    return issue_settlement(cast.coordinator, draft, draft.version)
