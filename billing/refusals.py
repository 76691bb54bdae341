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
