"""Every address. An app's pages are in its `urls`, its API operations in its `api_urls`; both are found by name."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from trustledger.health import healthz


def _of_apps(module: str, prefix: str) -> list[URLPattern | URLResolver]:
    return [path(prefix, include(f"{app}.{module}")) for app in settings.OUR_APPS if find_spec(f"{app}.{module}")]


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("account/", include("allauth.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *_of_apps("api_urls", "api/v1/"),
    *_of_apps("urls", ""),
]
