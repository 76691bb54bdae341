"""Settlement statements once they are issued: signed, authorized (never by a token), paid."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.settlements import visible
from billing.queries.settlements import deduction_of
from billing.settlement_models import SettlementLine
from disbursements.api import PAID_BY, RequestShape, found_or_404, number, said_in
from disbursements.api import answer_of as request_answer
from disbursements.attachments import NAMES, usable
from disbursements.fee_api import (
    AuthorizationShape,
    EndAsked,
    TermsShape,
    TransferShape,
    authorize,
    terms_shown,
    transfer,
    withdraw,
)
from disbursements.models import Kind, Payee, SettledOtherwise, SettlementSignature
from disbursements.payee_queries import payees
from disbursements.requests import request_money
from disbursements.settled_otherwise import propose_settled_otherwise, propose_taking_back, standing_for
from disbursements.settlement_fees import FEES
from disbursements.settlement_queries import Part, ledgers_of, left_of, signature_of, standing_of
from disbursements.settlement_signing import record_signature
from disbursements.views.files import given_out
from firms.access import Capability, permission
from firms.models import Person
from firms.refusals import translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.api.corrections import ProposalShape
from ledgers.api.shapes import KEYED, AmountField, key_of, person_of
from ledgers.authorities import Spending
from ledgers.commands import new_key, once

DECIDES = permission(Capability.APPROVE_MONEY)
SEES, RECORDS = permission(Capability.SEE_BOOKS), permission(Capability.REQUEST_MONEY)


class SignatureShape(serializers.Serializer[SettlementSignature]):
    """The client's signature under a statement; the signed paper is an attachment."""

    settlement = serializers.IntegerField(source="statement_id")
    content_hash = serializers.CharField()
    signed_on = serializers.DateField()
    attachment = serializers.IntegerField(source="attachment_id")
    evidence = serializers.CharField()
    recorded_by = serializers.IntegerField(source="recorded_by_id")
    at = serializers.DateTimeField()


class SignatureAsked(serializers.Serializer[Any]):
    """A signature: the code printed on the paper (or the whole content hash), and the paper uploaded before."""

    code = serializers.CharField(max_length=80)
    signed_on = serializers.DateField()
    attachment = number(help_text="As `attachments` answered when the signed paper was uploaded")
    evidence = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class SettlementSignApi(APIView):
    """The client's signature."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="settlements_sign", parameters=KEYED, request=SignatureAsked, responses={201: SignatureShape}
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Record that the client signed exactly this statement."""
        key, person, said = key_of(request), person_of(request), said_in(SignatureAsked, request)
        it = visible(request, settlement_id)
        paper = found_or_404(usable(person, [said["attachment"]]).first())
        made = record_signature(person, key, it, said["code"], said["signed_on"], paper, said["evidence"])
        return Response(SignatureShape(made).data, status=201)


class SettlementPaperApi(APIView):
    """The signed paper."""

    permission_classes = (SEES,)

    @extend_schema(
        operation_id="settlements_signed_paper",
        responses={(200, kind): OpenApiTypes.BINARY for kind in NAMES},
    )
    def get(self, request: Request, settlement_id: int) -> HttpResponseBase:
        """Download it; the download is in the audit trail."""
        it = visible(request, settlement_id)
        return given_out(it, found_or_404(signature_of(it).first()).attachment)


class SettledOtherwiseShape(serializers.Serializer[SettledOtherwise]):
    """What was settled by a payment that names no statement, recorded by one person and confirmed by another."""

    id = serializers.IntegerField()
    entry = serializers.IntegerField(source="entry_id")
    amount = AmountField()
    evidence = serializers.CharField()
    recorded_by = serializers.IntegerField(source="proposal.proposed_by_id")
    confirmed_by = serializers.IntegerField(source="proposal.decided_by_id")
    at = serializers.DateTimeField()


