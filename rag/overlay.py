"""A user's own rows laid over a data table that ships with the software. Pure: tables in, table out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What makes two rows of one list the same row; the user's then stands in place of ours.
IDENTITIES = (("name",), ("year", "kind"), ("function", "patterns"), ("id",))


def merged(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`shipped` with the rows of `own`: tables key by key, lists of rows by identity, other lists joined, values
    replaced. New rows stand first, so that they are tried first."""
    result = dict(shipped)
    for key, value in own.items():
        result[key] = _laid(shipped[key], value) if key in shipped else value
    return result


def _laid(shipped: Any, own: Any) -> Any:
    if isinstance(shipped, dict) and isinstance(own, dict):
        return merged(shipped, own)
    if not isinstance(shipped, list) or not isinstance(own, list):
        return own
    taken = {identity for row in own if (identity := _identity(row))}
    return [*own, *(row for row in shipped if row not in own and _identity(row) not in taken)]


def _identity(row: Any) -> tuple[Any, ...] | None:
    if not isinstance(row, dict):
        return None
    fields = next((names for names in IDENTITIES if all(name in row for name in names)), ())
    return tuple(str(row[name]) for name in fields) or None
