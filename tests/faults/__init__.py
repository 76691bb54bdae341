"""Faults of FAULTS.md."""
