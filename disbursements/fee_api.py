"""Payment of invoices from trust: the same functions, the same refusals. Authorizing is never in a token's scope."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.invoices import visible
from disbursements.api import found_or_404, number, said_in
from disbursements.client_links import ask_client_again
from disbursements.earned_fees import FEES, record_answer
from disbursements.fee_queries import firms_own_accounts, standing_of
from disbursements.models import ClientAnswer, InvoiceLink
from disbursements.taking_fees import Fees, Terms
from firms.access import Capability, permission
from ledgers.api.shapes import KEYED, AmountField, key_of, person_of
from ledgers.commands import was_given

SEES, RECORDS = permission(Capability.SEE_BOOKS), permission(Capability.REQUEST_MONEY)
DECIDES = permission(Capability.APPROVE_MONEY)


class AuthorizationShape(serializers.Serializer[Any]):
    """An attorney's authorization; `ended_at` when nothing more follows from it."""

    id = serializers.IntegerField()
    amount = AmountField(source="authority.amount")
    ledger = serializers.IntegerField(source="authority.ledger_id")
    operating_account = serializers.IntegerField(source="authority.operating_account_id")
    approver = serializers.IntegerField(source="authority.approver_id")
    decided_at = serializers.DateTimeField(source="authority.decided_at")
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()


class InvoiceAuthorizationShape(AuthorizationShape):
    """An authorization of an invoice, with what the client must do."""

    condition = serializers.CharField()
    notice_days = serializers.IntegerField(allow_null=True)
    notice_until = serializers.DateField(allow_null=True, help_text="Empty until the letter to the client has left")


class AnswerShape(serializers.Serializer[ClientAnswer]):
    """What the client said; the latest counts. Nobody recorded what the client answered by the letter's link."""

    id = serializers.IntegerField()
    answer = serializers.CharField()
    evidence = serializers.CharField()
    words = serializers.CharField(help_text="What the client wrote")
    recorded_by = serializers.IntegerField(source="recorded_by_id", allow_null=True)
    letter = serializers.IntegerField(source="link_id", allow_null=True)
    address = serializers.IPAddressField(allow_null=True, help_text="From where the client answered")
    at = serializers.DateTimeField()


class ClientLetterShape(serializers.Serializer[InvoiceLink]):
    """A letter to the client with a personal link; never the link itself."""

    id = serializers.IntegerField()
    address = serializers.EmailField()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)
    used_at = serializers.DateTimeField(allow_null=True)


class TransferShape(serializers.Serializer[Any]):
    """One transfer, with its journal entry and the batch it goes to the bank in."""

    entry = serializers.IntegerField(source="entry_id")
    bank_item = serializers.IntegerField(source="entry.bank_item_id", allow_null=True)
    amount = AmountField()
    part = serializers.IntegerField()


class PaymentShape(serializers.Serializer[Any]):
    """Where the payment of an invoice from trust stands; `objection` is why nothing is transferred now."""

    invoice = serializers.IntegerField()
    state = serializers.CharField()
    open_amount = AmountField()
    authorizations = InvoiceAuthorizationShape(many=True)
    letters = ClientLetterShape(many=True)
    answers = AnswerShape(many=True)
    transfers = TransferShape(many=True)
    objection = serializers.CharField(allow_blank=True)
    left = AmountField(help_text="Authorized and not transferred yet")
    available_amount = AmountField(help_text="Available in the ledger it is paid out of")


class TermsShape(serializers.Serializer[Any]):
    """What would be authorized; send it back with its hash and a code."""

    ledger = serializers.IntegerField()
    operating_account = serializers.IntegerField()
    amount = AmountField()
    content_hash = serializers.CharField()


class TermsAsked(serializers.Serializer[Any]):
    """Other terms than the usual ones: a part, another ledger or account."""

    ledger = number(required=False)
    operating_account = number(required=False)
    amount = AmountField(required=False)


class AuthorizationAsked(TermsAsked):
    """An authorization: exactly what was shown, and a code for it."""

    content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")
    code = serializers.CharField(max_length=20)


class EvidenceAsked(serializers.Serializer[Any]):
    """By what the client said so, when, and where it is filed."""

    evidence = serializers.CharField(max_length=500)


class EndAsked(serializers.Serializer[Any]):
    """Why an authorization is withdrawn."""

    reason = serializers.CharField(max_length=300)


def answer_of(request: Request, invoice_id: int, status: int = 200) -> Response:
    """Answer where the payment of an invoice stands now."""
    it = visible(request, invoice_id)
    now = standing_of(it)
    said = {
        "invoice": it.pk, "state": it.state, "open_amount": it.open_amount, "authorizations": now.authorizations,
        "letters": now.letters, "answers": now.answers, "transfers": now.transfers, "objection": now.objection,
        "left": now.left, "available_amount": now.available,
    }  # fmt: skip
    return Response(PaymentShape(said).data, status=status)


