"""The trust books."""

from ledgers.models.accounts import BankItem, Month, OperatingAccount, TrustAccount
from ledgers.models.authority import Hold, SpendingAuthority
from ledgers.models.clearing import Clearance
from ledgers.models.journal import Command, EntryNote, EntryText, JournalEntry, JournalLine, Ledger, LedgerDay, Seal
from ledgers.models.opening import OpeningFile, OpeningImport, OpeningPiece, OpeningProblem, OpeningRow
from ledgers.models.parties import Client, Matter, MatterAccount, MatterWall

__all__ = [
    "BankItem",
    "Clearance",
    "Client",
    "Command",
    "EntryNote",
    "EntryText",
    "Hold",
    "JournalEntry",
    "JournalLine",
    "Ledger",
    "LedgerDay",
    "Matter",
    "MatterAccount",
    "MatterWall",
    "Month",
    "OpeningFile",
    "OpeningImport",
    "OpeningPiece",
    "OpeningProblem",
    "OpeningRow",
    "OperatingAccount",
    "Seal",
    "SpendingAuthority",
    "TrustAccount",
]
