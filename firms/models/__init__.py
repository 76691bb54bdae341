"""The firm: its settings, people, roles, calendar, audit trail, outbox, jobs."""

from firms.models.absences import Absence
from firms.models.audit import AuditChain, AuditDetail, AuditEvent, AuditLink
from firms.models.firm import BankHoliday, Firm
from firms.models.keys import ApiToken, CodeTry, KnownDevice
from firms.models.people import Person, Role, RoleGrant
from firms.models.work import JobRun, OutboxEvent, Proposal

__all__ = [
    "Absence",
    "ApiToken",
    "AuditChain",
    "AuditDetail",
    "AuditEvent",
    "AuditLink",
    "BankHoliday",
    "CodeTry",
    "Firm",
    "JobRun",
    "KnownDevice",
    "OutboxEvent",
    "Person",
    "Proposal",
    "Role",
    "RoleGrant",
]
