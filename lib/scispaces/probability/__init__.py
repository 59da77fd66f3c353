"""Laws and distances between them."""
