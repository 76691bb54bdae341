"""What payment of invoices from trust refuses, each with the facts and a sentence that says what to do next."""

from typing import Any

from firms.refusals import Refusal
from ledgers.money import as_text, money


class FeeRefusal(Refusal):
    """A refusal about an invoice's fee: amounts among the facts are cents, told as amounts."""

    def told(self) -> dict[str, Any]:
        """Return the facts with amounts in the firm's currency."""
        amounts = {name: as_text(money(fact)) for name, fact in self.facts.items() if name in ("asked", "open")}
        return super().told() | amounts


class FeeWithoutInvoice(FeeRefusal):
    """A fee is taken for an invoice, never by itself. Rule: SPEC I10."""

    code = "fee_without_invoice"
    sentence = (
        "An earned fee is taken for an invoice that an attorney authorized for payment from trust. "
        "Issue the invoice and have it authorized; the transfer then follows by itself."
    )


class FeeOverInvoice(FeeRefusal):
    """More than is unpaid of the invoice. Rule: SPEC I10."""

    code = "fee_over_invoice"
    sentence = "{asked} was asked for, but {open} is open of {invoice}. Ask for at most that."


class FeeInvoiceNotOpen(FeeRefusal):
    """A draft, a paid or a void invoice is not paid from trust. Rule: SPEC I10."""

    code = "fee_invoice_not_open"
    sentence = "Nothing is to be paid of {invoice}: it is {state}. Only an issued invoice with something open is paid."


class FeeBeforeInvoice(FeeRefusal):
    """A fee is taken on or after the invoice's date. Rule: SPEC I10."""

    code = "fee_before_invoice"
    sentence = "A fee dated {date} would be before {invoice} of {invoice_date}. Use that day or a later one."


class FeeNotAuthorized(FeeRefusal):
    """The attorney's authorization has ended. Rule: SPEC I8, I10."""

    code = "fee_not_authorized"
    sentence = (
        "The payment of {invoice} from trust is not authorized any more ({reason}). An attorney authorizes it anew."
    )


class FeeBeforeApproval(FeeRefusal):
    """The client has not approved yet. Rule: SPEC flow Earned fee."""

    code = "fee_before_approval"
    sentence = (
        "The client has not approved {invoice} yet, and the firm’s policy asks for that. "
        "Record the client’s approval with its evidence when it comes."
    )


class FeeBeforeNotice(FeeRefusal):
    """The notice period still runs. Rule: SPEC flow Earned fee."""

    code = "fee_before_notice"
    sentence = (
        "The client may object to {invoice} until {until}. It is paid after that day, or once the client approves."
    )


class FeeBeforeLetter(FeeRefusal):
    """No letter to the client has left, so that the notice period has not begun. Rule: SPEC flow Earned fee."""

    code = "fee_before_letter"
    sentence = (
        "The client’s notice period for {invoice} has not begun, because no letter to the client’s address of "
        "today has left. Look at the "
        "client’s e-mail address and send the letter again, or record the client’s approval with its evidence."
    )


class FeeObjected(FeeRefusal):
    """The client objects. Rule: SPEC flow Earned fee."""

    code = "fee_objected"
    sentence = (
        "The client objected to {invoice} on {at}: nothing is paid of it from trust. "
        "Settle it with the client, then record the approval, or make the invoice void and write a new one."
    )


class FeeNotFromTrust(FeeRefusal):
    """The matter's invoices are not paid from trust."""

    code = "fee_not_from_trust"
    sentence = (
        "The invoices of matter {matter} are not paid from trust. Change that in the matter first, if it is agreed."
    )


class FeeAuthorityUnlike(FeeRefusal):
    """The spending authority is not one for this invoice. Rule: SPEC I9."""

    code = "fee_authority_unlike"
    sentence = (
        "This authority is not for {invoice}: it must name the invoice, a ledger of its matter and an account of ours. "
        "Authorize the invoice itself."
    )


class FeeAuthorizedAlready(FeeRefusal):
    """One authorization at a time."""

    code = "fee_authorized_already"
    sentence = "Payment of this invoice from trust is authorized already. Withdraw that authorization to make another."
    constraints = ("fee_authorization_one_open",)


class FeeAuthorizationFixed(FeeRefusal):
    """It only ever ends. Rule: SPEC I9."""

    code = "fee_authorization_fixed"
    sentence = "The authorization of {invoice} never changes; it ends once, with a reason. Make a new one."
    constraints = ("fee_authorization_notice_until", "fee_authorization_ended_why")


class FeeOnePerson(FeeRefusal):
    """Who authorizes is not who records the client's approval. Rule: SPEC I8."""

    code = "fee_one_person"
    sentence = (
        "{person} would authorize the payment of {invoice} and record that the client approved it. "
        "Another person has to do one of the two."
    )


class ClientAnswerIncomplete(FeeRefusal):
    """A client's answer has its evidence, and a coordinator records it."""

    code = "client_answer_incomplete"
    sentence = (
        "A billing coordinator records what the client said to {invoice}, and by what evidence. Name the evidence."
    )
    constraints = ("client_answer_has_evidence", "client_answer_known")


class InvoiceChanged(FeeRefusal):
    """What the attorney saw is not what the books hold."""

    code = "invoice_changed"
    sentence = "Nothing was done: what would be authorized is not what you were shown. Look at it again."


class BatchReferenceMissing(FeeRefusal):
    """A transfer at the bank has the bank's reference. Rule: SPEC section 1, bank item; I8."""

    code = "batch_reference_missing"
    sentence = "A transfer batch that went to the bank has one reference of the bank. Enter it."
    constraints = ("bank_item_batch_has_reference",)


class NothingToTransfer(FeeRefusal):
    """Nothing is available, or nothing left to pay."""

    code = "nothing_to_transfer"
    sentence = "Nothing of {invoice} can be transferred now: nothing is available in the ledger. It stays due."
