"""Losses: what is minimised, and how several losses are merged into one."""
