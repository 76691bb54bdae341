"""Submitting a draft by program; drafts are made, listed and deleted under disbursement-requests and transfers."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements.api import ASKS, RequestShape, VersionAsked, answer_of, said_in
from disbursements.drafts import submit_draft
from ledgers.api.shapes import KEYED, key_of, person_of


class SubmitApi(APIView):
    """Making one's own draft a request."""

    permission_classes = (ASKS,)

    @extend_schema(
        operation_id="disbursement_requests_submit", parameters=KEYED, request=VersionAsked, responses=RequestShape
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Submit: what the books hold is checked, the amount reserved and the approver told; or it stays a draft."""
        key, said = key_of(request), said_in(VersionAsked, request)
        answer_of(request, request_id)
        submit_draft(person_of(request), key, request_id, said["version"])
        return answer_of(request, request_id)
