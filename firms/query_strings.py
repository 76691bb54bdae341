"""What an API request asks for in its address: known parameters only, so that a mistyped filter is not a wrong list."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGE = ("page", "page_size")


def query_of(request: Request, shape: type[serializers.Serializer[Any]] | None, *more: str) -> dict[str, Any]:
    """Return what the query string asks for, as a shape reads it; `more` are parameters that are read elsewhere.

    Raises:
        ValidationError: a parameter that is not known, or cannot be read.
    """
    asked = shape(data=request.query_params) if shape else None
    known = [*(asked.fields if asked else ()), *more]
    if unknown := sorted(set(request.query_params) - {*known}):
        there_are = f"there are {', '.join(known)}" if known else "this operation takes none"
        raise ValidationError({name: [f"There is no such parameter; {there_are}."] for name in unknown})
    if asked is None:
        return {}
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
