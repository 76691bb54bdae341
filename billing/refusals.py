"""What billing refuses, each with the facts and a sentence that says what to do next."""

from typing import Any

from firms.refusals import Refusal


class NotYourTime(Refusal):
    """Who makes the invoices records anybody's time; an attorney the own."""

    code = "not_your_time"
    sentence = "You record your own time. A billing coordinator can record or change that of {person}."


class TimeRemoved(Refusal):
    """It was taken out. Rule: what was taken out stays as it was (SPEC I13)."""

    code = "time_removed"
    sentence = "This time entry of {date} was taken out and stays as it was. Record the time again if it was worked."


class TimeInFuture(Refusal):
    """Nobody has worked tomorrow. Rule: SPEC section 1, book date."""

    code = "time_in_future"
    sentence = "{date} is after today ({today}). Use the day on which the work was done."


class MatterNotBilled(Refusal):
    """The matter is closed. Rule: SPEC flow Matter close."""

    code = "matter_not_billed"
    sentence = "{matter} was closed on {closed}: it takes no time and no invoices. Re-open the matter first."


class DayTooLong(Refusal):
    """More than 24 hours of a day."""

    code = "day_too_long"
    sentence = "{person} would have {hours} hours on {date}; a day has 24. Correct the hours or the date."
    constraints = ("time_hours_of_a_day",)


class TimeIncomplete(Refusal):
    """Hours, rate or narrative are missing or make no sense."""

    code = "time_incomplete"
    sentence = "A time entry needs hours, a rate of 0.00 or more, and what was done. Fill in what is missing."
    constraints = ("time_rate_not_negative", "time_says_what_was_done", "time_removed_why")


class TimeFileKnown(Refusal):
    """The very same file was taken in before. Rule: nothing is billed twice."""

    code = "time_file_known"
    sentence = (
        "Nothing was imported: this very file was imported before ({rows} time entries, {at}, by {by}). "
        "Import only what is new."
    )
    constraints = ("time_file_once",)


class TimeFileRefused(Refusal):
    """Rows of the file are wrong; nothing of it was taken. `problems` names them."""

    code = "time_file_refused"
    sentence = "Nothing was imported: {count} things in {name} are wrong. Correct them in the file and import it again."

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Return what is wrong: row, column, value, what is wrong, what to do."""
        found: list[dict[str, Any]] = self.facts["problems"]
        return found


class TimeBilled(Refusal):
    """A billed time entry is fixed, and is on one invoice at most. Rule: SPEC I10 (nothing is billed twice)."""

    code = "time_billed"
    sentence = (
        "The time of {person} on {date} is on {invoice}: it cannot be changed or billed again. "
        "Take it off the draft, or make the invoice void, first."
    )


class TimeNotForThis(Refusal):
    """It is of another matter, not charged, or taken out."""

    code = "time_not_for_this"
    sentence = (
        "The time of {person} on {date} cannot be on this invoice: it is another matter’s, not charged, or taken out. "
        "Choose unbilled time of the matter."
    )


class InvoiceEmpty(Refusal):
    """There is nothing to pay."""

    code = "invoice_empty"
    sentence = "The invoice for {matter} has nothing to pay yet. Add time or a line first."


class InvoiceInFuture(Refusal):
    """It is dated tomorrow. Rule: SPEC I10 (a fee is taken on or after the invoice's date)."""

    code = "invoice_in_future"
    sentence = "The invoice is dated {date}, after today ({today}). Change its date, or issue it on that day."


class InvoiceContentFixed(Refusal):
    """An issued invoice never changes. Rule: SPEC I9, I10."""

    code = "invoice_content_fixed"
    sentence = "The {invoice} is {state}: what it says never changes. Make it void and write a new one."


class InvoiceLineFixed(Refusal):
    """A line is taken off and written anew."""

    code = "invoice_line_fixed"
    sentence = "A line never changes. Take it off the draft and add a new one."
    constraints = ("invoice_line_is_time_or_own", "invoice_line_says_what", "invoice_line_time_once")


class InvoiceMoveRefused(Refusal):
    """The state of an invoice moves only as allowed."""

    code = "invoice_move_refused"
    sentence = "The {invoice} is {state} and cannot become {asked}. Look at it again."


class InvoiceIsPaid(Refusal):
    """What was taken for it goes back first. Rule: SPEC I10; flow Earned fee."""

    code = "invoice_is_paid"
    sentence = "{paid} of {invoice} is paid. Put the fee back into the client’s ledger first, then make it void."


class InvoiceTotalNotSum(Refusal):
    """Rule: the total of an invoice is the sum of its lines."""

    code = "invoice_total_not_sum"
    sentence = "The total of {invoice} is the sum of its lines and is never written by hand. Add or take off a line."


class InvoiceNumberTaken(Refusal):
    """Another invoice has the number."""

    code = "invoice_number_taken"
    sentence = "Another invoice has this number. Leave it empty for the next one, or give another."
    constraints = ("invoice_number_once",)


class InvoiceDates(Refusal):
    """It would be due before it is written."""

    code = "invoice_due_before_date"
    sentence = "The invoice would be due before its date. Choose a later day for payment."
    constraints = ("invoice_due_after_date",)


class InvoiceStateRefused(Refusal):
    """Number, reason or payments do not fit the state. Rule: the states of an invoice."""

    code = "invoice_state_wrong"
    sentence = "An issued invoice has a number, a void one its reason, and only an unpaid one becomes void."
    constraints = (
        "invoice_known_state", "invoice_numbered_at_issue", "invoice_void_why", "invoice_paid_as_its_state",
    )  # fmt: skip
