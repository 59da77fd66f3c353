"""Constants and named functions of sympy on balls, with their branch cuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb

from .balls import IMAGINARY, NAN, ONE, ZERO, NotCertified, integer, is_real, rational

CONSTANTS: dict[Any, Callable[[], acb]] = {
    sp.pi: lambda: acb(arb.pi()),
    sp.E: lambda: acb(arb.const_e()),
    sp.I: lambda: IMAGINARY,
    sp.EulerGamma: lambda: acb(arb.const_euler()),
    sp.Catalan: lambda: acb(arb.const_catalan()),
    sp.GoldenRatio: lambda: (1 + acb(5).sqrt()) / 2,
    sp.S.TribonacciConstant: lambda: (
        (1 + (19 + 3 * acb(33).sqrt()) ** rational(1, 3) + (19 - 3 * acb(33).sqrt()) ** rational(1, 3)) / 3
    ),
}


def _entire(f: Callable[..., acb]) -> Callable[..., acb]:
    """A function whose only singularities are poles: they show as infinite balls."""

    def on_balls(*x: Any, analytic: bool = False) -> acb:
        return f(*x)

    return on_balls


def _cut(f: Callable[..., acb], touches: Callable[[acb], bool], argument: int = 0) -> Callable[..., acb]:
    """A function with a branch cut: no value on a ball that meets the cut, but for points that lie on the real line."""

    def on_balls(*x: Any, analytic: bool = False) -> acb:
        z = x[argument]
        if (analytic or not is_real(z)) and touches(z):
            return NAN
        return f(*x)

    return on_balls


def touches_negative(z: acb) -> bool:
    """Whether z may lie in (-oo, 0]."""
    return bool(z.imag.contains(0)) and not z.real > 0


def _outside_unit(z: acb) -> bool:
    """Whether z may lie in (-oo, -1] or [1, oo)."""
    return bool(z.imag.contains(0)) and not (abs(z.real) < 1)


def _imaginary_outside_unit(z: acb) -> bool:
    return bool(z.real.contains(0)) and not (abs(z.imag) < 1)


def _below_one(z: acb) -> bool:
    return bool(z.imag.contains(0)) and not z.real > 1


def _above_one(z: acb) -> bool:
    return bool(z.imag.contains(0)) and not z.real < 1


def _below_minus_1_e(z: acb) -> bool:
    return bool(z.imag.contains(0)) and not z.real > -(arb(-1).exp())


def _strict(f: Callable[..., acb], touches: Callable[[acb], bool], argument: int = 0) -> Callable[..., acb]:
    """As `_cut`, but without a value on the cut itself, where conventions differ."""

    def on_balls(*x: Any, analytic: bool = False) -> acb:
        return NAN if touches(x[argument]) else f(*x)

    return on_balls


def log(x: acb, *base: acb, analytic: bool = False) -> acb:
    out = x.log(analytic=analytic)
    return out / base[0].log() if base else out


def sqrt(x: acb, analytic: bool = False) -> acb:
    return x.sqrt(analytic=analytic)


def power(base: acb, exponent: acb, analytic: bool = False) -> acb:
    """base ** exponent, the principal value; 0 ** 0 = 1."""
    n = integer(exponent)
    if n is not None and abs(n) < 2**62:
        if n < 0 and base.contains(0):
            return NAN
        return base**n
    if base.is_zero() and exponent.real > 0:
        return ZERO
    return base.pow(exponent, analytic=analytic)


def _natural(x: acb, name: str) -> int:
    n = integer(x)
    if n is None or not 0 <= n < 10**6:
        raise NotCertified(f"{name} wants a natural number")
    return n


def factorial(x: acb) -> acb:
    return (x + 1).gamma()


def binomial(n: acb, k: acb) -> acb:
    """Γ(n+1) / Γ(k+1) Γ(n-k+1), for natural k as the polynomial that it is."""
    j = integer(k)
    if j is not None:
        if j < 0:
            return ZERO if (m := integer(n)) is None or m >= 0 else _negative_binomial(m, j)
        if j < 4000:
            return (n - j + 1).rising(j) * acb(j + 1).rgamma()
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


def _negative_binomial(n: int, k: int) -> acb:
    raise NotCertified("a binomial coefficient of two negative integers")


def beta(a: acb, b: acb) -> acb:
    return a.gamma() * b.gamma() * (a + b).rgamma()


def harmonic(n: acb, *order: acb) -> acb:
    """H_n = ψ(n+1) + γ; of order s: ζ(s) - ζ(s, n+1)."""
    if not order or integer(order[0]) == 1:
        return (n + 1).digamma() + acb(arb.const_euler())
    return order[0].zeta() - order[0].zeta(n + 1)


def polygamma(n: acb, x: acb) -> acb:
    return x.digamma() if n.is_zero() else x.polygamma(n)


def zeta(s: acb, *a: acb) -> acb:
    return s.zeta(*a)


def _falling(x: acb, n: acb) -> acb:
    j = integer(n)
    if j is not None and 0 <= j < 4000:
        return (x - j + 1).rising(j)
    return (x + 1).gamma() * (x - n + 1).rgamma()


def _factorial2(n: acb) -> acb:
    m = integer(n)
    if m is None or not -1 <= m < 10**5:
        raise NotCertified("n!! of what is no natural number")
    out = 1
    for j in range(m, 1, -2):
        out *= j
    return rational(out)


def _subfactorial(n: acb) -> acb:
    before, now = 1, 0
    m = _natural(n, "a subfactorial")
    for j in range(2, m + 1):
        before, now = now, (j - 1) * (before + now)
    return rational(now if m else before)


def _sinc(x: acb) -> acb:
    return x.sinc()


def _acot(x: acb, analytic: bool = False) -> acb:
    return ATAN(1 / x, analytic=analytic)


def _lambertw(x: acb, k: acb = ZERO, analytic: bool = False) -> acb:
    branch = integer(k)
    if branch is None:
        raise NotCertified("the branch of LambertW is an integer")
    cut = _below_minus_1_e if branch == 0 else touches_negative
    if cut(x) and (analytic or not is_real(x) or not (branch == -1 and x.real < 0 and x.real > -(arb(-1).exp()))):
        return NAN
    return x.lambertw(branch)


def _incomplete_gamma(which: str) -> Callable[..., acb]:
    def on_balls(a: acb, x: acb, analytic: bool = False) -> acb:
        if touches_negative(x) and integer(a) is None and not x.is_zero():
            return NAN
        return x.gamma_lower(a) if which == "lower" else x.gamma_upper(a)

    return on_balls


def _betainc(regularized: bool) -> Callable[..., acb]:
    def on_balls(a: acb, b: acb, x1: acb, x2: acb, analytic: bool = False) -> acb:
        inside = [
            (touches_negative(x) and x.is_zero()) or not (touches_negative(x) or _outside_unit(x)) or x == 1
            for x in (x1, x2)
        ]
        if not all(inside):
            return NAN
        return x2.beta_lower(a, b, int(regularized)) - x1.beta_lower(a, b, int(regularized))

    return on_balls


def _erfinv(x: acb) -> acb:
    if not is_real(x) or not abs(x.real) < 1:
        return NAN
    return acb(x.real.erfinv())


def _bernoulli(n: acb, *x: acb) -> acb:
    m = _natural(n, "a Bernoulli number")
    if x:
        return x[0].bernoulli_poly(m)
    return acb(arb("0.5")) if m == 1 else acb(arb.bernoulli(m))


def _orthogonal(name: str) -> Callable[..., acb]:
    def on_balls(n: acb, x: acb) -> acb:
        m = integer(n)
        if m is None or m < 0:
            raise NotCertified(f"{name} of a degree that is no natural number")
        return getattr(x, name)(m)

    return on_balls


def _hermite_prob(n: acb, x: acb) -> acb:
    return power(acb(2), -n / 2) * _orthogonal("hermite_h")(n, x / acb(2).sqrt())


def _hyper(upper: Any, lower: Any, z: acb) -> acb:
    return z.hypgeom(list(upper), list(lower))


def _uppercased(name: str) -> Callable[..., acb]:
    return _entire(lambda x: getattr(x, name)())


ATAN = _cut(lambda x: x.atan(), _imaginary_outside_unit)
_BESSEL = {"besselj": "bessel_j", "bessely": "bessel_y", "besseli": "bessel_i", "besselk": "bessel_k"}


def _bessel(name: str) -> Callable[..., acb]:
    def on_balls(n: acb, x: acb, analytic: bool = False) -> acb:
        if touches_negative(x) and (integer(n) is None or name in ("bessely", "besselk")):
            return NAN
        return getattr(x, _BESSEL[name])(n)

    return on_balls


FUNCTIONS: dict[str, Callable[..., acb]] = {
    **{
        n: _uppercased(n)
        for n in "exp sin cos tan cot sec csc sinh cosh tanh coth sech csch gamma erf erfc erfi".split()
    },
    **{n: _bessel(n) for n in _BESSEL},
    "log": log,
    "asin": _cut(lambda x: x.asin(), _outside_unit),
    "acos": _cut(lambda x: x.acos(), _outside_unit),
    "atan": ATAN,
    "acot": _acot,
    "asinh": _cut(lambda x: x.asinh(), _imaginary_outside_unit),
    "acosh": _cut(lambda x: x.acosh(), _below_one),
    "atanh": _cut(lambda x: x.atanh(), _outside_unit),
    "loggamma": _cut(lambda x: x.lgamma(), touches_negative),
    "factorial": _entire(factorial),
    "binomial": _entire(binomial),
    "beta": _entire(beta),
    "digamma": _entire(lambda x: x.digamma()),
    "trigamma": _entire(lambda x: x.polygamma(ONE)),
    "polygamma": _entire(polygamma),
    "harmonic": _entire(harmonic),
    "zeta": _entire(zeta),
    "dirichlet_eta": _entire(lambda s: s.dirichlet_eta()),
    "polylog": _strict(lambda s, z: z.polylog(s), _above_one, 1),
    "legendre": _entire(_orthogonal("legendre_p")),
    "hermite": _entire(_orthogonal("hermite_h")),
    "hermite_prob": _entire(_hermite_prob),
    "chebyshevt": _entire(_orthogonal("chebyshev_t")),
    "chebyshevu": _entire(_orthogonal("chebyshev_u")),
    "laguerre": _entire(_orthogonal("laguerre_l")),
    "gegenbauer": _entire(lambda n, a, x: x.gegenbauer_c(_natural(n, "a Gegenbauer polynomial"), a)),
    "jacobi": _entire(lambda n, a, b, x: x.jacobi_p(_natural(n, "a Jacobi polynomial"), a, b)),
    "fresnels": _uppercased("fresnel_s"),
    "fresnelc": _uppercased("fresnel_c"),
    "expint": _strict(lambda s, z: z.expint(s), touches_negative, 1),
    "Ei": _cut(lambda x: x.ei(), touches_negative),
    "li": _cut(lambda x: x.li(), touches_negative),
    "Si": _uppercased("si"),
    "Ci": _strict(lambda x: x.ci(), touches_negative),
    "LambertW": _lambertw,
    "lowergamma": _incomplete_gamma("lower"),
    "uppergamma": _incomplete_gamma("upper"),
    "betainc": _betainc(False),
    "betainc_regularized": _betainc(True),
    "RisingFactorial": _entire(lambda x, n: x.rising(n)),
    "FallingFactorial": _entire(_falling),
    "factorial2": _entire(_factorial2),
    "subfactorial": _entire(_subfactorial),
    "sinc": _entire(_sinc),
    "elliptic_k": _strict(lambda m: m.elliptic_k(), _above_one),
    "erfinv": _entire(_erfinv),
    "bernoulli": _entire(_bernoulli),
    "fibonacci": _entire(lambda n: acb(arb.fib(_natural(n, "a Fibonacci number")))),
    "catalan": _entire(lambda n: binomial(2 * n, n) / (n + 1)),
    "exp_polar": _uppercased("exp"),
}
"""Functions that are analytic but for poles and cuts. What is real only (|x|, max, floor) is in `real_functions`."""
