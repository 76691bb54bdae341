"""People and what they may do."""

import datetime as dt
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower


class PersonManager(BaseUserManager["Person"]):
    """Creates people."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create one person, with a usable password or none."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who works for the firm and signs in. Deactivated, never deleted."""

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = PersonManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_once")]

    def __str__(self) -> str:
        """Return the full name."""
        return self.full_name


class Role(models.TextChoices):
    """The six roles; they add up (SPEC section 6)."""

    COORDINATOR = "coordinator", "Billing coordinator"
    ATTORNEY = "attorney", "Attorney"
    SUPERVISOR = "supervisor", "Trust supervisor"
    PARTNER = "partner", "Managing partner"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Firm administrator"


NEW_FOR = dt.timedelta(hours=24)  # as role_decides() has it


class RoleGrant(models.Model):
    """A person holds a role from granted_at until revoked_at (or, for an auditor, the end of expires_on)."""

    web_may_update: ClassVar[tuple[str, ...]] = ("revoked_at", "revoked_by_id")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"], condition=Q(revoked_at__isnull=True), name="role_grant_once"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_grant_known_role"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("granted_by")), name="role_grant_two_people"
            ),
        ]

    def __str__(self) -> str:
        """Return who holds what."""
        return f"{self.person} {self.role}"

    @property
    def decides_from(self) -> dt.datetime | None:
        """From when on a role that approves, signs or administers decides; None where it did from the beginning."""
        decides = self.role not in {Role.COORDINATOR, Role.AUDITOR}
        return self.granted_at + NEW_FOR if decides and self.granted_by_id else None
