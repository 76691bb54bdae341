"""Who is told what: from the outbox to the mail server."""
