r"""Displays of the field, each with the trees it has to give, or None where it must not be read.

A want is "left rel right" (several with " ;; "), its sides sympy with the symbols of NAMES under their own names.
Where two displays stand together they are near neighbours: alike to the eye, different in what they say.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy import Function, IndexedBase, Symbol

from scispaces.claims.nodes import matrices, mfun


def _real(name: str) -> Symbol:
    return Symbol(name, real=True)


x, y, a, b, c, d_, t, s, theta, sigma, h = map(_real, "x y a b c d t s theta sigma h".split())
m, n, N, L = (Symbol(k, integer=True, positive=True) for k in "m n N L".split())
z = Symbol("z", complex=True)
A, B, X, P = matrices("A B X P")
M = mfun("M", t)
W = mfun("W", t)
f, g, F, psi = map(Function, "f g F psi".split())
u = Function("u")(x, t)
q = Function("q")(t)
E, Var, norm, norm2, inner, relu = map(Function, "E Var norm norm2 inner relu".split())
v, w = IndexedBase("v"), IndexedBase("w")
r = IndexedBase("r", shape=(n,))
x_next, x_now, nx = map(_real, "x_next x_now nx".split())

NAMES: dict[str, Any] = {
    "x": x, "y": y, "a": a, "b": b, "c": c, "t": t, "s": s, "h": h, r"\theta": theta, r"\sigma": sigma,
    "m": m, "n": n, "N": N, "L": L, "z": z, "A": A, "B": B, "X": X, "P": P, "M": M, "W": W, "I": 1, "I_n": 1,
    "f": f, "g": g, "F": F, r"\psi": psi, "u": u, "q": q, "v": v, "w": w, "r": r,
    "x_{t+1}": x_next, "x_t": x_now, r"\lVert x\rVert": nx,
    r"\mathbb E": lambda e: E(e), r"\operatorname{Var}": lambda e: Var(e), r"\operatorname{relu}": lambda e: relu(e),
    r"\lVert\cdot\rVert_F": lambda e: norm(e), r"\lVert\cdot\rVert_2": lambda e: norm2(e),
    r"\langle\cdot,\cdot\rangle": lambda p, q: inner(p, q), r"\text{loss}": Symbol("loss", real=True),
    r"\sigma_{\max}": Symbol("smax", positive=True), r"\hat x": Symbol("xhat", real=True),
    r"\mathcal L": Function("Loss"), r"\boldsymbol w": Symbol("wb", real=True), "P(x>a)": Symbol("tail", real=True),
    r"\operatorname*{argmin}_\theta f(\theta)": Symbol("best", real=True), r"\Phi'": Function("dPhi"),
}  # fmt: skip
SPACE: dict[str, Any] = {k: getattr(sp, k) for k in dir(sp) if not k.startswith("_")} | {
    k: o for k, o in globals().items() if not k.startswith("_") and k not in ("NAMES", "SPACE", "Any")
}
SPACE |= {"loss": NAMES[r"\text{loss}"], "smax": NAMES[r"\sigma_{\max}"], "xhat": NAMES[r"\hat x"],
          "Loss": NAMES[r"\mathcal L"], "wb": NAMES[r"\boldsymbol w"], "tail": NAMES["P(x>a)"], "best": Symbol("best", real=True),
          "dPhi": NAMES[r"\Phi'"], "BigO": Function("O")}  # fmt: skip
SPACE |= {k: Symbol(k) for k in ("k", "i", "j", "l", "xi", "tau", "p", "S")}

CASES: list[tuple[str, str | None]] = [
    # functions and how far they reach
    (r"y=\sin^2x", "y = sin(x)**2"), (r"y=\sin x^2", "y = sin(x**2)"), (r"y=\sin2x", "y = sin(2*x)"),
    (r"y=\sin x\cos y", "y = sin(x)*cos(y)"), (r"y=\sin(x)y", "y = sin(x)*y"), (r"y=\sin(xy)", "y = sin(x*y)"),
    (r"y=\sin xy", "y = sin(x*y)"), (r"y=\sin x\,y", "y = sin(x)*y"), (r"y=\sin x\cdot y", "y = sin(x)*y"),
    (r"y=x\sin x+1", "y = x*sin(x)+1"), (r"y=\sin(x+1)", "y = sin(x+1)"), (r"y=\sin x+1", "y = sin(x)+1"),
    (r"y=\sin x(1+x)", None), (r"y=\sin(n+1)\theta", None), (r"y=\sin x/2", None), (r"y=\sin(x)/2", "y = sin(x)/2"),
    (r"y=\sin(x/2)", "y = sin(x/2)"), (r"y=\sin\frac x2", "y = sin(x/2)"), (r"y=\sin(x)^2", "y = sin(x)**2"),
    (r"y=\sin^{-1}x", None), (r"y=\tanh^{-1}x", None), (r"y=\arctan x", "y = atan(x)"), (r"y=\tanh2x", "y = tanh(2*x)"),
    (r"y=\ln x", "y = log(x)"), (r"y=\ln^2\tfrac xn", "y = log(x/n)**2"), (r"y=\ln mx", "y = log(m*x)"),
    (r"y=\log_2x", "y = log(x)/log(2)"), (r"y=\log_{10}(1+x)", "y = log(1+x)/log(10)"), (r"y=\log_2^2x", "y = (log(x)/log(2))**2"),
    (r"y=\lg x", None), (r"y=\ln\ln n", "y = log(log(n))"), (r"y=\ln n!", "y = log(factorial(n))"), (r"y=\log x/x", None),
    (r"y=\exp(-x^2/2)", "y = exp(-x**2/2)"), (r"y=\exp\Bigl(-\frac{x^2}2\Bigr)", "y = exp(-x**2/2)"),
    (r"y=\operatorname{erf}\frac x{\sqrt2}", "y = erf(x/sqrt(2))"), (r"y=\operatorname{sgn}x", "y = sign(x)"),
    (r"y=\operatorname{sigmoid}(x)", None), (r"y=\operatorname{relu}(x)^2", "y = relu(x)**2"),
    (r"y=\operatorname{relu}(x^2)", "y = relu(x**2)"), (r"y=\cos\theta\,x", "y = cos(theta)*x"), (r"y=2\pi\cos\theta", "y = 2*pi*cos(theta)"),
    (r"y=\Gamma(n+1)", "y = gamma(n+1)"), (r"y=\Gamma n", None), (r"y=\arg z", "y = arg(z)"), (r"y=\Re z", "y = re(z)"),
    (r"y=\psi(x)", "y = psi(x)"), (r"y=\psi'(x)", "y = Derivative(psi(x),x)"), (r"y=\psi_1(x)", None),
    # fractions, roots, powers
    (r"y=\frac12x", "y = x/2"), (r"y=\frac1{2x}", "y = 1/(2*x)"), (r"y=\frac ab c", "y = a/b*c"), (r"y=\frac a{bc}", "y = a/(b*c)"),
    (r"y=\tfrac{a+b}2", "y = (a+b)/2"), (r"y=a+\tfrac b2", "y = a+b/2"), (r"y=1/2x", None), (r"y=x/2", "y = x/2"),
    (r"y=a/bc", None), (r"y=a/(bc)", "y = a/(b*c)"), (r"y=ab/c", "y = a*b/c"), (r"y=a/b\cdot c", None), (r"y=a/b/c", None),
    (r"y=2\tfrac12", None), (r"y=2\cdot\tfrac12x", "y = 2*x/2"), (r"y=\sqrt2x", "y = sqrt(2)*x"), (r"y=\sqrt{2x}", "y = sqrt(2*x)"),
    (r"y=\sqrt[3]x", "y = x**Rational(1,3)"), (r"y=\sqrt[n]{x}", "y = x**(1/n)"), (r"y=\sqrt23", None), (r"y=x^{-1}", "y = 1/x"),
    (r"y=x^{n+1}", "y = x**(n+1)"), (r"y=x^n+1", "y = x**n+1"), (r"y=2^10", None), (r"y=2^{10}", "y = 1024"), (r"y=2^n3^m", "y = 2**n*3**m"),
    (r"y=-x^2", "y = -x**2"), (r"y=(-x)^2", "y = (-x)**2"), (r"y=e^{-x^2/2}", "y = exp(-x**2/2)"), (r"y=e^{-x^2}/2", "y = exp(-x**2)/2"),
    (r"y=e^{-x^2/2\sigma^2}", None), (r"y=e^{-x^2/(2\sigma^2)}", "y = exp(-x**2/(2*sigma**2))"), (r"y=e^{i\theta}", "y = exp(I*theta)"),
    (r"e^{i\pi}=-1", "exp(I*pi,evaluate=False) = -1"), (r"y=x^{(2)}", None), (r"y=x^a^b", None), (r"y=x^{a^b}", "y = x**(a**b)"),
    (r"y=\binom n2", "y = binomial(n,2)"), (r"y=n!", "y = factorial(n)"), (r"y=(2n)!", "y = factorial(2*n)"), (r"y=2n!", "y = 2*factorial(n)"),
    (r"y=n!!", "y = factorial2(n)"), (r"y=\frac{n!}{m!\,(n-m)!}", "y = factorial(n)/(factorial(m)*factorial(n-m))"),
    (r"y=x^2!", None), (r"y={ab}^2", None), (r"y={x}^2", "y = x**2"), (r"y={-x}^2", None), (r"y=(ab)^2", "y = (a*b)**2"),
    (r"y=\frac{1}{1+\frac1x}", "y = 1/(1+1/x)"), (r"y=\left(1+\frac1n\right)^n", "y = (1+1/n)**n"), (r"y=x\times2", "y = 2*x"),
    (r"y=x*2", None), (r"y=a(b+c)", "y = a*(b+c)"), (r"y=f(b+c)", "y = f(b+c)"), (r"y=fx", None), (r"y=[a+b]c", "y = (a+b)*c"),
    (r"y=\{a+b\}c", "y = (a+b)*c"), (r"y=\{x\}", None), (r"y=(a,b)", None), (r"y=x2", None), (r"y=+x", "y = x"), (r"y=x\cdot-1", None),
    (r"y=\infty", "y = oo"), (r"y=\infty-1", None), (r"y=\frac10", None),
    # bars, floors
    (r"y=|x|", "y = Abs(x)"), (r"y=|x|-|a|", "y = Abs(x)-Abs(a)"), (r"y=|x-|a||", "y = Abs(x-Abs(a))"), (r"y=||x|-|a||", "y = Abs(Abs(x)-Abs(a))"),
    (r"y=|a|b|c|", None), (r"y=|a|\,|b|", "y = Abs(a)*Abs(b)"), (r"y=\lvert a\rvert b\lvert c\rvert", "y = Abs(a)*b*Abs(c)"),
    (r"y=\Bigl|\frac xa\Bigr|", "y = Abs(x/a)"), (r"y=\lfloor x\rfloor+\lceil a\rceil", "y = floor(x)+ceiling(a)"), (r"y=||x||", None),
    (r"|ab|\le|a||b|", "Abs(a*b) <= Abs(a)*Abs(b)"), (r"y=|A|", None), (r"y=\frac{|a|}{c+|a|}", "y = Abs(a)/(c+Abs(a))"),
    # numbers
    (r"y=0.98x", "y = Rational(49,50)*x"), (r"y=4.722\cdot10^{-3}", "y = Rational(4722,10**6)"), (r"y=20\,000", "y = 20000"),
    (r"y=20{,}000", "y = 20000"), (r"y=20,000", None), (r"y=2\,3", None), (r"y=65\,\%", "y = Rational(65,100)"), (r"y=.5", "y = Rational(1,2)"),
    (r"y=1.5.", "y = Rational(3,2)"), (r"y=1.2.3", None), (r"y=30^\circ", None), (r"y=0.394\ldots", None), (r"y=\tfrac{17}3", "y = Rational(17,3)"),
    # sums and products
    (r"y=\sum_{k=1}^nv_k+1", "y = Sum(v[k],(k,1,n))+1"), (r"y=\sum_{k=1}^n(v_k+1)", "y = Sum(v[k]+1,(k,1,n))"),
    (r"y=\sum_{k=1}^nv_kw_k", "y = Sum(v[k]*w[k],(k,1,n))"), (r"y=\sum_{k=1}^nv_k\cdot a", "y = Sum(v[k]*a,(k,1,n))"),
    (r"y=\frac1n\sum_{i=1}^nv_i^2", "y = Sum(v[i]**2,(i,1,n))/n"), (r"y=\Bigl(\sum_{i=1}^nv_i\Bigr)^2", "y = Sum(v[i],(i,1,n))**2"),
    (r"y=\sum_{i=1}^n\sum_{j=1}^iv_iw_j", "y = Sum(v[i]*w[j],(j,1,i),(i,1,n))"), (r"y=\sum_{i,j=1}^nv_{ij}", "y = Sum(v[i,j],(i,1,n),(j,1,n))"),
    (r"y=\sum_{1\le i<j\le n}v_iv_j", "y = Sum(v[i]*v[j],(i,1,j-1),(j,1,n))"), (r"y=\sum_{i\ne j}v_iv_j", None), (r"y=\sum_iv_i", None),
    (r"y=\sum_ir_i^2", "y = Sum(r[i]**2,(i,1,n))"), (r"y=\sum_{k\ge1}\frac1{k^2}", "y = Sum(k**-2,(k,1,oo))"),
    (r"y=\sum_{k>0}\frac1{k^2}", "y = Sum(k**-2,(k,1,oo))"), (r"e^x=\sum_{k=0}^\infty\frac{x^k}{k!}", "exp(x) = Sum(x**k/factorial(k),(k,0,oo))"),
    (r"y=\sum_{0\le k<n}x^k", "y = Sum(x**k,(k,0,n-1))"), (r"y=\sum_{k=-\infty}^{\infty}e^{-k^2}", "y = Sum(exp(-k**2),(k,-oo,oo))"),
    (r"y=\sum_{k\in\mathbb Z}e^{-k^2}", "y = Sum(exp(-k**2),(k,-oo,oo))"), (r"y=\sum_{k\in S}k", None), (r"y=\sum_{k=1}^n", None),
    (r"y=\sum\limits_{k=1}^{2n}(-1)^kk", "y = Sum((-1)**k*k,(k,1,2*n))"), (r"y=\sum_{k=1}^nv_k+k", None), (r"y=\sum^n_{k=1}k", "y = Sum(k,(k,1,n))"),
    (r"y=\prod_{k=1}^nv_k", "y = Product(v[k],(k,1,n))"), (r"y=\prod_{k=1}^n\frac{v_{k-1}}{v_k}", "y = Product(v[k-1]/v[k],(k,1,n))"),
    (r"y=\prod_{k=1}^nv_k\,a", None), (r"y=a\prod_{k=1}^nv_k", "y = a*Product(v[k],(k,1,n))"), (r"y=\prod_{k=1}^n2v_k", "y = Product(2*v[k],(k,1,n))"),
    (r"y=\prod_{k=1}^n(1+v_k)", "y = Product(1+v[k],(k,1,n))"), (r"y=\prod_{k=1}^n1+v_k", None), (r"y=v_{k-1}", None), (r"y=v_{n-1}", "y = v[n-1]"),
    (r"y=v_n-1", "y = v[n]-1"), (r"y=v_{n}^{2}", "y = v[n]**2"), (r"y=v^2_n", "y = v[n]**2"), (r"y=v_{n^2}", "y = v[n**2]"),
    (r"y=\ln\sum_{k=1}^ne^{v_k}", "y = log(Sum(exp(v[k]),(k,1,n)))"), (r"y=\sum_{k=1}^n\ln v_k", "y = Sum(log(v[k]),(k,1,n))"),
    (r"y=\frac{e^{v_n}}{\sum_{k=1}^Ne^{v_k}}", "y = exp(v[n])/Sum(exp(v[k]),(k,1,N))"), (r"y=\sum_{n=1}^nv_n", None),
    # integrals
    (r"y=\int_a^bf(x)\,dx", "y = Integral(f(x),(x,a,b))"), (r"y=\int_0^1x+1\,dx", "y = Integral(x+1,(x,0,1))"),
    (r"y=\int_0^1x\,dx+1", "y = Integral(x,(x,0,1))+1"), (r"y=\int_0^1\frac{dx}{1+x}", "y = Integral(1/(1+x),(x,0,1))"),
    (r"y=\int_0^1\frac{x\,dx}{1+x}", "y = Integral(x/(1+x),(x,0,1))"), (r"y=\int_0^1\int_0^xxs\,ds\,dx", "y = Integral(x*s,(s,0,x),(x,0,1))"),
    (r"y=\int_0^1\!\!\int_0^2xs\,ds\,dx", "y = Integral(x*s,(s,0,2),(x,0,1))"), (r"y=\int_0^1\xi^2\,\mathrm d\xi", "y = Integral(xi**2,(xi,0,1))"),
    (r"y=\int_{-\infty}^\infty e^{-x^2}dx", "y = Integral(exp(-x**2),(x,-oo,oo))"), (r"y=\int_{\mathbb R}e^{-x^2}\,dx", "y = Integral(exp(-x**2),(x,-oo,oo))"),
    (r"\int f(x)\,dx=F(x)", "Integral(f(x),x) = F(x)"), (r"\int f(x)\,dx=1", None), (r"y=\int_\Omega f(x)\,dx", None), (r"y=\oint f(x)\,dx", None),
    (r"y=\int_0^1f(x)", None), (r"y=\int_0^1dx\,f(x)", None), (r"y=\int_0^1dx", "y = Integral(1,(x,0,1))"),
    (r"y=e^{-\int_0^tf(s)\,ds}", "y = exp(-Integral(f(s),(s,0,t)))"), (r"y=\int_0^ts\,ds\cdot x", "y = Integral(s,(s,0,t))*x"),
    (r"y=\iint_{\mathbb R^2}e^{-x^2-s^2}\,dx\,ds", "y = Integral(exp(-x**2-s**2),(x,-oo,oo),(s,-oo,oo))"),
    (r"y=\int_0^\pi\sin^n\theta\,d\theta", "y = Integral(sin(theta)**n,(theta,0,pi))"), (r"y=\int_0^x x\,dx", None), (r"y=\int_0^1x\,dx^2", None),
    # limits, arrows, orders
    (r"\lim_{x\to0}\frac{\sin x}x=1", "Limit(sin(x)/x,x,0,'+-') = 1"), (r"\lim_{x\to0^+}x\ln x=0", "Limit(x*log(x),x,0,'+') = 0"),
    (r"\lim_{x\to0^-}\frac1x=-\infty", "Limit(1/x,x,0,'-') = -oo"), (r"\lim_{k\to\infty}(1+x/k)^k=e^x", "Limit((1+x/k)**k,k,oo) = exp(x)"),
    (r"y=\lim_{x\to0}f(x)+x", None), (r"y=\lim_{x\to0}(f(x)+x)", "y = Limit(f(x)+x,x,0,'+-')"), (r"y=\lim_{k\to\infty}\frac1k+a", "y = Limit(1/k,k,oo)+a"),
    (r"\frac1n\xrightarrow{n\to\infty}0", "Limit(1/n,n,oo) -> 0"), (r"\frac1n\to0\quad(n\to\infty)", "Limit(1/n,n,oo) -> 0"), (r"\frac1n\to0", None),
    (r"\frac1n\to0\text{ as }n\to\infty", "Limit(1/n,n,oo) -> 0"), (r"a\xrightarrow{n\to\infty}0", None), (r"y=\limsup_{n\to\infty}\frac1n", None),
    (r"x\sim y\quad(x\to\infty)", "x ~ y"), (r"e^x=1+x+O(x^2)", "exp(x) = 1+x+BigO(x**2)".replace(" = ", " O ")),
    (r"e^x=(1+x)(1+O(x^2))", "exp(x) O (1+x)*(1+BigO(x**2))"), (r"e^x=1+x+o(x)", None), (r"e^x\le1+O(x)", None), (r"1+O(x)=e^x", None),
    (r"e^x=e^{O(x)}", None), (r"x\approx y", None), (r"x\propto y", None), (r"x\equiv y", None), (r"x\simeq y", None), (r"x\ll y", None),
    # derivatives
    (r"\frac d{dx}\sin x=\cos x", "Derivative(sin(x),x) = cos(x)"), (r"\frac d{dx}x^2+1=y", "Derivative(x**2,x)+1 = y"),
    (r"\frac d{dx}(x^2+1)=y", "Derivative(x**2+1,x) = y"), (r"\frac{d^2}{dt^2}q=-q", "Derivative(q,(t,2)) = -q"), (r"\frac{dq}{dt}=-q", "Derivative(q,t) = -q"),
    (r"\Bigl(\frac{dq}{dt}\Bigr)^2=1", "Derivative(q,t)**2 = 1"), (r"\frac{df}{dx}=1", "Derivative(f(x),x) = 1"), (r"\frac{dy}{dx}=1", None),
    (r"\frac{\partial u}{\partial t}=\frac{\partial^2u}{\partial x^2}", "Derivative(u,t) = Derivative(u,(x,2))"), (r"\frac{du}{dt}=1", None),
    (r"\frac{\partial^2u}{\partial x\partial t}=0", "Derivative(u,x,t) = 0"), (r"\frac{\partial^2u}{\partial x}=0", None), (r"u_t=0", None),
    (r"\partial_tu=\partial_x^2u", "Derivative(u,t) = Derivative(u,(x,2))"), (r"\frac{d}{dx}f(x)g(x)=1", None), (r"\frac d{dx}\bigl(f(x)g(x)\bigr)=1", "Derivative(f(x)*g(x),x) = 1"),
    (r"f'(x)=f(x)", "Derivative(f(x),x) = f(x)"), (r"f'(x)^2=1", "Derivative(f(x),x)**2 = 1"), (r"f'(x^2)=1", "Subs(Derivative(f(s),s),s,x**2) = 1".replace("s,", "S,").replace("(s)", "(S)").replace(",s)", ",S)")),
    (r"f'(0)=1", "Subs(Derivative(f(S),S),S,0) = 1"), (r"f''(x)=-f(x)", "Derivative(f(x),(x,2)) = -f(x)"), (r"f^{(3)}(x)=0", "Derivative(f(x),(x,3)) = 0"),
    (r"f^{(n)}(x)=0", None), (r"f^{-1}(x)=y", None), (r"f^2(x)=y", None), (r"f(x)^2=y", "f(x)**2 = y"), (r"f(x^2)=y", "f(x**2) = y"), (r"y=x'", None),
    (r"\dot q=-aq", "Derivative(q,t) = -a*q"), (r"\ddot q=-q", "Derivative(q,(t,2)) = -q"), (r"\dot q^2=1", "Derivative(q,t)**2 = 1"), (r"\dot y=1", None),
    (r"q''+q'=0", "Derivative(q,(t,2))+Derivative(q,t) = 0"), (r"q(0)=1", "Function('q')(0) = 1"), (r"y=q(1-q)", "y = q*(1-q)"), (r"\Phi'(x)=1", "dPhi(x) = 1"),
    (r"f'(x)\Big|_{x=0}=1", "Subs(Derivative(f(x),x),x,0) = 1"), (r"\frac d{dx}e^{2x}\Big\vert_{x=0}=2", "Subs(Derivative(exp(2*x),x),x,0) = 2"),
    (r"\left.\frac{dq}{dt}\right|_{t=0}=1", "Subs(Derivative(q,t),t,0) = 1"), (r"y+f(x)\big|_{x=0}=1", None), (r"\nabla f(x)=0", None), (r"\frac{d}{dq}y=0", None),
    # matrices
    (r"[A,B]=AB-BA", "A*B-B*A = A*B-B*A"), (r"AB=BA", "A*B = B*A"), (r"A^\top A=I", "T(A)*A = 1"), (r"AA^\top=I_n", "A*T(A) = 1"), (r"A^{\mathsf T}=A", "T(A) = A"),
    (r"A^T=A", "T(A) = A"), (r"x^\top=x", None), (r"(AB)^\top=B^\top A^\top", "T(A*B) = T(B)*T(A)"), (r"A^{-1}B=X", "A**-1*B = X"), (r"A^{-\top}=X", "T(A)**-1 = X"),
    (r"\det e^A=e^{\operatorname{Tr}A}", "Det(Exp(A)) = exp(Tr(A))"), (r"\det(AB)=\det A\det B", "Det(A*B) = Det(A)*Det(B)"), (r"e^{A+B}=e^Ae^B", "Exp(A+B) = Exp(A)*Exp(B)"),
    (r"e^{xA}=\exp(xA)", "Exp(x*A) = Exp(x*A)"), (r"\operatorname{tr}AB=\operatorname{tr}BA", "Tr(A*B) = Tr(B*A)"), (r"\ln\det X=\operatorname{Tr}\ln X", "log(Det(X)) = Tr(Log(X))"),
    (r"\frac d{dt}\det M=\operatorname{Tr}\left(\operatorname{adj}(M)\,M'\right)", "D(Det(M),t) = Tr(Adj(M)*D(M,t))"), (r"\frac{dM}{dt}=AM", "D(M,t) = A*M"), (r"\dot M=AM", "D(M,t) = A*M"),
    (r"\frac{\partial\det X}{\partial X}=\operatorname{adj}(X)^\top", "D(Det(X),X) = T(Adj(X))"), (r"\frac d{dt}e^{tA}=Ae^{tA}", "D(Exp(t*A),t) = A*Exp(t*A)"), (r"A_{12}=x", "Entry(A,1,2) = x"),
    (r"(AB)_{mn}=x", "Entry(A*B,m,n) = x"), (r"A=\begin{pmatrix}0&1\\0&0\end{pmatrix}", "A = ImmutableMatrix([[0,1],[0,0]])"), (r"\begin{vmatrix}a&b\\c&x\end{vmatrix}=1", "a*x-b*c = 1"),
    (r"e^{PBP^{-1}}=Pe^BP^{-1}", "Exp(P*B*P**-1) = P*Exp(B)*P**-1"), (r"\sin A=X", "Sin(A) = X"), (r"\tan A=X", None), (r"A\le B", None), (r"y=\frac1A", None), (r"\det x=1", None),
    (r"\lVert A\rVert_F^2=\operatorname{Tr}A^\top A", "norm(A)**2 = Tr(T(A)*A)"), (r"\lVert AB\rVert_2\le\lVert A\rVert_2\lVert B\rVert_2", "norm2(A*B) <= norm2(A)*norm2(B)"),
    (r"\lVert A\rVert=1", None), (r"\|A\|_2=1", "norm2(A) = 1"), (r"\Bigl\lVert\frac A{\sigma_{\max}}\Bigr\rVert_2=1", "norm2(A/smax) = 1"), (r"\langle x,y\rangle=\langle y,x\rangle", "inner(x,y) = inner(y,x)"),
    # names and callables
    (r"x_{t+1}=x_t+1", "x_next = x_now+1"), (r"x_{t+2}=1", None), (r"\lVert x\rVert^2=1", "nx**2 = 1"), (r"\mathbb E[x^2]=\sigma^2", "E(x**2) = sigma**2"), (r"\mathbb E\cos\theta=0", "E(cos(theta)) = 0"),
    (r"\mathbb E[x]^2=1", "E(x)**2 = 1"), (r"\mathbb Ex^2=1", "E(x**2) = 1"), (r"\mathbb E(x)^2=1", None), (r"\operatorname{Var}x=\sigma^2", "Var(x) = sigma**2"), (r"\mathbb E\,xy=0", "E(x*y) = 0"), (r"\text{loss}=x", "loss = x"),
    (r"\hat x=x", "xhat = x"), (r"\hat y=x", None), (r"\mathcal{L}(\boldsymbol{w})=0", "Loss(wb) = 0"), (r"P(x>a)\le e^{-a}", "tail <= exp(-a)"), (r"\operatorname*{argmin}_\theta f(\theta)=x", "best = x"),
    (r"\operatorname*{argmin}_\theta g(\theta)=x", None), (r"y=\bar z", "y = conjugate(z)"), (r"y=\bar x", None), (r"y=z^*", None), (r"y=\max(a,b)+c", "y = Max(a,b)+c"), (r"y=\max(a,b+c)", "y = Max(a,b+c)"),
    (r"y=\min\{a,b\}", "y = Min(a,b)"), (r"y=\max_kv_k", None), (r"y=\sup_xf(x)", None), (r"y=k", None), (r"y=d", None),
    # relations, lists, prose
    (r"0\le x<1", "0 <= x ;; x < 1"), (r"a=b=c", "a = b ;; b = c"), (r"x\ne y", "x != y"), (r"x\geqslant y", "x >= y"), (r"x:=y", "x = y"), (r"x\not=y", "x != y"), (r"x\in\mathbb R", None),
    (r"a=b,\qquad b=c", "a = b ;; b = c"), (r"a=b\qquad b=c", "a = b ;; b = c"), (r"a=b;\ b=c.", "a = b ;; b = c"), (r"a=b\quad\text{and}\quad b=c", "a = b ;; b = c"), (r"a=b\text{ or }b=c", None),
    (r"0\le x,y\le1", None), (r"x,y>0", None), (r"a=b\quad(c>0)", "a = b"), (r"a=b(c>0)", None), (r"a=b\quad\text{if }c>0", "a = b"), (r"a=b\quad\text{for all }x\ne0,\ y\ne0", "a = b"), (r"\text{for }x>0:\quad a=b", "a = b"),
    (r"\sigma^2=\tfrac1m:\qquad a=b", "a = b"), (r"a=b\ \ \forall x", "a = b"), (r"\exists x:\ a=b", "a = b"), (r"a=b\iff b=c", None), (r"a=b\implies b=c", None), (r"\text{hence}\quad a=b", "a = b"), (r"\text{so }a=b", "a = b"),
    (r"a\le b,\quad\text{with equality}\iff a=c", "a <= b"), (r"a\text{ is small}", None), (r"\text{the gain}=a", None), (r"a=\text{the gain}", None), (r"a=b\text{ is false}", None), (r"a=5\text{ km}", None), (r"a=b\text{ has the solution }c=1", None),
    (r"\begin{aligned}a&=b\\&=c\end{aligned}", "a = b ;; b = c"), (r"\begin{aligned}a&=b+{}\\&\quad+c\end{aligned}", None), (r"\begin{aligned}a&=b\\&\quad+c\end{aligned}", "a = b+c"), (r"\begin{aligned}a&=b,\\x&=y\end{aligned}", "a = b ;; x = y"),
    (r"\begin{aligned}a&=b\quad\text{for }c>0,\\&\le x\end{aligned}", "a = b ;; b <= x"),
    (r"\begin{aligned}a&=b\quad\text{for }c>0\\&\le x\end{aligned}", "a = b ;; b <= x"),
    (r"\begin{aligned}a&=b\quad(c>0)\\&\le x\end{aligned}", "a = b ;; b <= x"),
    (r"\begin{aligned}&\text{so }a=b\\&\le x\end{aligned}", "a = b ;; b <= x"), (r"\begin{aligned}&a+b\\&\quad=c\end{aligned}", "a+b = c"), (r"\begin{gathered}a=b\\x=y\end{gathered}", "a = b ;; x = y"),
    (r"\begin{array}{ll}\text{one}&a=b\\\text{two}&x=y\end{array}", "a = b ;; x = y"), (r"f(x)=\begin{cases}x&x\ge0\\0&\text{otherwise}\end{cases}", "f(x) = Piecewise((x,x>=0),(0,True))"),
    (r"f(x)=\begin{cases}1&\text{if }0\le x<1,\\2&\text{if }x=1\text{ or }x=3,\\0&\text{else.}\end{cases}", "f(x) = Piecewise((1,And(Le(0,x),x<1,evaluate=False)),(2,Or(Eq(x,1),Eq(x,3),evaluate=False)),(0,True),evaluate=False)"),
    (r"f(x)=\begin{cases}x\\0\end{cases}", None), (r"f(x)=\left\{\begin{array}{ll}x&x>0\\0&x\le0\end{array}\right.", "f(x) = Piecewise((x,x>0),(0,Le(x,0)),evaluate=False)"), (r"a=\pm b", None), (r"a+\dots+b=c", None), (r"a=b\tag{1}", "a = b"), (r"a=b\,.", "a = b"), (r"a=", None), (r"", None), (r"a", None),
]  # fmt: skip
SPACE |= {k: getattr(__import__("scispaces.claims.nodes", fromlist=["nodes"]), k)
          for k in ("T", "Det", "Tr", "Exp", "Log", "Sin", "Adj", "D", "Entry")}  # fmt: skip
