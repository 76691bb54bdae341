"""Requests for money out and transfers: the same functions, the same refusals."""

from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import approval, drafts, queries, requests
from disbursements.attachments import MOST_FILES, usable
from disbursements.models import PAYMENTS, TRANSFERS, Attachment, DisbursementRequest, FirstApproval, Kind, State
from disbursements.payee_queries import payees
from firms.access import Capability, permission
from firms.models import Person
from firms.query_strings import PAGE, query_of
from ledgers.access import Books
from ledgers.accounts import client_ledger
from ledgers.api.shapes import KEYED, LARGEST_ID, PAGED, AmountField, Listing, books, key_of, person_of
from ledgers.authorities import Spending
from ledgers.models import JournalEntry, Ledger

Method = JournalEntry.Method
SEES_OR_ASKS = permission(Capability.SEE_BOOKS, write=[Capability.REQUEST_MONEY])
ASKS, DECIDES = permission(Capability.REQUEST_MONEY), permission(Capability.APPROVE_MONEY)
PAID_BY = [m.value for m in (Method.CHECK, Method.CASHIERS_CHECK, Method.WIRE, Method.ACH)]
MOVED_BY = [*PAID_BY, Method.INTERNAL.value]


def number(**options: Any) -> serializers.IntegerField:
    """Return the field of an id."""
    return serializers.IntegerField(min_value=1, max_value=LARGEST_ID, **options)


class FirstApprovalShape(serializers.Serializer[FirstApproval]):
    """The first of two approvals: why two were needed, and who gave it."""

    approver = serializers.IntegerField(source="approver_id")
    in_place_of = serializers.IntegerField(source="in_place_of_id", allow_null=True)
    decided_at = serializers.DateTimeField()
    limit = AmountField(source="firm_limit")
    counted = AmountField()


class RequestShape(serializers.Serializer[DisbursementRequest]):
    """A request and what became of it."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.CharField()
    version = serializers.IntegerField()
    ledger = serializers.IntegerField(source="ledger_id")
    payee = serializers.CharField()
    payee_record = serializers.IntegerField(source="payee_record_id", allow_null=True)
    payee_bank = serializers.IntegerField(source="payee_bank_id", allow_null=True)
    amount = AmountField()
    method = serializers.CharField()
    purpose = serializers.CharField()
    reference = serializers.CharField()
    destination_ledger = serializers.IntegerField(source="destination_ledger_id", allow_null=True)
    operating_account = serializers.IntegerField(source="operating_account_id", allow_null=True)
    note = serializers.CharField()
    consent = serializers.CharField()
    receipt = serializers.IntegerField(source="receipt_id", allow_null=True)
    attachments = serializers.ListField(child=serializers.IntegerField())
    content_hash = serializers.CharField()
    requester = serializers.IntegerField(source="requester_id")
    requested_at = serializers.DateTimeField(help_text="Of a draft: when it was written")
    drafted_at = serializers.DateTimeField(allow_null=True)
    first_approval = FirstApprovalShape(allow_null=True, default=None)
    decided_by = serializers.IntegerField(source="decided_by_id", allow_null=True)
    decided_for = serializers.IntegerField(source="decided_for_id", allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    entry = serializers.IntegerField(source="entry_id", allow_null=True)
    replaces = serializers.IntegerField(source="replaces_id", allow_null=True)


class RequestsAsked(serializers.Serializer[Any]):
    """Which requests."""

    state = serializers.ChoiceField(required=False, choices=State.choices)
    trust_account = number(required=False, source="account")
    text = serializers.CharField(required=False, max_length=100, help_text="In payee, purpose, reference, matter")
    sort = serializers.ChoiceField(required=False, choices=sorted(queries.SORTS), default="-requested")


class WordsAsked(serializers.Serializer[Any]):
    """What every request says."""

    ledger = number()
    amount = AmountField()
    purpose = serializers.CharField(max_length=300)
    reference = serializers.CharField(max_length=100)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    receipt = number(required=False, help_text="The unidentified receipt it assigns or returns")
    attachments = serializers.ListField(
        child=number(), required=False, max_length=MOST_FILES, help_text="Files uploaded before, under attachments"
    )
    replaces = number(required=False, help_text="One’s own undecided request or draft that this is the new version of")
    draft = serializers.BooleanField(
        default=False, help_text="Keep it as a draft: nothing is reserved and nobody is asked before it is submitted"
    )


class PaymentAsked(WordsAsked):
    """A payment to request."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in PAYMENTS], default=Kind.DISBURSEMENT.value)
    payee = serializers.CharField(max_length=200, required=False, help_text="A name; paid by check only")
    payee_record = number(required=False, help_text="A payee of the list instead of a name; needed for wires and ACH")
    method = serializers.ChoiceField(choices=PAID_BY)
    operating_account = number(required=False, help_text="Only for a firm-funds withdrawal: where it goes")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold that there is one payee."""
        if ("payee" in attrs) == ("payee_record" in attrs):
            raise ValidationError({"payee": ["Give either payee or payee_record."]})
        return attrs


class TransferAsked(WordsAsked):
    """A transfer to request: to another matter, or to the matter's ledger in another trust account."""

    to_matter = number(required=False)
    to_account = number(required=False)
    method = serializers.ChoiceField(choices=MOVED_BY, default=Method.INTERNAL.value)
    consent = serializers.CharField(
        max_length=450,
        required=False,
        allow_blank=True,
        default="",
        help_text="To another client’s matter: the document by which the first client consents; who signed it, when",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold that there is one destination."""
        if ("to_matter" in attrs) == ("to_account" in attrs):
            raise ValidationError({"to_matter": ["Give either to_matter or to_account."]})
        return attrs


class ApprovalAsked(serializers.Serializer[Any]):
    """An approval: exactly what was shown, and a code for it."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")
    code = serializers.CharField(max_length=20)


