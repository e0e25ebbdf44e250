"""Read this first: build, search, outline, check, parse; calls in data order, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import embed, profiles, retrieve
from rag.config import Config
from rag.datatypes import BuildReport, Hit, Outline, Request, Review, Source
from rag.embed import Embedder, UnitEmbedder
from rag.errors import EmptyRequest, RagError, SourceError
from rag.index import Index, generations

# What only one of the verbs needs is imported by it: a search starts in half the time.
if TYPE_CHECKING:
    from threading import Event

    from rag.building import Progress
    from rag.index.verifying import Verdict
    from rag.understanding import Understood


def build(
    config: Config,
    *,
    embedder: Embedder | None = None,
    full: bool = False,
    add: Sequence[str | Path] = (),
    prune: bool = False,
    purge: bool = False,
    with_seeds: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index of `config` up to date with its sample folders; only what changed is read and embedded.

    The folders are those of `config`, else those the index remembers, and `add`. `full` takes nothing from the index
    that serves, only checksummed rows from the user's vector cache; `prune` agrees to missing folders and to losing
    more than half of the files; `purge` leaves no trace of deleted reports; `dry_run` says what would be done and
    does nothing. A file that cannot be read is listed in the report and left out. Raises RagError when no index can
    be made; then the old one goes on serving.
    """
    from rag import building
    from rag.index import lock, roots

    say = progress or building.silent
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        say(text, 0, 0)

    folder = config.index_folder
    with nullcontext() if dry_run else lock.writer(folder):
        memory = generations.memory(folder, needed=not config.samples)
        kept_roots = memory.roots if memory else ()
        chosen = roots.settled(config, kept_roots, add=add, prune=prune, with_seeds=with_seeds)
        model = None if dry_run else embed.wrapped(embedder) if embedder else _loaded(config, memory, say)
        sight = building.sight(config, chosen, note, say, full=full)
        if not prune:
            roots.require_kept(sight.before, sight.changes.kept, chosen)
        if model is None:
            return building.reported(sight, sight.found.digests, sight.found.failed, notes=tuple(notes))
        held = building.held(folder, note) if purge else set()
        report = building.made(sight, model, note, say, compact=purge)
        del sight  # its generation must not be open when it is to go
        if purge:
            building.purge(config, held, note)
        return replace(report, notes=tuple(notes))


def watched(
    config: Config,
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
    stop: Event | None = None,
    **options: Any,
) -> Iterator[BuildReport | RagError]:
    """Builds, with the `options` of `build`, and builds again after each burst of changes to the samples, until `stop`.

    The first build raises its error; a later one yields it, and the next change tries again.
    """
    from rag import building, watching
    from rag.index import roots

    say = progress or building.silent
    memory = generations.memory(config.index_folder, needed=not config.samples)
    which = {name: options[name] for name in ("add", "prune", "with_seeds") if name in options}
    signals = watching.bursts(roots.settled(config, memory.roots if memory else (), **which), config.index_folder, stop)
    next(signals)
    model = embed.wrapped(embedder) if embedder else _loaded(config, memory, say)
    yield build(config, embedder=model, progress=progress, **options)
    remembering = replace(config, samples=())
    for is_changed in signals:
        if is_changed:
            try:
                report = build(remembering, embedder=model, progress=progress)
            except RagError as error:
                yield error
                continue
            yield report


def verify(config: Config, *, progress: Progress | None = None) -> Verdict:
    """Whether the index of `config` is whole, true to the stored texts, and of samples that are still as they were.

    Raises IndexMissing and IndexMismatch.
    """
    from rag import building
    from rag.index import verifying

    return verifying.verified(config.index_folder, progress or building.silent)


def restore(config: Config) -> Path:
    """Let the generation before this one serve again. Raises IndexMissing when there is none that is whole."""
    from rag.index import lock

    with lock.writer(config.index_folder):
        return generations.restore(config.index_folder)


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
    index = index.pinned()
    role, topic, query = (retrieve.mended(words, index.lexical.frequency) for words in (role, topic, query))
    only_year = wanted.years[0] if wanted.years and wanted.years[0] == wanted.years[1] else None
    if query:
        request = _request(role, topic or query, wanted.genre, only_year)
    else:
        request = understood_request(role, topic, wanted.genre, only_year)
    hits = retrieve.search(index, request, k, query=query, wanted=wanted, diverse=diverse)
    return [replace(hit, stale=index.originals.state(hit.chunk.source)) for hit in hits]


