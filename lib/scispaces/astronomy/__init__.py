"""Planets, transits and calendars."""
