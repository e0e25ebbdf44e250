"""Scanned pages of a PDF as pictures: the scan itself where a page holds one, else the page drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

LARGE = 0.3  # of the page: a picture that may be a scan of it
DRAWN_DPI = 200
MOST_PIXELS = 40_000_000


def is_scan(page: Any) -> bool:
    """Whether a picture covers a good part of the page."""
    return _scans(page) != []


def picture(page: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The page as uint8[rows, columns, 3], BGR. A lone upright scan is taken as it lies in the file, for what the
    page cuts off is text too."""
    scans = _scans(page)
    if len(scans) == 1 and _is_upright(scans[0]):
        width, height = scans[0].get_px_size()
        if width * height <= MOST_PIXELS:
            return _bgr(scans[0].get_bitmap(render=False))
    width, height = page.get_size()
    scale = min(DRAWN_DPI / 72, (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    return _bgr(page.render(scale=scale))


def _scans(page: Any) -> list[Any]:
    from pypdfium2 import raw

    width, height = page.get_size()
    found = []
    for image in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) >= LARGE * width * height:
            found.append(image)
    return found


def _is_upright(image: Any) -> bool:
    a, b, c, d, _, _ = image.get_matrix().get()
    return bool(a > 0 and d > 0 and abs(b) < 0.02 * a and abs(c) < 0.02 * d)


def _bgr(bitmap: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels = bitmap.to_numpy()
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    channels = pixels.shape[2]
    return np.ascontiguousarray(pixels[:, :, :3] if channels >= 3 else np.repeat(pixels[:, :, :1], 3, axis=2))
