"""Build the ONNX graph of multilingual-e5-small: dynamic int8, one scale per output channel. Needs `onnx`.

Attention and GELU are written as onnxruntime's own operators (domain `com.microsoft`), so that loading needs
no graph optimisation; nothing in the file depends on the processor that wrote it. Residual sums are *not*
written as `SkipLayerNormalization`: on CPU that took five times as long as `Add` and `LayerNormalization`
(0.5 against 0.1 ms for 270 tokens, onnxruntime 1.31).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.embed.weights import Weights

IR_VERSION = 8
OPSET = 17
FUSED = "com.microsoft"
DATA_SUFFIX = "_data"
INLINE_BYTES = 1024  # what is larger stands in the data file, which onnxruntime maps: 20 ms less to load
ALIGNMENT = 64
# Weights take 7 of the 8 bits: processors without VNNI add pairs of products in 16 bits, where 2 · 255 · 64
# still fits. Costs .0004 of cosine, and the integers are the same on every machine.
LARGEST = 64
# One inner channel of each of these layers takes values of 12 to 58 at <s> and </s>, all others stay below 8:
# with one scale per tensor the rest would be left three or four bits. Measured on 60 passages.
OUTLIERS = {"l0": 318, "l1": 1462, "l2": 354, "l4": 778, "l5": 658, "l6": 1152, "l7": 413}


def build(weights: "Weights", kept: "NDArray[np.int64]", file_name: str) -> tuple[bytes, bytes]:
    """The model over the vocabulary rows `kept`, and the data for `file_name` + `_data` beside it.

    Token ids and mask in, hidden states out (`last_hidden_state`, float32[batch, tokens, hidden]).
    """
    from onnx import TensorProto, helper

    graph = _Graph(file_name + DATA_SUFFIX)
    _embeddings(graph, weights, kept)
    _mask(graph)
    for layer in range(weights.layers):
        output = "last_hidden_state" if layer + 1 == weights.layers else f"h{layer + 1}"
        _layer(graph, weights, f"l{layer}", f"h{layer}", output)
    shape = ["batch", "sequence"]
    inputs = ("input_ids", "attention_mask")
    ids = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs]
    states = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, weights.hidden])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "multilingual-e5-small", ids, [states], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)],
        ir_version=IR_VERSION,
        producer_name="gangmu",
    )
    return bytes(model.SerializeToString(deterministic=True)), bytes(graph.data)


class _Graph:
    """Nodes and constants, in the order they were added."""

    def __init__(self, data_name: str = "") -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.data = bytearray()
        self.data_name = data_name

    def constant(self, name: str, array: "NDArray[Any]") -> str:
        from onnx import TensorProto, helper

        kind, raw = helper.np_dtype_to_tensor_dtype(array.dtype), array.tobytes()
        tensor = TensorProto(name=name, dims=array.shape, data_type=kind)
        self.constants.append(tensor)
        if len(raw) < INLINE_BYTES:
            tensor.raw_data = raw
            return name
        self.data += bytes(-len(self.data) % ALIGNMENT)
        tensor.data_location = TensorProto.EXTERNAL
        place = {"location": self.data_name, "offset": str(len(self.data)), "length": str(len(raw))}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=value)
        self.data += raw
        return name

    def node(self, kind: str, inputs: Sequence[str], *outputs: str, domain: str = "", **attributes: Any) -> None:
        from onnx import helper

        name = f"{outputs[0]}/{kind}"
        self.nodes.append(helper.make_node(kind, inputs, outputs, name, domain=domain, **attributes))

    def linear(self, source: str, name: str, matrix: "NDArray[np.float32]", bias: "NDArray[np.float32]") -> None:
        """`name` = source · matrixᵀ + bias; `matrix` is [outputs, inputs], activations quantised per run."""
        table, scale = _int8_rows(matrix, LARGEST)
        inputs = [source, self.constant(f"{name}.w", table.T), self.constant(f"{name}.scale", scale), ""]
        self.node("DynamicQuantizeMatMul", [*inputs, self.constant(f"{name}.b", bias)], name, domain=FUSED)


def _embeddings(graph: _Graph, weights: "Weights", kept: "NDArray[np.int64]") -> None:
    """Rows of the int8 word table, times their scale, plus positions (token type 0 is added in advance)."""
    import numpy as np
    from onnx import TensorProto

    width = weights.hidden
    table, scale = _int8_rows(weights.matrix("emb.word", width, kept), 127)
    graph.constant("word", table)
    graph.constant("word.scale", scale[:, None])
    graph.constant("position", weights.matrix("emb.pos", width) + weights.vector("emb.type")[:width])
    graph.constant("zero", np.zeros(1, dtype=np.int64))
    graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    graph.node("Slice", ["position", "zero", "length", "zero"], "places")
    graph.node("Gather", ["word", "input_ids"], "word.rows")
    graph.node("Cast", ["word.rows"], "word.float", to=TensorProto.FLOAT)
    graph.node("Gather", ["word.scale", "input_ids"], "word.scales")
    graph.node("Mul", ["word.float", "word.scales"], "words")
    graph.node("Add", ["words", "places"], "placed")
    _norm(graph, weights, "emb.ln", "placed", "h0")


def _mask(graph: _Graph) -> None:
    """The mask as attention wants it, and whether nothing is masked at all."""
    import numpy as np
    from onnx import TensorProto

    graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    graph.node("ReduceMin", ["mask"], "least", keepdims=0)
    graph.constant("none", np.zeros((), dtype=np.int32))
    graph.node("Greater", ["least", "none"], "unmasked")


def _layer(graph: _Graph, weights: "Weights", layer: str, source: str, output: str) -> None:
    import numpy as np

    width = weights.hidden
    qkv = np.concatenate([weights.matrix(f"{layer}.{x}.w", width) for x in "qkv"])
    graph.linear(source, f"{layer}.qkv", qkv, np.concatenate([weights.vector(f"{layer}.{x}.b") for x in "qkv"]))
    parts = [f"{layer}.{x}" for x in "qkv"]
    graph.node("Split", [f"{layer}.qkv"], *parts, axis=-1)
    _attention(graph, parts, weights.heads, f"{layer}.context")
    _residual(graph, weights, f"{layer}.ao", f"{layer}.context", source, f"{layer}.aln", f"{layer}.mid")
    _feed_forward(graph, weights, layer, f"{layer}.mid", output)


def _feed_forward(graph: _Graph, weights: "Weights", layer: str, source: str, output: str) -> None:
    """The two wide matrices; a layer's outlier channel goes around them in float32, through them as zero."""
    import numpy as np

    matrix, bias = weights.matrix(f"{layer}.fi.w", weights.hidden), weights.vector(f"{layer}.fi.b")
    skip = source
    if (channel := OUTLIERS.get(layer)) is not None:
        graph.constant(f"{layer}.out.w", matrix[channel][:, None])
        graph.constant(f"{layer}.out.b", bias[channel : channel + 1])
        graph.constant(f"{layer}.out.back", weights.matrix(f"{layer}.fo.w", len(bias))[:, channel][None])
        graph.node("MatMul", [source, f"{layer}.out.w"], f"{layer}.out")
        graph.node("BiasGelu", [f"{layer}.out", f"{layer}.out.b"], f"{layer}.out.gelu", domain=FUSED)
        graph.node("MatMul", [f"{layer}.out.gelu", f"{layer}.out.back"], f"{layer}.out.rows")
        graph.node("Add", [source, f"{layer}.out.rows"], f"{layer}.out.skip")
        skip = f"{layer}.out.skip"
        kept = np.arange(len(bias)) != channel
        matrix, bias = matrix * kept[:, None], bias * kept
    graph.linear(source, f"{layer}.fi", matrix, bias)
    graph.node("Gelu", [f"{layer}.fi"], f"{layer}.gelu", domain=FUSED)
    _residual(graph, weights, f"{layer}.fo", f"{layer}.gelu", skip, f"{layer}.oln", output)


