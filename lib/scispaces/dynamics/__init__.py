"""Vector fields and the flows they make."""