class SettlementPartShape(serializers.Serializer[Any]):
    """A lien, or without a line the client's share: what the client signed, what is left, and the requests for it."""

    line = serializers.IntegerField(source="part.line.pk", default=None, allow_null=True)
    payee = serializers.CharField(source="part.payee")
    amount = AmountField(source="part.amount")
    left = AmountField()
    requests = serializers.ListField(child=serializers.IntegerField())
    otherwise = SettledOtherwiseShape(many=True)


class SettledOtherwiseAsked(serializers.Serializer[Any]):
    """By which payment a lien (its line), or without one the client's share, left; what is left of it, if no amount."""

    line = number(required=False)
    payment = number(help_text="The journal entry by which the money left the matter")
    amount = AmountField(required=False)
    evidence = serializers.CharField(max_length=500)


class TakingBackAsked(serializers.Serializer[Any]):
    """Why something was not settled by a payment after all."""

    reason = serializers.CharField(max_length=500)


class SettlementPaymentShape(serializers.Serializer[Any]):
    """Where the payment of a statement stands; `open_amount` is unpaid of fee and costs."""

    settlement = serializers.IntegerField()
    state = serializers.CharField()
    paid = AmountField(help_text="Of fee and costs, to the firm")
    open_amount = AmountField()
    available_amount = AmountField(help_text="Available in the ledger it is paid out of")
    authorizations = AuthorizationShape(many=True)
    transfers = TransferShape(many=True)
    parts = SettlementPartShape(many=True)


class SettlementAuthorizationAsked(serializers.Serializer[Any]):
    """An authorization: exactly what was shown, and a code for it; other places than the usual ones if wanted."""

    ledger = number(required=False)
    operating_account = number(required=False)
    content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")
    code = serializers.CharField(max_length=20)


class SettlementRequestAsked(serializers.Serializer[Any]):
    """A payment of a lien (its line), or without one of the client's share; what is left, if no amount is sent."""

    line = number(required=False)
    ledger = number()
    amount = AmountField(required=False)
    method = serializers.ChoiceField(choices=PAID_BY)
    payee_record = number(required=False, help_text="The payee of the list with exactly the name of the statement")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


def line_of(request: Request, settlement_id: int, said: dict[str, Any]) -> SettlementLine | None:
    """Return the line that was asked, if one was; one that is not visible does not exist."""
    if "line" not in said:
        return None
    found: SettlementLine = found_or_404(deduction_of(person_of(request), settlement_id, said["line"]).first())
    return found


def payment_of(request: Request, settlement_id: int) -> Response:
    """Answer where the payment of a statement stands now."""
    it = visible(request, settlement_id)
    now = standing_of(it)
    parts = [
        {
            "part": one.part,
            "left": one.left,
            "requests": [asked.pk for asked in one.requests],
            "otherwise": one.otherwise,
        }
        for one in now.parts
    ]
    said = {
        "settlement": it.pk, "state": it.state, "paid": now.paid, "open_amount": now.open_now, "parts": parts,
        "available_amount": now.available, "authorizations": now.authorizations, "transfers": now.transfers,
    }  # fmt: skip
    return Response(SettlementPaymentShape(said).data)


@retrying
def ask_once(person: Person, key: str, part: Part, said: dict[str, Any], payee: Payee | None) -> int:
    """Ask for what was said, or for what is left when no amount was, and return the request; a repeated key the first.

    Raises:
        Refusal: as `request_money`.

    Rule: SPEC I12.
    """
    it, words = part.statement, {name: str(value) for name, value in said.items()}

    def work() -> dict[str, Any]:
        spending = Spending(
            ledger_id=said["ledger"], kind=Kind.DISBURSEMENT if part.line else Kind.RETURN,
            payee=str(payee or part.payee), method=said["method"], purpose=part.purpose, reference=it.number,
            amount=said["amount"] if "amount" in said else left_of(part),
        )  # fmt: skip
        return {"request": request_money(person, new_key(), spending, note=said["note"], payee=payee, part=part).pk}

    with translating():
        answer = once(person, key, {"what": "settlement_request", "settlement": it.pk, **words}, work)
    return int(answer["request"])


