"""HTML from Jinja2 templates, escaped by default: what a record, a title or a caption holds is text, never markup."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["environment", "macro"]


class _Compact(FileSystemLoader):
    """Templates have lines for those who read them: between two tags a line break is nothing, elsewhere a space."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        source, path, fresh = super().get_source(environment, template)
        source = re.sub(r"(?<=[>}])\s*\n\s*(?=[<{]|\Z)", "", source)
        return re.sub(r"\s*\n\s*", " ", source), path, fresh


def _escaped(value: object) -> Markup:
    """As the standard library escapes (Jinja2's own writes quotes otherwise, and stored outputs are compared by bytes).

    Only `Markup`, made by a template, passes as it is.
    """
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


@cache
def environment(folder: Path) -> Environment:
    """The templates of one folder; an unknown name in one of them is an error."""
    return Environment(loader=_Compact(folder), autoescape=True, finalize=_escaped, undefined=StrictUndefined)


def macro(folder: Path, template: str, name: str) -> Any:
    """One macro of a template, to be called."""
    return getattr(environment(folder).get_template(template).module, name)
