"""Time entries: the same functions, the same refusals as on the pages."""

from decimal import Decimal
from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import timekeeping
from billing.models import TimeEntry, TimeImport
from billing.queries.time import SORTS, STATES, TimeFilter, time_list, time_of, timekeepers
from billing.time_import import import_time
from billing.timekeeping import Work
from firms.access import Capability, permission
from firms.models import Person
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import KEYED, LARGEST_ID, PAGED, AmountField, Listing, books, key_of, person_of
from ledgers.money import ZERO, Money

SEES_OR_RECORDS = permission(Capability.SEE_BOOKS, write=[Capability.RECORD_TIME])
RECORDS, IMPORTS = permission(Capability.RECORD_TIME), permission(Capability.MAKE_INVOICES)


def number(**options: Any) -> serializers.IntegerField:
    """Return the field of an id."""
    return serializers.IntegerField(min_value=1, max_value=LARGEST_ID, **options)


def hours_field(**options: Any) -> serializers.DecimalField:
    """Return the field of hours: hundredths, as a decimal string."""
    return serializers.DecimalField(max_digits=4, decimal_places=2, **options)


class TimeShape(serializers.Serializer[TimeEntry]):
    """A time entry; `amount` is hours times rate. To change one, send back the `version` that was read."""

    id = serializers.IntegerField()
    person = serializers.IntegerField(source="person_id")
    person_name = serializers.CharField(source="person.full_name")
    matter = serializers.IntegerField(source="matter_id")
    date = serializers.DateField()
    hours = hours_field()
    rate = AmountField()
    amount = AmountField()
    narrative = serializers.CharField()
    is_billable = serializers.BooleanField()
    invoice = serializers.IntegerField(source="invoice_id", allow_null=True)
    removed_at = serializers.DateTimeField(allow_null=True)
    remove_reason = serializers.CharField()
    version = serializers.IntegerField()


class TimesAsked(serializers.Serializer[Any]):
    """Which time entries."""

    person = number(required=False, source="person_id")
    matter = number(required=False, source="matter_id")
    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)
    state = serializers.ChoiceField(required=False, choices=sorted(STATES), help_text="Without it all but removed")
    text = serializers.CharField(required=False, max_length=100, help_text="In narrative, matter, client, person")
    sort = serializers.ChoiceField(required=False, choices=sorted(SORTS), default="-date")


class TimeAsked(serializers.Serializer[Any]):
    """A time entry to record."""

    person = number()
    matter = number()
    date = serializers.DateField()
    hours = hours_field(min_value=Decimal("0.01"), max_value=Decimal(24))
    rate = AmountField(help_text="For an hour")
    narrative = serializers.CharField(max_length=1000)
    is_billable = serializers.BooleanField(default=True)

    def validate_rate(self, value: Money) -> Money:
        """Hold that the rate is not negative."""
        if value < ZERO:
            raise ValidationError("The rate cannot be negative.")
        return value


class TimeChanged(TimeAsked):
    """What of a time entry changes; `version` as it was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class RemovalAsked(serializers.Serializer[Any]):
    """Why it is taken out; `version` as it was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=300)


class FileAsked(serializers.Serializer[Any]):
    """A file, as multipart."""

    file = serializers.FileField()


