"""What a user who may only read may ask: decided on the tree that the engine itself parses.

`readonly` refuses whatever changes data or settings, but not a function that reads files of the
machine, nor KILL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from infra.embedded import statement
from infra.embedded.failed import READONLY, SYNTAX, Failed

if TYPE_CHECKING:
    from infra.embedded.engine_store import Session

VERBS = frozenset(
    {"select", "with", "from", "show", "describe", "desc", "exists", "explain", "use"}
)
SAFE = frozenset({"numbers", "numbers_mt", "zeros", "zeros_mt", "generateseries"})
SAFE |= {"generate_series", "values", "view", "merge", "null", "dictionary", "primes"}
"""Table functions that stay inside the engine."""
_FILE = "file"  # also a function of values, which reads any file
_FUNCTION = re.compile(r"^\s*Function (\S+)", re.MULTILINE)


class Outside:
    """The functions that reach outside the engine's own tables, as it lists them."""

    def __init__(self, session: Session) -> None:
        listed = "SELECT lower(name) FROM system.{}"
        tables = {name for (name,) in session.rows(listed.format("table_functions"))}
        values = {name for (name,) in session.rows(listed.format("functions"))}
        # A name of both kinds means the harmless one, but for `file`: the engine refuses the other.
        self._names = (tables - SAFE - values) | {_FILE}

    def check(self, session: Session, sql: str, params: Mapping[str, str] | None = None) -> None:
        """Raise Failed unless the statement only reads, and only what is stored here."""
        bare = statement.skeleton(sql)
        verb = statement.verb(bare)
        if statement.several(bare):
            raise Failed(SYNTAX, "Syntax error (Multi-statements are not allowed)")
        if verb not in VERBS:
            raise Failed(
                READONLY,
                f"{verb.upper()} is not for a user who may only read, nor for GET. (READONLY)",
            )
        tree = "\n".join(line for (line,) in session.rows(f"EXPLAIN AST {sql}", params or {}))
        for name in _FUNCTION.findall(tree):
            if name.lower() in self._names:
                raise Failed(READONLY, f"Function {name} reaches outside the tables. (READONLY)")
