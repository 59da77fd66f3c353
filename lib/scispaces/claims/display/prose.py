r"""What a piece of prose does to the formulas around it."""

from __future__ import annotations

import re

_CONDITION = set(
    "for if when whenever where with provided given under as at on in inside over near along within assuming unless "
    "every all any each by from to of that such such, between outside through until up during because since iff per "
    "exactly only uniformly almost everywhere s.t subject".split()
)
_GOVERNS = set("for if when whenever where with every all on at as iff unless given under assuming".split())
_ASSERT = set(
    "and so hence thus therefore then also moreover furthermore further consequently now but yet although though "
    "namely i.e. equivalently finally here again similarly likewise whence whereas meanwhile first second".split()
)
_VERB = set(
    "is are has have had was were satisfies satisfy solves solve obeys obey defines define converges converge diverges "
    "lies lie contains contain increases decreases needs does do can cannot be equals equal denotes means fails exists "
    "exist attains attain minimises minimizes maximises maximizes becomes remains follows reaches carries vanishes "
    "tends grows behaves depends differs differ gives give yields yield implies imply requires happens".split()
)
_DENY = re.compile(
    r"\b(false|wrong|untrue|approximately|roughly|nearly|impossible|not\s+true)\b|^(not|never|no|about|up to)\b"
)
_UNITS = set(
    "km m cm mm s ms h min d kg g au pc ly years year days day hours hour minutes minute seconds second degrees degree "
    "rad bits nats bytes mb kb gb percent px hz ev k miles".split()
)


def words(text: str) -> list[str]:
    plain = re.sub(r"\$[^$]*\$|\\[a-zA-Z]+|[{}~]", " ", text).lower()
    return [w.strip("():;,.") for w in plain.split() if w.strip("():;,.")]


def classify(text: str) -> str:
    """condition, assertion, verb, denial, or, iff, unit, equality or plain."""
    said = words(text)
    if not said:
        return "assertion" if not text.strip(" ,;:.()") else "plain"
    joined = " ".join(said)
    if _DENY.search(joined):
        return "denial"
    if joined in ("iff", "if and only if", "only if", "implies", "implies that", "just when", "is equivalent to",
                  "exactly when", "exactly if", "precisely when", "gives"):  # fmt: skip
        return "iff"
    if said[0] in ("or", "either") and said[-1] not in ("equivalently", "simply"):
        return "or"
    if re.match(r"(with )?equality( (?!iff|if|for|when)\w+)?$", joined):
        return "equality"
    if joined in ("that is", "in particular", "in other words", "or equivalently", "or simply"):
        return "assertion"
    if said[0] in _VERB:
        return "verb"
    if said[0] in _CONDITION or said[-1] in _GOVERNS:
        return "condition"
    if said[0] in _ASSERT:
        return "assertion" if not set(said[1:]) & _VERB else "plain"
    if len(said) <= 2 and said[0] in _UNITS:
        return "unit"
    if set(said) & _VERB:
        return "verb"
    return "plain"
