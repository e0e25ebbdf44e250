"""How fast each format is read, in how much memory, and whether time grows with length alone.

    python bench/reading.py [paragraphs]        exits 1 when twice the text takes more than 2.3 times the time
    python bench/reading.py --samples           each real sample: reader, characters, headings, milliseconds;
                                                one report in five formats: how far they agree

Files are made on the spot from text of our own. The old Word format, which nothing here writes, is measured on the
real samples where they are; MB are of text (UTF-8) that came out, not of the file.
"""

from __future__ import annotations

import multiprocessing
import re
import resource
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from office_files import RUN, odt, ofd, pdf, rtf, word_file  # noqa: E402

from rag.config import Config  # noqa: E402
from rag.datatypes import Report  # noqa: E402
from rag.errors import SourceError  # noqa: E402
from rag.read import kinds, read  # noqa: E402
from rag.understanding import understood  # noqa: E402

SHARED = ROOT.parent / "shared/samples"
GROWTH = 2.3
PARAGRAPHS = 4000
ROUNDS = 3
LINES_A_PAGE = 24


def main() -> int:
    if sys.argv[1:] == ["--samples"]:
        return samples()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PARAGRAPHS
    print(f"{'format':8}{'text MB':>9}{'MB/s':>8}{'peak MB':>9}{'growth':>8}")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for suffix, make in MAKERS.items():
            paths = [Path(folder) / f"{n}{suffix}" for n in (count, 2 * count)]
            for path, size in zip(paths, (count, 2 * count), strict=True):
                make(path, [line(i) for i in range(size)])
            (short, _, _), (long, size_mb, peak) = measured(paths[0]), measured(paths[1])
            worst = max(worst, long / short)
            print(f"{suffix:8}{size_mb:9.2f}{size_mb / long:8.2f}{peak:9.0f}{long / short:8.2f}")
    for path in sorted(SHARED.glob("formats/R016.doc")):
        seconds, size_mb, peak = measured(path)
        print(f"{path.suffix:8}{size_mb:9.2f}{size_mb / seconds:8.2f}{peak:9.0f}{'–':>8}")
    return 1 if worst > GROWTH else 0


def samples() -> int:
    """A row a file; the last column is the agreement with the plain text, or with the same report as .docx."""
    plain = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SHARED.glob("../gold/text/*.txt"))}
    word = {path.name[:4]: understood_file(path)[0] for path in sorted(SHARED.glob("official/*.docx"))}
    print(f"{'file':28}{'reader':>8}{'characters':>11}{'headings':>9}{'points':>7}{'ms':>7}  kept")
    for path in sorted([*SHARED.glob("formats/*"), *SHARED.glob("official/*")]):
        start = time.perf_counter()
        try:
            report, reader = understood_file(path)
        except SourceError as error:
            print(f"{path.name[:24]:28}{'–':>8}  {error}")
            continue
        taken = 1000 * (time.perf_counter() - start)
        nodes = list(report.root.walk())
        sections = sum(node.kind == "section" for node in nodes)
        counts = f"{len(report.document.text):11}{sections:9}{len(nodes) - sections:7}{taken:7.0f}"
        print(f"{path.name[:24]:28}{reader:>8}{counts}{agreement(path, report, plain, word)}")
    return 0


def understood_file(path: Path) -> tuple[Report, str]:
    """A sample, understood, and the module that read it."""
    document = read(path, path.name, Config(largest_file_mb=500))
    return understood(document).report, kinds.READERS[kinds.kind(path)].rsplit(".", 1)[-1]


def agreement(path: Path, report: Report, plain: dict[str, str], word: dict[str, Report]) -> str:
    """Edit similarity (2 x shared in order / both) of Hanzi and digits, and of headings, with another copy."""
    name = path.name[:4]
    if name in plain:
        return f"  {likeness(bare_text(report.document.text), bare_text(plain[name])):.4f} of the text typed from it"
    if path.parent.name == "formats" and name in word and path.stem == name:
        same = likeness(bare_text(report.document.text), bare_text(word[name].document.text))
        heads = likeness(headings(report), headings(word[name]))
        return f"  {same:.4f}, {heads:.4f} of .docx"
    return ""


def headings(report: Report) -> list[str]:
    return [node.marker + node.title for node in report.root.walk()]


def bare_text(text: str) -> str:
    return re.sub(r"[^\u4e00-\u9fff0-9]", "", unicodedata.normalize("NFKC", text))


def likeness(one: Sequence[str], other: Sequence[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def measured(path: Path) -> tuple[float, float, float]:
    """Seconds (the best of some rounds), MB of text, and MB of memory at the peak, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(path, theirs))
    process.start()
    result: tuple[float, float, float] = ours.recv()
    process.join()
    return result


def _measure(path: Path, answer: multiprocessing.connection.Connection) -> None:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        document = read(path, path.name, Config(largest_file_mb=500))
        best = min(best, time.process_time() - start)
    size = len(document.text.encode()) / 1e6
    answer.send((best, size, _peak_mb()))


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # Linux: getrusage counts the parent before exec as well
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(number: int) -> str:
    """A line of 27 characters, each a little different."""
    return f"第{number % 100000:05d}项任务按期办结群众满意度有新的提高并登记造册"


def pages(lines: list[str]) -> list[list[str]]:
    return [lines[i : i + LINES_A_PAGE] for i in range(0, len(lines), LINES_A_PAGE)]


MAKERS: dict[str, Callable[[Path, list[str]], object]] = {
    ".txt": lambda path, lines: path.write_text("\n".join(lines), encoding="utf-8"),
    ".md": lambda path, lines: path.write_text("\n\n".join(lines), encoding="utf-8"),
    ".html": lambda path, lines: path.write_text(
        "<html><body><div>" + "".join(f"<p>{words}</p>" for words in lines) + "</div></body></html>", encoding="utf-8"
    ),
    ".docx": lambda path, lines: word_file(path, *(f"<w:p>{RUN.format(words)}</w:p>" for words in lines)),
    ".odt": lambda path, lines: odt(path, "".join(f"<text:p>{words}</text:p>" for words in lines)),
    ".rtf": lambda path, lines: rtf("".join(f"\\pard\\fs32 {words}\\par\n" for words in lines), path),
    ".pdf": lambda path, lines: pdf(
        path, *([(80.0, 730.0 - 24 * i, 16.0, words) for i, words in enumerate(page)] for page in pages(lines))
    ),
    ".ofd": lambda path, lines: ofd(
        path, *([(28.0, 40.0 + 9 * i, 5.0, words) for i, words in enumerate(page)] for page in pages(lines))
    ),
}

if __name__ == "__main__":
    sys.exit(main())
