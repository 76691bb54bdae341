"""Pages of time and invoices: obtain the thing through access, one call of the domain, show the answer."""
