"""The verb `estimate`: an expectation or a law, tested at a stated error rate and with stated power."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from .failures import Refused
from .parts import Context, Outcome, Part, Tally
from .points import fixed_text, generator
from .same_computation import name_of

ERROR_RATE = 1e-6
"""Probability that a true statement is rejected by one test: other seeds have to pass too."""

POWER = 0.99
"""Least probability that a deviation of the stated size is detected."""

Z_REJECT = float(stats.norm.isf(ERROR_RATE / 2))
Z_POWER = float(stats.norm.isf(1 - POWER))


def rejection(tests: int) -> float:
    """How many standard errors from the stated value reject it, when `tests` numbers are tested together."""
    return float(stats.norm.isf(ERROR_RATE / (2 * tests)))


class MeanTest(Part):
    """E[draw] = mean by a two-sided z-test; see `estimate`."""

    kind = "estimate"

    def __init__(
        self,
        draw: Callable[..., Any],
        mean: Any,
        n: int,
        detect: float,
        wrong: Any,
        of: Callable[..., Any] | None = None,
        at: dict[str, Any] | None = None,
    ) -> None:
        self.draw, self.n, self.detect = draw, int(n), float(detect)
        self.of, self.at = of, dict(at or {})
        self._drawn: list[dict[str, Any]] = []
        self.mean = np.asarray(mean, dtype=float)
        self.wrong = [np.asarray(w, dtype=float) for w in (wrong if isinstance(wrong, (list, tuple)) else [wrong])]
        if self.n < 100:
            raise ValueError(f"100 samples or more are wanted, got {n}")
        if not self.detect > 0:
            raise ValueError(f"detect is the smallest deviation to be found, a positive number, got {detect}")
        if not np.isfinite(self.mean).all():
            raise ValueError("the stated expectation is not finite")

    def run(self, context: Context) -> Outcome:
        sample = _sample(self._statistic if self.of is not None else self.draw, context, self.n)
        if sample.shape[1:] != self.mean.shape:
            raise context.fail(
                f"a sample has shape {sample.shape[1:]}, the stated expectation {self.mean.shape}", Refused
            )
        average = sample.mean(axis=0)
        error = sample.std(axis=0, ddof=1) / np.sqrt(len(sample))
        tests = max(1, self.mean.size)
        reject = rejection(tests)
        if np.all(error == 0):
            raise context.fail("the samples do not vary: nothing is estimated", Refused)
        if np.all(self.detect > 3 * sample.std(axis=0, ddof=1)):
            raise context.fail(
                f"detect = {self.detect:g} is above three standard deviations of a single sample: nothing is estimated",
                Refused,
            )
        needed = (reject + Z_POWER) * error
        if np.any(needed > self.detect):
            worst = float(np.max(needed))
            more = int(np.ceil(self.n * (worst / self.detect) ** 2 / 100.0)) * 100
            raise context.fail(
                f"no power: a deviation of {self.detect:g} would be missed too often (the test finds "
                f"{worst:.3g} with probability {POWER}); about {more} samples are needed",
                Refused,
            )

        def rejected(mean: np.ndarray) -> bool:
            return bool(np.any(np.abs(average - mean) > reject * error))

        if rejected(self.mean):
            i = int(np.argmax(np.abs(average - self.mean) / np.where(error > 0, error, np.inf)))
            raise context.fail(
                f"the estimate {average.flat[i]:.6g} ± {error.flat[i]:.2g} (standard error, {len(sample)} samples) is "
                f"{abs(average.flat[i] - self.mean.flat[i]) / error.flat[i]:.1f} standard errors from the "
                f"stated {self.mean.flat[i]:.6g}"
            )
        tally = Tally()
        for sign in (1, -1):
            moved = self.mean + 1.5 * sign * self.detect  # at detect itself the power leaves one seed in a hundred
            if not rejected(moved):
                raise context.fail(f"a mutant survives: the expectation moved by {1.5 * sign * self.detect:g}")
            tally.add("automatic")
        for w in self.wrong:
            if not rejected(w):
                raise context.fail(f"the wrong value {w} is not rejected")
            tally.add("author")
        self._noticed = reject * error
        shown = f"E[{name_of(self.of or self.draw)}] = {_number(self.mean)}"
        return _outcome(self.kind, shown, self.n, self.detect, "z-test", tally, fixed_text(self.at))

    def _statistic(self, rng: np.random.Generator, n: int) -> Any:
        """`of` the ingredients that `draw` returns; the first few of each batch are kept, to read the display with."""
        drawn = self.draw(rng, n)
        if not isinstance(drawn, dict) or self.of is None:
            raise ValueError("with of=, draw(rng, n) returns its ingredients by name, samples along the first axis")
        values = np.asarray(self.of(**drawn), dtype=float)
        for i in range(min(3, n)):
            self._drawn.append({k: np.asarray(v)[i] for k, v in drawn.items()} | {"": values[i]})
        return values

    def stated(self, context: Context) -> list[Any]:
        from .stated_means import StatedMean

        return [StatedMean(self._drawn[:24], self.mean, self.at, self._noticed)] if self._drawn else []


class LawTest(Part):
    """The law of draw has the distribution function cdf, by Kolmogorov's test; see `estimate`."""

    kind = "estimate"

    def __init__(
        self, draw: Callable[..., Any], cdf: Callable[[np.ndarray], np.ndarray], n: int, detect: float, wrong: Any
    ) -> None:
        self.draw, self.cdf, self.n, self.detect = draw, cdf, int(n), float(detect)
        self.wrong = list(wrong if isinstance(wrong, (list, tuple)) else [wrong])
        if self.n < 100:
            raise ValueError(f"100 samples or more are wanted, got {n}")
        if not 0 < self.detect < 0.5:
            raise ValueError(f"detect is a distance between distribution functions, between 0 and 0.5, got {detect}")

    def run(self, context: Context) -> Outcome:
        drawn = _sample(self.draw, context, self.n)
        if drawn.ndim > 2 or (drawn.ndim == 2 and drawn.shape[1] != 1):
            raise context.fail(
                f"a law is tested on numbers, a sample has shape {drawn.shape[1:]}: test each column by itself", Refused
            )
        sample = np.ravel(drawn)
        n = len(sample)
        values, counts = np.unique(sample, return_counts=True)  # ties: a law may have atoms
        if len(values) == 1:
            raise context.fail("the samples do not vary: nothing is estimated", Refused)
        reject = float(np.sqrt(np.log(2 / ERROR_RATE) / (2 * n)))  # Dvoretzky-Kiefer-Wolfowitz, Massart's constant
        margin = float(np.sqrt(np.log(2 / (1 - POWER)) / (2 * n)))
        if reject + margin > self.detect:
            more = int(
                np.ceil(
                    (np.sqrt(np.log(2 / ERROR_RATE)) + np.sqrt(np.log(2 / (1 - POWER)))) ** 2 / (2 * self.detect**2)
                )
            )
            raise context.fail(
                f"no power: a distance of {self.detect:g} would be missed too often; about {more} samples are needed",
                Refused,
            )

        def distance(cdf: Callable[[np.ndarray], np.ndarray]) -> float:
            after, before = (np.asarray(cdf(x), dtype=float) for x in (values, np.nextafter(values, -np.inf)))
            for F in (after, before):
                if F.shape != values.shape or not np.isfinite(F).all() or F.min() < -1e-9 or F.max() > 1 + 1e-9:
                    raise context.fail("the stated distribution function does not return probabilities", Refused)
            upto = np.cumsum(counts) / n
            return float(max(np.max(upto - after), np.max(before - (upto - counts / n))))

        found = distance(self.cdf)
        if found > reject:
            raise context.fail(
                f"the sample of {n} is at distance {found:.3g} from the stated law; a true law stays below "
                f"{reject:.3g} except once in {1 / ERROR_RATE:.0e} times"
            )
        tally = Tally()
        for change, mutant in (
            (
                "moved up by 1.5 times the detectable distance",
                lambda x: np.minimum(np.asarray(self.cdf(x)) + 1.5 * self.detect, 1.0),
            ),
            (
                "moved down by 1.5 times the detectable distance",
                lambda x: np.maximum(np.asarray(self.cdf(x)) - 1.5 * self.detect, 0.0),
            ),
        ):
            if distance(mutant) <= reject:
                raise context.fail(f"a mutant survives: the law {change}")
            tally.add("automatic")
        for w in self.wrong:
            if distance(w) <= reject:
                raise context.fail(f"the wrong law {name_of(w)} is not rejected")
            tally.add("author")
        return _outcome(
            self.kind,
            f"law of {name_of(self.draw)} = {name_of(self.cdf)}",
            self.n,
            self.detect,
            "Kolmogorov test",
            tally,
        )


