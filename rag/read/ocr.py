"""Pictures of pages to pieces of text, where the extra `ocr` is installed: rapidocr, which carries its Chinese models.

Nothing is fetched: the models are named by their place in the package, so that it never looks for others.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import SourceError
from rag.read.pages import Piece

EXTRA = "ocr"
MOST_PAGES = 300  # some seconds each
LOWEST_SCORE = 0.6
# A line's box is a little higher than its characters.
_SIZE_OF_BOX = 0.8


def is_installed() -> bool:
    """Whether scans can be read here. Imports nothing."""
    return importlib.util.find_spec("rapidocr") is not None


def check_pages(count: int) -> None:
    """Raises SourceError for more pages than anybody waits for."""
    if count > MOST_PAGES:
        raise SourceError(f"有 {count} 页扫描件要识别，上限 {MOST_PAGES} 页", hint="拆成几个文件再放进来")


def pieces(picture: np.ndarray[Any, np.dtype[np.uint8]], width: float, height: float) -> tuple[Piece, ...]:
    """The lines in a picture (uint8[rows, columns, 3], BGR) of a page of that size in points, from top to bottom."""
    found = _engine()(picture, use_cls=False)
    if found.boxes is None:
        return ()
    rows, columns = picture.shape[:2]
    across, down = width / columns, height / rows
    lines = []
    for box, words, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if score < LOWEST_SCORE or not words.strip():
            continue
        left, right = box[:, 0].min() * across, box[:, 0].max() * across
        top, bottom = box[:, 1].min() * down, box[:, 1].max() * down
        size = (bottom - top) * _SIZE_OF_BOX
        lines.append(Piece(words, float(left), float(right), float(bottom - 0.2 * size), float(size)))
    return tuple(_in_order(lines))


def _in_order(lines: list[Piece]) -> list[Piece]:
    """Rows from top to bottom, each from left to right, on one baseline and of one size where they nearly are."""
    found: list[Piece] = []
    row: list[Piece] = []
    for line in sorted(lines, key=lambda piece: piece.y):
        if row and line.y - row[0].y > 0.5 * max(line.size, row[0].size):
            found += _row(row)
            row = []
        row.append(line)
    return found + _row(row)


def _row(row: list[Piece]) -> list[Piece]:
    return [
        Piece(piece.text, piece.left, piece.right, row[0].y, row[0].size) for piece in sorted(row, key=lambda p: p.left)
    ]


@cache
def _engine() -> Any:
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    parts = {"Det": "*det*.onnx", "Rec": "*rec*.onnx", "Cls": "*cls*.onnx"}
    places = {part: next(iter(sorted(models.glob(pattern))), None) for part, pattern in parts.items()}
    if None in places.values():
        raise SourceError("文字识别的模型不全", hint="重新安装：pip install --force-reinstall 'gangmu[ocr]'")
    named = {f"{part}.model_path": str(place) for part, place in places.items()}
    return rapidocr.RapidOCR(params={"Global.log_level": "critical", **named})
