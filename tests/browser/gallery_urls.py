"""The product's addresses and the gallery of components."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from firms.access import Capability, public, requires
from tests.browser import gallery
from trustledger import errors
from trustledger.urls import urlpatterns as product

handler404 = "trustledger.errors.page_not_found"
handler403 = "trustledger.errors.permission_denied"
handler500 = "trustledger.errors.server_error"


@public
def broken(request: HttpRequest) -> HttpResponse:
    """Fail as a bug would."""
    raise RuntimeError("secret detail of a bug")


@requires(Capability.SET_POLICIES)
def partners_only(request: HttpRequest) -> HttpResponse:
    """Let nobody in who may not set policies."""
    return HttpResponse("policies")


@public
def busy(request: HttpRequest) -> HttpResponse:
    """Answer as while the books are being worked on."""
    return errors.unavailable(request)


urlpatterns = [
    path("gallery", gallery.gallery),
    path("gallery/options", gallery.options),
    path("broken", broken),
    path("busy", busy),
    path("partners-only", partners_only),
    *product,
]
