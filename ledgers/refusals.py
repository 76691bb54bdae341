"""What the books refuse, each with the facts and a sentence that says what to do next.

One class per rule; the pen (ledgers/sql) raises the code, `firms.refusals` finds the class.
"""

from typing import Any

from firms.refusals import Refusal
from ledgers.money import Money, as_text, money

AMOUNTS = frozenset(
    {
        "asked",
        "balance",
        "held",
        "available",
        "deficit",
        "shortfall",
        "approved",
        "used",
        "received",
        "returned",
        "taken",
        "put_back",
    }
)


class BookRefusal(Refusal):
    """A refusal of the books; facts that are cents read as dollars in the sentence and in the API."""

    def __init__(self, **facts: Any) -> None:
        """Keep the facts, amounts as `Money`."""
        super().__init__(**{k: money(v) if k in AMOUNTS and isinstance(v, int) else v for k, v in facts.items()})

    def told(self) -> dict[str, Any]:
        """Return the facts with amounts in dollars."""
        return {name: as_text(fact) if isinstance(fact, Money) else fact for name, fact in super().told().items()}


def _refusal(name: str, code: str, sentence: str, rule: str, *constraints: str) -> type[BookRefusal]:
    """Make the class of one refusal."""
    space: dict[str, Any] = {"code": code, "sentence": sentence, "constraints": constraints}
    space |= {"__doc__": f"{sentence}\n\nRule: {rule}", "__module__": __name__}
    return type(name, (BookRefusal,), space)


InsufficientFunds = _refusal(
    "InsufficientFunds",
    "insufficient_funds",
    "{asked} was asked for, but only {available} is available: the ledger holds {balance}, of which {held} is held. "
    "Wait until the held money may be spent, or ask for less.",
    "SPEC I4; Model Rule 1.15(a)",
)
InsufficientFundsOnDate = _refusal(
    "InsufficientFundsOnDate",
    "insufficient_funds_on_date",
    "On {date} the ledger held only {balance}; {asked} dated then would have overdrawn it. Use a later date.",
    "SPEC I3",
)
Overdrawn = _refusal(
    "Overdrawn",
    "client_ledger_overdrawn",
    "This would overdraw a client's ledger. Nothing was posted. Check the amount and the date.",
    "SPEC I3",
    "client_ledger_not_overdrawn",
    "client_ledger_not_overdrawn_on_any_day",
)
DeficitNeedsSecondPerson = _refusal(
    "DeficitNeedsSecondPerson",
    "deficit_needs_second_person",
    "The money has been spent: this would leave a deficit of {shortfall}. It can be recorded in full, but a second "
    "person must confirm it. Propose it for confirmation.",
    "SPEC I3",
)
LedgerInDeficit = _refusal(
    "LedgerInDeficit",
    "ledger_in_deficit",
    "This ledger has a deficit of {deficit}. Nothing may be spent from it until the firm cures the deficit.",
    "SPEC I3",
)
AccountInDeficit = _refusal(
    "AccountInDeficit",
    "account_in_deficit",
    "A ledger of {account} has a deficit and the firm's policy stops all spending from the account until it is cured.",
    "SPEC I3",
)
DisbursementsStopped = _refusal(
    "DisbursementsStopped",
    "disbursements_stopped",
    "Spending is stopped: {reason} Receipts can still be recorded. Resolve the finding first.",
    "SPEC I6",
)
EntryNotBalanced = _refusal(
    "EntryNotBalanced",
    "entry_not_balanced",
    "The lines of this entry do not add up to what moves at the bank. Correct the amounts.",
    "SPEC I2",
)


class MonthLocked(BookRefusal):
    """No entry is dated in a locked month, or before the account was opened. Rule: SPEC I7."""

    code = "month_locked"

    @property
    def detail(self) -> str:
        """Return the sentence; a month that is missing is one before the account's opening."""
        if self.facts.get("state") == "missing":
            sentence = (
                "{date} is before {account} was opened in these books. Use a date on or after its opening; if it was "
                "opened earlier, correct the date of its opening under Trust accounts."
            )
        else:
            sentence = "{date} lies in a month of {account} that is {state}. Date the entry in an open month."
        return sentence.format(**{"date": "-", "account": "-", "state": "-"} | self.told())


