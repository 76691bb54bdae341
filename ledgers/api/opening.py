"""The opening import: files, mapping, errors by row, deficits, proposal, confirmation, proof, discard, roll back."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms import proposals
from firms.access import Capability, permission
from firms.models import Role
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import KEYED, PAGED, Listing, key_of, person_of, shape_of
from ledgers.models import OpeningImport, OpeningProblem
from ledgers.opening import approval, runs, undoing
from ledgers.opening.mapping import Mapping
from ledgers.opening.progress import progress_of
from ledgers.opening.proof import ClientProof, ClientProofs
from ledgers.queries.opening import import_list, problems_of

IMPORTS = permission(Capability.IMPORT_BOOKS)
SEES_RUNS = permission(Capability.IMPORT_BOOKS, Capability.CONFIRM_BANK_EVENTS, Capability.SEE_AUDIT)


class ImportShape(serializers.Serializer[OpeningImport]):
    """A run. Its proof, once loaded, is in cents."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    uploaded_by = serializers.IntegerField(source="uploaded_by_id")
    uploaded_at = serializers.DateTimeField()
    cut_over_date = serializers.DateField(allow_null=True)
    mapping = serializers.JSONField()
    statements = serializers.JSONField()
    row_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    warning_count = serializers.IntegerField()
    proposal = serializers.IntegerField(source="proposal_id", allow_null=True)
    content_hash = serializers.CharField(source="proposal.content_hash", allow_null=True, default=None)
    loaded_at = serializers.DateTimeField(allow_null=True)
    rolled_back_at = serializers.DateTimeField(allow_null=True)
    refusal = serializers.CharField()
    proof = serializers.JSONField(allow_null=True)
    progress = serializers.SerializerMethodField()

    def get_progress(self, run: OpeningImport) -> dict[str, int]:
        """Return how far the work has come."""
        progress = progress_of(run.pk)
        return {"done": progress.done, "total": progress.total}


class ProblemShape(serializers.Serializer[OpeningProblem]):
    """Something wrong: where, what, and what to do."""

    part = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    value = serializers.CharField()
    wrong = serializers.CharField()
    remedy = serializers.CharField()
    is_warning = serializers.BooleanField()


class FilesAsked(serializers.Serializer[Any]):
    """The files, as multipart."""

    balances = serializers.FileField()
    outstanding = serializers.FileField(required=False)


class MappingAsked(serializers.Serializer[Any]):
    """How the files are read, and what the bank says: `statements` is {trust account id: amount}."""

    mapping = serializers.JSONField()
    cut_over_date = serializers.DateField()
    statements = serializers.DictField(child=serializers.CharField(max_length=30))

    def validate_mapping(self, value: Any) -> Any:
        """Hold that it is an object."""
        if not isinstance(value, dict):
            raise serializers.ValidationError("A mapping is an object with `columns`, `dates` and so on.")
        return value


class ReasonAsked(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=300)


class DecisionAsked(serializers.Serializer[Any]):
    """A code of the authenticator app, for exactly the content that was read."""

    code = serializers.CharField(max_length=40)
    content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")


RUNS, PROBLEMS, CLIENTS = Listing(ImportShape), Listing(ProblemShape), Listing(shape_of(ClientProof, "difference"))


def run_of(run_id: int) -> OpeningImport:
    """Return a run, or answer 404."""
    run = import_list().filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


class ImportsApi(APIView):
    """Opening imports."""

    permission_classes = (SEES_RUNS,)

    @extend_schema(operation_id="imports_list", parameters=PAGED, responses=RUNS.page_shape)
    def get(self, request: Request) -> Response:
        """List the runs, newest first."""
        query_of(request, None, *PAGE)
        return RUNS.answer(request, import_list())


class ImportUploadApi(APIView):
    """The files of a new run."""

    permission_classes = (IMPORTS,)
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="imports_upload", request=FilesAsked, responses={201: ImportShape})
    def post(self, request: Request) -> Response:
        """Take a trust listing and, optionally, the outstanding items: CSV, at most 50 MB each."""
        asked = FilesAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        files = [(file.name, file) for file in asked.validated_data.values()]
        return Response(ImportShape(runs.upload(person_of(request), *files)).data, status=201)


class ImportApi(APIView):
    """One run."""

    permission_classes = (SEES_RUNS,)

    @extend_schema(operation_id="imports_retrieve", responses=ImportShape)
    def get(self, request: Request, run_id: int) -> Response:
        """Show where a run stands; once loaded, with its proof."""
        return Response(ImportShape(run_of(run_id)).data)


