"""Reviews: what is pure in them."""
