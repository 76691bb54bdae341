"""What settlement statements refuse, each with the facts and a sentence that says what to do next."""

from typing import Any

from firms.refusals import Refusal
from ledgers.money import as_text, money

AMOUNTS = ("gross", "taken", "over", "left", "held", "wanted", "line_amount")


class SettlementRefusal(Refusal):
    """A refusal about a settlement statement: amounts among the facts are cents, told as amounts."""

    def told(self) -> dict[str, Any]:
        """Return the facts with amounts in the firm's currency."""
        return super().told() | {name: as_text(money(fact)) for name, fact in self.facts.items() if name in AMOUNTS}


class SettlementNotContingency(SettlementRefusal):
    """Only the recovery of a contingency matter is divided so. Rule: SPEC flow Earned fee."""

    code = "settlement_not_contingency"
    sentence = (
        "{matter} is billed as {kind}: a settlement statement is for contingency and hybrid matters. "
        "Change the matter’s type if the fee agreement is for a contingent fee, or write an invoice."
    )


class SettlementMatterClosed(SettlementRefusal):
    """The matter is closed. Rule: SPEC flow Matter close."""

    code = "settlement_matter_closed"
    sentence = "{matter} was closed on {closed}: nothing is settled in it. Re-open the matter first."


class SettlementIncomplete(SettlementRefusal):
    """It has no fee, so there is nothing it would authorize."""

    code = "settlement_incomplete"
    sentence = "The settlement of {matter} names no attorney’s fee yet. Enter the fee before you issue it."


class SettlementBeyondGross(SettlementRefusal):
    """More is taken off than was recovered. Rule: SPEC flow Earned fee (sums to gross)."""

    code = "settlement_beyond_gross"
    sentence = (
        "Fee, costs and liens come to {taken}, {over} more than the gross recovery of {gross}. "
        "Correct the amounts, or agree on less, so that nothing is paid that was not recovered."
    )
    constraints = ("settlement_share_not_negative",)


class SettlementInFuture(SettlementRefusal):
    """Its day has not come."""

    code = "settlement_in_future"
    sentence = "{date} is after today ({today}). Date the statement today or before to issue it."


class SettlementContentFixed(SettlementRefusal):
    """What the client was shown never changes. Rule: SPEC I9."""

    code = "settlement_content_fixed"
    sentence = "The {settlement} is {state}: what it says never changes. Make it void and write a new one."


class SettlementMoveRefused(SettlementRefusal):
    """The state of a statement moves only as allowed."""

    code = "settlement_move_refused"
    sentence = "The {settlement} is {state} and cannot become {asked}. Look at it again."
    constraints = ("settlement_known_state", "settlement_numbered_at_issue", "settlement_void_why")


class SettlementLineFixed(SettlementRefusal):
    """A line is only ever taken off."""

    code = "settlement_line_fixed"
    sentence = "The line “{line}” stays as it was written. Take it off and write a new one."


class SettlementLineWrong(SettlementRefusal):
    """A cost was paid, a lien is at most what was claimed; each says to whom and for what."""

    code = "settlement_line_wrong"
    sentence = (
        "Each line names who is paid and what for. A cost is more than zero; what is agreed of a lien is at most what "
        "was claimed. Correct the line."
    )
    constraints = ("settlement_line_cost_or_lien", "settlement_line_says_what")


class SettlementTermsWrong(SettlementRefusal):
    """Gross and fee make no sense."""

    code = "settlement_terms_wrong"
    sentence = (
        "A settlement names a gross recovery above zero, who pays it, and a fee: a percentage of at most 100, or an "
        "amount. Fill in what is missing."
    )
    constraints = (
        *("settlement_amounts_positive", "settlement_fee_as_agreed", "settlement_says_from_whom"),
        "settlement_sums_to_gross",
    )  # fmt: skip
