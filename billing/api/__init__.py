"""Time and invoices for programs: the same functions, the same refusals as on the pages."""
