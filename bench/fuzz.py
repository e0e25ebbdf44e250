"""Mutated files for every reader: whatever bytes come, an answer or a typed error, in bounded time and memory.

    python bench/fuzz.py [--seconds 120] [--seed 1] [--keep FOLDER] [SUFFIX …]

Each format starts from small files of its own (made by tests/office_files.py; the old Word formats from the real
samples, where this machine has them). A process a format reads one mutant after another and understands what it read;
a watchdog ends it when a mutant takes longer than LONGEST_S, and the limit of its address space stands for memory.
Mutants that crash, hang or raise what is no SourceError are kept in FOLDER. Exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from office_files import RUN, odt, ofd, pdf, rtf, word_file  # noqa: E402

from rag.config import Config  # noqa: E402
from rag.errors import SourceError  # noqa: E402
from rag.read import read, sample_files  # noqa: E402
from rag.understanding import understood  # noqa: E402

SHARED = ROOT.parent / "shared/samples"
LONGEST_S = 20.0
MOST_MEMORY = 3 << 30
LARGEST = 1 << 20
LINES = (
    "某局总结",
    "一、工作回顾",
    "（一）学习情况。一是读得少；二是想得浅。",
    "1.完成项目3.5个。",
    "二、打算",
    "今后，我将改。",
)
WORDS = (
    *(b"\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"%s%n", b"-1", b"999999999"),
    *(b"<!--", b"]]>", b"{\\rtf1", b"PK\x03\x04"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    suffix: str
    what: str
    mutant: bytes


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz"))
    parser.add_argument("suffixes", nargs="*")
    asked = parser.parse_args()
    kept: list[Path] = []
    with tempfile.TemporaryDirectory() as folder:
        for suffix, starts in starting_files(Path(folder)).items():
            if asked.suffixes and suffix not in asked.suffixes:
                continue
            count, slowest, findings = fuzzed(suffix, starts, asked.seconds, asked.seed, Path(folder))
            print(f"{suffix:6}{count:8} mutants, the slowest {slowest:.1f} s  {len(findings)} findings", flush=True)
            for finding in findings:
                asked.keep.mkdir(parents=True, exist_ok=True)
                kept.append(asked.keep / f"{len(kept)}{finding.suffix}")
                kept[-1].write_bytes(finding.mutant)
                print(f"== {kept[-1]}\n{finding.what}", flush=True)
    return 1 if kept else 0


def starting_files(folder: Path) -> dict[str, list[bytes]]:
    """Small sound files of each format, as bytes."""
    text = "\n".join(LINES)
    markdown = f"---\ntitle: 总结\n---\n# {text}\n\n| 甲 | 乙 |\n|---|---|\n| **1** | [2](x) |\n"
    page = "".join(f"<p style='text-align:center'><b>{line}</b></p>" for line in LINES)
    body = "".join(f"<text:p>{line}</text:p>" for line in LINES)
    made = {
        ".txt": [text.encode(), text.encode("gb18030"), text.encode("utf-16")],
        ".md": [markdown.encode()],
        ".html": [f"<html><body><nav>x</nav><div><h1>总结</h1>{page}<table><tr><td>1</td></tr></table></div>".encode()],
        ".rtf": [rtf("".join(rf"\pard\s1\fs32 {line}\par" for line in LINES), folder / "a.rtf").read_bytes()],
        ".docx": [
            word_file(folder / "a.docx", *(f"<w:p>{RUN.format(line)}</w:p>" for line in LINES)).read_bytes(),
        ],
        ".odt": [odt(folder / "a.odt", body).read_bytes()],
        ".pdf": [
            pdf(folder / "a.pdf", [(80.0, 740.0 - 30 * i, 16.0, line) for i, line in enumerate(LINES)]).read_bytes()
        ],
        ".ofd": [
            ofd(folder / "a.ofd", [(30.0, 40.0 + 10 * i, 5.0, line) for i, line in enumerate(LINES)]).read_bytes()
        ],
    }
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".txt", ".docx", ".html"):
            archive.writestr(f"范文/总结{suffix}", made[suffix][0])
    made[".zip"] = [(folder / "a.zip").read_bytes()]
    old = {".doc": SHARED.glob("official/R15[46]*.doc"), ".wps": SHARED.glob("formats/*.wps")}
    return made | {
        suffix: [path.read_bytes() for path in sorted(paths)] for suffix, paths in old.items() if SHARED.is_dir()
    }


def fuzzed(
    suffix: str, starts: list[bytes], seconds: float, seed: int, folder: Path
) -> tuple[int, float, list[Finding]]:
    """How many mutants were read in that time, the CPU seconds of the slowest, and those that came to harm."""
    until, total, slowest, found = time.monotonic() + seconds, 0, 0.0, list[Finding]()
    path = folder / f"mutant{suffix}"
    context = multiprocessing.get_context("spawn")
    while time.monotonic() < until:
        ours, theirs = context.Pipe()
        process = context.Process(target=_worker, args=(starts, seed + total, path, theirs), daemon=True)
        process.start()
        theirs.close()
        while time.monotonic() < until:
            if not ours.poll(LONGEST_S + 20 * (total == 0)):
                found.append(Finding(suffix, f"hangs for {LONGEST_S:.0f} s", path.read_bytes()))
                break
            try:
                said, taken, mutant = ours.recv()
            except EOFError:
                process.join()
                found.append(Finding(suffix, f"the process ended with {process.exitcode}", path.read_bytes()))
                break
            total += 1
            slowest = max(slowest, taken)
            if said:
                found.append(Finding(suffix, said, mutant))
                break
        process.kill()
        process.join()
        if len(found) >= 20:
            break
    return total, slowest, found


def _worker(starts: list[bytes], seed: int, path: Path, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for mutant in mutants(starts, random.Random(seed)):
        path.write_bytes(mutant)
        begin = time.process_time()
        said = harm(path)
        answer.send((said, time.process_time() - begin, mutant if said else b""))


def harm(path: Path) -> str:
    """What a file, or any file in a .zip, does to the reader and the parser beside a typed error; "" when nothing."""
    try:
        files = [file.path for file in sample_files([path])] if path.suffix == ".zip" else [path]
    except SourceError as error:
        return "" if error.hint else f"no hint: {error}"
    except (Exception, MemoryError):  # noqa: BLE001  what may come is what is looked for
        return traceback.format_exc(limit=-4)
    return next((found for file in files if (found := _harm_of_one(file))), "")


def _harm_of_one(path: Path) -> str:
    try:
        document = read(path, f"t/{path.name}", Config())
        report = understood(document).report
    except SourceError as error:
        return "" if error.hint else f"no hint: {error}"
    except (Exception, MemoryError):  # noqa: BLE001  what may come is what is looked for
        return traceback.format_exc(limit=-4)
    inside = all(document.text[n.start :].startswith(n.marker) for n in report.root.walk())
    return "" if inside else "an offset does not hold"


def mutants(starts: list[bytes], chance: random.Random) -> Iterator[bytes]:
    """Endless mutants: bytes flipped, cut, doubled, spliced; zip containers also member by member."""
    while True:
        start = chance.choice(starts)
        is_container = start.startswith(b"PK\x03\x04") and chance.random() < 0.7
        yield (_member_mutated(start, chance) if is_container else mutated(start, chance, chance.choice(starts)))[
            :LARGEST
        ]


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 2, 8, 64, 1024))
        match chance.randrange(7):
            case 0:
                flipped = bytes(b ^ (1 << chance.randrange(8)) for b in data[at : at + 1])
                data = data[:at] + flipped + data[at + 1 :]
            case 1:
                data = data[:at] + data[at + length :]
            case 2:
                data = data[:at] + data[at : at + length] * chance.choice((2, 3, 200)) + data[at + length :]
            case 3:
                data = data[:at] + chance.choice(WORDS) + data[at + chance.choice((0, 1, 4)) :]
            case 4:
                data = data[:at]
            case 5:
                begin = chance.randrange(len(other) + 1)
                data = data[:at] + other[begin : begin + length] + data[at:]
            case _:
                data = data[:at] + bytes(chance.randrange(256) for _ in range(min(length, 8))) + data[at + length :]
    return data


def _member_mutated(container: bytes, chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(container)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        members = old.infolist()
        chosen = chance.choice([info for info in members if info.file_size])
        for info in members:
            data = old.read(info)
            if info is chosen:
                data = mutated(data, chance, old.read(chance.choice(members)))
            with contextlib.suppress(UnicodeEncodeError):
                new.writestr(info.filename, data)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
