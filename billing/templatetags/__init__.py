"""Tags of billing for pages of the books."""
