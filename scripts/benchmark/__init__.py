"""How fast the books are: measured on durable servers, as the web role, through the product's own functions."""
