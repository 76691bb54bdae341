"""A device that holds a passkey: it signs challenges as a telephone does, and as a forger would."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from firms import passkeys
from firms.models import Person

PRESENT, HOLDS_CREDENTIAL = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.AT


@dataclass
class Device:
    """One passkey, for the site `localhost`."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def register(self, person: Person) -> Authenticator:
        """Register the passkey for a person, as the page does after its checks."""
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        known = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public)
        data = AuthenticatorData.create(_site("localhost"), PRESENT | HOLDS_CREDENTIAL, 0, known)
        said = json.dumps({"type": "webauthn.create", "challenge": "", "origin": "http://localhost"}).encode()
        response = {"attestationObject": bytes(AttestationObject.create("none", data, {})), "clientDataJSON": said}
        made: Authenticator = Authenticator.objects.create(
            user=person,
            type=Authenticator.Type.WEBAUTHN,
            data={"name": "Passkey", "credential": self._credential(response)},
        )
        return made

    def sign(
        self, asked: dict[str, Any], *, origin: str = "http://localhost", site: str = "localhost", flags: int = PRESENT
    ) -> str:
        """Return what a browser sends after a touch: `asked` is the answer of `passkeys.challenge`."""
        challenge = asked["request_options"]["publicKey"]["challenge"]
        said = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": origin}).encode()
        data = bytes(AuthenticatorData.create(_site(site), AuthenticatorData.FLAG(flags), 1))
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return json.dumps({"nonce": asked["nonce"], "credential": self._credential(response)})

    def touch(self, person: Person, purpose_hash: str, **rest: Any) -> str:
        """Ask for a challenge and sign it."""
        return self.sign(passkeys.challenge(person, purpose_hash), **rest)

    def _credential(self, response: dict[str, bytes]) -> dict[str, Any]:
        written = {name: websafe_encode(value) for name, value in response.items()}
        number = websafe_encode(self.credential_id)
        extensions: dict[str, Any] = {}
        return {
            "id": number,
            "rawId": number,
            "type": "public-key",
            "response": written,
            "clientExtensionResults": extensions,
        }


def _site(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
