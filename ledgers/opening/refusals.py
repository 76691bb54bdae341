"""What the opening import refuses."""

from firms.refusals import Refusal


class FileRefused(Refusal):
    """The file cannot be read at all."""

    code = "file_refused"
    sentence = "{name} was not taken: {why} {remedy}"


class NotInState(Refusal):
    """The run stands elsewhere."""

    code = "opening_not_in_state"
    sentence = "The import is {state} now; that cannot be done with it any more. Open it again to see where it stands."


class MappingIncomplete(Refusal):
    """A column that is needed is not named, or is not in the file."""

    code = "mapping_incomplete"
    sentence = "{what} Choose the columns again."


class HasErrors(Refusal):
    """Rows are wrong."""

    code = "opening_has_errors"
    sentence = "{errors} errors must be corrected first. Nothing is loaded unless every row is right."


class ProofFailed(Refusal):
    """What was loaded is not what the file says."""

    code = "opening_proof_failed"
    sentence = "The proof does not hold: {what} Nothing was loaded. Check the import again."


class DeficitNotYours(Refusal):
    """Only a partner or a trust supervisor chooses to load a deficit."""

    code = "deficit_needs_partner"
    sentence = (
        "A negative balance is somebody's missing money. "
        "Only a managing partner or trust supervisor may have it loaded."
    )


class UsedSince(Refusal):
    """Something else was posted on a ledger of the import."""

    code = "opening_used_since"
    sentence = (
        "The import can no longer be rolled back: {ledgers} of its ledgers have been used since ({example}). "
        "Correct single entries by reversing them."
    )


class ContentNotWhatWasProposed(Refusal):
    """Rows or mapping are not what the second person saw."""

    code = "opening_changed"
    sentence = "The import is not what was proposed. Check it and propose it again."
