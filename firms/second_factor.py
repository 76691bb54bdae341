"""A fresh second factor for one decision: a passkey, a code from the authenticator app, or one of the recovery codes.

`verify_code` stands in its own transaction, before the decision's, so that a refused code counts even when nothing else
was written; what it returns is spent inside the decision's transaction with `spend`, for exactly that decision.
"""

import datetime as dt
import hmac
from dataclasses import dataclass

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db import connection, transaction
from django.db.models import Count, Max

from firms import audit, devices, outbox, passkeys
from firms.clock import asked, now
from firms.models import CodeTry, Person
from firms.refusals import Refusal

MOST_REFUSED = 5
WINDOW_MINUTES = 10
VALID_MINUTES = 10
TOLD_DAYS = 7
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorMissing(Refusal):
    """The person has no second factor yet."""

    code = "second_factor_missing"
    sentence = "A decision needs a passkey or a code from your authenticator app. Set one up first, on your profile."


class CodeMissing(Refusal):
    """Nothing was given: said at once, and not counted as a wrong one."""

    code = "code_missing"
    sentence = "Use your passkey, or type the code from your authenticator app: this decision needs one of them."


class CodeRefused(Refusal):
    """The code is wrong, old or was used before."""

    code = "code_refused"
    sentence = (
        "This code is not valid, or was used already. Wait for the next one in your authenticator app and enter it."
    )


class PasskeyRefused(Refusal):
    """What the device signed is not for this decision, too old, or was used already."""

    code = "passkey_refused"
    sentence = "Your passkey was not accepted for this decision. Try it again, or type a code from your app."


class DeviceNotEnough(Refusal):
    """The device is not remembered (any more), or does not decide about so much."""

    code = "device_not_enough"
    sentence = (
        "This device is not remembered for this decision, or the amount is above what the firm lets a remembered "
        "device decide. Use your passkey, or type a code from your authenticator app."
    )


class TooManyCodes(Refusal):
    """Too many refused codes in a short time."""

    code = "too_many_codes"
    sentence = (
        "{refused} codes were refused in the last 10 minutes. Wait 10 minutes, then try again; "
        "your firm administrator can help."
    )


class CodeNotForThis(Refusal):
    """The code was given for something else, is spent or too old."""

    code = "code_not_for_this"
    sentence = (
        "The code was given for another version of this decision, or too long ago. "
        "Look at it again and enter a new code."
    )


def has_second_factor(person: Person) -> bool:
    """Say whether a person has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=person.pk, type__in=FACTORS).exists())


REFUSALS: dict[str, type[Refusal]] = {"passkey": PasskeyRefused, "device": DeviceNotEnough}


def verify_code(person: Person, code: str, purpose_hash: str, *, device_suffices: bool = False) -> CodeTry:
    """Check what a person gives for the decision with this content hash; each code and each touch counts once, ever.

    `code` is a code as typed, the JSON that a browser sends for a passkey (`firms.passkeys`), or, where the decision is
    small enough (`device_suffices`), the cookie of a remembered device (`firms.devices`).

    Raises: SecondFactorMissing, CodeMissing, TooManyCodes, CodeRefused, PasskeyRefused, DeviceNotEnough (each refused
        one is recorded).
    """
    if not has_second_factor(person):
        raise SecondFactorMissing
    if not code.strip():
        raise CodeMissing
    with transaction.atomic(durable=True):
        _one_at_a_time(person)
        refused = _refused_lately(person)
        given = "".join(code.split())
        tried = None if refused >= MOST_REFUSED else _try(person, given, purpose_hash, device_suffices)
        if tried is not None and not tried.accepted and refused + 1 == MOST_REFUSED:
            payload = {"person": person.pk, "refused": MOST_REFUSED}
            outbox.tell("person.codes-refused", person, payload, dedupe=f"person.codes-refused:{tried.pk}")
    if tried is None:
        raise TooManyCodes(refused=refused)
    if not tried.accepted:
        raise REFUSALS.get(tried.method, CodeRefused)
    return tried


def spend(tried: CodeTry, person: Person, purpose_hash: str) -> None:
    """Use an accepted code for its decision, inside the decision's transaction; once.

    Raises: CodeNotForThis.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE firms_codetry SET spent_at = firm_now()
               WHERE id = %s AND person_id = %s AND purpose_hash = %s AND accepted AND spent_at IS NULL
                 AND at > firm_now() - make_interval(mins => %s)""",
            [tried.pk, person.pk, purpose_hash, VALID_MINUTES],
        )
        if cursor.rowcount != 1:
            raise CodeNotForThis


def _one_at_a_time(person: Person) -> None:
    """Let two tries of one person wait for each other, so that neither the count nor a code is used twice."""
    asked("SELECT pg_advisory_xact_lock(hashtextextended('second factor', %s))", person.pk)


@dataclass(frozen=True)
class CodesRefused:
    """That somebody, perhaps not the person, gave wrong codes or touches for the person's decisions."""

    count: int
    last_at: dt.datetime


