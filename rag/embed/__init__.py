"""Embedders: text to unit vectors. `load` is the only door to the implementations, and makes rows unit there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.errors import ConfigError, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BUNDLED = "bundled"
# An object passed in is known by what it makes of these.
_PROBES = (
    "理论学习",
    "查摆问题",
    "原因剖析",
    "整改措施",
    "担当作为",
    "廉洁自律",
    "述职报告",
    "2026年工作要点",
)


class Embedder(Protocol):
    """What search needs of a model; a sentence_transformers.SentenceTransformer fits as it is."""

    def encode_query(self, sentences: Sequence[str]) -> Any:
        """float32[n, dim] of search requests."""

    def encode_document(self, sentences: Sequence[str]) -> Any:
        """float32[n, dim] of passages."""


class UnitEmbedder:
    """Any `Embedder` with unit rows, a name and a fingerprint."""

    def __init__(self, model: Embedder, *, name: str, fingerprint: str) -> None:
        self._model = model
        self.name = name
        self.fingerprint = fingerprint

    def encode_query(self, sentences: Sequence[str]) -> Vectors:
        return _unit(self._model.encode_query(list(sentences)))

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        return _unit(self._model.encode_document(list(sentences)))


def load(config: Config, *, progress: Callable[[str], None] | None = None) -> UnitEmbedder:
    """The embedder that `config.model` names: "bundled", or a folder with an ONNX model.

    Raises ModelMissing or ModelError when there is none that works, ConfigError for a name that is neither.
    """
    from rag.embed.onnx import OnnxEmbedder

    if config.model == BUNDLED:
        from rag.embed import bundled

        folder = bundled.folder(progress)
    else:
        folder = Path(config.model).expanduser()
        if not folder.is_dir():
            if "/" in config.model or "\\" in config.model or config.model.startswith("."):
                raise ModelMissing(f"模型文件夹不存在：{config.model}", hint="检查路径，或去掉 --model 使用自带模型")
            raise ConfigError(f"不认识的模型：{config.model}", hint="写 bundled（自带模型），或一个模型文件夹的路径")
    model = OnnxEmbedder(folder, threads=config.thread_count)
    return UnitEmbedder(model, name=model.name, fingerprint=model.fingerprint)


def wrapped(model: Embedder) -> UnitEmbedder:
    """An embedder that a library user passes in; its fingerprint is the hash of what it makes of fixed sentences."""
    if isinstance(model, UnitEmbedder):
        return model
    import numpy as np

    probes = _unit(model.encode_document(list(_PROBES)))
    digest = hashlib.sha256(np.round(probes, 3).astype(np.float32).tobytes() + bytes(str(probes.shape), "ascii"))
    return UnitEmbedder(model, name=type(model).__name__, fingerprint=digest.hexdigest())


def _unit(rows: Any) -> Vectors:
    import numpy as np

    vectors = np.asarray(rows, dtype=np.float32)
    if vectors.ndim != 2:
        raise ConfigError("向量模型应给出 float32[n, dim] 的稠密向量", hint="稀疏或多向量模型不能用于此索引")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit
