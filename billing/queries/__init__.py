"""Questions about time and invoices, each narrowed to what the person may see."""