def codes_refused(person: Person) -> CodesRefused | None:
    """Return how often what was given was refused in the last seven days, where that is often enough to be told.

    It stands on the person's own pages, beside the letter: whoever reads the mailbox instead of them cannot hide it.
    Rule: FAULTS F107.
    """
    found = CodeTry.objects.filter(person=person, accepted=False, at__gt=now() - dt.timedelta(days=TOLD_DAYS))
    count, last_at = found.aggregate(count=Count("pk"), last_at=Max("at")).values()
    return CodesRefused(count, last_at) if count >= MOST_REFUSED else None


def _refused_lately(person: Person) -> int:
    return int(
        asked(
            """SELECT count(*) FROM firms_codetry WHERE person_id = %s AND NOT accepted
               AND at > firm_now() - make_interval(mins => %s)""",
            person.pk,
            WINDOW_MINUTES,
        )
    )


def _try(person: Person, code: str, purpose_hash: str, device_suffices: bool) -> CodeTry:
    step = nonce = device = None
    if code.startswith("{"):
        method, nonce = "passkey", _unused_nonce(person, code, purpose_hash)
        accepted = nonce is not None
    elif code.startswith(devices.GIVEN):
        secret = code.removeprefix(devices.GIVEN)
        method, device = "device", devices.remembered_device(person, secret) if device_suffices else None
        accepted = device is not None
    else:
        method, step = "totp", _matching_step(person, code)
        accepted = step is not None
        if step is None and len(code) > len(format_hotp_value(0)):
            method, accepted = "recovery", _is_recovery_code(person, code)
    tried = CodeTry.objects.create(
        person=person, purpose_hash=purpose_hash, method=method, step=step, nonce=nonce, device=device,
        accepted=accepted, at=now(),
    )  # fmt: skip
    audit.record("second_factor.accepted" if accepted else "second_factor.refused", person, after={"method": method})
    return tried


def _unused_nonce(person: Person, typed: str, purpose_hash: str) -> str | None:
    """Return the nonce that a passkey signed for this content, unless it was used before."""
    nonce = passkeys.nonce_signed(person, typed, purpose_hash)
    return None if nonce is None or CodeTry.objects.filter(nonce=nonce).exists() else nonce


def _matching_step(person: Person, code: str) -> int | None:
    """Return the 30-second step whose code this is, unless it (or a later one) was used before."""
    authenticator = Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.TOTP).first()
    if authenticator is None:
        return None
    key = get_adapter().decrypt(authenticator.data["secret"])
    for step in yield_hotp_counters_from_time():
        if hmac.compare_digest(code.encode(), format_hotp_value(hotp_value(key, step)).encode()):
            used = CodeTry.objects.filter(person=person, step__gte=step).exists()
            # the sign-in remembers its codes in the cache: one that signed somebody in does not decide as well
            return step if not used and TOTP(authenticator)._mark_code_used(code) else None
    return None


def _is_recovery_code(person: Person, code: str) -> bool:
    codes = Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return codes is not None and RecoveryCodes(codes).validate_code(code)
