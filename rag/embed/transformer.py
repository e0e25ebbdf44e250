"""Run a model through sentence-transformers (extra `st`): any folder, any name that is on this disk. Dense only.

Nothing is fetched unless the caller says so: a name is looked up on the disk before anything heavy is imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embed import sealed
from rag.embed.onnx import clean
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HUB_DEFAULT_OWNER = "sentence-transformers"  # the library looks there for a name without an owner
# What decides a vector, in the folder and in those of its modules; of a bracket, the first that is there. A folder
# carried in has files (README, other formats) that a download has not, and is the same model.
DECIDING = (
    ("modules.json",),
    ("config.json",),
    ("config_sentence_transformers.json",),
    ("sentence_*_config.json",),
    ("tokenizer_config.json",),
    ("tokenizer.json", "*.model", "vocab.*"),
    ("*.safetensors", "pytorch_model*.bin"),
    ("*.py",),
)
BATCH = 16
ASK_TIMEOUT_S = 10.0
CARRY = "检查网络（或环境变量 HF_ENDPOINT），或把模型文件夹拷来，写它的路径：rag build --model 文件夹"
RULE = 1  # raise it when what is done to a text before the model sees it changes


class TransformerEmbedder:
    """An `Embedder` over a `SentenceTransformer` on the CPU.

    A text is cut at the model's window. One of nothing but blanks and controls gives the zero row. In a batch
    a vector may differ from the same text's alone in the seventh digit.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """`threads` (0: torch's own choice) holds for all of torch in this process."""
        sealed.check(folder)
        self.folder = folder
        self.threads = threads

    def encode_query(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """float32[n, dim] of search requests, under the model's own prompt."""
        return self._encode(sentences, self._model.encode_query)

    def encode_document(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """float32[n, dim] of passages, under the model's own prompt."""
        return self._encode(sentences, self._model.encode_document)

    @cached_property
    def fingerprint(self) -> str:
        """Of the files that decide a vector: weights, tokenizer, modules with their pooling, prompts."""
        digests = sealed.digests(self.folder, self._deciding())
        return hashlib.sha256(json.dumps(["sentence-transformers", RULE, digests]).encode()).hexdigest()

    def _deciding(self) -> Iterator[Path]:
        for part in (self.folder, *sorted(path.parent for path in self.folder.glob("*/config.json"))):
            for patterns in DECIDING:
                yield from next(filter(None, (sorted(part.glob(pattern)) for pattern in patterns)), [])

    @cached_property
    def _model(self) -> Any:
        return _opened(str(self.folder), self.threads, local_files_only=True)

    def _encode(self, sentences: Sequence[str], encode: Callable[..., Any]) -> NDArray[np.float32]:
        import numpy as np

        texts = [clean(sentence) for sentence in sentences]
        wanted = [i for i, text in enumerate(texts) if text]
        some = [texts[i] for i in wanted] or ["a"]  # one run, for the dimension
        found = np.asarray(encode(some, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True))
        vectors = np.zeros((len(texts), found.shape[-1]), dtype=np.float32)
        vectors[wanted] = found[: len(wanted)]
        return vectors


def is_installed() -> bool:
    """Found, not imported: that takes seconds."""
    return all(find_spec(name) for name in ("sentence_transformers", "torch"))


def on_disk(name: str) -> Path | None:
    """The folder where an earlier download of `name` lies in Hugging Face's own cache."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for repository in (_with_owner(name), name):
        try:
            file = try_to_load_from_cache(repository, "config.json")
        except HFValidationError:
            continue
        if isinstance(file, str):
            return Path(file).parent
    return None


def fetch(name: str) -> Path:
    """Download `name` into Hugging Face's own cache; its folder. Raises ModelError, soon if there is no network."""
    from huggingface_hub import HfApi

    try:  # asked once: the library itself tries again for more than a minute
        repository = str(HfApi().model_info(_with_owner(name), timeout=ASK_TIMEOUT_S).id)
    except Exception as error:  # the hub's client has changed its HTTP library, and so its errors
        raise ModelError(f"下载不了模型 {name}：{_first_line(error)}", hint=CARRY) from error
    _opened(repository, 0, local_files_only=False)
    folder = on_disk(repository)
    if folder is None:
        raise ModelError(f"模型 {name} 下载后找不到", hint=CARRY)
    return folder


def _with_owner(name: str) -> str:
    return name if "/" in name else f"{HUB_DEFAULT_OWNER}/{name}"


def _opened(name: str, threads: int, *, local_files_only: bool) -> Any:
    from sentence_transformers import SentenceTransformer

    if threads:
        import torch

        torch.set_num_threads(threads)
    try:
        return SentenceTransformer(name, device="cpu", local_files_only=local_files_only)
    except Exception as error:  # torch, transformers, safetensors and the hub's client have no common base
        hint = "检查模型文件夹是否完整" if local_files_only else CARRY
        raise ModelError(f"sentence-transformers 打不开模型 {name}：{_first_line(error)}", hint=hint) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