DatedInFuture = _refusal(
    "DatedInFuture",
    "dated_in_future",
    "The date {date} is after today ({today}). Use today's date or an earlier one.",
    "SPEC section 1, book date",
)
DatedBeforeOriginal = _refusal(
    "DatedBeforeOriginal",
    "dated_before_original",
    "The entry it speaks of is dated {original_date}. Use that date or a later one.",
    "SPEC I1",
)
AccountClosed = _refusal(
    "AccountClosed",
    "account_closed",
    "{account} was closed on {closed}. Use an account that is open, or have it opened again first.",
    "SPEC section 1",
)
AuthorityMissing = _refusal(
    "AuthorityMissing",
    "authority_missing",
    "Nothing leaves a ledger without an attorney's approval. Request the payment; it posts when it is approved.",
    "SPEC I8",
)
AuthorityVoid = _refusal(
    "AuthorityVoid", "authority_void", "The approval is void: {reason} Request it again.", "SPEC I9"
)
AuthorityUsed = _refusal(
    "AuthorityUsed",
    "authority_used",
    "{approved} was approved and {used} of it is spent; {asked} more is not covered. Request a new approval.",
    "SPEC I8",
    "authority_not_overspent",
)
NotWhatWasApproved = _refusal(
    "NotWhatWasApproved",
    "not_what_was_approved",
    "This is not what the attorney approved: every detail must be the same. Request it again.",
    "SPEC I9",
)
AuthorityContentFixed = _refusal(
    "AuthorityContentFixed",
    "authority_content_fixed",
    "An approval never changes. Void it and request a new one.",
    "SPEC I9",
)
ApproverIsRequester = _refusal(
    "ApproverIsRequester",
    "approver_is_requester",
    "You asked for this payment, so another attorney must approve it.",
    "SPEC I8",
    "authority_approver_not_requester",
)
NotTheApprover = _refusal(
    "NotTheApprover",
    "not_the_approver",
    "Only the matter's responsible attorney decides on this (or the billing or alternate attorney where the "
    "responsible one asked for it).",
    "SPEC I8",
)
OutflowIncomplete = _refusal(
    "OutflowIncomplete",
    "outflow_incomplete",
    "Money out needs a payee, a purpose and a reference. Fill in what is missing.",
    "SPEC I8; Model Rules for Client Trust Account Records, Rule 1(a)",
    "authority_names_payee_and_purpose",
)
WordsMissing = _refusal(
    "WordsMissing",
    "words_missing",
    "This entry also needs: {missing}. Fill it in.",
    "SPEC I8",
)
PayeeIsCash = _refusal(
    "PayeeIsCash",
    "payee_is_cash",
    "Trust money is never paid out in cash or to bearer. Name the person or organization to be paid.",
    "SPEC I8; Model Rules for Client Trust Account Records, Rule 2(c)",
)
MatterClosed = _refusal(
    "MatterClosed",
    "matter_closed",
    "The matter is closed; nothing is spent from it. Re-open the matter first.",
    "SPEC flow Matter close",
)
SecondPersonNeeded = _refusal(
    "SecondPersonNeeded",
    "second_person_needed",
    "This needs a second person who may confirm it, other than the one who asked. Propose it for confirmation.",
    "SPEC two-person rules",
)
CureExceedsDeficit = _refusal(
    "CureExceedsDeficit",
    "cure_exceeds_deficit",
    "The deficit is {deficit}; the firm puts in at most that, not {asked}.",
    "SPEC I3",
)
LedgerNotForKind = _refusal(
    "LedgerNotForKind",
    "ledger_not_for_kind",
    "This kind of entry does not belong in that ledger. Bank charges of a pooled account come out of firm funds, never "
    "out of a client's money.",
    "SPEC I11",
)
KeyReused = _refusal(
    "KeyReused",
    "key_reused",
    "This idempotency key was used before for something else. Nothing was posted. Use a new key.",
    "SPEC I12",
    "command_key_once",
)
KeyMissing = _refusal("KeyMissing", "key_missing", "A command that moves money needs an idempotency key.", "SPEC I12")
AlreadyReversed = _refusal(
    "AlreadyReversed",
    "already_reversed",
    "Entry {entry} is reversed already.",
    "SPEC I1",
    "ledgers_journalentry_reverses_id_key",
)
ReversalOfReversal = _refusal(
    "ReversalOfReversal",
    "reversal_of_reversal",
    "A reversal is not reversed. Post the event again with its own date.",
    "SPEC I1",
)
ReversalNotExact = _refusal(
    "ReversalNotExact", "reversal_not_exact", "A reversal undoes exactly what entry {entry} did.", "SPEC I1"
)
AlreadyReturned = _refusal(
    "AlreadyReturned",
    "already_returned",
    "{returned} of entry {entry} has been returned or put back already; it can no longer be reversed as a whole.",
    "SPEC I1",
)
ReturnedMoreThanReceived = _refusal(
    "ReturnedMoreThanReceived",
    "returned_more_than_received",
    "The receipt was {received} and {returned} of it was returned before; {asked} more is too much.",
    "SPEC I2",
)
PutBackMoreThanTaken = _refusal(
    "PutBackMoreThanTaken",
    "put_back_more_than_taken",
    "The fee was {taken} and {put_back} of it was put back before; {asked} more is too much.",
    "SPEC I10",
)
TransferOneSided = _refusal(
    "TransferOneSided",
    "transfer_one_sided",
    "Both sides of an account transfer are posted, and reversed, together.",
    "SPEC I1",
)
AccountIsOperating = _refusal(
    "AccountIsOperating",
    "account_is_operating",
    "The same account at the bank cannot be a trust account and an operating account.",
    "Model Rule 1.15(a)",
)
TitleRefused = _refusal(
    "TitleRefused",
    "account_title_refused",
    "The title at the bank must say Trust, IOLTA, Escrow or Fiduciary, and not Operating. Use the exact title.",
    "Model Rule 1.15(a)",
    "trust_account_title",
)
RoutingNumberWrong = _refusal(
    "RoutingNumberWrong",
    "routing_number_wrong",
    "This is not a routing number: its check digit is wrong. Copy the nine digits from a check.",
    "ABA routing number",
    "trust_account_routing_number",
    "operating_account_routing_number",
)
MatterNumberTaken = _refusal(
    "MatterNumberTaken",
    "matter_number_taken",
    "Another matter has this number. Use a different one.",
    "SPEC section 1",
    "matter_number_once",
)
MatterNotInAccount = _refusal(
    "MatterNotInAccount",
    "matter_not_in_account",
    "Matter {matter} does not use {account}. Add the account to the matter first.",
    "SPEC section 1",
)
AccountOfAnotherClient = _refusal(
    "AccountOfAnotherClient",
    "account_of_another_client",
    "{account} is another client's own account. Matter {matter} cannot use it.",
    "SPEC section 1",
)
HoldAlreadyReleased = _refusal(
    "HoldAlreadyReleased", "hold_already_released", "This hold has been released already.", "SPEC section 1"
)
EvidenceMissing = _refusal(
    "EvidenceMissing",
    "evidence_missing",
    "Say on what evidence the money is final (the bank's written confirmation).",
    "SPEC flow Receipt",
)
ReasonMissing = _refusal("ReasonMissing", "reason_missing", "Give the reason.", "SPEC I1")
AmountNotPositive = _refusal(
    "AmountNotPositive",
    "amount_not_positive",
    "The amount must be more than zero.",
    "SPEC I2",
    "authority_positive",
    "hold_positive",
)
EarlierMonthOpen = _refusal(
    "EarlierMonthOpen", "earlier_month_open", "Months are locked in order: {earlier} is still open.", "SPEC I7"
)
LaterMonthLocked = _refusal(
    "LaterMonthLocked", "later_month_locked", "A later month is locked. Re-open that one first.", "SPEC I7"
)
MonthNotOver = _refusal("MonthNotOver", "month_not_over", "The month {month} is not over yet.", "SPEC I7")
MonthAlreadyLocked = _refusal(
    "MonthAlreadyLocked", "month_already_locked", "The month {month} is locked already.", "SPEC I7"
)
MonthNotLocked = _refusal("MonthNotLocked", "month_not_locked", "The month {month} is not locked.", "SPEC I7")
BankItemClosed = _refusal(
    "BankItemClosed",
    "bank_item_closed",
    "This deposit slip or transfer batch has gone to the bank and stays as it went. A new one gathers what comes.",
    "SPEC section 1",
)
LedgerAlreadyInUse = _refusal(
    "LedgerAlreadyInUse",
    "ledger_already_in_use",
    "This ledger has entries already; an opening balance comes before all others.",
    "SPEC flow Migration",
)
LedgerTwice = _refusal(
    "LedgerTwice", "ledger_twice", "The same matter stands twice in this entry. Put its amounts together.", "SPEC I2"
)
AmountTooLarge = _refusal(
    "AmountTooLarge",
    "amount_too_large",
    "The amount is larger than these books can hold. Check it.",
    "SPEC section 1",
)
MethodUnknown = _refusal(
    "MethodUnknown",
    "method_unknown",
    "“{method}” is not a way in which money moves. Choose one of the methods offered.",
    "SPEC section 1",
)
NotOfThatEntry = _refusal(
    "NotOfThatEntry",
    "not_of_that_entry",
    "Entry {entry} did not move this ledger's money. Choose the ledger it concerns; a loss that is no client's goes to "
    "firm funds.",
    "SPEC I3; Model Rule 1.15(a)",
)
AccountOpeningFixed = _refusal(
    "AccountOpeningFixed",
    "account_opening_fixed",
    "{name} has locked months, so its opening date of {opened} stays. Re-open the months first.",
    "SPEC I7",
)
StopIsLiftedByTwoPeople = _refusal(
    "StopIsLiftedByTwoPeople",
    "stop_is_lifted_by_two_people",
    "Disbursements were stopped by a finding. Two people let them go on, with a reason; it is not a setting.",
    "SPEC I6",
)
IsolationNotReadCommitted = _refusal(
    "IsolationNotReadCommitted",
    "isolation_not_read_committed",
    "The books are written at the isolation level READ COMMITTED only. Begin the transaction again.",
    "SPEC I4",
)
NoSuchLedger = _refusal(
    "NoSuchLedger", "no_such_ledger", "There is no such ledger in this trust account.", "SPEC section 1"
)
ActorMayNotPost = _refusal(
    "ActorMayNotPost", "actor_may_not_post", "Your roles do not let you post to the books.", "SPEC section 6"
)
