"""Descent methods and the flows beside them."""
