"""The grid scheme against the exponential of its matrix, against Gaussian solutions and against scipy's functions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from scipy.special import exprel, rel_entr

from scispaces import rng
from scispaces.dynamics.fokker_planck import (
    bernoulli,
    fisher_information_grid,
    fokker_planck,
    fokker_planck_gap,
    kl_grid,
)

x = np.linspace(-6, 6, 241)
dx = x[1] - x[0]


def gauss(m, s):
    return np.exp(-0.5 * ((x - m) / s) ** 2) / (s * np.sqrt(2 * np.pi))


def matrix(U, dx, T=1.0):
    """The rate matrix, entry by entry: jumps i -> i + 1 at T B(dU/T)/dx^2 and back at T B(-dU/T)/dx^2."""
    n = len(U)
    A = np.zeros((n, n))
    for i in range(n - 1):
        z = (U[i + 1] - U[i]) / T
        up, down = T / dx**2 / exprel(z), T / dx**2 / exprel(-z)
        A[i + 1, i] += up
        A[i, i] -= up
        A[i, i + 1] += down
        A[i + 1, i + 1] -= down
    return A


def test_bernoulli_against_scipy():
    z = np.concatenate([-np.geomspace(1e-320, 700, 50), np.geomspace(1e-320, 700, 50), [0.0]])
    assert_allclose(bernoulli(z), 1 / exprel(z), rtol=1e-14)
    assert_allclose(bernoulli([1e200, -1e200]), [0, 1e200])


@pytest.mark.parametrize("T", [1.0, 0.5])
def test_steps_against_the_matrix(T):
    U = rng(0).standard_normal(7)
    A, q = matrix(U, 0.3, T), rng(1).random(7)
    once = np.linalg.solve(np.eye(7) - 0.1 * A, q)
    kept = fokker_planck(q, U, 0.3, 0.1, 4, every=2, temperature=T)
    assert_allclose(kept[0], np.linalg.solve(np.eye(7) - 0.1 * A, once), rtol=1e-12)
    fine = fokker_planck(q, U, 0.3, 1e-4, 2000, every=2000, temperature=T)[-1]
    assert_allclose(fine, expm(0.2 * A) @ q, rtol=2e-3)
    assert_allclose(kept.sum(axis=1), q.sum(), rtol=1e-13)
    assert_allclose(fokker_planck(np.exp(-U / T), U, 0.3, 1e3, temperature=T)[0], np.exp(-U / T), rtol=1e-11)
    assert fokker_planck_gap(U, 0.3, T) == pytest.approx(np.sort(-np.linalg.eigvals(A).real)[1], rel=1e-9)


def test_gaussian_solution_and_its_entropy():
    q = fokker_planck(gauss(-1.0, 0.7), x**2 / 2, dx, 1e-3, 500, every=500)[-1]
    m, var = -np.exp(-0.5), 1 + (0.49 - 1) * np.exp(-1.0)
    assert_allclose(q, gauss(m, np.sqrt(var)), atol=2e-3)
    p, q = gauss(0.0, 1.0), gauss(0.5, 0.8)
    assert kl_grid(q, p, dx) == pytest.approx(0.5 * (0.64 + 0.25 - 1) - np.log(0.8), abs=1e-9)
    assert kl_grid(q, p, dx) == pytest.approx(rel_entr(q, p).sum() * dx, rel=1e-12)
    assert fisher_information_grid(q, p, dx) == pytest.approx((1 - 1 / 0.64) ** 2 * 0.64 + 0.25, rel=1e-3)
    assert kl_grid(np.stack([p, q]), p, dx)[0] == 0


def test_positive_for_every_step_and_bad_input():
    q = fokker_planck(np.eye(241)[5], 40 * x, dx, 1e6)
    assert q.min() >= 0
    with pytest.raises(ValueError, match="same shape"):
        fokker_planck([1.0, 1.0], [0.0, 0.0, 0.0], 1.0, 1.0)
    with pytest.raises(ValueError, match="q must be >= 0"):
        fokker_planck([1.0, -1.0], [0.0, 0.0], 1.0, 1.0)
    with pytest.raises(ValueError, match="p > 0"):
        kl_grid([1.0, 1.0], [1.0, 0.0], 1.0)
