"""Findings that the writer has looked at and accepts: a name for each, and the file that lists them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rag.datatypes import Finding
from rag.errors import SourceError
from rag.text import bare

KEY_DIGITS = 12


def keyed(found: Sequence[Finding], text: str) -> tuple[Finding, ...]:
    """The findings with their keys: of the rule, the words at the place, and how many like it came before. No offset is
    in it, so an edit elsewhere changes no key."""
    seen: Counter[str] = Counter()
    named = []
    for finding in found:
        what = f"{finding.rule}\x1f{bare(text[finding.start : finding.end])}"
        seen[what] += 1
        digest = hashlib.sha256(f"{what}\x1f{seen[what]}".encode("utf-8", "surrogatepass")).hexdigest()
        named.append(replace(finding, key=digest[:KEY_DIGITS]))
    return tuple(named)


def accepted_keys(file: Path) -> frozenset[str]:
    """The keys in a baseline: a result of `rag check --format json`, or one key a line (what follows # is a remark).

    Raises SourceError when the file is neither.
    """
    hint = "用 rag check 稿件 --format json -o 文件 生成，或每行写一个 key"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SourceError(f"基线文件不存在：{file}", hint=hint) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"读不出基线文件：{file}", hint=hint) from error
    if text.lstrip().startswith("{"):
        try:
            return frozenset(str(row["key"]) for row in json.loads(text)["findings"])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"基线文件不是检查结果：{file}", hint=hint) from error
    lines = (line.partition("#")[0].strip() for line in text.split("\n"))
    keys = frozenset(line for line in lines if line)
    if not all(len(key) == KEY_DIGITS and set(key) <= set("0123456789abcdef") for key in keys):
        raise SourceError(f"基线文件里有认不出的行：{file}", hint=hint)
    return keys
