"""Read this first: build, search, outline, parse; calls in data order, nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rag import embed, profiles, retrieve
from rag.config import Config, resource
from rag.datatypes import BuildReport, FailedFile, Hit, Manifest, Outline, Request
from rag.embed import Embedder, UnitEmbedder, vector_cache
from rag.errors import EmptyRequest, IndexDamaged, IndexMismatch, IndexMissing, SourceError
from rag.index import Index, generations

if TYPE_CHECKING:  # what only one of the verbs needs is imported by it: a search starts in half the time
    from rag.read import SampleFile
    from rag.understanding import Understood

Progress = Callable[[str, int, int], None]
SEEDS = "seeds"


def build(
    config: Config, *, embedder: Embedder | None = None, full: bool = False, progress: Progress | None = None
) -> BuildReport:
    """Pour the sample folders of `config` into its index; a text embedded before is not embedded again.

    `full` takes nothing from the index that serves, only checksummed rows from the user's vector cache. A file that
    cannot be read is listed in the report and left out. Raises RagError when no index can be made; then the old one
    goes on serving.
    """
    from rag.index import filling
    from rag.read import sample_files

    say = progress or _silent
    clock: dict[str, float] = {}
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        say(text, 0, 0)

    cache = vector_cache.opened(config, note)
    with generations.writer(config.index_folder):
        serving = _serving(config)
        model = embed.wrapped(embedder) if embedder else _loaded(config, serving, say)
        if serving and serving.fingerprint != model.fingerprint:
            note(f"模型由 {serving.model} 换成 {model.name}：全部向量重新计算（缓存里已有的除外）")
        with _timed(clock, "read"):
            roots = _roots(config, serving)
            found, failed = _understood(sample_files(roots), config, say)
        if not found:
            raise _nothing_to_index(roots, failed)
        previous = None if full else _previous(config, model)
        with _timed(clock, "embed"):
            documents, vectors, embedded = filling.embedded(found, model, cache, previous, say)
        manifest = Manifest(
            layout=generations.LAYOUT,
            model=model.name,
            fingerprint=model.fingerprint,
            dim=len(next(iter(vectors.values()))),
            store="flat",
            roots=tuple(SEEDS if root == resource(SEEDS) else str(root) for root in roots),
            documents=len(documents),
            chunks=sum(len(new.chunks) for new in documents),
            points=sum(len(new.points) for new in documents),
            files={new.source.path: new.source.sha256 for new in documents},
            failed=tuple(failed),
            locator=model.locator,
        )
        with _timed(clock, "write"):
            generations.publish(config.index_folder, manifest, lambda folder: filling.write(folder, documents, vectors))
        before = previous.manifest.files if previous else {}
    return _report(manifest, before, failed, embedded, len(vectors) - embedded, clock, notes)


def search(index: Index, *, role: str = "", topic: str = "", query: str = "", k: int = 10, genre: str | None = None,
           role_family: str | None = None, unit: str | None = None, year: int | str | None = None,
           person: str | None = None, path: str | None = None, function: str | None = None,
           exclude: Sequence[str] = (), strict: bool = False, diverse: bool = True) -> list[Hit]:  # fmt: skip
    """The k best passages for a role and a topic, best first; with `query`, for its words in the light of both.

    The other keywords narrow the search; a report that merely lacks a field stays unless `strict`. `year` is 2024,
    "2023..", "..2022" or "2021..2023"; `path` a part of a path or a glob; `function` what a section is for (问题,
    整改 …). Raises EmptyRequest where there is no word to search for, BadFilter for a filter that names nothing, and
    NothingFound when nothing passes or comes near.
    """
    wanted = retrieve.filters(
        genre=genre, role_family=role_family, unit=unit, year=year, person=person, path=path, function=function,
        exclude=exclude, strict=strict,
    )  # fmt: skip
    role, topic, query = (retrieve.mended(words, index.lexical.frequency) for words in (role, topic, query))
    only_year = wanted.years[0] if wanted.years and wanted.years[0] == wanted.years[1] else None
    if query.strip():
        request = _request(role, topic.strip() or query, wanted.genre, only_year)
    else:
        request = understood_request(role, topic, wanted.genre, only_year)
    return retrieve.search(index, request, k, query=query.strip(), wanted=wanted, diverse=diverse)


def outline(index: Index, *, role: str, topic: str, genre: str | None = None, year: int | None = None,
            exclude: Sequence[str] = ()) -> Outline:  # fmt: skip
    """A structured outline for a role and a topic, every point cited.

    Raises EmptyRequest for an empty role or topic and NothingFound when no sample and no known 文种 comes near.
    """
    from rag import assemble

    request = understood_request(role, topic, genre, year)
    if request.year is None:
        request = replace(request, year=date.today().year)
    documents = retrieve.kept_documents(index.tables.documents(), exclude)
    vector = index.embedder.encode_query([retrieve.query_words(request)])[0]
    weighed = assemble.weigh(request, documents, vector)
    if not weighed:
        return assemble.from_convention(request, documents)
    samples = [
        assemble.Sample(
            weight,
            *index.tables.tree(weight.document.id),
            tuple(index.tables.points(weight.document.id)),
            index.tables.text(weight.document.id),
        )
        for weight in weighed
    ]
    return assemble.assemble(request, samples)


def parsed(path: Path, config: Config) -> Understood:
    """What the reader and the parser see in one file. Raises SourceError when it cannot be read."""
    from rag.read import read
    from rag.understanding import understood

    if not path.is_file():
        raise SourceError(f"文件不存在：{path}", hint="检查路径")
    return understood(read(path, f"{path.parent.name}/{path.name}", config))


def understood_request(role: str, topic: str, genre: str | None, year: int | None) -> Request:
    """A request, profiled like a document. Raises EmptyRequest when role or topic is empty."""
    for name, words in (("岗位（--role）", role), ("主题（--topic）", topic)):
        if not any(char.isalnum() for char in words):
            raise EmptyRequest(
                f"{name}不能为空", hint="例如 --role 市科协机关党支部书记 --topic 专题组织生活会对照检查"
            )
    return _request(role, topic, genre, year)


def _request(role: str, topic: str, genre: str | None, year: int | None) -> Request:
    profile = profiles.of_request(role.strip(), topic.strip(), genre, year)
    return Request(role.strip(), topic.strip(), profile.value("genre"), profile.year_number, profile)


def _understood(
    files: Sequence[SampleFile], config: Config, say: Progress
) -> tuple[list[Understood], list[FailedFile]]:
    from rag.read import read
    from rag.understanding import understood

    found: list[Understood] = []
    failed: list[FailedFile] = []
    for place, file in enumerate(files):
        say("读取样本", place, len(files))
        try:
            found.append(understood(read(file.path, file.name, config)))
        except SourceError as error:
            failed.append(FailedFile(file.name, str(error), error.hint))
    say("读取样本", len(files), len(files))
    return found, failed


def _serving(config: Config) -> Manifest | None:
    """The manifest of the generation that serves now, if there is one that can be read."""
    try:
        return generations.manifest(generations.current(config.index_folder))
    except (IndexMissing, IndexDamaged, IndexMismatch):
        return None


def _loaded(config: Config, serving: Manifest | None, say: Progress) -> UnitEmbedder:
    before = serving.locator if serving else ""
    return embed.load(config, before=before, progress=lambda stage: say(stage, 0, 0))


def _previous(config: Config, model: UnitEmbedder) -> Index | None:
    """The generation that serves now, if its vectors can be reused."""
    try:
        index = Index.open(config, embedder=model)
        generations.check(index.generation, generations.sums(index.generation), full=True)
    except (IndexMissing, IndexDamaged, IndexMismatch):
        return None
    return index if index.manifest.fingerprint == model.fingerprint else None


def _report(
    manifest: Manifest,
    before: dict[str, str],
    failed: list[FailedFile],
    embedded: int,
    reused: int,
    clock: dict[str, float],
    notes: list[str],
) -> BuildReport:
    now = manifest.files
    gone = {digest: path for path, digest in before.items() if path not in now}
    renamed = tuple((gone[digest], path) for path, digest in now.items() if path not in before and digest in gone)
    moved_from, moved_to = {old for old, _ in renamed}, {new for _, new in renamed}
    return BuildReport(
        added=tuple(path for path in now if path not in before and path not in moved_to),
        edited=tuple(path for path in now if path in before and before[path] != now[path]),
        renamed=renamed,
        removed=tuple(path for path in before if path not in now and path not in moved_from),
        unchanged=sum(before.get(path) == digest for path, digest in now.items()),
        failed=tuple(failed),
        embedded=embedded,
        reused=reused,
        documents=manifest.documents,
        chunks=manifest.chunks,
        seconds={stage: round(seconds, 3) for stage, seconds in clock.items()},
        notes=tuple(notes),
    )


def _roots(config: Config, serving: Manifest | None) -> tuple[Path, ...]:
    """The sample folders: as set, else those of the index that serves, else the shipped seeds."""
    if config.samples:
        return config.samples
    before = serving.roots if serving else ()
    return tuple(resource(SEEDS) if root == SEEDS else Path(root) for root in before) or (resource(SEEDS),)


def _nothing_to_index(roots: Sequence[Path], failed: Sequence[FailedFile]) -> SourceError:
    where = "、".join(str(root) for root in roots)
    if failed:
        first = failed[0]
        return SourceError(f"{len(failed)} 个文件都读不出来，例如 {first.path}：{first.error}", hint=first.hint)
    return SourceError(f"文件夹里没有可读的样本：{where}", hint="放入 .docx、.doc、.pdf、.ofd、.txt 等文件后再试")


def _silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@contextmanager
def _timed(clock: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    clock[stage] = time.perf_counter() - start
