"""Constants and named functions of sympy, and what mpmath calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from mpmath import mp

CONSTANTS: dict[type, Callable[[], Any]] = {
    type(sp.pi): lambda: +mp.pi,
    type(sp.E): lambda: +mp.e,
    type(sp.I): lambda: mp.mpc(0, 1),
    type(sp.oo): lambda: mp.inf,
    type(-sp.oo): lambda: mp.ninf,
    type(sp.EulerGamma): lambda: +mp.euler,
    type(sp.Catalan): lambda: +mp.catalan,
    type(sp.GoldenRatio): lambda: +mp.phi,
}


_SAME_NAME = (
    "sin cos tan cot sec csc asin acos atan acot atan2 sinh cosh tanh coth sech csch asinh acosh atanh "
    "exp gamma loggamma factorial binomial beta erf erfc erfi erfinv besselj bessely besseli besselk zeta "
    "digamma floor re im arg conjugate sign legendre hermite fresnels fresnelc "
    "expint "
)

_HUGE = 1 << 24


def exponential(x: Any) -> Any:
    """e^x; a huge real x is reduced by log 2 (mpmath multiplies e by itself instead, thousands of times)."""
    if not isinstance(x, mp.mpf) or not mp.isfinite(x) or abs(x) < _HUGE:
        return mp.exp(x)
    with mp.extraprec(mp.mag(x) + 10):
        n = int(mp.floor(x / mp.ln2))
        rest = mp.exp(x - n * mp.ln2)
    return +mp.ldexp(rest, n)


def power(base: Any, exponent: Any) -> Any:
    """base^exponent, a huge exponent by logarithms."""
    whole = mp.isint(exponent) and mp.im(exponent) == 0
    huge = mp.isfinite(exponent) and abs(exponent) >= _HUGE
    if huge and whole and isinstance(base, mp.mpf) and base > 0:
        with mp.extraprec(mp.mag(exponent) + abs(mp.mag(base)) + 10):
            x = mp.re(exponent) * mp.log(base)
        return exponential(x)
    if whole:
        return base ** int(mp.re(exponent))
    return mp.power(base, exponent)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(mp, name) for name in _SAME_NAME.split()},
    "exp": exponential,
    "chebyshevt": mp.chebyt,
    "chebyshevu": mp.chebyu,
    "laguerre": lambda n, x: mp.laguerre(n, 0, x),
    "log": lambda x, *base: mp.log(x, *base),
    "Abs": abs,
    "Max": max,
    "Min": min,
    "ceiling": mp.ceil,
    "frac": lambda x: x - mp.floor(x),
    "polygamma": lambda n, x: mp.psi(int(n), x),
    "harmonic": mp.harmonic,
    "Heaviside": lambda x, at0=0.5: mp.mpf(1) if x > 0 else (mp.mpf(0) if x < 0 else mp.mpf(at0)),
    "KroneckerDelta": lambda i, j: mp.mpf(1 if i == j else 0),
    "LambertW": lambda x, k=0: mp.lambertw(x, int(k)),
    "lowergamma": lambda a, x: mp.gammainc(a, 0, x),
    "uppergamma": lambda a, x: mp.gammainc(a, x),
    "RisingFactorial": mp.rf,
    "FallingFactorial": mp.ff,
    "factorial2": mp.fac2,
    "sinc": lambda x: mp.sinc(x),
    "polylog": mp.polylog,
    "Ei": mp.ei,
    "li": mp.li,
    "Si": mp.si,
    "Ci": mp.ci,
    "betainc": lambda a, b, x1, x2: mp.betainc(a, b, x1, x2),
    "betainc_regularized": lambda a, b, x1, x2: mp.betainc(a, b, x1, x2, regularized=True),
    "elliptic_k": mp.ellipk,
    "hermite_prob": lambda n, x: mp.mpf(2) ** (-n / 2) * mp.hermite(n, x / mp.sqrt(2)),
    "bernoulli": mp.bernoulli,
    "fibonacci": mp.fib,
    "catalan": lambda n: mp.binomial(2 * n, n) / (n + 1),
    "exp_polar": exponential,
    "subfactorial": lambda n: mp.nint(mp.factorial(n) / mp.e) if n > 0 else mp.mpf(1),
    "Mod": lambda a, b: a - b * mp.floor(a / b),
    "jacobi": lambda n, a, b, x: mp.jacobi(n, a, b, x),
    "gegenbauer": lambda n, a, x: mp.gegenbauer(n, a, x),
    "assoc_legendre": lambda n, m, x: mp.legenp(n, m, x),
    "dirichlet_eta": mp.altzeta,
    "trigamma": lambda x: mp.psi(1, x),
}
