r"""Numerals: exact rationals; decimals remember half a unit of their last digit."""

from __future__ import annotations

from typing import Any

import sympy as sp

from .nodes import Node
from .reader_base import Base
from .tables import THIN
from .trees import NotRead

_MOST_DIGITS = 300


class Numerals(Base):
    def digits(self, grouped: bool) -> str:
        """A run of digits; 20\\,000 and 20{,}000 are one run."""
        out = self.take().key
        while (n := self.peek()) is not None:
            if n.kind == "digit" and n.gap < THIN:
                out += self.take().key
            elif grouped and len(out) % 3 <= 3 and self.thousand(out):
                if n.kind == "grouping":
                    self.take()
                out += self.take().key + self.take().key + self.take().key
            else:
                break
        if len(out) > _MOST_DIGITS:
            raise NotRead("a number too large")
        return out

    def thousand(self, sofar: str) -> bool:
        """Whether exactly three more digits follow, set off by a thin space or by {,}."""
        n = self.peek()
        skip = 1 if n is not None and n.key == "{,}" else 0
        some = [self.peek(skip + k) for k in range(4)]
        if not all(m is not None and m.kind == "digit" for m in some[:3]):
            return False
        if not skip and (n is None or n.gap != THIN):
            return False
        tight = all(m is not None and m.gap < THIN for m in some[1:3])
        longer = some[3] is not None and some[3].kind == "digit" and some[3].gap < THIN
        return tight and not longer

    def number(self) -> Any:
        first = self.nodes[self.i]
        start = self.i
        text = "" if first.kind == "sep" else self.digits(grouped=True)
        point, after = self.peek(), self.peek(1)
        self.no_exponent(start)
        if point is None or point.key != "." or after is None or after.kind != "digit" or after.gap > 0:
            if len(text) > 1 and text[0] == "0":
                raise NotRead(f"the number {text} begins with 0")
            return sp.Integer(text)
        self.take()
        places = self.digits(grouped=True)
        if self.at(".") and (m := self.peek(1)) is not None and m.kind == "digit":
            raise NotRead(f"{self.shown(self.nodes[start : self.i + 2])}: two decimal points")
        value = sp.Rational(int((text or "0") + places), 10 ** len(places))
        half = sp.Rational(1, 2 * 10 ** len(places))
        self.no_exponent(start)
        end = self.nodes[self.i - 1].end
        written = self.notes.latex[first.start : end]
        scale, last = self.power_of_ten()
        if last is not None:
            written = self.notes.latex[first.start : last.end]
        self.notes.decimals.append((written, value * scale, half * scale))
        return value

    def no_exponent(self, start: int) -> None:
        """1e-3 is a number of a computer, or e - 3."""
        some = [n for k in range(3) if (n := self.peek(k)) is not None]
        if len(some) > 1 and some[0].key == "e" and not some[0].gap and "e" not in self.bound:
            sign = some[1].key in ("+", "-") and len(some) > 2 and not some[1].gap and not some[2].gap
            if not some[1].gap and (some[1].kind == "digit" or (sign and some[2].kind == "digit")):
                raise NotRead(f"{self.shown(self.nodes[start : self.i + 3])}: a power of ten, or the constant e")

    def power_of_ten(self) -> tuple[sp.Rational, Node | None]:
        r"""The \cdot10^{-3} behind a decimal, which scales its last digit too. The cursor stays."""
        some = [self.peek(k) for k in range(4)]
        if any(n is None for n in some):
            return sp.Integer(1), None
        times, one, zero, sup = (n for n in some if n is not None)
        if times.key not in ("\\cdot", "\\times") or one.key + zero.key != "10" or sup.kind != "sup":
            return sp.Integer(1), None
        exponent = "".join(n.key for n in sup.args[0])
        if not exponent.lstrip("-").isdigit() or len(exponent) > 4:
            return sp.Integer(1), None
        return sp.Integer(10) ** int(exponent), sup

    def scale_decimal(self, by: sp.Rational, end: int) -> None:
        """A percent sign behind a decimal."""
        if self.notes.decimals:
            text, value, half = self.notes.decimals[-1]
            start = self.notes.latex.rfind(text, 0, end)
            between = self.notes.latex[start + len(text) : end] if start >= 0 else "?"
            if not any(c.isalnum() for c in between.replace("\\quad", "")):
                self.notes.decimals[-1] = (self.notes.latex[start:end], value * by, half * by)
