"""场合: what kind of meeting or course a report was written for, so that two names of one kind compare equal."""

from __future__ import annotations

import re
from functools import lru_cache

# The first that matches decides.
KINDS = (
    ("民主生活会", re.compile(r"民主生活会")),
    ("组织生活会", re.compile(r"组织生活会")),
    ("培训", re.compile(r"培训班|主体班|党校|研讨班|读书班")),
    ("考核", re.compile(r"年度考核|述职评议")),
    ("巡察", re.compile(r"巡[察视]")),
    ("动员", re.compile(r"动员")),
)


@lru_cache(maxsize=4096)
def occasion_kind(words: str | None) -> str | None:
    """民主生活会, 组织生活会, 培训, 考核, 巡察 or 动员; None for any other."""
    return next((name for name, pattern in KINDS if words and pattern.search(words)), None)
