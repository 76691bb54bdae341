"""Pages of the month lock."""
