"""What every API operation shares: whatever it refuses, it says with code, detail and facts.

A refusal of the books is 409; what cannot be read is 400, its facts naming each field and what is wrong with it.
"""

from typing import Any

from moneyed import Money
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from firms.refusals import Refusal, refusal_from


def refusal_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal, of Python or of the database, with 409; leave faults to the framework."""
    refusal = error if isinstance(error, Refusal) else refusal_from(error)
    if refusal is not None:
        set_rollback()
        facts = {name: plain(fact) for name, fact in refusal.facts.items()}
        return Response({"code": refusal.code, "detail": refusal.detail, "facts": facts}, status=409)
    answer = exception_handler(error, context)
    if isinstance(error, ValidationError) and answer is not None:
        answer.data = malformed(error)
    elif answer is not None:
        answer.data = refused(answer.data["detail"], getattr(error, "facts", {}))
    return answer


def malformed(error: ValidationError) -> dict[str, Any]:
    """Return what is told about input that cannot be read."""
    found = error.detail
    fields = found if isinstance(found, dict) else {"request": found}
    names = ", ".join(str(name) for name in fields)
    return {"code": "malformed", "detail": f"This could not be read: {names}. Nothing was written.", "facts": fields}


def refused(detail: ErrorDetail, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what is told about a request that is refused before the books are asked."""
    return {"code": detail.code, "detail": str(detail), "facts": facts}


def plain(fact: Any) -> Any:
    """Return a fact as JSON holds it: an amount as a decimal string."""
    return f"{fact.amount:.2f}" if isinstance(fact, Money) else fact
