"""What every API operation shares: a refusal of the books becomes 409 with code, detail and facts."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from firms.refusals import Refusal, refusal_from


def refusal_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal, of Python or of the database, with 409; leave everything else to the framework."""
    refusal = error if isinstance(error, Refusal) else refusal_from(error)
    if refusal is None:
        return exception_handler(error, context)
    set_rollback()
    return Response({"code": refusal.code, "detail": refusal.detail, "facts": refusal.facts}, status=409)
