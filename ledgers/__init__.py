"""The trust books."""
