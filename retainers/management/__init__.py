"""Management of retainers."""
