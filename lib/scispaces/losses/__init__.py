"""Losses: scores in, a number out."""
