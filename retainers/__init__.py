"""Balances of matters watched against what their fee agreements ask for."""
