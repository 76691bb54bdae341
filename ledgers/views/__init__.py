"""Pages: obtain the object through access, one call of the domain, show the answer."""
