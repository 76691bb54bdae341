"""Time and invoices."""
