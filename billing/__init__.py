"""Time and invoices: what clients owe the firm for its work. No money of the books moves here."""
