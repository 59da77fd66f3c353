r"""Tables of LaTeX: which commands are spaces, fonts, accents, relations; what is the same to the eye."""

from __future__ import annotations

TIMES = ("\\cdot", "\\times")
THIN, SPACE, QUAD = 2, 3, 4  # gaps as displayed; 1 is white space of the source, which TeX does not display
GAPS = {"\\,": 2, "\\:": 2, "\\>": 2, "\\;": 3, "\\ ": 3, "\\\n": 3, "\\\t": 3, "~": 3, "\\enspace": 3,
         "\\thinspace": 2, "\\medspace": 2, "\\thickspace": 3, "\\space": 3, "\\quad": 4, "\\qquad": 5,
         "\\!": 0, "\\negthinspace": 0, "\\hfill": 4}  # fmt: skip
DROP = set(
    "displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag mathstrut strut relax "
    "allowbreak nobreak hfil middle".split()
)
DROP_ARG = set("phantom hphantom vphantom label tag".split())
FLAT = set("boxed mathop mathbin mathrel mathord mathopen mathclose mathpunct mathinner ensuremath smash".split())
TEXT = set("text textrm textbf textit textsf texttt textnormal mbox hbox emph intertext textup".split())
FONT = set(
    "mathrm mathbf mathcal mathbb mathsf mathit mathfrak mathscr mathtt boldsymbol bm pmb operatorname "
    "mathnormal".split()
)
ACCENT = set(
    "hat tilde bar overline dot ddot dddot vec widehat widetilde check breve acute grave mathring underline "
    "overrightarrow".split()
)
ARITY = {"frac": 2, "dfrac": 2, "tfrac": 2, "cfrac": 2, "binom": 2, "dbinom": 2, "tbinom": 2, "sqrt": 1,
          "xrightarrow": 1, "xleftarrow": 1, "xlongrightarrow": 1, "overset": 2, "underset": 2, "stackrel": 2,
          "underbrace": 1, "overbrace": 1, "substack": 1, "pmod": 1}  # fmt: skip
SAME = {"\\dfrac": "\\frac", "\\tfrac": "\\frac", "\\cfrac": "\\frac", "\\dbinom": "\\binom", "\\tbinom": "\\binom",
         "\\leq": "\\le", "\\leqslant": "\\le", "\\leqq": "\\le", "\\geq": "\\ge", "\\geqslant": "\\ge",
         "\\geqq": "\\ge", "\\neq": "\\ne", "\\lt": "<", "\\gt": ">", "\\rightarrow": "\\to",
         "\\longrightarrow": "\\to", "\\xlongrightarrow": "\\xrightarrow", "\\coloneqq": ":=", "\\coloneq": ":=",
         "\\eqqcolon": "=:", "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]",
         "\\land": "\\wedge", "\\operatorname*": "\\operatorname", "\\bm": "\\boldsymbol", "\\colon": ":",
         "\\ldots": "\\dots", "\\cdots": "\\dots", "\\vdots": "\\dots", "\\dotsc": "\\dots", "\\dotsb": "\\dots",
         "\\ddots": "\\dots", "\\dotsm": "\\dots", "\\intercal": "\\top", "\\prime": "'"}  # fmt: skip
BARS = {"|": "|", "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\|": "‖", "\\Vert": "‖", "\\lVert": "‖",
         "\\rVert": "‖"}  # fmt: skip
OPEN = set("( [ \\{ \\langle \\lfloor \\lceil \\lvert \\lVert".split())
CLOSE = set(") ] \\} \\rangle \\rfloor \\rceil \\rvert \\rVert".split())
BIG = {"\\" + b + s: s for b in ("big", "Big", "bigg", "Bigg") for s in ("", "l", "r", "m")}
RELATIONS = {"=": "=", ":=": "=", "=:": "=", "\\le": "<=", "\\ge": ">=", "<": "<", ">": ">", "\\ne": "!=",
             "\\to": "->", "\\xrightarrow": "->", "\\sim": "~"}  # fmt: skip
UNREADABLE = {
    "\\" + r
    for r in (
        "approx propto equiv simeq cong asymp ll gg lesssim gtrsim prec succ preceq succeq in ni notin subset subseteq "
        "supset supseteq perp parallel mapsto leftarrow gets longmapsto models vdash doteq triangleq lll ggg "
        "xleftarrow leftrightarrow approxeq thicksim thickapprox rightharpoonup hookrightarrow nearrow searrow "
        "uparrow downarrow overset underset stackrel leftrightarrows rightleftharpoons uparrow nsim backsim "
        "sqsubseteq trianglelefteq"
    ).split()
}
IMPLIES = {
    "\\" + r
    for r in (
        "Rightarrow Longrightarrow implies Leftarrow Longleftarrow impliedby iff Leftrightarrow Longleftrightarrow "
        "therefore because"
    ).split()
}
MULTILINE = set("aligned align align* split gathered gather gather* alignedat multline multline* eqnarray eqnarray* "
                "equation equation* array alignat alignat* dcases".split()) - {"dcases"}  # fmt: skip

GREEK_LETTERS = set(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho "
    "sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
    "ell hbar imath jmath aleph varkappa digamma varGamma wp".split()
)
