"""Critics of adversarial training."""
