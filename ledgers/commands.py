"""One intent, one effect: commands that post no entry of their own (I12)."""

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from firms.models import Person
from ledgers.calls import call, row_of
from ledgers.models import Command


def new_key() -> str:
    """Return a key for one intent. Keys follow time: the newest lie together in the index, not all over it."""
    return f"{time.time_ns() // 1000:x}-{secrets.token_hex(8)}"


def once(actor: Person, key: str, content: dict[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do the work of a command, or return the answer it had the first time; in one transaction with it.

    Raises:
        KeyReused: the actor used the key for other content.
        KeyMissing: there is no key.

    Rule: SPEC I12.
    """
    with transaction.atomic():
        asked = json.dumps(content, cls=DjangoJSONEncoder)
        command, given, answer = row_of("SELECT * FROM begin_command(%s, %s, %s)", actor.pk, key, asked)
        if given:
            return json.loads(answer) if isinstance(answer, str) else dict(answer)
        result = work()
        call("SELECT finish_command(%s, %s)", command, json.dumps(result, cls=DjangoJSONEncoder))
        return result


def was_given(actor: Person, key: str) -> bool:
    """Say whether the actor gave a command with this key before; its content is for `once` to compare."""
    return Command.objects.filter(actor=actor, key=key).exists()
