"""The first page after signing in: the first one of the person's own navigation."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from firms.access import signed_in
from trustledger.navigation import shell_of


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Lead on to the person's first page; someone without a role is told whom to ask."""
    sections = shell_of(request).sections
    if sections:
        return HttpResponseRedirect(sections[0][1][0].url)
    return render(request, "home.html")
