"""The books against the bank: months and their lock."""
