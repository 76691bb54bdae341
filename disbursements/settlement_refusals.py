"""What signing, authorizing and paying a settlement statement refuse, each with what to do next."""

from billing.settlement_refusals import SettlementRefusal


class SettlementNotToSign(SettlementRefusal):
    """Only an issued statement is signed, once."""

    code = "settlement_not_to_sign"
    sentence = (
        "The {settlement} is {state}: only an issued statement takes the client’s signature, and one. Look at it again."
    )


class SettlementPaperUnlike(SettlementRefusal):
    """The paper that was signed is not this statement. Rule: SPEC I9."""

    code = "settlement_paper_unlike"
    sentence = (
        "The code on the signed paper is not that of {settlement}: the client signed another statement. "
        "Compare the code beside the signature; have the client sign this one."
    )


class SettlementSignedWhen(SettlementRefusal):
    """It was signed between its own day and today."""

    code = "settlement_signed_when"
    sentence = "Signed on {date} cannot be: the statement is of {from}, and today is {today}. Correct the day."


class SettlementNotRecorded(SettlementRefusal):
    """A coordinator records the signature."""

    code = "settlement_not_recorded"
    sentence = "Only a billing coordinator records that the client signed {settlement}. Give the signed paper to one."


class SettlementNotSigned(SettlementRefusal):
    """Nothing is paid before the client has signed. Rule: SPEC I10."""

    code = "settlement_not_signed"
    sentence = "The client has not signed {settlement} yet. Record the signature with the signed paper first."


class SettlementChanged(SettlementRefusal):
    """What the attorney saw is not what the books hold."""

    code = "settlement_changed"
    sentence = "Nothing was authorized: it is not what you were shown. Open it again and decide what it says now."


class SettlementNotPayable(SettlementRefusal):
    """Only an authorized statement pays. Rule: SPEC I10."""

    code = "settlement_not_payable"
    sentence = "The {settlement} is {state}: it is paid once the client signed it and an attorney authorized it."


class SettlementNotAuthorized(SettlementRefusal):
    """The attorney's authorization has ended. Rule: SPEC I8, I10."""

    code = "settlement_not_authorized"
    sentence = "The payment of {settlement} is not authorized any more ({reason}). An attorney authorizes it anew."


class SettlementAuthorityUnlike(SettlementRefusal):
    """The spending authority is not one for this statement. Rule: SPEC I9."""

    code = "settlement_authority_unlike"
    sentence = (
        "This authority is not for {settlement}: it must name the statement, a ledger of its matter and an account of "
        "ours. Authorize the statement itself."
    )


class FeeOverSettlement(SettlementRefusal):
    """More than is unpaid of fee and costs. Rule: SPEC I10."""

    code = "fee_over_settlement"
    sentence = "{wanted} was asked for, but {left} is unpaid of fee and costs of {settlement}. Ask for at most that."


class FeeBeforeSignature(SettlementRefusal):
    """A fee is taken on or after the day the client signed. Rule: SPEC I10."""

    code = "fee_before_signature"
    sentence = "A fee dated {date} would be before the client signed {settlement} on {signed}. Use a later day."


class SettlementOnePerson(SettlementRefusal):
    """Who authorizes is not who recorded the signature. Rule: SPEC I8."""

    code = "settlement_one_person"
    sentence = (
        "{person} recorded that the client signed {settlement} and cannot authorize its payment too. "
        "Another attorney of the matter decides."
    )


class SettlementAuthorizedAlready(SettlementRefusal):
    """One authorization at a time."""

    code = "settlement_authorized_already"
    sentence = "Payment of this statement is authorized already. Withdraw that authorization to make another."
    constraints = ("settlement_authorization_one_open",)


class MatterSettlementUnpaid(SettlementRefusal):
    """What the client signed is paid before the matter ends. Rule: SPEC flow Matter close, I10."""

    code = "matter_settlement_unpaid"
    sentence = (
        "The client signed {settlement} of matter {matter}, and {left} of it is not paid: fee and costs, liens or the "
        "client’s share. Pay it from the statement’s page, or record there what left otherwise; if nothing of it was "
        "paid, make the statement void."
    )


class SettlementAuthorizationFixed(SettlementRefusal):
    """It only ever ends. Rule: SPEC I9."""

    code = "settlement_authorization_fixed"
    sentence = "The authorization of {settlement} never changes; it ends once, with a reason. Make a new one."
    constraints = ("settlement_authorization_ended_why",)


class SettlementIsPaid(SettlementRefusal):
    """Something of it was paid or is asked for."""

    code = "settlement_is_paid"
    sentence = (
        "The {settlement} was paid, or a payment of it is asked for. Withdraw the requests, and reverse or put back "
        "what was paid; then make it void."
    )


class SettlementRequestUnlike(SettlementRefusal):
    """It is not what the client signed. Rule: SPEC I9."""

    code = "settlement_request_unlike"
    sentence = (
        "By {settlement} this is paid to {paid_to}, out of its own matter. Ask for it as the statement says, or ask "
        "for a payment that does not name the statement."
    )


class SettlementLinePaid(SettlementRefusal):
    """No more than the line is paid, and nothing twice. Rule: SPEC flow Earned fee."""

    code = "settlement_line_paid"
    sentence = (
        "{wanted} was asked for, but of the {line_amount} for {paid_to} by {settlement} {left} is left. "
        "Look at the payments on the statement’s page; ask for at most that."
    )


class SettlementMoneyNotLeft(SettlementRefusal):
    """What is to count as settled has not left the matter. Rule: SPEC flow Earned fee."""

    code = "settlement_money_not_left"
    sentence = (
        "{wanted} for {paid_to} by {settlement} would count as settled by entry {entry}, but {left} left the matter by "
        "it that settles nothing else. Name the payment by which the money left, or pay it by the statement."
    )


class SettledOtherwiseIncomplete(SettlementRefusal):
    """How the firm knows it stands in the books."""

    code = "settled_otherwise_incomplete"
    sentence = "Say by what it is known that {settlement} was settled by this payment, and an amount above zero."
    constraints = ("settled_otherwise_positive", "settled_otherwise_has_evidence")


class TakingBackSaysWhy(SettlementRefusal):
    """Why something does not count as settled after all stands in the books."""

    code = "taking_back_says_why"
    sentence = "Say why {settlement} was not settled by entry {entry}."
    constraints = ("taken_back_says_why",)


class TakenBackAlready(SettlementRefusal):
    """What counted as settled is taken back once."""

    code = "taken_back_already"
    sentence = "That entry {entry} settled a part of {settlement} was taken back before. Look at the statement’s page."
