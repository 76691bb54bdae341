"""Is this process able to serve? For load balancers and health checks; tells nothing about the books."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")


def _cache() -> None:
    cache.set("healthz", "1", 5)
    if cache.get("healthz") != "1":
        raise ConnectionError("the cache forgot what it was told")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database and the cache answer, else 503 with which one does not."""
    found = {}
    for name, probe in (("database", _database), ("cache", _cache)):
        try:
            probe()
            found[name] = "ok"
        except (DatabaseError, RedisError, OSError):
            found[name] = "down"
    return JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503)
