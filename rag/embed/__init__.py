"""Embedders: text to unit vectors. `load` is the only door to the implementations, and makes rows unit there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.errors import ConfigError, ModelMissing, ModelUnsupported

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
    """Any `Embedder` with unit rows, a name and a fingerprint; `locator` is what finds it again, "" for an object."""

    def __init__(self, model: Embedder, *, name: str, fingerprint: str, locator: str = "") -> None:
        self._model = model
        self.name = name
        self.fingerprint = fingerprint
        self.locator = locator

    def encode_query(self, sentences: Sequence[str]) -> Vectors:
        return _unit(self._model.encode_query(list(sentences)))

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        return _unit(self._model.encode_document(list(sentences)))


def load(config: Config, *, before: str = "", progress: Callable[[str], None] | None = None) -> UnitEmbedder:
    """The embedder that `config.model` names, else the one an index was built with `before`, else the bundled one.

    A model is "bundled", a folder, the name of an installed model, or a name on the Hugging Face hub. Our own
    runtime takes every folder it can run, sentence-transformers the rest. Raises ModelMissing or ModelError when
    there is none that works, ConfigError for one that is sparse or multi-vector.
    """
    locator = config.model or before or BUNDLED
    folder = _located(locator, config, progress)
    from rag.embed.onnx import OnnxEmbedder

    try:
        own = OnnxEmbedder(folder, threads=config.thread_count)
        return UnitEmbedder(own, name=own.name, fingerprint=own.fingerprint, locator=locator)
    except ModelUnsupported:
        from rag.embed import transformer

        if not transformer.is_installed():
            raise
    foreign = transformer.TransformerEmbedder(folder, threads=config.threads)
    name = folder.name if Path(locator).is_absolute() else locator
    return UnitEmbedder(foreign, name=name, fingerprint=foreign.fingerprint, locator=locator)


def wrapped(model: Embedder) -> UnitEmbedder:
    """An embedder that a library user passes in; its fingerprint is the hash of what it makes of fixed sentences."""
    if isinstance(model, UnitEmbedder):
        return model
    if not (hasattr(model, "encode_query") and hasattr(model, "encode_document")):
        raise ConfigError(f"{type(model).__name__} 不是向量模型", hint="要有 encode_query 和 encode_document")
    import numpy as np

    probes = _unit(model.encode_document(list(_PROBES)))
    digest = hashlib.sha256(np.round(probes, 3).astype(np.float32).tobytes() + bytes(str(probes.shape), "ascii"))
    return UnitEmbedder(model, name=type(model).__name__, fingerprint=digest.hexdigest())


def _located(locator: str, config: Config, progress: Callable[[str], None] | None) -> Path:
    """The folder of a model; a name is looked for on this disk, and fetched only if `config` allows it."""
    from rag.embed import bundled

    if locator == BUNDLED:
        return bundled.folder(progress)
    folder = Path(locator)
    if folder.is_dir():
        return folder
    if folder.is_absolute():
        raise ModelMissing(f"模型文件夹不存在：{locator}", hint="检查路径，或 --model bundled 使用自带模型")
    installed = bundled.root() / folder.name
    if installed.is_dir():
        return installed
    from rag.embed import transformer

    if found := transformer.on_disk(locator):
        return found
    if not config.allow_download:
        way = "加 --allow-download 联网下载，或 " if transformer.is_installed() else ""
        hint = f"{way}把模型文件夹放到 {installed}（或写它的路径：--model 文件夹），或 --model bundled 使用自带模型"
        raise ModelMissing(f"这台机器上没有模型 {locator}", hint=hint)
    if not transformer.is_installed():
        raise ModelMissing(f"下载模型 {locator} 需要 sentence-transformers", hint="pip install 'gangmu[st]'")
    return transformer.fetch(locator)


def _unit(rows: Any) -> Vectors:
    import numpy as np

    try:
        vectors = np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError, RuntimeError):  # sparse tensors, lists of matrices
        vectors = np.zeros(0, dtype=np.float32)
    if vectors.ndim != 2:
        raise ConfigError("向量模型应给出 float32[n, dim] 的稠密向量", hint="稀疏或多向量模型不能用于此索引")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit
