"""The firm: people, access, calendar, audit trail, outbox, jobs."""
