"""The demonstration firm: deterministic, built through the domain's own functions, for people to try the product on."""