def outline(index: Index, *, role: str, topic: str, genre: str | None = None, year: int | None = None,
            exclude: Sequence[str] = (), length: int | None = None, explain: bool = False) -> Outline:  # fmt: skip
    """A structured outline for a role and a topic, every point cited.

    `length` in characters turns shares into budgets; with `explain` the outline says why it is as it is.

    Raises EmptyRequest for an empty role or topic and NothingFound when no sample and no known 文种 comes near.
    """
    from rag import assemble

    index = index.pinned()
    meant = dict(retrieve.slips((role, topic), index.lexical.frequency))
    request = understood_request(meant.get(role, role), meant.get(topic, topic), genre, year)
    if request.year is None:
        request = replace(request, year=date.today().year)
    request = replace(request, length=length)
    documents = retrieve.kept_documents(index.tables.documents(), exclude)
    vector = index.embedder.encode_query([retrieve.query_words(request)])[0]
    weighed = assemble.weigh(request, documents, vector)
    if not weighed:
        return _with_slips_told(assemble.from_convention(request, documents), meant)
    samples = [
        assemble.Sample(
            weight,
            *index.tables.tree(weight.document.id),
            tuple(index.tables.points(weight.document.id)),
            index.tables.text(weight.document.id),
        )
        for weight in weighed
    ]
    plan = _with_slips_told(_with_stale_marked(assemble.assemble(request, samples), index), meant)
    return plan if explain else replace(plan, explanation=())


def check(index: Index | None, draft: Path | str, *, role: str = "", topic: str = "", genre: str | None = None,
          year: int | None = None, names: Sequence[str] = (), units: Sequence[str] = (), exclude: Sequence[str] = (),
          baseline: Path | None = None, config: Config | None = None) -> Review:  # fmt: skip
    """A finished draft held against the rules and, where there is an index, against its samples.

    `draft` is a file (a Path) or the text itself (a str); `names` and `units` are the writer's own; `baseline` is an
    earlier result in JSON, or a list of keys, whose findings are accepted. Without an index,
    or in a 文种 without samples, the rules that need none run, and `Review.skipped` says which did not. Raises
    SourceError when the file cannot be read or the draft is empty.
    """
    from rag import assemble, review
    from rag.review import incoming
    from rag.understanding import understood

    settings = config or (index.config if index else Config())
    index = index.pinned() if index else None
    own = understood(incoming.document(draft, settings))
    text, profile = own.report.document.text, incoming.profiled(own.report.profile, role, topic, genre)
    skipped = dict.fromkeys(review.INDEXED, "没有索引") if index is None else {}
    near, skeleton = None, None
    if index is not None:
        documents = retrieve.kept_documents(index.tables.documents(), exclude)
        near = review.nearby(index.tables, documents, text, assemble.author, own.report.document.source.sha256)
        others = [document for document in documents if document.source.path not in near.itself]
        skeleton = assemble.skeleton(profile, others, index.tables.tree, index.tables.text)
        if skeleton is None:
            what = (
                f"没有“{profile.value('genre')}”的样本" if profile.value("genre") else "认不出文种（可用 --genre 指定）"
            )
            skipped |= dict.fromkeys(("structure", "balance"), what)
    drafted = review.Draft(
        report=replace(own.report, profile=profile),
        zones=own.zones,
        year=year or review.stated_year(profile, text) or date.today().year,
        names=tuple(names),
        units=tuple(units),
        skeleton=skeleton,
        nearby=near,
    )
    accepted = review.accepted_keys(baseline) if baseline else frozenset()
    return review.reviewed(drafted, settings.check, skipped, accepted)


def parsed(path: Path, config: Config) -> Understood:
    """What the reader and the parser see in one file. Raises SourceError when it cannot be read."""
    from rag.read import is_there, read
    from rag.understanding import understood

    if not is_there(path):
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


def slips(index: Index, *words: str) -> list[str]:
    """What to tell a user whose words a search or an outline read otherwise than he typed them."""
    return [_slip_told(typed, meant) for typed, meant in retrieve.slips(words, index.lexical.frequency)]


def _slip_told(typed: str, meant: str) -> str:
    return f"“{typed}”按“{meant}”理解（样本里没有前一种写法）"


def _with_slips_told(plan: Outline, meant: Mapping[str, str]) -> Outline:
    return replace(plan, notes=(*(_slip_told(*row) for row in meant.items()), *plan.notes))


def _with_stale_marked(plan: Outline, index: Index) -> Outline:
    """Citations of files that changed or vanished since the build say so."""
    states = [index.originals.state(Source(c.path, c.title, c.sha256)) for c in plan.citations]
    return replace(plan, citations=tuple(replace(c, stale=s) for c, s in zip(plan.citations, states, strict=True)))


def _loaded(config: Config, memory: generations.Memory | None, say: Progress) -> UnitEmbedder:
    before = memory.locator if memory else ""
    return embed.load(config, before=before, progress=lambda stage: say(stage, 0, 0))
