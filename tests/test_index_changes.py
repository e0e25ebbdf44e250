"""Building again: only what changed is read, whatever happened to the files; roots, dry runs, what is never dropped."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import grimp
import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag import lexical
from rag.datatypes import BuildReport
from rag.embed import vector_cache
from rag.errors import IndexDamaged, IndexMismatch, RagError, SourceError
from rag.index import generations, intake, originals, software, sources
from rag.index.sources import Changes, compared

PARTS = ("学习", "作风", "担当", "廉洁", "服务", "生产", "调研", "纪律")


def report(seed: int, sections: int = 3) -> str:
    """A report of its own; three seeds share no sentence."""
    draw = random.Random(seed)
    body = "\n".join(
        f"{'一二三四五六七八'[i]}、{PARTS[draw.randrange(8)]}方面\n"
        + "\n".join(
            f"{j + 1}.第{draw.randrange(10**6)}号事项。"
            + "".join(draw.choices("春夏秋冬山川草木风云雨雪江河湖海", k=40))
            + "。"
            for j in range(3)
        )
        for i in range(sections)
    )
    return f"某局长{2000 + seed % 25}年述职报告\n{body}"


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> rag.Config:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    folder = samples(**{f"文{i}": report(i) for i in range(6)})
    return rag.Config.load(samples=folder, index=tmp_path / "索引")


@pytest.fixture
def read_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that builds read, as they go."""
    found: list[str] = []
    real = intake.read

    def noting(path: Path, name: str, config: rag.Config) -> object:
        found.append(path.name)
        return real(path, name, config)

    monkeypatch.setattr(intake, "read", noting)
    return found


def make(config: rag.Config, **options: object) -> BuildReport:
    return rag.build(config, embedder=HashEmbedder(), **options)  # type: ignore[arg-type]


def contents(config: rag.Config) -> dict[str, object]:
    """Everything an index holds, in an order of its own."""
    generation = generations.current(config.index_folder)
    with sqlite3.connect(generation / "chunks.sqlite") as connection:
        names = ("documents", "texts", "points", "chunks")
        found: dict[str, object] = {
            n: sorted(connection.execute(f"SELECT * FROM {n}").fetchall(), key=repr) for n in names
        }
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        ids = index.tables.all_chunk_ids()
        found["ids"] = ids
        found["vectors"] = index.store.get(ids).tobytes()
        found["stored"] = (len(index.store), len(index.lexical))
        found["words"] = sorted(i for i, _ in index.lexical.search("事项", 10_000))
    return found


def test_files_are_told_apart_by_their_bytes_alone() -> None:
    before = {"a/1": "x", "a/2": "y", "a/3": "z", "a/4": "w", "a/5": "w"}
    now = {"a/1": "x", "a/2": "Y", "b/3": "z", "c": "w", "d": "new"}
    found = compared(before, now)
    assert found == Changes(
        added=("d",),
        edited=("a/2",),
        renamed=(("a/3", "b/3"), ("a/4", "c")),
        removed=("a/5",),
        unchanged=("a/1",),
    )
    assert found.to_read == ("a/2", "b/3", "c", "d")
    assert found.to_forget == ("a/2", "a/3", "a/4", "a/5")
    assert found.kept == ("a/1", "a/2", "a/3", "a/4")


def test_only_what_changed_is_read_and_embedded(config: rag.Config, read_paths: list[str]) -> None:
    folder = config.samples[0]
    first = make(config)
    assert len(read_paths) == 6
    read_paths.clear()
    again = make(config)
    assert (read_paths, again.unchanged, again.embedded) == ([], 6, 0)
    (folder / "文0.txt").write_text(report(0).replace("1.第", "1.改过第", 1), encoding="utf-8")
    (folder / "文1.txt").rename(folder / "改名.txt")
    (folder / "文2.txt").unlink()
    (folder / "新.txt").write_text(report(9), encoding="utf-8")
    os.utime(folder / "文3.txt", (1, 1))
    shutil.copy(folder / "文4.txt", folder / "same")
    (folder / "same").replace(folder / "文4.txt")
    done = make(config)
    assert sorted(read_paths) == sorted(["文0.txt", "改名.txt", "新.txt"])
    assert (done.added, done.edited, done.removed) == (("samples/新.txt",), ("samples/文0.txt",), ("samples/文2.txt",))
    assert done.renamed == (("samples/文1.txt", "samples/改名.txt"),)
    assert done.unchanged == 3
    # Of the edited report one passage and one point are new; of the renamed one nothing.
    whole = first.embedded // 6
    assert whole < done.embedded <= whole + 4


