"""How rows look in JSON: amounts are decimal strings, dates ISO. One dataclass makes one serializer, and its schema."""

import functools
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType
from typing import Any, cast, get_args, get_origin, get_type_hints

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.paginator import Paginator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from firms.models import Person
from ledgers.access import Books, books_of
from ledgers.money import Money, parse_money

MOST_PER_PAGE = 500
LARGEST_ID = 2**63 - 1
Shape = type[serializers.Serializer[Any]]


@extend_schema_field({"type": "string", "pattern": r"^-?\d+\.\d{2}$", "example": "1250.00"})
class AmountField(serializers.Field[Any, Any, Any, Any]):
    """An amount as a decimal string."""

    def to_representation(self, value: Money) -> str:
        """Return 1250.00."""
        return f"{value.amount:.2f}"

    def to_internal_value(self, data: Any) -> Money:
        """Return the amount of a string; a number is refused, because it may have lost cents on its way."""
        if not isinstance(data, str):
            raise serializers.ValidationError("An amount is a string like “1250.00”.")
        try:
            return parse_money(data)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from error


PLAIN: dict[Any, type[serializers.Field[Any, Any, Any, Any]]] = {
    int: serializers.IntegerField,
    str: serializers.CharField,
    bool: serializers.BooleanField,
    date: serializers.DateField,
    datetime: serializers.DateTimeField,
    Money: AmountField,
}


def _field(kind: Any) -> Any:
    """Return the serializer field of a dataclass field's type."""
    if get_origin(kind) is tuple:
        return shape_of(get_args(kind)[0])(many=True)
    options = [option for option in get_args(kind) if option is not NoneType]
    inner = options[0] if options else kind
    if is_dataclass(inner):
        return shape_of(cast("Any", inner))()
    return PLAIN[inner](allow_null=bool(options))


@functools.cache
def shape_of(kind: Any, *extra: str) -> Shape:
    """Return the serializer of a row; `extra` names properties of amounts that belong to it."""
    hints = get_type_hints(kind)
    names: dict[str, Any] = {field.name: _field(hints[field.name]) for field in fields(kind)}
    names |= {name: AmountField() for name in extra}
    return type(kind.__name__, (serializers.Serializer,), {**names, "__doc__": kind.__doc__})


@dataclass(frozen=True)
class Listing:
    """A list operation: which rows, in which shape."""

    shape: Shape

    @functools.cached_property
    def page_shape(self) -> Shape:
        """The shape of one page."""
        names = {
            "count": serializers.IntegerField(),
            "page": serializers.IntegerField(),
            "page_count": serializers.IntegerField(),
        }
        name = f"{self.shape.__name__}Page"
        return type(
            name, (serializers.Serializer,), {**names, "results": self.shape(many=True), "__doc__": "A page of rows."}
        )

    def answer(self, request: Request, rows: Any) -> Response:
        """Answer one page of rows."""
        size = number_of(request, "page_size", 50, MOST_PER_PAGE)
        page = Paginator(rows, size).get_page(number_of(request, "page", 1, LARGEST_ID))
        found = {"count": page.paginator.count, "page": page.number, "page_count": page.paginator.num_pages}
        return Response({**found, "results": self.shape(list(page), many=True).data})


PAGED = [
    OpenApiParameter("page", OpenApiTypes.INT, description="Which page, from 1"),
    OpenApiParameter("page_size", OpenApiTypes.INT, description=f"Rows per page, at most {MOST_PER_PAGE}"),
]
KEYED = [
    OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="One key per intent")
]


def number_of(request: Request, name: str, default: int, most: int) -> int:
    """Return a number of the query string.

    Raises:
        ValidationError: it is none, or not between 1 and `most`.
    """
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= most):
        raise ValidationError({name: [f"A number from 1 to {most}."]})
    return int(text)


def person_of(request: Request) -> Person:
    """Return who asks."""
    assert isinstance(request.user, Person)
    return request.user


def books(request: Request) -> Books:
    """Return the books as the caller may see them."""
    return books_of(person_of(request))


def key_of(request: Request) -> str:
    """Return the idempotency key of an operation that moves money.

    Raises:
        ValidationError: there is none, or it is too long.
    """
    key = str(request.headers.get("Idempotency-Key", "")).strip()
    if not key or len(key) > 200:
        raise ValidationError({"Idempotency-Key": ["Send this header: one key of at most 200 characters per intent."]})
    return key
