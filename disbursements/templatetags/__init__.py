"""Template tags of money out."""
