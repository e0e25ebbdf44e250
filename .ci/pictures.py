"""The pictures of docs/: two pages of a Word file through LibreOffice, an outline's page and an index's in Chromium.

    .venv/bin/python .ci/pictures.py docs        (make pictures)

Made of the shipped samples only; free fonts stand in for those of the standard, as in tests/test_render_docx.py.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

ASKED = {"role": "县教育局局长", "topic": "2025年度民主生活会个人对照检查", "length": 3000}
COLOURS = 32


def main(target: Path) -> None:
    import rag
    from rag.cli.inventory import info_object
    from rag.embed.vector_cache import Size
    from rag.renderers import info_html

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        config = rag.Config.load(samples=ROOT / "seeds", index=work / "index")
        rag.build(config)
        with rag.Index.open(config) as index:
            plan = rag.outline(index, **ASKED)
            info = {**info_object(index, Size(work, 0, 0)), "index": "index", "generation": "g-…"}
            (work / "info.html").write_bytes(info_html.render(info, index))
        (work / "outline.html").write_bytes(rag.render(plan, "html"))
        paper(rag.render(plan, "docx"), work, target)
        screen(work, target)


def paper(document: bytes, work: Path, target: Path) -> None:
    import pypdfium2
    from test_render_docx import printed

    pages = pypdfium2.PdfDocument(printed(document, work, "outline"))
    for number in (1, 2):
        saved(pages[number - 1].render(scale=0.85).to_pil(), target / f"outline-docx-{number}.png")


def screen(work: Path, target: Path) -> None:
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, file, scheme, see in (
            ("outline-html", "outline", "light", ""),
            ("outline-html-passage", "outline", "dark", "a.cite >> nth=5"),
            ("outline-html-samples", "outline", "light", "#samples"),
            ("info-html", "info", "light", ""),
        ):
            page = browser.new_page(viewport={"width": 900, "height": 1000}, color_scheme=scheme)
            page.goto((work / f"{file}.html").as_uri())
            if see.startswith("a"):
                page.click(see)
            elif see:
                page.locator(see).evaluate("element => element.scrollIntoView()")
            page.screenshot(path=work / "shot.png")
            with Image.open(work / "shot.png") as shot:
                saved(shot.convert("RGB"), target / f"{name}.png")
        browser.close()


def saved(picture: Any, file: Path) -> None:
    picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