class TimeImportShape(serializers.Serializer[TimeImport]):
    """A file that was taken in."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    row_count = serializers.IntegerField()
    imported_by = serializers.IntegerField(source="imported_by_id")
    imported_at = serializers.DateTimeField()


class TimekeeperShape(serializers.Serializer[Person]):
    """Somebody whose time can be recorded."""

    id = serializers.IntegerField()
    full_name = serializers.CharField()
    email = serializers.CharField()


TIMES = Listing(TimeShape)


def said_in(shape: type[serializers.Serializer[Any]], data: Any, **options: Any) -> dict[str, Any]:
    """Return what was sent, in its shape; anything else is answered with 400."""
    asked = shape(data=data, **options)
    asked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", dict(asked.validated_data))


def entry_of(request: Request, time_id: int) -> TimeEntry:
    """Return a time entry the caller may see, or answer 404."""
    found = time_of(person_of(request), time_id).first()
    if found is None:
        raise Http404
    return found


def answer_of(request: Request, time_id: int, status: int = 200) -> Response:
    """Answer a time entry as it is now."""
    return Response(TimeShape(entry_of(request, time_id)).data, status=status)


def places_of(request: Request, said: dict[str, Any]) -> dict[str, Any]:
    """Return what was said with the person and the matter that its ids name.

    Raises:
        ValidationError: there is none the caller may record time of, or for.
    """
    found: dict[str, Any] = {}
    if "person" in said:
        found["person"] = timekeepers(person_of(request)).filter(pk=said["person"]).first()
    if "matter" in said:
        found["matter"] = books(request).matters.filter(pk=said["matter"]).first()
    if missing := [name for name, value in found.items() if value is None]:
        raise ValidationError({name: [f"There is no such {name} for you."] for name in missing})
    return said | found


class TimeEntriesApi(APIView):
    """Time entries."""

    permission_classes = (SEES_OR_RECORDS,)

    @extend_schema(operation_id="time_entries_list", parameters=[*PAGED, TimesAsked], responses=TIMES.page_shape)
    def get(self, request: Request) -> Response:
        """List time entries, newest first."""
        said = query_of(request, TimesAsked, *PAGE)
        sort = said.pop("sort")
        return TIMES.answer(request, time_list(books(request), TimeFilter(**said), sort))

    @extend_schema(operation_id="time_entries_create", parameters=KEYED, request=TimeAsked, responses={201: TimeShape})
    def post(self, request: Request) -> Response:
        """Record time; an attorney the own, a coordinator anybody's."""
        key = key_of(request)
        said = places_of(request, said_in(TimeAsked, request.data))
        return answer_of(request, timekeeping.record_time(person_of(request), key, Work(**said)).pk, 201)


class TimeEntryApi(APIView):
    """One time entry."""

    permission_classes = (SEES_OR_RECORDS,)

    @extend_schema(operation_id="time_entries_retrieve", responses=TimeShape)
    def get(self, request: Request, time_id: int) -> Response:
        """Show a time entry."""
        return answer_of(request, time_id)

    @extend_schema(operation_id="time_entries_partial_update", request=TimeChanged, responses=TimeShape)
    def patch(self, request: Request, time_id: int) -> Response:
        """Change a time entry that no invoice bills; `version` as it was read."""
        entry, said = entry_of(request, time_id), said_in(TimeChanged, request.data, partial=True)
        if "version" not in said:
            raise ValidationError({"version": ["Send the version that you read."]})
        version = said.pop("version")
        kept = {name: getattr(entry, name) for name in Work.__dataclass_fields__}
        work = Work(**(kept | places_of(request, said)))
        return answer_of(request, timekeeping.change_time(person_of(request), entry, version, work).pk)


class TimeRemoveApi(APIView):
    """Taking a time entry out."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="time_entries_remove", request=RemovalAsked, responses=TimeShape)
    def post(self, request: Request, time_id: int) -> Response:
        """Take out a time entry that never was true; it stays on record."""
        entry, said = entry_of(request, time_id), said_in(RemovalAsked, request.data)
        timekeeping.remove_time(person_of(request), entry, said["version"], said["reason"])
        return answer_of(request, time_id)


class TimeImportApi(APIView):
    """A CSV of time entries."""

    permission_classes = (IMPORTS,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="time_entries_import", parameters=KEYED, request=FileAsked, responses={201: TimeImportShape}
    )
    def post(self, request: Request) -> Response:
        """Take in every row or none: Date, Person, Matter, Hours, Rate, Narrative, Billable."""
        key = key_of(request)
        file = said_in(FileAsked, request.data)["file"]
        return Response(TimeImportShape(import_time(person_of(request), key, file.name, file)).data, status=201)


class TimekeepersApi(APIView):
    """Whose time the caller may record."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="timekeepers_list", responses=TimekeeperShape(many=True))
    def get(self, request: Request) -> Response:
        """List the people whose time can be recorded."""
        return Response([TimekeeperShape(person).data for person in timekeepers(person_of(request))])
