"""Pages of money out: obtain the request through access, one call of the domain, show the answer."""
