"""The pages of the firm: people, settings, proposals, the audit trail, one's own profile."""
