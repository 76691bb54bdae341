"""What pages answer alike: the key of one intent, a message, a page of rows, a file."""

from typing import Any, Protocol, TypeVar, cast

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ledgers.posting import Posted
from ledgers.queries.rows import RowSet

Row = TypeVar("Row")


class Slices(Protocol[Row]):
    """Anything that a paginator counts and slices."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __getitem__(self, wanted: slice) -> list[Row]:
        """Return some of them."""


def key_of(request: HttpRequest) -> str:
    """Return the idempotency key that the form was given; one without is refused by the pen."""
    return request.POST.get("idempotency_key", "")[:200]


def saying(request: HttpRequest, posted: Posted, sentence: str) -> None:
    """Say what was posted, or that this was a repeat which changed nothing."""
    if posted.repeated:
        messages.info(request, f"{sentence} It had been recorded already; it counts once.")
    else:
        messages.success(request, sentence)


def page_of(
    request: HttpRequest, rows: "RowSet[Row] | QuerySet[Any, Row] | Slices[Row]", size: int = 50
) -> "Page[Row]":
    """Return the asked page of rows; one that does not exist is the nearest."""
    return Paginator(cast("Any", rows), size).get_page(request.GET.get("page"))


def unread(request: HttpRequest, form: forms.Form) -> HttpResponse | None:
    """Answer filters that cannot be read with what is wrong beside them, never with another day's figures."""
    if form.is_valid():
        return None
    return render(request, "ledgers/unread.html", {"form": form}, status=422)
