"""The demonstration's own page: who can sign in, and the codes their authenticator apps would show."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firms.access import public
from trustledger.demo.codes import members_with_codes
from trustledger.demo.people import PASSWORD


@public
def demo_people(request: HttpRequest) -> HttpResponse:
    """Show the people of the demonstration firm with their password and codes; only there (see urls)."""
    return render(request, "demo_people.html", {"rows": members_with_codes(), "password": PASSWORD})
