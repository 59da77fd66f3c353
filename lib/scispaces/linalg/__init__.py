"""Matrices: functions of them, traces, spectral norms, random ones."""
