"""Where the points of the numeric leg lie: inside the hypotheses, over all scales, at the edges, moved by the seed."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from mpmath import mp

from scispaces import rng as book_rng
from scispaces.claims import (
    Det,
    Expect,
    Function,
    Ne,
    Refused,
    Tr,
    commute,
    complex_normal,
    diagonal,
    each,
    holds,
    iid,
    integers,
    invertible,
    log_uniform,
    matrices,
    normal,
    one_of,
    random_matrix,
    spd_matrix,
    symbols,
    symmetric,
    uniform,
)
from scispaces.claims.domains import MATRIX_KINDS, Domain
from scispaces.claims.hypotheses import as_hypotheses, contains_conclusion
from scispaces.claims.instances import Ingredients

z, w = symbols("z w")
x, y = symbols("x y", real=True)
p = symbols("p", positive=True)
q = symbols("q", nonnegative=True)
m = symbols("m", negative=True)
j = symbols("j", imaginary=True)
n = symbols("n", integer=True)
N = symbols("N", integer=True, positive=True)
even, odd = symbols("even", even=True), symbols("odd", odd=True)
A, B, C = matrices("A B C")


def drawn(trees, given=(), count=60, **options):
    trees = trees if isinstance(trees, tuple) else (trees,)
    return Ingredients(trees, as_hypotheses(given), **options).instances(count, "a test")


def column(instances, s):
    return [complex(env[s]) for env in instances]


def test_assumptions_are_the_domain():
    points = drawn((z + x + p + q + m + j + n + N + even + odd,))
    for env in points:
        assert mp.im(env[x]) == 0 and env[p] > 0 and env[q] >= 0 and env[m] < 0
        assert mp.re(env[j]) == 0 and mp.im(env[j]) != 0
        for s in (n, N, even, odd):
            assert env[s] == int(env[s])
        assert env[N] >= 1 and int(env[even]) % 2 == 0 and int(env[odd]) % 2 == 1


def test_points_span_the_scales_and_the_plane():
    sizes = [abs(v) for v in column(drawn(z), z)]
    assert min(sizes) < 5e-3 and max(sizes) > 3e2
    values = column(drawn(z), z)
    assert any(v.real < 0 for v in values) and any(v.imag < -4 for v in values) and any(v.imag > 4 for v in values)
    assert any(v < 0 for v in np.real(column(drawn(x), x))) and any(v > 0 for v in np.real(column(drawn(x), x)))
    assert {int(v.real) for v in column(drawn(N), N)} >= {1, 2, 3}
    assert any(v.real < 0 for v in column(drawn(n), n))


def test_points_lie_on_the_branch_cuts_too():
    """An identity that fails on the negative real axis only is found."""
    values = column(drawn(z, count=20), z)
    assert any(v.imag == 0 and v.real < 0 for v in values)
    assert any(v.imag == 0 and v.real > 0 for v in values)


def test_the_first_points_are_not_all_alike():
    """Also the few points at which mutants are judged."""
    values = column(drawn((z, w), count=3), z)
    assert len(set(values)) == 3


def test_scales_restrict_the_modulus():
    assert all(0.1 <= abs(v) <= 2 for v in column(drawn(z, scales=(0.1, 2)), z))


def test_hypotheses_are_respected():
    for env in drawn((x + y,), given=[x > 1, y < x, Ne(y, 0)]):
        assert 1 < env[x] and env[y] < env[x] and env[y] != 0
    for env in drawn((x,), given=(x > 0) & (x < 1)):
        assert 0 < env[x] < 1
    for env in drawn((x,), given=holds("sin x is positive", lambda x, **_: mp.sin(x) > 0)):
        assert mp.sin(env[x]) > 0


def test_an_interval_is_sampled_to_its_edges():
    values = [float(env[x]) for env in drawn((x,), given=[x > 0, x < 1])]
    assert min(values) < 0.05 and max(values) > 0.95


@pytest.mark.parametrize("given", [[x > 1, x < 0], [x > y, y > x], [sp.Lt(p, 0)]])
def test_an_empty_domain_is_refused(given):
    with pytest.raises(Refused, match=r"empty|false"):
        drawn((x + y + p,), given=given)


def test_structures_are_imposed():
    for env in drawn((Tr(A * B),), given=commute(A, B)):
        gap = env[A] * env[B] - env[B] * env[A]
        assert max(abs(e) for e in gap) <= 1e-25 * max(1, max(abs(e) for e in env[A] * env[B]))
    for env in drawn((Tr(A),), given=symmetric(A)):
        assert env[A] == env[A].T and all(mp.im(e) == 0 for e in env[A])
    for env in drawn((Tr(A),), given=diagonal(A)):
        assert all(env[A][i, k] == 0 for i in range(env[A].rows) for k in range(env[A].cols) if i != k)
    for env in drawn((Det(A),), given=invertible(A)):
        assert mp.det(env[A]) != 0


def test_commuting_matrices_are_not_only_polynomials_of_each_other():
    """Commuting is not transitive: among the instances are matrices that commute with all."""
    seen = False
    for env in drawn((Tr(A * B * C),), given=[commute(A, B), commute(B, C)]):
        gap = env[A] * env[C] - env[C] * env[A]
        seen = seen or max(abs(e) for e in gap) > 1e-9
    assert seen


def test_matrices_are_of_many_kinds():
    points = drawn((Tr(A * B),), count=40)
    assert {env[A].rows for env in points} >= {1, 2, 3, 4}
    larger = [env[A] for env in points if env[A].rows > 1]
    assert any(X != X.T for X in larger)
    assert any(mp.im(X[0, 0]) != 0 for X in larger) and any(mp.im(X[0, 0]) == 0 for X in larger)
    defective = 0
    for X in larger:
        if X.rows == 2 and abs((X[0, 0] + X[1, 1]) ** 2 - 4 * mp.det(X)) < 1e-12 and abs(X[0, 1]) + abs(X[1, 0]) > 0:
            defective += 1
    assert defective


def test_shapes_are_kept():
    for env in drawn((Tr(A * B),), sizes=[{A: (2, 3), B: (3, 2), "size": 2}], count=6):
        assert (env[A].rows, env[A].cols, env[B].rows, env[B].cols) == (2, 3, 3, 2)


def test_unknown_functions_are_smooth_and_differ():
    f = Function("f")
    functions = [env[f] for env in drawn((f(x),), count=4)]
    assert len({complex(g(mp.mpf(1))) for g in functions}) == 4
    assert all(mp.isfinite(g(mp.mpc(1, 2))) for g in functions)


def test_laws_have_the_moments_that_are_stated():
    W = matrices("W")
    for law, moments in ((iid(W, 1, 0, 1), (0, 1)), (iid(W, 1, 0, 3), (0, 3))):
        for env in drawn((Expect(Tr(W), law),), count=6):
            a, b = env["law", W]
            assert abs(b - a - moments[0]) < 1e-12
            assert abs(a * a - a * b + b * b - moments[1]) < 1e-12


def test_dropping_a_hypothesis_violates_it():
    hypotheses = as_hypotheses([x > 1, y > x])
    pool = Ingredients((x + y,), hypotheses)
    for h in hypotheses:
        others = [g for g in hypotheses if g is not h]
        found = list(pool.violations(h, 10, "a test"))
        assert found
        for env in found:
            assert not h.test(env) and all(g.test(env) for g in others)


def test_the_same_name_gives_the_same_points():
    assert drawn(z) == drawn(z)
    assert Ingredients((z,)).instances(5, "a") != Ingredients((z,)).instances(5, "b")


# --- hypotheses that state the conclusion ---


@pytest.mark.parametrize(
    ("given", "left", "right", "kind", "contained"),
    [
        (sp.Eq(x, y), x, y, "=", True),
        (sp.Eq(y, x), x, y, "=", True),
        (sp.Eq(2 * x, 2 * y), x, y, "=", True),
        (sp.Eq(x - y, 0), x, y, "=", True),
        (sp.Eq(x, 2 * y), x, y, "=", False),
        (x > y, x, y, "=", False),
        (x <= y, x, y, "<=", True),
        (x < y, 3 * x, 3 * y, "<=", True),
        (x >= 0, x, y, "<=", False),
        (Ne(x, y), x, y, "<=", False),
    ],
    ids=str,
)
def test_contained_conclusions(given, left, right, kind, contained):
    found = contains_conclusion(as_hypotheses(given), left, right, kind)
    assert bool(found) is contained


@pytest.mark.parametrize("nonsense", ["x > 0", 3, [x], x + 1])
def test_what_is_no_hypothesis(nonsense):
    with pytest.raises(ValueError, match="hypothesis"):
        as_hypotheses(nonsense)
    with pytest.raises(ValueError):
        commute(A)
    with pytest.raises(ValueError):
        symmetric(x)


# --- samplers of numeric statements ---


SAMPLERS = {
    "uniform": (uniform(-1, 3), lambda v: -1 <= v <= 3),
    "log-uniform": (log_uniform(1e-3, 1e3), lambda v: 1e-3 <= v <= 1e3),
    "integers": (integers(-2, 5), lambda v: v in range(-2, 6)),
    "normal": (normal(2, 3), lambda v: v.shape == (2, 3)),
    "number": (normal(), lambda v: isinstance(v, float)),
    "complex": (complex_normal(3), lambda v: v.shape == (3,) and np.iscomplexobj(v)),
    "spd": (spd_matrix(1, 4), lambda v: np.allclose(v, v.T) and np.linalg.eigvalsh(v).min() > 0),
    "one-of": (one_of("a", "b"), lambda v: v in ("a", "b")),
    **{kind: (random_matrix(1, 4, kinds=(kind,)), lambda v: v.shape[0] == v.shape[1] <= 4) for kind in MATRIX_KINDS},
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_stay_in_their_domain(name):
    sampler, inside = SAMPLERS[name]
    rng = book_rng(3)
    for _ in range(60):
        v = sampler(rng)
        assert inside(v)
        if sampler.move is not None:
            assert inside(sampler.move(v, 0.5, rng))
    assert all(inside(v) for v in sampler.edges)


def test_defective_matrices_are_defective():
    rng = book_rng(1)
    J = random_matrix(3, 3, kinds=("defective",))(rng)
    eigenvalue = np.trace(J) / 3
    assert np.linalg.matrix_rank(J - eigenvalue * np.eye(3), tol=1e-6) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: uniform(1, 1),
        lambda: uniform(0, np.inf),
        lambda: log_uniform(0, 1),
        lambda: integers(3, 2),
        lambda: integers(0.5, 2),
        lambda: random_matrix(0, 2),
        lambda: random_matrix(1, 2, kinds=("magic",)),
        lambda: spd_matrix(2, 1),
        lambda: one_of(),
        lambda: each(),
        lambda: each([]),
        lambda: Domain({}),
        lambda: Domain({"x": 3}),
        lambda: Domain([1, 2]),
        lambda: uniform(np.nan, 1),
    ],
)
def test_empty_domains_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_finite_domains_are_exhausted():
    domain = Domain({"a": each(1, 2, 3), "b": each("xy")})
    assert domain.exhaustive or domain.samplers["b"].values == ("xy",)
    assert len(Domain({"a": each(range(3)), "b": each([True, False])}).all_points()) == 6


def test_a_joint_sampler_returns_a_dictionary():
    with pytest.raises(ValueError):
        Domain(lambda rng: 3).draw(book_rng(0))
