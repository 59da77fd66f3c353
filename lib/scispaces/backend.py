"""The one place that imports jax: CPU, 64-bit numbers on. Topics do ``from scispaces.backend import jax, jnp``."""

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)

__all__ = ["jax", "jnp", "quick_jit"]

_QUICK = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}


def quick_jit(f: Callable | None = None, **options: Any) -> Any:
    """jax.jit for small programs: half the time to compile, hardly more to run. With or without options of jax.jit."""
    if f is None:
        return lambda g: quick_jit(g, **options)
    return jax.jit(f, compiler_options=_QUICK, **options)
