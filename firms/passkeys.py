"""Passkeys as the second factor of one decision (RELIABILITY D15).

What the device signs is a challenge made for one person and one content: a keyed hash of both and of a nonce that says
when it was made. So nothing is kept until it comes back, a signature decides nothing else, and a nonce counts once
(`CodeTry.nonce`). Registering and signing in with a passkey are django-allauth's.
"""

import json
import secrets
import struct
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from fido2.utils import websafe_encode
from fido2.webauthn import UserVerificationRequirement

from firms.models import Person

LIVES_SECONDS = 300
_VERIFICATION = UserVerificationRequirement.PREFERRED


def passkeys_of(person: Person) -> QuerySet[Authenticator]:
    """Return the passkeys that a person has registered."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.WEBAUTHN)
    return found


def challenge(person: Person, purpose_hash: str) -> dict[str, Any]:
    """Return what a browser needs to ask for a touch: the nonce, and the options of navigator.credentials.get()."""
    nonce = f"{int(time.time()):x}.{secrets.token_urlsafe(16)}"
    options, _ = auth.get_server().authenticate_begin(
        auth.get_credentials(person), _VERIFICATION, challenge=_challenge(person, purpose_hash, nonce)
    )
    return {"nonce": nonce, "request_options": dict(options)}


def nonce_signed(person: Person, typed: str, purpose_hash: str) -> str | None:
    """Return the nonce of a signature by one of the person's passkeys for this content, or None when it is none.

    `typed` is what the browser sent: JSON with the nonce and the credential.
    """
    try:
        sent = json.loads(typed)
        nonce = str(sent["nonce"])
        if not 0 <= time.time() - int(nonce.partition(".")[0], 16) <= LIVES_SECONDS:
            return None
        signed_for = websafe_encode(_challenge(person, purpose_hash, nonce))
        state = {"challenge": signed_for, "user_verification": _VERIFICATION}
        used = auth.get_server().authenticate_complete(state, auth.get_credentials(person), sent["credential"])
    except (ValueError, TypeError, KeyError, AttributeError, struct.error):
        return None  # whatever a browser may send: it is no signature
    passkey = auth.get_authenticator_by_credential_id(person, used.credential_id)
    if passkey is not None:
        passkey.record_usage()
    return nonce


def _challenge(person: Person, purpose_hash: str, nonce: str) -> bytes:
    """Return the 32 bytes to be signed."""
    return salted_hmac("firms.passkeys", f"{person.pk}|{purpose_hash}|{nonce}", algorithm="sha256").digest()
