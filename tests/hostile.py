"""Fifty strings that break renderers: markup of every format, control characters, floods; and outlines full of them."""

from __future__ import annotations

from rag.datatypes import (
    Alternative,
    Citation,
    Evidence,
    EvidenceSection,
    Outline,
    OutlineNode,
    OutlinePoint,
    Profile,
    Request,
    Support,
)

STRINGS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "[点我](javascript:alert(1))",
    "![x](x\" onerror=\"alert(1))",
    "<a href=\"javascript:alert(1)\">点</a>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<meta http-equiv=\"refresh\" content=\"0;url=javascript:alert(1)\">",
    "<base href=\"http://evil.invalid/\">",
    "<link rel=stylesheet href=http://evil.invalid/x.css>",
    "<object data=http://evil.invalid/x></object>",
    "<details open ontoggle=alert(1)>",
    "<!--", "-->", "<!-- <script>alert(1)</script> -->",
    "]]>", "<![CDATA[ <script>alert(1)</script> ]]>",
    "<?xml version=\"1.0\"?>", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;amp; &#60;b&#62; &#x0;",
    "</w:t></w:r></w:p><w:p><w:r><w:t>inserted</w:t></w:r></w:p>",
    "{{7*7}} ${7*7} $role ${role} {role} %s %(x)s",
    "空\x00字\x01节\x08与\x0b\x0c\x1b[31m红\x1b[0m\x7f",
    "C1\x80\x9f 与\x85下一行",
    "半个\ud800字 \udfff",
    "非字符\ufffe\uffff\ufdd0",
    "换\r\n行\r又\n行\u2028分\u2029段\t表",
    "从右\u202e到左\u2066\u2069\u200b零宽\ufeff",
    "e\u0301\u0300\u0302\u0303组合" + "\u0336" * 20,
    "👨‍👩‍👧‍👦🇨🇳𠮷𪚥",
    "*强调* _下划_ `代码` ~~删~~ ==亮== %%注%% $x^2$",
    "# 一级", "- 项", "1. 项", "> 引", "---", "| 甲 | 乙 |\n|---|---|", "[^1]: 假脚注", "[^1] [1] [[双链]] @cite {.class}",
    "长" * 10_000,
)  # fmt: skip
assert len(STRINGS) == 50


def hostile_outline(text: str) -> Outline:
    """An outline that bears `text` in every field a user, a sample or a file name can fill."""
    request = Request(text, text, text, 2025, Profile(), 3000)
    points = (
        OutlinePoint(text, "point", Support(2, 3), (1, 2), (text,)),
        OutlinePoint(text, "prompt", Support(0, 0)),
        OutlinePoint(text, "convention", Support(0, 0), flags=(text,)),
        OutlinePoint(text, "convention", Support(0, 0)),
    )
    child = OutlineNode(text, 2, "问题", Support(2, 3), 0.5, (2,), points=points)
    node = OutlineNode(text, 1, "问题", Support(3, 3), 1.0, (1,), (Alternative(text, (2,)),), points, (child,))
    citations = tuple(
        Citation(number, text, text, "0" * 64, (text, text), 10, 20, 3, text, text, text, "same-role", stale)
        for number, stale in ((1, None), (2, "changed"), (3, "gone"))
    )
    sections = (EvidenceSection(text, "问题", 0.6), EvidenceSection("", "整改", 0.4))
    evidence = (Evidence(text, text, "same-role", sections), Evidence("b" + text, text, "topic", sections))
    return Outline(request, text, (node,), citations, evidence, (text,), (text,))
