r"""Names with dots for their arguments: \lVert\cdot\rVert_2, \langle\cdot,\cdot\rangle, W_{\cdot}."""

from __future__ import annotations

from typing import Any

from .names import Name
from .nodes import Node
from .reader_base import Base
from .trees import NotRead


class Templates(Base):
    def template(self) -> Any:
        r"""\lVert\cdot\rVert_2 and the like: the parts around the dots are literal."""
        self.inner: NotRead | None = None
        for name in self.notes.vocabulary.templates:
            if self.nodes[self.i].key == name.keys[0]:
                found = self.fill(name, 0, self.i, [])
                if found is not None:
                    end, args = found
                    self.i = end
                    return name.value(*args)
        if self.inner is not None:
            raise self.inner
        return None

    def fill(self, name: Name, k: int, at: int, args: list[Any]) -> tuple[int, list[Any]] | None:
        """Match the template from its key `k` at node `at`: (where it ends, its arguments)."""
        while k < len(name.keys) and k not in name.holes:
            if at >= len(self.nodes) or self.nodes[at].key != name.keys[k]:
                return None
            k, at = k + 1, at + 1
        if k == len(name.keys):
            return at, args
        if name.keys[k] != "\\cdot":  # an index
            if at >= len(self.nodes) or self.nodes[at].kind != "sub":
                return None
            try:
                arg = self.sub(self.nodes[at].args[0]).whole()
            except NotRead as no:
                self.inner = self.inner or no
                return None
            return self.fill(name, k + 1, at + 1, [*args, arg])
        stop = name.keys[k + 1] if k + 1 < len(name.keys) else None
        for end in range(at + 1, len(self.nodes) + 1):
            if stop is not None and (end == len(self.nodes) or self.nodes[end].key != stop):
                continue
            if not self.level(self.nodes[at:end]):
                continue
            found = self.fill(name, k + 1, end, args)
            if found is None:
                continue
            try:
                arg = self.sub(self.nodes[at:end]).whole()
            except NotRead as no:
                self.inner = self.inner or no
                continue
            rest = self.fill(name, k + 1, end, [*args, arg])
            if rest is not None:
                return rest
        return None

    def level(self, nodes: list[Node]) -> bool:
        """Whether brackets and directed bars are balanced."""
        depth = 0
        for n in nodes:
            side = n.side if n.kind == "bar" else n.kind
            depth += (side == "open") - (side == "close")
            if depth < 0:
                return False
        return depth == 0