def _residual(graph: _Graph, weights: "Weights", name: str, source: str, skip: str, norm: str, output: str) -> None:
    """output = LayerNorm(skip + linear(source))"""
    bias = weights.vector(f"{name}.b")
    rows = len(bias)
    columns = weights.directory[f"{name}.w"][1] // rows
    graph.linear(source, name, weights.matrix(f"{name}.w", columns), bias)
    graph.node("Add", [name, skip], f"{norm}.sum")
    _norm(graph, weights, norm, f"{norm}.sum", output)


def _attention(graph: _Graph, parts: Sequence[str], heads: int, output: str) -> None:
    """Attention; the mask is left out where nothing is masked, which saves 7 % at 270 tokens."""
    from onnx import TensorProto, helper

    branches = {}
    for branch, inputs in (("then_branch", parts), ("else_branch", [*parts, "", "mask"])):
        inner = _Graph()
        inner.node("MultiHeadAttention", inputs, f"{output}/{branch}", domain=FUSED, num_heads=heads)
        result = helper.make_tensor_value_info(f"{output}/{branch}", TensorProto.FLOAT, None)
        branches[branch] = helper.make_graph(inner.nodes, branch, [], [result])
    graph.node("If", ["unmasked"], output, **branches)


def _norm(graph: _Graph, weights: "Weights", name: str, source: str, output: str) -> None:
    ends = [graph.constant(f"{name}.{end}", weights.vector(f"{name}.{end}")) for end in "wb"]
    graph.node("LayerNormalization", [source, *ends], output, axis=-1, epsilon=weights.epsilon)


def _int8_rows(matrix: "NDArray[np.float32]", largest: int) -> "tuple[NDArray[np.int8], NDArray[np.float32]]":
    """Rows as int8 of at most ±`largest`, with one scale each: row ≈ int8 · scale."""
    import numpy as np

    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-12).astype(np.float32) / np.float32(largest)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale
