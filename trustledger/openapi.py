"""What every operation of the API document shares: the answers it refuses with, in one shape."""

from http import HTTPStatus
from typing import Any

REFUSAL = {
    "type": "object",
    "description": "Why nothing was written: a code for programs, a sentence for people, and the facts behind it.",
    "required": ["code", "detail", "facts"],
    "properties": {
        "code": {"type": "string", "example": "insufficient_funds"},
        "detail": {"type": "string"},
        "facts": {"type": "object", "additionalProperties": True},
    },
}
MEANINGS = {
    HTTPStatus.BAD_REQUEST: "Malformed input; `facts` names each field and what is wrong with it.",
    HTTPStatus.UNAUTHORIZED: "Not signed in, or the token is unknown, revoked or expired.",
    HTTPStatus.FORBIDDEN: "The caller’s roles or the token’s scopes do not allow this.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or it is not one the caller may see.",
    HTTPStatus.CONFLICT: "The books refuse it.",
}


def add_refusals(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Document on every operation the refusals that any may answer with (a post-processing hook)."""
    result["components"].setdefault("schemas", {})["Refusal"] = REFUSAL
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, meaning in MEANINGS.items():
                operation["responses"].setdefault(str(status.value), {**body, "description": meaning})
    return result
