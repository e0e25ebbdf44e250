"""Which files below the sample folders may be samples; a .zip is a folder of them. Nothing is read here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from rag.errors import RagError, SourceError
from rag.read import kinds, zipped
from rag.read.kinds import READERS, UNREAD

NO_SAMPLE = ("readme.md", "readme.txt", "rag.toml")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file below a root; `name` is root name / relative posix path. A member of a .zip has a path below it."""

    path: Path
    name: str

    @property
    def place(self) -> str:
        """The name, or that of the .zip it lies in."""
        found = zipped.split(self.path)
        return self.name.removesuffix(f"/{found[1]}") if found else self.name


def sample_files(roots: Sequence[Path]) -> list[SampleFile]:
    """Every file below `roots` that may be a sample, sorted by name. Hidden files, lock files and READMEs are none.

    Raises SourceError for a root that does not exist, and RagError for two roots of one name.
    """
    names: dict[str, Path] = {}
    found: list[SampleFile] = []
    for root in roots:
        if not root.exists():
            raise SourceError(f"样本文件夹不存在：{root}", hint="检查路径；样本放进该文件夹后再运行 rag build 文件夹")
        label = root.name or "samples"
        if names.setdefault(label, root) != root:
            raise RagError(
                f"两个样本文件夹同名：{names[label]} 与 {root}",
                hint="给其中一个改名；引用出处时要靠文件夹名区分",
            )
        if root.is_file():
            inside = [path.relative_to(root.parent).as_posix() for path in _opened(root)]
            found += [SampleFile(root.parent / part, f"{root.parent.name}/{part}") for part in inside]
            continue
        found += [SampleFile(path, f"{label}/{path.relative_to(root).as_posix()}") for path in _below(root)]
    return sorted(found, key=lambda file: file.name)


def _below(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if not _may_be_sample(path.relative_to(root)):
            continue
        try:
            is_file = path.is_file()
        except OSError:
            is_file = True  # a link loop: let read() say so, file by file
        if is_file:
            yield from _opened(path)


def _may_be_sample(path: PurePath) -> bool:
    if any(part.startswith((".", "~$", "__MACOSX")) for part in path.parts) or path.name.lower() in NO_SAMPLE:
        return False
    return path.suffix.lower() in (*READERS, *UNREAD, zipped.SUFFIX)


def _opened(path: Path) -> Iterator[Path]:
    """The samples in an archive; the file itself when it is none, or cannot be listed (read() says why)."""
    if path.suffix.lower() != zipped.SUFFIX:
        yield path
        return
    try:
        names = [name for name in zipped.members(path) if _may_be_sample(PurePosixPath(name))]
        is_archive = kinds.kind(path) == zipped.SUFFIX
    except (SourceError, OSError):
        names, is_archive = [], False
    yield from (path / name for name in names) if names and is_archive else (path,)
