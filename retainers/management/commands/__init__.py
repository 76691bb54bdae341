"""Commands of retainers."""
