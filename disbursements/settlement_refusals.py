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
