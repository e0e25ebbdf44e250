"""Run a sentence-transformers folder with `onnxruntime` and `tokenizers`: no torch, no network.

One passage a run and one thread a run, parallel over passages: dynamic int8 takes one activation scale per
tensor, so in a batch a vector would depend on its neighbours. So the same text gives the same bits, alone or
among others, whatever the number of threads.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embed import layout, sealed
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_TEXT = 16_384  # characters; cut before tokenising, so that time is bounded whatever comes
MOST_WINDOWS = 16
WINDOW_RULE = 1  # raise it when the rule of `_embed` or `clean` changes: vectors of two rules do not mix
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SPACE_CONTROLS = re.compile(r"[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
POOL: dict[str, Callable[[Any], Any]] = {
    "mean": lambda states: states.mean(axis=0),
    "max": lambda states: states.max(axis=0),
    "cls": lambda states: states[0],
}
FIELDS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
GRAPH_DTYPES = {"tensor(int64)": "int64", "tensor(int32)": "int32"}


class OnnxEmbedder:
    """An `Embedder` over one folder. May be shared by threads, and used on after fork and spawn.

    A text beyond the model's window is split at token boundaries into windows that the model sees one by one;
    the vector is the mean of their pooled vectors weighted by token count, which for mean pooling is the mean
    over all tokens. The first 16,384 characters and 16 windows count, the rest is cut. A text of nothing but
    blanks and controls gives the zero row.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        sealed.check(folder)
        self.layout = layout.read(folder)
        self.threads = max(1, threads or _cores())
        self.name = str(sealed.manifest(folder).get("name") or folder.resolve().name)
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._runtime: _Runtime | None = None

    def encode_query(self, sentences: Sequence[str]) -> "NDArray[np.float32]":
        """float32[n, dim]: unit rows if the folder says so, as search terms."""
        return self._encode(sentences, self.layout.query_prompt)

    def encode_document(self, sentences: Sequence[str]) -> "NDArray[np.float32]":
        """float32[n, dim]: unit rows if the folder says so, as passages to be found."""
        return self._encode(sentences, self.layout.document_prompt)

    @cached_property
    def dim(self) -> int:
        """Length of a vector, from the configs, else from one run."""
        return self.layout.dim or len(self._embed("a", ""))

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two folders exactly if their vectors are: files, pooling, prompts, window, dimension."""
        own = self.layout
        digests = list(sealed.digests(own.folder, own.weight_files).values())
        prompts = [own.query_prompt, own.document_prompt]
        facts = [digests, own.pooling, own.is_normalized, prompts, own.window, self.dim, WINDOW_RULE]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), threads=self.threads), (self.layout.folder,)

    def _encode(self, sentences: Sequence[str], prompt: str) -> "NDArray[np.float32]":
        import numpy as np

        texts = [clean(sentence) for sentence in sentences]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        wanted = [i for i, text in enumerate(texts) if text]
        workers = min(self.threads, len(wanted))
        if workers < 2:
            for i in wanted:
                vectors[i] = self._embed(texts[i], prompt)
            return vectors
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers, "rag-embed") as pool:
            for i, vector in zip(wanted, pool.map(lambda i: self._embed(texts[i], prompt), wanted), strict=True):
                vectors[i] = vector
        return vectors

    def _embed(self, text: str, prompt: str) -> "NDArray[np.float32]":
        import numpy as np

        runtime = self._ready()
        windows = runtime.windows(prompt + text)
        total = np.zeros(1, dtype=np.float32)
        for window in windows:
            total = total + self._pool(runtime.states(window)) * np.float32(len(window.ids))
        vector: NDArray[np.float32] = total / np.float32(sum(len(window.ids) for window in windows))
        if self.layout.is_normalized:
            vector /= max(np.float32(np.linalg.norm(vector)), np.float32(1e-12))
        return vector

    def _pool(self, states: "NDArray[np.float32]") -> "NDArray[np.float32]":
        if states.ndim == 1:  # the graph has pooled already
            return states
        pooled: NDArray[np.float32] = POOL[self.layout.pooling](states)
        return pooled

    def _ready(self) -> "_Runtime":
        """This process's session; a forked child makes its own, with a lock that no lost thread can hold."""
        if self._process != os.getpid():
            self._lock, self._runtime = threading.Lock(), None
            self._process = os.getpid()
        with self._lock:
            if self._runtime is None:
                self._runtime = _start(self.layout, self.threads)
            return self._runtime


def clean(text: str) -> str:
    """At most 16,384 characters without controls and lone surrogates; "" if only blanks are left."""
    return NOT_TEXT.sub("", SPACE_CONTROLS.sub(" ", text[:LONGEST_TEXT])).strip()


@dataclass(slots=True)
class _Runtime:
    """A session and a tokenizer of one process; at most `threads` runs at a time, whoever calls."""

    session: Any
    tokenizer: Any
    inputs: dict[str, str]
    output: str
    turns: threading.BoundedSemaphore

    def windows(self, text: str) -> list[Any]:
        encoding = self.tokenizer.encode(text)
        return [encoding, *encoding.overflowing][:MOST_WINDOWS]

    def states(self, window: Any) -> "NDArray[np.float32]":
        """float32[tokens, dim] of one window, or float32[dim] from a graph that pools by itself."""
        import numpy as np

        feed = {n: np.array([getattr(window, FIELDS[n])], dtype=kind) for n, kind in self.inputs.items()}
        with self.turns:
            try:
                found: NDArray[np.float32] = self.session.run([self.output], feed)[0][0]
            except Exception as error:  # onnxruntime's own classes have no common base
                raise ModelError(
                    f"模型运行失败：{error}", hint="tokenizer.json 与 ONNX 文件不配套，或文件已损坏"
                ) from error
        return found


def _start(own: layout.Layout, threads: int) -> _Runtime:
    import onnxruntime as ort
    from tokenizers import Tokenizer

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        tokenizer = Tokenizer.from_file(str(own.tokenizer))
        session = ort.InferenceSession(str(own.graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise bare Exception or their own C++ classes
        hint = "文件可能已损坏：重新拷贝模型文件夹，或运行 rag model install FILE"
        raise ModelError(f"模型打不开：{own.folder}（{error}）", hint=hint) from error
    tokenizer.enable_truncation(own.window)
    tokenizer.no_padding()
    inputs = {node.name: GRAPH_DTYPES.get(node.type, "int64") for node in session.get_inputs()}
    if unknown := sorted(set(inputs) - set(FIELDS)):
        raise ModelError(f"模型要的输入本程序不会给：{'、'.join(unknown)}", hint=layout.OTHER_WAY)
    outputs = {node.name: node.shape[-1] for node in session.get_outputs()}
    preferred = ("sentence_embedding", "last_hidden_state", "token_embeddings", *outputs)
    output = next(name for name in preferred if name in outputs)
    if own.dim and isinstance(outputs[output], int) and outputs[output] != own.dim:
        raise ModelError(
            f"模型配置写 {own.dim} 维，ONNX 文件却是 {outputs[output]} 维",
            hint="二者不配套：重新拷贝模型文件夹",
        )
    return _Runtime(session, tokenizer, inputs, output, threading.BoundedSemaphore(threads))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
