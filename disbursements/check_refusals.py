"""What is refused about checks, each with the facts and a sentence that says what to do next."""

from firms.refusals import Refusal


class CheckNumberingMissing(Refusal):
    """Nobody has said which number comes first."""

    code = "check_numbering_missing"
    sentence = (
        "The number of the first check of {account} is not set. Set it under Checks, Numbers, as it stands on the "
        "check stock."
    )


class CheckNumberBehind(Refusal):
    """Numbers go on, never back."""

    code = "check_number_behind"
    sentence = "Check {last} was the last one printed; {number} is not after it. Set a higher number."


class CheckNumberWrong(Refusal):
    """It is no check number."""

    code = "check_number_wrong"
    sentence = "A check number has one to ten digits and is not 0. Use the number that stands on the check."
    constraints = ("check_number_range", "check_numbering_range")


class CheckNumberTaken(Refusal):
    """A number is given once."""

    code = "check_number_taken"
    sentence = "Check {number} of {account} is recorded already. Look at the number that stands on the check."
    constraints = ("check_number_once",)


class CheckNumberFar(Refusal):
    """Probably a typing mistake."""

    code = "check_number_far"
    sentence = (
        "Check {number} is far from every known number; the nearest is {nearest}. Correct it, or say that it is the "
        "first of another check book."
    )


class CheckIsThere(Refusal):
    """One payment, one check in force."""

    code = "check_is_there"
    sentence = "Check {number} of this payment is out. Make it void first, or stop its payment."
    constraints = ("check_in_force_once",)


class NotPaidByCheck(Refusal):
    """Only a posted payment by check has a check."""

    code = "not_paid_by_check"
    sentence = "Entry {entry} is no payment by check out of this account. Choose one that is."


class PaymentUndone(Refusal):
    """The payment was reversed."""

    code = "payment_undone"
    sentence = "Entry {entry} is reversed, so there is nothing to pay. Request the payment again if it is still due."


class CheckEnded(Refusal):
    """A check is made void or stopped once."""

    code = "check_ended"
    sentence = "Check {number} is {state} already."


class CheckDateWrong(Refusal):
    """A check is dated between its posting and today."""

    code = "check_date_wrong"
    sentence = (
        "A check is dated from the day its payment was posted ({book_date}) to today ({today}), not {date}. Use the "
        "date that stands on it."
    )


class CheckIsOut(Refusal):
    """Whoever holds the check could still be paid."""

    code = "check_is_out"
    sentence = (
        "Check {number} of entry {entry} is out. Undo the payment on the check’s own page: the check becomes void "
        "with it."
    )


class CheckCleared(Refusal):
    """The bank has paid it."""

    code = "check_cleared"
    sentence = (
        "Check {number} was paid by the bank on {bank_date}, so it is neither void nor stopped nor undone. If the bank "
        "does not show it, take that back on the payment’s page first."
    )


class PaymentCleared(Refusal):
    """One more check would pay twice."""

    code = "payment_cleared"
    sentence = (
        "The bank paid entry {entry} on {bank_date}: another check would pay it twice. Leave it out; if the bank does "
        "not show it, take that back on the payment’s page."
    )


class CheckNotInForce(Refusal):
    """A void or stopped check is not paid."""

    code = "check_not_in_force"
    sentence = (
        "Check {number} of entry {entry} is {state}, so the bank does not pay it. Issue it anew, or record what the "
        "bank did as a bank event."
    )


class MatterRequestsOpen(Refusal):
    """Somebody still asks for its money, or sends it some."""

    code = "matter_requests_open"
    sentence = (
        "A request to {payee} of matter {matter} is a draft, not decided or not paid. Submit it and let the attorney "
        "decide it, or withdraw it, first."
    )


class CheckFixed(Refusal):
    """What stands on a check stands there."""

    code = "check_fixed"
    sentence = "What check {number} says never changes. Make it void and print another one."


class NoChecksChosen(Refusal):
    """Nothing to print."""

    code = "no_checks_chosen"
    sentence = "No payment is chosen. Tick those whose checks are to be printed."


class TooManyChecks(Refusal):
    """One batch is one stack of paper."""

    code = "too_many_checks"
    sentence = "{asked} checks are too many for one batch; it takes at most {most}. Print them in several batches."


class PaymentGone(Refusal):
    """What was chosen is not there for this person."""

    code = "payment_gone"
    sentence = "One of the chosen payments is not there. Look at the list again."


class NothingToPrint(Refusal):
    """Every check of the batch ended."""

    code = "nothing_to_print"
    sentence = "Every check of batch {batch} is void or stopped. Number the payments anew."


class BlankPaysNothing(Refusal):
    """A blank has no payment."""

    code = "blank_pays_nothing"
    sentence = "Check {number} was a blank: it pays nothing that could be stopped or undone."


class NothingToSend(Refusal):
    """The file would be empty."""

    code = "nothing_to_send"
    sentence = "No check of this account was issued or ended from {first} to {last}. Choose other days."


class PositivePayHidden(Refusal):
    """Half a file makes the bank refuse good checks."""

    code = "positive_pay_hidden"
    sentence = (
        "{count} of the checks of these days belong to matters that are not open to you, and the bank needs all of "
        "them. Let another coordinator make the file."
    )


class PositivePayTooLong(Refusal):
    """The bank's layout has no room for it."""

    code = "positive_pay_too_long"
    sentence = (
        "The layout “{layout}” has room for {longest} signs of the {field}, and one has more. Choose another layout, "
        "or ask the bank for theirs."
    )