class VersionAsked(serializers.Serializer[Any]):
    """The version that was shown."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class WithdrawalAsked(VersionAsked):
    """Taking a request back."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class RejectionAsked(VersionAsked):
    """A rejection and its reason."""

    reason = serializers.CharField(max_length=500)


REQUESTS = Listing(RequestShape)


def said_in(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what was sent, in its shape; anything else is answered with 400."""
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", asked.validated_data)


def found_or_404(found: Any) -> Any:
    """Return what was found, or answer 404."""
    if found is None:
        raise Http404
    return found


def answer_of(request: Request, request_id: int, status: int = 200) -> Response:
    """Answer a request as it is now."""
    found = queries.visible_to(person_of(request)).select_related("first_approval").filter(pk=request_id).first()
    return Response(RequestShape(found_or_404(found)).data, status=status)


def listed(request: Request, kinds: tuple[str, ...]) -> Response:
    """Answer a page of requests of some kinds."""
    said = query_of(request, RequestsAsked, *PAGE)
    return REQUESTS.answer(request, queries.listed(person_of(request), kinds, said, said.pop("sort")))


def ask(request: Request, said: dict[str, Any], spending: Spending) -> Response:
    """Make the request or draft, or the new version of one, and answer it."""
    person, key, seen = person_of(request), key_of(request), books(request)
    receipt = found_or_404(seen.entries.filter(pk=said["receipt"]).first()) if "receipt" in said else None
    shown = {"note": said["note"], "consent": said.get("consent", ""), "payee": said.get("paid_to")}
    wanted, make, change = said.get("attachments", []), requests.request_money, requests.change_request
    if said["draft"]:
        make, change = drafts.save_draft, drafts.change_draft
    if "replaces" not in said:
        shown |= {"files": files_or_404(person, wanted, [])}
        return answer_of(request, make(person, key, spending, **shown, receipt=receipt).pk, 201)
    old = found_or_404(queries.visible_to(person).filter(pk=said["replaces"]).first())
    shown |= {"files": files_or_404(person, wanted, old.attachments)}
    return answer_of(request, change(person, key, old, old.version, spending, **shown).pk, 201)


def files_or_404(person: Person, wanted: list[int], taken_over: list[int]) -> list[Attachment]:
    """Return the files a request may name; any other does not exist."""
    found = list(usable(person, wanted, taken_over))
    return cast("list[Attachment]", found_or_404(found if len(found) == len(set(wanted)) else None))


def words_of(said: dict[str, Any]) -> dict[str, Any]:
    """Return amount, purpose and reference."""
    return {name: said[name] for name in ("amount", "purpose", "reference")}


def transfer_of(seen: Books, said: dict[str, Any]) -> Spending:
    """Return a transfer as it is asked for; places that are not visible do not exist."""
    source: Ledger = found_or_404(
        seen.ledgers.select_related("trust_account", "matter").filter(pk=said["ledger"]).first()
    )
    account, matter, between = source.trust_account, source.matter, "to_account" in said
    if between:
        account = found_or_404(seen.accounts.filter(pk=said["to_account"]).first())
        matter = found_or_404(matter)
    else:
        matter = found_or_404(seen.matters.filter(pk=said["to_matter"]).first())
    into = client_ledger(account, matter)
    return Spending(
        ledger_id=source.pk,
        kind=Kind.ACCOUNT_TRANSFER if between else Kind.MATTER_TRANSFER,
        payee=f"{matter.number} {matter.description} ({account.name})"[:200],
        method=said["method"] if between else Method.INTERNAL,
        destination_ledger_id=into.pk,
        **words_of(said),
    )


class DisbursementRequestsApi(APIView):
    """Requests for payments."""

    permission_classes = (SEES_OR_ASKS,)

    @extend_schema(
        operation_id="disbursement_requests_list", parameters=[*PAGED, RequestsAsked], responses=REQUESTS.page_shape
    )
    def get(self, request: Request) -> Response:
        """List requests for payments, newest first."""
        return listed(request, PAYMENTS)

    @extend_schema(
        operation_id="disbursement_requests_create",
        parameters=KEYED,
        request=PaymentAsked,
        responses={201: RequestShape},
    )
    def post(self, request: Request) -> Response:
        """Ask for a payment: reserved at once, posted when the matter's attorney approves it; or keep it as a draft."""
        key_of(request)
        said = said_in(PaymentAsked, request)
        found_or_404(books(request).ledgers.filter(pk=said["ledger"]).first())
        own = said.get("operating_account")
        if "payee_record" in said:
            said["paid_to"] = found_or_404(payees().filter(pk=said["payee_record"]).first())
        spending = Spending(
            ledger_id=said["ledger"],
            kind=said["kind"],
            payee=str(said.get("paid_to") or said["payee"]),
            method=said["method"],
            operating_account_id=own,
            **words_of(said),
        )
        return ask(request, said, spending)


class TransfersApi(APIView):
    """Requests for transfers."""

    permission_classes = (SEES_OR_ASKS,)

    @extend_schema(operation_id="transfers_list", parameters=[*PAGED, RequestsAsked], responses=REQUESTS.page_shape)
    def get(self, request: Request) -> Response:
        """List requests for transfers, newest first."""
        return listed(request, TRANSFERS)

    @extend_schema(
        operation_id="transfers_create", parameters=KEYED, request=TransferAsked, responses={201: RequestShape}
    )
    def post(self, request: Request) -> Response:
        """Ask for a transfer; it is decided like a payment, under disbursement-requests/{id}."""
        key_of(request)
        said = said_in(TransferAsked, request)
        return ask(request, said, transfer_of(books(request), said))


class DisbursementRequestApi(APIView):
    """One request."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="disbursement_requests_retrieve", responses=RequestShape)
    def get(self, request: Request, request_id: int) -> Response:
        """Show a request."""
        return answer_of(request, request_id)


class ApproveApi(APIView):
    """Approving: the attorney's own session, and a code for exactly this content; never a token."""

    permission_classes = (DECIDES,)

    @extend_schema(
        operation_id="disbursement_requests_approve", parameters=KEYED, request=ApprovalAsked, responses=RequestShape
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Approve; it posts in the same transaction, or becomes approved_unfunded; the first of two goes on waiting."""
        key, person, said = key_of(request), person_of(request), said_in(ApprovalAsked, request)
        answer_of(request, request_id)
        approval.approve(person, request_id, said["version"], said["content_hash"], said["code"], key)
        return answer_of(request, request_id)


class RejectApi(APIView):
    """Rejecting: the attorney's own session; never a token."""

    permission_classes = (DECIDES,)

    @extend_schema(operation_id="disbursement_requests_reject", request=RejectionAsked, responses=RequestShape)
    def post(self, request: Request, request_id: int) -> Response:
        """Reject with a reason; the reservation ends."""
        said = said_in(RejectionAsked, request)
        answer_of(request, request_id)
        approval.reject(person_of(request), request_id, said["version"], said["reason"])
        return answer_of(request, request_id)


class WithdrawApi(APIView):
    """Taking one's own request back."""

    permission_classes = (ASKS,)

    @extend_schema(operation_id="disbursement_requests_withdraw", request=WithdrawalAsked, responses=RequestShape)
    def post(self, request: Request, request_id: int) -> Response:
        """Withdraw; the reservation ends. A draft is deleted by it."""
        said = said_in(WithdrawalAsked, request)
        answer_of(request, request_id)
        requests.withdraw(person_of(request), request_id, said["version"], said["reason"])
        return answer_of(request, request_id)


class PostApi(APIView):
    """Posting what was approved when the money was gone."""

    permission_classes = (ASKS,)

    @extend_schema(
        operation_id="disbursement_requests_post", parameters=KEYED, request=VersionAsked, responses=RequestShape
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Post it now that the money is there; the version makes it count once, whatever the key."""
        key_of(request)
        said = said_in(VersionAsked, request)
        answer_of(request, request_id)
        approval.post_now(person_of(request), request_id, said["version"])
        return answer_of(request, request_id)