def terms_of(fees: Fees[Any, Any], request: Request, it: Any, said: dict[str, Any]) -> Terms:
    """Return the usual terms with what was asked instead; places that are not visible do not exist."""
    person = person_of(request)
    usual: Terms = found_or_404(fees.usual_terms(person, it))
    ledger, own = usual.ledger, usual.operating_account
    if "ledger" in said:
        ledger = found_or_404(fees.ledgers(person, it).filter(pk=said["ledger"]).first())
    if "operating_account" in said:
        own = found_or_404(firms_own_accounts().filter(pk=said["operating_account"]).first())
    return Terms(ledger, own, said.get("amount", usual.amount))


def terms_shown(fees: Fees[Any, Any], request: Request, it: Any) -> Response:
    """Answer what would be authorized, with the hash that a decision on it sends back."""
    terms = terms_of(fees, request, it, {})
    said = {"ledger": terms.ledger.pk, "operating_account": terms.operating_account.pk, "amount": terms.amount}
    return Response(TermsShape({**said, "content_hash": fees.spending_of(it, terms).content_hash()}).data)


def authorize(fees: Fees[Any, Any], request: Request, it: Any, asked: type[serializers.Serializer[Any]]) -> None:
    """Authorize what was shown, with the code of the attorney's own session."""
    key, said = key_of(request), said_in(asked, request)
    fees.authorize(person_of(request), it, terms_of(fees, request, it, said), said["content_hash"], said["code"], key)


def transfer(fees: Fees[Any, Any], request: Request, it: Any) -> None:
    """Transfer now; there is nothing to transfer by, if no authorization is in force and the key is new."""
    person, key = person_of(request), key_of(request)
    if not was_given(person, key):
        found_or_404(fees.in_force(it).first())
    fees.transfer(person, key, it)


def withdraw(fees: Fees[Any, Any], request: Request, it: Any) -> None:
    """Withdraw the authorization in force, with a reason."""
    said = said_in(EndAsked, request)
    fees.withdraw(person_of(request), found_or_404(fees.in_force(it).first()), said["reason"])


class InvoicePaymentApi(APIView):
    """Payment of one invoice from trust."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="invoices_payment", responses=PaymentShape)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Show authorizations, the client's answers, transfers, and what is left."""
        return answer_of(request, invoice_id)


class InvoiceAuthorizeApi(APIView):
    """Authorizing payment from trust: the attorney's own session and a code for exactly this; never a token."""

    permission_classes = (DECIDES,)

    @extend_schema(operation_id="invoices_terms", responses=TermsShape)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Show what would be authorized, with the hash that a decision on it sends back."""
        return terms_shown(FEES, request, visible(request, invoice_id))

    @extend_schema(
        operation_id="invoices_authorize", parameters=KEYED, request=AuthorizationAsked, responses=PaymentShape
    )
    def post(self, request: Request, invoice_id: int) -> Response:
        """Authorize; what both conditions allow is transferred in the same transaction."""
        authorize(FEES, request, visible(request, invoice_id), AuthorizationAsked)
        return answer_of(request, invoice_id)


class InvoiceApproveApi(APIView):
    """The client's approval."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="invoices_approve", parameters=KEYED, request=EvidenceAsked, responses=PaymentShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Record that the client approved the invoice; an authorized one is paid in the same transaction."""
        return recorded(request, invoice_id, ClientAnswer.Answer.APPROVED)


class InvoiceObjectApi(APIView):
    """The client's objection."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="invoices_object", parameters=KEYED, request=EvidenceAsked, responses=PaymentShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Record that the client objects: nothing is transferred for the invoice until it is settled."""
        return recorded(request, invoice_id, ClientAnswer.Answer.OBJECTED)


def recorded(request: Request, invoice_id: int, answer: str) -> Response:
    """Record an answer, and answer where the payment stands."""
    key, said, it = key_of(request), said_in(EvidenceAsked, request), visible(request, invoice_id)
    record_answer(person_of(request), key, it, answer, said["evidence"])
    return answer_of(request, invoice_id)


class InvoiceSendApi(APIView):
    """The letter to the client."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="invoices_send", parameters=KEYED, request=None, responses=PaymentShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Send the client a new letter with a personal link; it supersedes the earlier one. The same key sends one."""
        ask_client_again(person_of(request), key_of(request), visible(request, invoice_id))
        return answer_of(request, invoice_id)


class InvoiceTransferApi(APIView):
    """Transferring now."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="invoices_transfer", parameters=KEYED, request=None, responses=PaymentShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Transfer what is authorized, unpaid and available now; the same key transfers once."""
        transfer(FEES, request, visible(request, invoice_id))
        return answer_of(request, invoice_id)


class InvoiceAuthorizationEndApi(APIView):
    """Withdrawing an authorization: the attorney's own session; never a token."""

    permission_classes = (DECIDES,)

    @extend_schema(operation_id="invoices_withdraw_authorization", request=EndAsked, responses=PaymentShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Withdraw with a reason: nothing more is transferred under it."""
        withdraw(FEES, request, visible(request, invoice_id))
        return answer_of(request, invoice_id)
