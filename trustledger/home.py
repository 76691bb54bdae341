"""The first page after signing in: the first one of the person's own navigation."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from trustledger.navigation import shell_of


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead on to the person's first page; someone without a role is told whom to ask."""
    sections = shell_of(request).sections
    if sections:
        return HttpResponseRedirect(sections[0][1][0].url)
    return render(request, "home.html")