BATCHES = 8


def _refuse_copies(values: np.ndarray, context: Context) -> None:
    """Independent samples from many values do not all occur equally often, several times each."""
    rows = values.reshape(len(values), -1)
    _, counts = np.unique(rows, axis=0, return_counts=True)
    if len(counts) >= 10 and np.gcd.reduce(counts) > 1:
        raise context.fail(f"each sample occurs {np.gcd.reduce(counts)} times or a multiple of it: copies", Refused)


def _sample(draw: Callable[..., Any], context: Context, n: int) -> np.ndarray:
    """n samples in eight batches, each from a generator of its own; refused when the batches do not vary as they
    should.

    Samples that ignore their generator, are centred on themselves or repeat rows give batch means whose spread is
    incompatible with the standard error (a chi-square test on both tails at the error rate).
    """
    sizes = [n // BATCHES + (i < n % BATCHES) for i in range(BATCHES)]
    batches = []
    for i, size in enumerate(sizes):
        values = np.asarray(draw(generator(context, i), size))
        if np.iscomplexobj(values):
            raise context.fail("the samples are complex: estimate their real and imaginary parts", Refused)
        values = values.astype(float)
        if values.shape[:1] != (size,):
            raise context.fail(
                f"draw(rng, n) returns n samples along its first axis; for n = {size} it has shape {values.shape}",
                Refused,
            )
        if not np.isfinite(values).all():
            raise context.fail("a sample is not finite")
        _refuse_copies(values, context)
        batches.append(values)
    if sizes[0] == sizes[1] and np.array_equal(batches[0], batches[1]) and np.ptp(batches[0]) > 0:
        raise context.fail("two generators give the same sample: draw ignores its generator", Refused)
    sample = np.concatenate(batches)
    squares = (sample - np.median(sample, axis=0)) ** 2
    with np.errstate(all="ignore"):
        share = squares.max(axis=0) / squares.sum(axis=0)
    if np.any(share > 0.2):
        raise context.fail(
            "one sample carries a fifth of the variance: a mean need not exist, or n is far too small", Refused
        )
    variance = sample.var(axis=0, ddof=1)
    means = np.array([b.mean(axis=0) for b in batches])
    with np.errstate(all="ignore"):
        spread = (np.array(sizes).reshape(-1, *[1] * (means.ndim - 1)) * (means - sample.mean(axis=0)) ** 2).sum(axis=0)
        ratio = np.where(variance > 0, spread / np.where(variance > 0, variance, 1), BATCHES - 1.0)
    tests = max(1, ratio.size)
    low, high = stats.chi2.ppf([ERROR_RATE / tests, 1 - ERROR_RATE / tests], BATCHES - 1)
    if np.any(ratio < low) or (np.any(ratio > 4 * high)):
        raise context.fail(
            "the batches do not vary like independent samples: draw(rng, n) is not n independent samples", Refused
        )
    return sample


def _number(x: np.ndarray) -> str:
    return f"{float(x):.6g}" if x.ndim == 0 else np.array2string(x, precision=6, separator=", ")


def _outcome(kind: str, checked: str, n: int, detect: float, test: str, tally: Tally, fixed: str = "") -> Outcome:
    evidence = {
        "test": test,
        "samples": n,
        "error rate": f"{ERROR_RATE:.0e}",
        "power": f"{POWER} at a deviation of {detect:g}",
    }
    return Outcome(kind, "estimated", f"{fixed}deviations of {detect:g} excluded", checked, evidence, tally)


def estimate(
    draw: Callable[..., Any],
    mean: Any = None,
    *,
    cdf: Callable[[np.ndarray], np.ndarray] | None = None,
    n: int = 20_000,
    detect: float,
    wrong: Any = (),
    of: Callable[..., Any] | None = None,
    at: dict[str, Any] | None = None,
) -> Part:
    r"""An expectation or a law by a statistical test. Verdict: estimated.

    ``estimate(draw, mean, n=..., detect=...)`` tests $E[X]=$ `mean` (a number or an array, then with Bonferroni's
    correction)
    by a z-test; ``estimate(draw, cdf=F, ...)`` tests the law of X against the distribution function F by
    Kolmogorov's test.
    A probability is the expectation of an indicator, a variance that of a square.

    draw: function (rng, n) -> n independent samples along the first axis; with `of`, a dictionary of ingredients by
        name, so that a displayed expectation can be read: ``E[of(**ingredients)]``.
    at: displayed letters that the law holds fixed, ``{"n": 64}``; they enter the scope.
    detect: the deviation (of the mean; of distribution functions in the sup norm) that the test finds with
    probability at
        least 0.99. A true statement is rejected with probability at most 1e-6. Too few samples for both: Refused,
        with the
        number that would do.
    wrong: values (distribution functions) which a careless author would state; each must be rejected.
    """
    if (mean is None) == (cdf is None):
        raise ValueError("estimate wants either the expectation or cdf=")
    if cdf is not None:
        if of is not None or at:
            raise ValueError("of= and at= are for expectations")
        return LawTest(draw, cdf, n, detect, wrong)
    return MeanTest(draw, mean, n, detect, wrong, of, at)
