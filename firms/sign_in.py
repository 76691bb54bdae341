"""The sign-in: the firm's policy towards django-allauth, new devices, and what of it is recorded."""

import base64
import secrets
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from firms import access, audit, devices, outbox, people
from firms.clock import now
from firms.models import KnownDevice, Person

DEVICE_COOKIE_SECONDS = 365 * 24 * 3600


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Nobody signs up; letters go through the outbox."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for oneself: an administrator does."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put a letter of allauth into the outbox: it leaves after the transaction, and once.

        The one with a key in it is written when it is handed over, so that the key is kept nowhere.
        """
        if "password_reset_url" in context:
            people.send_password_link(context["user"], people.PasswordWhy.FORGOTTEN)
            return
        request = self.request
        site = {"name": "TrustLedger", "domain": settings.BASE_URL.partition("://")[2]}
        message = self.render_mail(
            template_prefix, email, {"request": request, "email": email, "current_site": site} | context
        )
        payload = {"to": email, "subject": str(message.subject).strip(), "text": str(message.body)}
        outbox.tell("mail.account", None, payload, dedupe=f"mail.account:{secrets.token_hex(16)}")

    def send_notification_mail(
        self, template_prefix: str, user: Person, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a person at the one address we know that something about the account changed."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)


def _locks() -> MultiFernet:
    """Return the locks of second-factor secrets, made from the installation's secret keys, newest first."""
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    made = (HKDF(SHA256(), 32, salt=None, info=b"firms second factor").derive(key.encode()) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Secrets of the second factor lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        """Lock a secret; before it stands its keyed hash, by which the database knows two with the same one."""
        known_by = salted_hmac("firms second factor", text, algorithm="sha256").hexdigest()
        return f"{known_by}.{_locks().encrypt(text.encode()).decode()}"

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret."""
        return _locks().decrypt(encrypted_text.rpartition(".")[2].encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say whether a person may do without: not the last one, with a role that approves, signs or administers."""
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        left = others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        return left or not access.roles_of(authenticator.user) & access.NEED_SECOND_FACTOR

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        """Return the name that is proposed for a new passkey."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return whom a passkey is for: the one domain that this installation is reached by."""
        return {"id": urlsplit(settings.BASE_URL).hostname or "", "name": "TrustLedger"}


def on_signed_in(sender: object, request: HttpRequest, user: Person, **_: Any) -> None:
    """Record a sign-in; one from a device not seen before is told to the person (receiver of user_logged_in)."""
    agent = request.META.get("HTTP_USER_AGENT", "")[:300]
    digest = devices.digest_of(request.COOKIES.get(devices.COOKIE, ""))
    with audit.acting(user, "sign-in"):
        seen = KnownDevice.objects.filter(person=user, digest=digest).update(last_seen_at=now(), user_agent=agent)
        audit.record("signed_in", user, after={"new_device": not seen, "user_agent": agent})
        if not seen:
            remember_device(request, user, agent)


def remember_device(request: HttpRequest, person: Person, agent: str) -> None:
    """Note a device, and tell the person unless it is the very first one."""
    first = not KnownDevice.objects.filter(person=person).exists()
    secret = request.COOKIES.get(devices.COOKIE) or secrets.token_urlsafe(32)
    digest = devices.digest_of(secret)
    instant = now()
    device = KnownDevice.objects.create(
        person=person, digest=digest, user_agent=agent, first_seen_at=instant, last_seen_at=instant
    )
    request.new_device_secret = secret  # type: ignore[attr-defined]  # the middleware sets it as a cookie
    if not first:
        facts = {"user_agent": agent, "address": audit.current_actor().address, "to": person.email}
        outbox.tell("person.new-device", person, facts, dedupe=f"person.new-device:{device.pk}")


def keep_device(request: HttpRequest, response: HttpResponse) -> None:
    """Give the cookie by which a device that has just been noted is known again."""
    secret: str | None = getattr(request, "new_device_secret", None)
    if secret:
        response.set_cookie(
            devices.COOKIE, secret, DEVICE_COOKIE_SECONDS, secure=settings.SECURE, httponly=True, samesite="Lax"
        )


def on_sign_in_refused(sender: object, credentials: dict[str, Any], **_: Any) -> None:
    """Record a refused sign-in of somebody we know (receiver of user_login_failed); what was typed is not kept."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    person = Person.objects.filter(email=typed.lower()).first()
    if person:
        audit.record("sign_in_refused", person)


def on_signed_out(sender: object, user: Person | None, **_: Any) -> None:
    """Record a sign-out (receiver of user_logged_out)."""
    if user is not None:
        audit.record("signed_out", user)


def on_second_factor_changed(sender: object, user: Person, authenticator: Authenticator, **_: Any) -> None:
    """Record that a second factor was set up, renewed or removed (receiver of allauth's signals)."""
    devices.forget_devices(user)
    audit.record("second_factor.changed", user, after={"type": str(authenticator.type)})


def on_password_changed(sender: object, user: Person, **_: Any) -> None:
    """Forget the remembered devices of whoever has a new password (receiver of allauth's signals)."""
    devices.forget_devices(user)
