"""The firm: its settings, people, roles, calendar, audit trail, outbox, jobs."""

from firms.models.firm import BankHoliday, Firm
from firms.models.people import Person, Role, RoleGrant

__all__ = ["BankHoliday", "Firm", "Person", "Role", "RoleGrant"]
