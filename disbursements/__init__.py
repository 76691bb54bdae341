"""Money out: requests, approval, transfers."""
