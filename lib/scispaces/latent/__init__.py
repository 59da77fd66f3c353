"""Models with an unobserved variable: EM, mixtures, topics."""
