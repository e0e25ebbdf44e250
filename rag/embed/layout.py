"""What a sentence-transformers folder says about itself: graph, pooling, prompts, window. Runs nothing."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ConfigError, ModelError, ModelUnsupported

GRAPHS = ("onnx/model_qint8.onnx", "onnx/model_quantized.onnx", "onnx/model.onnx", "model.onnx")
POOLINGS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
WINDOW = 512
DENSE = "SentenceTransformer"  # others: SparseEncoder, MultiVectorEncoder, CrossEncoder, ColBERT
DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # sentence-transformers tries them in this order
OTHER_WAY = "pip install 'gangmu[st]' 后由 sentence-transformers 运行，或换一个带 onnx/model.onnx 的模型文件夹"


@dataclass(frozen=True, slots=True)
class Layout:
    """A model folder, read. `dim` is None where only the graph knows."""

    folder: Path
    graph: Path
    tokenizer: Path
    pooling: str  # mean, cls or max
    is_normalized: bool
    query_prompt: str
    document_prompt: str
    window: int  # tokens, the special ones included
    dim: int | None

    @property
    def weight_files(self) -> tuple[Path, ...]:
        """All that decides a vector: the graph, its external data, the tokenizer."""
        beside = sorted(p for p in self.graph.parent.glob(f"{self.graph.name}*") if p.is_file())
        return (*beside, self.tokenizer)


def read(folder: Path) -> Layout:
    """Read the configs.

    Raises ModelUnsupported if there is no ONNX file, or the pooling is not known here; ModelError for a damaged
    folder; ConfigError for a sparse or multi-vector model, which an index cannot hold.
    """
    if not folder.is_dir():
        raise ModelError(f"没有这个模型文件夹：{folder}", hint="检查路径，或运行 rag model list 看有哪些模型")
    described = _json(folder / "config_sentence_transformers.json", {})
    if (kind := described.get("model_type", DENSE)) != DENSE:
        raise ConfigError(f"模型 {folder.name} 是 {kind}，不给稠密向量", hint=f"换一个 {DENSE} 类的模型，或用自带模型")
    kinds = [str(row["type"]).rsplit(".", 1)[-1] for row in _json(folder / "modules.json", [])]
    for kind in kinds:
        if kind not in ("Transformer", "Pooling", "Normalize"):
            raise ModelUnsupported(f"模型 {folder.name} 含有本程序不会运行的部件 {kind}", hint=OTHER_WAY)
    pooling = _json(folder / "1_Pooling" / "config.json", {})
    config = _json(folder / "config.json", {})
    prompts = described.get("prompts") or {}
    window = _json(folder / "sentence_bert_config.json", {}).get("max_seq_length")
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ModelUnsupported(f"模型文件夹缺 tokenizer.json：{folder}", hint=OTHER_WAY)
    return Layout(
        folder=folder,
        graph=_graph(folder),
        tokenizer=tokenizer,
        pooling=_pooling(folder, pooling),
        is_normalized="Normalize" in kinds,
        query_prompt=prompts.get("query") or "",
        document_prompt=next((prompts[key] for key in DOCUMENT_PROMPTS if prompts.get(key)), ""),
        window=int(window or min(int(config.get("max_position_embeddings", WINDOW)), WINDOW)),
        dim=pooling.get("word_embedding_dimension") or config.get("hidden_size"),
    )


def _graph(folder: Path) -> Path:
    paths = [*(folder / name for name in GRAPHS), *sorted(folder.glob("onnx/*.onnx"))]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        raise ModelUnsupported(f"模型文件夹里没有 ONNX 文件：{folder}", hint=OTHER_WAY)
    return found


def _pooling(folder: Path, config: dict[str, Any]) -> str:
    """The one pooling that the config switches on; mean without a config, as sentence-transformers has it."""
    modes = [key for key, value in sorted(config.items()) if key.startswith("pooling_mode_") and value]
    named = config.get("pooling_mode")
    names = [named] if isinstance(named, str) else [POOLINGS.get(mode, mode) for mode in modes] or ["mean"]
    if len(names) > 1 or names[0] not in POOLINGS.values() or config.get("include_prompt") is False:
        raise ModelUnsupported(f"模型 {folder.name} 的池化方式本程序不会：{'、'.join(names)}", hint=OTHER_WAY)
    return str(names[0])


def _json(path: Path, default: Any) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as error:
        raise ModelError(f"模型配置读不出来：{path}", hint="该文件已损坏，请重新拷贝模型文件夹") from error
    if not isinstance(found, type(default)):
        raise ModelError(f"模型配置不成样子：{path}", hint="该文件已损坏，请重新拷贝模型文件夹")
    return found
