"""Every address. An app's pages are in its `urls`, its API operations in its `api_urls`; both are found by name."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from trustledger.demo.views import demo_people
from trustledger.health import healthz
from trustledger.home import home

handler400 = "trustledger.errors.bad_request"
handler403 = "trustledger.errors.permission_denied"
handler404 = "trustledger.errors.page_not_found"
handler500 = "trustledger.errors.server_error"


def _of_apps(module: str, prefix: str) -> list[URLPattern | URLResolver]:
    return [path(prefix, include(f"{app}.{module}")) for app in settings.OUR_APPS if find_spec(f"{app}.{module}")]


urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("account/", include("allauth.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *([path("demonstration/", demo_people, name="demo_people")] if settings.DEMO else []),
    *_of_apps("api_urls", "api/v1/"),
    *_of_apps("urls", ""),
    path("", include("ledgers.urls_events")),
]
