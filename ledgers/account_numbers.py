"""Account numbers at the bank: encrypted with a key from outside the database, bound to their row.

AES-256-GCM; the associated data is the row's `uid`, so that a number copied to another row does not open there. The
fingerprint is an HMAC of the routing and account number: it tells equal numbers without telling the number.
"""

import functools
import hashlib
import hmac
import json
import os
import uuid
from base64 import b64decode
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ValidationError

NONCE_BYTES = 12


@functools.cache
def _keys() -> tuple[str, dict[str, bytes], bytes]:
    """Return the id of the key in use, all keys by id, and the key of the fingerprints (which never rotates)."""
    kept = json.loads(settings.FIELD_KEYS_FILE.read_text())
    return kept["active"], {name: b64decode(key) for name, key in kept["keys"].items()}, b64decode(kept["index"])


@dataclass(frozen=True)
class SealedNumber:
    """What is stored of an account number."""

    encrypted: bytes
    key_id: str
    fingerprint: bytes
    last_four: str


def clean_number(typed: str) -> str:
    """Return the digits of an account number as typed.

    Raises:
        ValidationError: not 4 to 17 digits.
    """
    digits = typed.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 17):
        raise ValidationError(
            "An account number has 4 to 17 digits. Copy it from a bank statement.", code="account_number"
        )
    return digits


def seal_number(uid: uuid.UUID, routing_number: str, typed: str) -> SealedNumber:
    """Encrypt an account number for the row with this uid.

    Raises:
        ValidationError: not an account number.
    """
    number = clean_number(typed)
    key_id, keys, index_key = _keys()
    nonce = os.urandom(NONCE_BYTES)
    encrypted = nonce + AESGCM(keys[key_id]).encrypt(nonce, number.encode(), uid.bytes)
    fingerprint = hmac.digest(index_key, f"{routing_number}:{number}".encode(), hashlib.sha256)
    return SealedNumber(encrypted, key_id, fingerprint, number[-4:])


def open_number(uid: uuid.UUID, key_id: str, encrypted: bytes) -> str:
    """Decrypt an account number; only where it must be printed or sent to the bank, and recorded by the caller.

    Raises:
        cryptography.exceptions.InvalidTag: the number belongs to another row or was tampered with.
    """
    _, keys, _ = _keys()
    data = bytes(encrypted)
    return AESGCM(keys[key_id]).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], uid.bytes).decode()
