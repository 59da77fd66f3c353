"""The commands of the book: execute, compare, refresh, stress, bench, and the set-up before them."""

import sys

# jsonschema, which nbformat imports, would build a grammar of internationalised addresses: a second in every process,
# for a format that no notebook has. It goes without when the package cannot be imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
