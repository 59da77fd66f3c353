"""The one place that imports jax: CPU, 64-bit numbers on. Topics do ``from scispaces.backend import jax, jnp``."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)

__all__ = ["jax", "jnp"]
