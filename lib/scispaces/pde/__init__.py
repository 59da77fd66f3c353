"""First-order partial differential equations: characteristics, strips, shocks, fronts."""