class SettlementPaymentApi(APIView):
    """Payment of one statement."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="settlements_payment", responses=SettlementPaymentShape)
    def get(self, request: Request, settlement_id: int) -> Response:
        """Show authorizations, transfers, and what is left of each lien and the client's share."""
        return payment_of(request, settlement_id)


class SettlementAuthorizeApi(APIView):
    """Authorizing a statement: the attorney's own session and a code for exactly this; never a token."""

    permission_classes = (DECIDES,)

    @extend_schema(operation_id="settlements_terms", responses=TermsShape)
    def get(self, request: Request, settlement_id: int) -> Response:
        """Show what would be authorized, with the hash that a decision on it sends back."""
        return terms_shown(FEES, request, visible(request, settlement_id))

    @extend_schema(
        operation_id="settlements_authorize", parameters=KEYED, request=SettlementAuthorizationAsked,
        responses=SettlementPaymentShape,
    )  # fmt: skip
    def post(self, request: Request, settlement_id: int) -> Response:
        """Authorize; what is available of fee and costs is transferred in the same transaction."""
        authorize(FEES, request, visible(request, settlement_id), SettlementAuthorizationAsked)
        return payment_of(request, settlement_id)


class SettlementTransferApi(APIView):
    """Transferring now."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="settlements_transfer", parameters=KEYED, request=None, responses=SettlementPaymentShape
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Transfer what is authorized, unpaid and available now; the same key sent again transfers nothing more."""
        transfer(FEES, request, visible(request, settlement_id))
        return payment_of(request, settlement_id)


class SettlementAuthorizationEndApi(APIView):
    """Withdrawing an authorization: the attorney's own session; never a token."""

    permission_classes = (DECIDES,)

    @extend_schema(
        operation_id="settlements_withdraw_authorization", request=EndAsked, responses=SettlementPaymentShape
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Withdraw with a reason: nothing more is paid under it."""
        withdraw(FEES, request, visible(request, settlement_id))
        return payment_of(request, settlement_id)


class SettlementRequestsApi(APIView):
    """Requests that pay liens and the client's share."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="settlements_request",
        parameters=KEYED,
        request=SettlementRequestAsked,
        responses={201: RequestShape},
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Ask for the payment of a lien or the client's share; it is decided like any disbursement request."""
        key, person, said = key_of(request), person_of(request), said_in(SettlementRequestAsked, request)
        it, payee = visible(request, settlement_id), None
        line = line_of(request, settlement_id, said)
        if "payee_record" in said:
            payee = found_or_404(payees().filter(pk=said["payee_record"]).first())
        found_or_404(ledgers_of(person, it).filter(pk=said["ledger"]).first())
        return request_answer(request, ask_once(person, key, Part(it, line), said, payee), 201)


class SettledOtherwiseApi(APIView):
    """A lien or the client's share that left the matter by a payment which names no statement."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="settlements_settled_otherwise", request=SettledOtherwiseAsked, responses={202: ProposalShape}
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Propose that it counts as settled; a second person confirms the evidence in a session of their own."""
        person, said = person_of(request), said_in(SettledOtherwiseAsked, request)
        part = Part(visible(request, settlement_id), line_of(request, settlement_id, said))
        entry = found_or_404(books_of(person).entries.filter(pk=said["payment"]).first())
        amount = said["amount"] if "amount" in said else left_of(part)
        return Response(
            ProposalShape(propose_settled_otherwise(person, part, entry, amount, said["evidence"])).data, status=202
        )


class SettledOtherwiseTakenBackApi(APIView):
    """What counted as settled by a payment and was not."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="settlements_settled_otherwise_take_back", request=TakingBackAsked, responses={202: ProposalShape}
    )
    def post(self, request: Request, settlement_id: int, otherwise_id: int) -> Response:
        """Propose to take it back; a second person confirms it in a session of their own."""
        person, said = person_of(request), said_in(TakingBackAsked, request)
        settled = found_or_404(standing_for(person, visible(request, settlement_id)).filter(pk=otherwise_id).first())
        return Response(ProposalShape(propose_taking_back(person, settled, said["reason"])).data, status=202)