def test_an_index_grown_by_steps_is_the_one_built_at_once(config: rag.Config, tmp_path: Path) -> None:
    draw = random.Random(7)
    folder = config.samples[0]
    make(config)
    for step in range(12):
        files = sorted(folder.glob("*.txt"))
        for _ in range(draw.randrange(1, 4)):
            action, file = draw.choice(["new", "edit", "rename", "copy", "delete"]), draw.choice(files)
            if not file.exists():
                continue
            if action == "new":
                (folder / f"新{step}.txt").write_text(report(100 + step), encoding="utf-8")
            elif action == "edit":
                file.write_text(file.read_text("utf-8") + f"\n9.补充{step}。又一句。", encoding="utf-8")
            elif action == "rename":
                file.rename(folder / f"改{step}.txt")
            elif action == "copy":
                shutil.copy(file, folder / f"副本{step}.txt")
            elif len(list(folder.glob("*.txt"))) > 4:
                file.unlink()
        make(config)
        fresh = rag.Config.load(samples=folder, index=tmp_path / f"全新{step}")
        make(fresh, full=True)
        assert contents(config) == contents(fresh), f"step {step}"


def test_same_samples_same_bytes_on_two_paths(config: rag.Config, tmp_path: Path) -> None:
    other = rag.Config.load(samples=config.samples[0], index=tmp_path / "另 一处")
    make(config)
    make(other)
    ours, theirs = (generations.current(one.index_folder) for one in (config, other))
    for name in ("manifest.json", "chunks.sqlite", "vectors.faiss"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name


def test_an_edit_within_the_clocks_step_is_seen(config: rag.Config) -> None:
    """Size and times as they were: what is as young as that is hashed again."""
    make(config)
    file = config.samples[0] / "文0.txt"
    stat = file.stat()
    file.write_text(report(0).replace("2000", "2001"), encoding="utf-8")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.stat().st_size == stat.st_size
    assert make(config).edited == ("samples/文0.txt",)


def test_an_old_file_is_not_hashed_again_unless_full(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FRESH_NS", -1)
    hashed: list[str] = []
    real = sources.file_digest

    def noting(path: Path, config: rag.Config) -> str:
        hashed.append(path.name)
        return real(path, config)

    monkeypatch.setattr(sources, "file_digest", noting)
    make(config)
    assert len(hashed) == 6
    make(config)
    assert len(hashed) == 6
    (config.samples[0] / "文1.txt").write_text(report(50), encoding="utf-8")
    make(config)
    assert hashed[6:] == ["文1.txt"]
    make(config, full=True)
    assert len(hashed) == 13
    (config.index_folder / sources.SEEN).write_text("{坏", encoding="utf-8")
    assert make(config).unchanged == 6
    assert len(hashed) == 19


def test_a_dry_run_says_what_a_build_then_does_and_does_nothing(config: rag.Config) -> None:
    make(config)
    folder = config.samples[0]
    (folder / "文0.txt").write_text(report(70), encoding="utf-8")
    (folder / "文1.txt").rename(folder / "改名.txt")
    (folder / "文2.txt").unlink()

    def files() -> dict[Path, int]:  # tantivy locks what it opens, even for reading
        found = (path for path in config.index_folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
        return {path: path.stat().st_mtime_ns for path in found}

    before = files()
    said = make(config, dry_run=True)
    assert files() == before
    done = make(config)
    for name in ("added", "edited", "renamed", "removed", "unchanged", "documents"):
        assert getattr(said, name) == getattr(done, name), name
    nowhere = rag.Config.load(samples=folder, index=folder.parent / "没有")
    assert len(make(nowhere, dry_run=True).added) == 5
    assert not nowhere.index_folder.exists()


def test_rows_of_another_software_are_made_anew(
    config: rag.Config, read_paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(config)
    read_paths.clear()
    monkeypatch.setattr(software, "fingerprint", lambda: "another")
    done = make(config)
    assert (len(read_paths), done.embedded, done.unchanged) == (6, 0, 6)
    assert "更新过" in done.notes[0]
    read_paths.clear()
    make(config)
    assert read_paths == []


def test_the_software_of_a_row_is_every_module_that_makes_it() -> None:
    graph = grimp.build_graph("rag")
    makers = {"rag.index.preparing", "rag.understanding", "rag.read", "rag.passages", "rag.fingerprint.minhash"}
    makers |= {module for module in graph.modules if module.startswith(("rag.read.", "rag.parse.", "rag.profiles."))}
    needed = makers | {up for maker in makers for up in graph.find_upstream_modules(maker)}
    # What these do is not in a row: settings, errors, and reading an index back.
    needed -= {"rag", "rag.config", "rag.errors", "rag.index", "rag.index.tables", "rag.index.checksums"}
    needed = {name for name in needed if not name.startswith(("rag.embed", "rag.store", "rag.lexical"))}
    needed -= {
        name
        for name in needed
        if name.startswith("rag.index.") and name.rsplit(".")[-1] not in ("preparing", "records", "rows")
    }
    covered = {part.removesuffix(".py").replace("/", ".") for part in software._PARTS}
    missing = {name for name in needed if not any(name == f"rag.{c}" or name.startswith(f"rag.{c}.") for c in covered)}
    assert not missing
    assert all((Path(rag.__file__).parent / part).exists() for part in software._PARTS)


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("一", encoding="utf-8")
    found = iter(["二二", "三三三"])

    def read() -> str:
        text = file.read_text("utf-8")
        if (more := next(found, None)) is not None:
            file.write_text(more, encoding="utf-8")
        return text

    assert sources.steadily(file, read) == "三三三"

    def never_still() -> None:
        file.write_text(file.read_text("utf-8") + "又", encoding="utf-8")

    with pytest.raises(SourceError, match="正在被改动"):
        sources.steadily(file, never_still)


def test_a_bad_file_is_tried_again_and_its_rows_go(config: rag.Config) -> None:
    make(config)
    file = config.samples[0] / "文0.txt"
    file.write_bytes(b"\x00\x01\x02" * 50)
    done = make(config)
    assert [row.path for row in done.failed] == ["samples/文0.txt"]
    assert done.removed == ("samples/文0.txt",)
    assert done.documents == 5
    assert make(config).failed == done.failed
    file.write_text(report(0), encoding="utf-8")
    assert make(config).added == ("samples/文0.txt",)


class TestRoots:
    """Which folders a build pours in, and what it never drops unasked."""

    def test_add_adds_and_a_bare_build_repeats(self, config: rag.Config, tmp_path: Path) -> None:
        make(config)
        more = tmp_path / "历年"
        more.mkdir()
        (more / "一.txt").write_text(report(30), encoding="utf-8")
        bare = rag.Config.load(index=config.index)
        assert make(bare, add=[more]).added == ("历年/一.txt",)
        assert make(bare).documents == 7

    def test_more_than_half_is_not_dropped_unasked(self, config: rag.Config) -> None:
        make(config)
        for i in range(4):
            (config.samples[0] / f"文{i}.txt").unlink()
        for options in ({}, {"dry_run": True}, {"full": True}):
            with pytest.raises(RagError, match="6 篇中的 4 篇") as caught:
                make(config, **options)
            assert "--prune" in caught.value.hint
        with rag.Index.open(config) as index:
            assert index.manifest.documents == 6
        assert len(make(config, prune=True).removed) == 4

    def test_other_folders_instead_of_the_old_ones_is_asked_back(self, config: rag.Config, tmp_path: Path) -> None:
        make(config)
        other = tmp_path / "别的"
        other.mkdir()
        (other / "一.txt").write_text(report(30), encoding="utf-8")
        with pytest.raises(RagError) as caught:
            make(rag.Config.load(samples=other, index=config.index))
        assert "--add" in caught.value.hint

    def test_a_moved_folder_is_renamed_files(self, config: rag.Config, tmp_path: Path) -> None:
        make(config)
        config.samples[0].rename(tmp_path / "搬走")
        done = make(rag.Config.load(samples=tmp_path / "搬走", index=config.index))
        assert len(done.renamed) == 6
        assert done.embedded == 0

    def test_a_missing_folder_stops_and_goes_only_if_asked(self, config: rag.Config, tmp_path: Path) -> None:
        more = tmp_path / "历年"
        more.mkdir()
        (more / "一.txt").write_text(report(30), encoding="utf-8")
        make(config, add=[more])
        shutil.rmtree(more)
        bare = rag.Config.load(index=config.index)
        with pytest.raises(SourceError, match="不见了") as caught:
            make(bare)
        assert "--prune" in caught.value.hint
        assert make(bare, prune=True).removed == ("历年/一.txt",)
        assert make(bare).documents == 6
        with pytest.raises(SourceError, match="不存在"):
            make(rag.Config.load(samples=tmp_path / "没有", index=config.index), prune=True)

    def test_a_folder_that_became_empty_stops(self, config: rag.Config, tmp_path: Path) -> None:
        more = tmp_path / "网盘"
        more.mkdir()
        for i in range(2):
            (more / f"{i}.txt").write_text(report(30 + i), encoding="utf-8")
        make(config, add=[more])
        for file in more.iterdir():
            file.unlink()
        with pytest.raises(RagError, match="空了"):
            make(rag.Config.load(index=config.index))

    def test_two_roots_of_one_name_are_an_error(self, config: rag.Config, tmp_path: Path) -> None:
        twin = tmp_path / "别处" / "samples"
        twin.mkdir(parents=True)
        (twin / "一.txt").write_text(report(30), encoding="utf-8")
        with pytest.raises(RagError, match="同名"):
            make(config, add=[twin])
        with pytest.raises(RagError, match="同名"):
            make(config, add=[twin / "一.txt"])

    def test_seeds_stay_out_once_there_are_own_samples(
        self, config: rag.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seeds = tmp_path / "seeds"
        seeds.mkdir()
        for i in range(3):
            (seeds / f"{i}.txt").write_text(report(40 + i), encoding="utf-8")
        monkeypatch.setattr(originals, "resource", lambda _: seeds)
        monkeypatch.setattr("rag.index.roots.resource", lambda _: seeds)
        bare = rag.Config.load(index=config.index)
        assert make(bare).documents == 3
        assert make(bare).documents == 3
        assert make(bare, add=config.samples).documents == 6, "the seeds go without a word of --prune"
        assert make(bare, with_seeds=True).documents == 9
        assert make(bare).documents == 9


class TestWhatServes:
    """An index of another layout, or damaged, tells its roots as long as it can."""

    def test_an_older_layout_is_rebuilt_from_its_own_roots(self, config: rag.Config) -> None:
        make(config)
        self.rewrite(config, layout=1)
        with pytest.raises(IndexMismatch, match="更旧"):
            rag.Index.open(config)
        done = make(rag.Config.load(index=config.index))
        assert (done.documents, done.embedded) == (6, 0)
        assert "更旧" in done.notes[0]

    def test_a_newer_layout_is_replaced_only_by_full(self, config: rag.Config) -> None:
        make(config)
        self.rewrite(config, layout=99)
        with pytest.raises(IndexMismatch, match="更新版本") as caught:
            make(config)
        assert "--full" in caught.value.hint
        assert make(config, full=True).documents == 6

    def test_damage_is_said_and_not_built_upon(self, config: rag.Config) -> None:
        make(config)
        file = generations.current(config.index_folder) / "chunks.sqlite"
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
        done = make(rag.Config.load(index=config.index))
        assert "已损坏" in done.notes[0]
        assert done.documents == 6

    def test_an_index_that_forgot_its_roots_does_not_become_one_of_seeds(self, config: rag.Config) -> None:
        make(config)
        (generations.current(config.index_folder) / "manifest.json").write_text("{", encoding="utf-8")
        with pytest.raises(IndexDamaged, match="记不得"):
            make(rag.Config.load(index=config.index))
        assert make(config).documents == 6

    @staticmethod
    def rewrite(config: rag.Config, **fields: object) -> None:
        import json

        file = generations.current(config.index_folder) / "manifest.json"
        file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **fields}), encoding="utf-8")


def test_purge_leaves_nothing_of_a_deleted_report(config: rag.Config) -> None:
    secret = "绝密代号龙腾虎跃"
    file = config.samples[0] / "密.txt"
    file.write_text(report(60).replace("方面", secret), encoding="utf-8")
    make(config)
    file.unlink()
    cached = vector_cache.opened(config).size().vectors
    make(config)
    assert vector_cache.opened(config).size().vectors == cached
    make(config, purge=True)
    left = [p for p in config.index_folder.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
    assert left == []
    assert lexical.dead_share(generations.current(config.index_folder) / "lexical", 0) == 0
    assert len(list(config.index_folder.glob("g-*"))) == 1
    assert vector_cache.opened(config).size().vectors < cached
    assert make(config, full=True).embedded == 0, "what still stands is still cached"


def test_a_store_of_lists_is_chosen_kept_and_left(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag import store

    make(config)
    monkeypatch.setattr(store, "MOST_FLAT", 20)
    monkeypatch.setattr(store, "FEWEST_IVF", 10)
    folder = config.samples[0]
    (folder / "新.txt").write_text(report(80), encoding="utf-8")
    done = make(config)
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        assert index.manifest.store == "ivf"
        assert index.manifest.trained == done.chunks == len(index.store)
        hits = rag.search(index, role="局长", topic="述职报告")
        assert hits
    for i in range(81, 90):
        (folder / f"新{i}.txt").write_text(report(i), encoding="utf-8")
    grown = make(config)
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        assert index.manifest.trained == grown.chunks > 2 * done.chunks, "trained anew when it has doubled"
        ids = index.tables.all_chunk_ids()
        rows = index.store.get(ids)
    flat = rag.Config.load(samples=folder, index=config.index, store="flat")
    make(flat)
    with rag.Index.open(flat, embedder=HashEmbedder()) as index:
        assert index.manifest.store == "flat"
        assert np.array_equal(index.store.get(ids), rows), "the same bits, there and back"