class ImportMappingApi(APIView):
    """How a run is read."""

    permission_classes = (IMPORTS,)

    @extend_schema(operation_id="imports_map", request=MappingAsked, responses=ImportShape)
    def put(self, request: Request, run_id: int) -> Response:
        """Say which column means what, and check every row."""
        asked = MappingAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        said, run = asked.validated_data, run_of(run_id)
        if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in said["statements"]):
            raise ValidationError({"statements": ["The keys are ids of trust accounts."]})
        banks = {int(key): amount for key, amount in said["statements"].items()}
        try:
            runs.map_columns(run.pk, Mapping.from_json(said["mapping"]), said["cut_over_date"], banks)
        except DjangoValidationError as error:
            raise ValidationError({"statements": error.messages}) from error
        approval.begin_check(run.pk)
        return Response(ImportShape(run_of(run_id)).data)


class ImportProblemsApi(APIView):
    """What is wrong with a run."""

    permission_classes = (SEES_RUNS,)

    @extend_schema(operation_id="imports_problems", parameters=PAGED, responses=PROBLEMS.page_shape)
    def get(self, request: Request, run_id: int) -> Response:
        """List errors, then warnings, by row."""
        query_of(request, None, *PAGE)
        return PROBLEMS.answer(request, problems_of(run_of(run_id)))


class ImportClientsApi(APIView):
    """The proof per client."""

    permission_classes = (SEES_RUNS,)

    @extend_schema(operation_id="imports_proof_clients", parameters=PAGED, responses=CLIENTS.page_shape)
    def get(self, request: Request, run_id: int) -> Response:
        """List source and loaded totals of each client."""
        query_of(request, None, *PAGE)
        run = run_of(run_id)
        if run.proof is None:
            raise Http404
        return CLIENTS.answer(request, ClientProofs(run, person_of(request)))


class ImportProposeApi(APIView):
    """The proposal of a checked run."""

    permission_classes = (IMPORTS,)

    @extend_schema(operation_id="imports_propose", request=None, responses=ImportShape)
    def post(self, request: Request, run_id: int) -> Response:
        """Ask a second person to have it loaded."""
        approval.propose(run_of(run_id).pk, person_of(request))
        return Response(ImportShape(run_of(run_id)).data)


class ImportConfirmApi(APIView):
    """The second person's decision: never in a token."""

    permission_classes = (permission(Capability.CONFIRM_BANK_EVENTS),)

    @extend_schema(operation_id="imports_confirm", parameters=KEYED, request=DecisionAsked, responses=ImportShape)
    def post(self, request: Request, run_id: int) -> Response:
        """Confirm what was proposed; it is loaded, at once or by the worker."""
        key_of(request)
        asked = DecisionAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        run, said = run_of(run_id), asked.validated_data
        if run.proposal_id is None:
            raise Http404
        proposals.confirm_with_code(run.proposal_id, person_of(request), said["code"], said["content_hash"])
        return Response(ImportShape(run_of(run_id)).data)


class ImportRollBackApi(APIView):
    """The proposal to roll a loaded run back."""

    permission_classes = (IMPORTS,)

    @extend_schema(operation_id="imports_roll_back", parameters=KEYED, request=ReasonAsked, responses=ImportShape)
    def post(self, request: Request, run_id: int) -> Response:
        """Ask a second person to have every entry reversed; possible while nothing else was posted."""
        key_of(request)
        asked = ReasonAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        undoing.propose_roll_back(run_of(run_id).pk, person_of(request), asked.validated_data["reason"])
        return Response(ImportShape(run_of(run_id)).data)


class ImportDeficitsApi(APIView):
    """Negative balances of the old system: a managing partner or trust supervisor answers for them, never a token."""

    permission_classes = (permission(Role.PARTNER, Role.SUPERVISOR),)

    @extend_schema(operation_id="imports_accept_deficits", request=ReasonAsked, responses=ImportShape)
    def post(self, request: Request, run_id: int) -> Response:
        """Choose to load negative balances as recorded deficits, and check every row again."""
        run = run_of(run_id)
        asked = ReasonAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        runs.accept_deficits(run.pk, person_of(request), asked.validated_data["reason"])
        approval.begin_check(run.pk)
        return Response(ImportShape(run_of(run_id)).data)


class ImportDiscardApi(APIView):
    """Giving a run up."""

    permission_classes = (IMPORTS,)

    @extend_schema(operation_id="imports_discard", request=None, responses=ImportShape)
    def post(self, request: Request, run_id: int) -> Response:
        """Discard a run before it is proposed: nothing was loaded, the files are kept."""
        runs.discard(run_of(run_id).pk)
        return Response(ImportShape(run_of(run_id)).data)
