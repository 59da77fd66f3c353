"""Integers and finite structures."""
