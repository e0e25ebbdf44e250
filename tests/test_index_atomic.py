"""What a build leaves behind whatever goes wrong: full disks, refusals, locks, damage; and what readers see meanwhile."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HashEmbedder
from filelock import BaseFileLock, FileLock

import rag
from rag.datatypes import BuildReport
from rag.errors import IndexBusy, IndexDamaged, IndexMissing, RagError
from rag.index import checksums, generations, lock, parts, words
from rag.pipeline import restore, verify

A = "某局长2024年对照检查材料\n一、存在的问题\n一是学习不够深入。读得少。\n二是作风不实。开会多。\n二、整改措施\n1.加强学习。每周一次。"
B = "某镇长2023年述职报告\n一、履职情况\n1.抓生产。修了渠。\n二、存在的问题\n1.调研不多。下去得少。"
FILES = ("manifest.json", "checksums.json", "chunks.sqlite", "vectors.faiss", "lexical/meta.json")


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> rag.Config:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    monkeypatch.setattr(generations, "SWAP_PAUSE_S", 0)
    return rag.Config.load(samples=samples(甲=A, 乙=B), index=tmp_path / "索引 一")


def make(config: rag.Config, **options: object) -> BuildReport:
    return rag.build(config, embedder=HashEmbedder(), **options)  # type: ignore[arg-type]


def add(config: rag.Config, name: str, year: int = 2025) -> None:
    (config.samples[0] / f"{name}.txt").write_text(A.replace("2024", str(year)) + name, encoding="utf-8")


def documents(config: rag.Config) -> int:
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        assert rag.search(index, role="局长", topic="对照检查", k=3)
        return len(index.tables.documents())


def files_of(generation: Path) -> dict[str, str]:
    return {
        path.relative_to(generation).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(generation.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def test_nothing_changed_nothing_written(config: rag.Config) -> None:
    make(config)
    before = generations.current(config.index_folder)
    stamp = before.stat().st_mtime_ns
    make(config)
    assert generations.current(config.index_folder) == before
    assert before.stat().st_mtime_ns == stamp


def test_parts_that_are_carried_over_are_shared_and_never_change_the_older_generation(config: rag.Config) -> None:
    for name in "丁戊己庚辛":
        add(config, name)
    make(config)
    old = generations.current(config.index_folder)
    before = files_of(old)
    add(config, "丙")
    (config.samples[0] / "甲.txt").unlink()
    make(config)
    new = generations.current(config.index_folder)
    assert new != old
    shared = [path for path in new.rglob("*") if path.is_file() and path.stat().st_nlink > 1]
    assert shared, "tantivy's segments have a second name"
    assert {path.parent.name for path in shared} == {"lexical"}
    assert files_of(old) == before


def test_everything_is_on_the_disk_before_anything_points_to_it(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(config)
    add(config, "丙")
    steps: list[tuple[str, str]] = []
    fsync, rename, replace = os.fsync, Path.rename, Path.replace

    def noting_fsync(handle: int) -> None:
        link = Path(f"/proc/self/fd/{handle}")
        steps.append(("fsync", str(link.readlink()) if link.exists() else ""))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "rename", lambda a, b: (steps.append(("rename", str(b))), rename(a, b))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (steps.append(("replace", str(b))), replace(a, b))[1])
    make(config)
    new = generations.current(config.index_folder)
    if not steps[0][1]:
        pytest.skip("no names of handles on this system")
    renamed = steps.index(("rename", str(new)))
    swapped = steps.index(("replace", str(config.index_folder / "CURRENT")))
    synced = {Path(name).name for kind, name in steps[:renamed] if kind == "fsync"}
    own = {path.name for path in new.rglob("*") if path.stat().st_nlink == 1 or path.is_dir()}
    assert own - {".tantivy-meta.lock", ".tantivy-writer.lock"} <= synced
    assert [kind for kind, name in steps[renamed:swapped]] == ["rename", "fsync", "fsync"]
    assert Path(steps[renamed + 1][1]) == config.index_folder, "the folder, so that the new name is there"
    assert steps[renamed + 2][1].endswith("CURRENT.new")
    assert steps[swapped + 1] == ("fsync", str(config.index_folder))


def test_a_refused_swap_is_tried_again(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    make(config)
    add(config, "丙")
    refusals = iter([True] * 5)
    replace = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if target.name == "CURRENT" and next(refusals, False):
            raise PermissionError(errno.EACCES, "in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    make(config)
    assert documents(config) == 3


def test_a_swap_refused_for_good_leaves_the_old_index_and_nothing_else(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(config)
    add(config, "丙")
    replace = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if target.name == "CURRENT":
            raise PermissionError(errno.EACCES, "in use")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refused)
        with pytest.raises(RagError, match="写索引失败"):
            make(config)
    assert documents(config) == 2
    make(config)
    assert documents(config) == 3
    assert verify(config).orphans == ()
    assert len(list(config.index_folder.glob("g-*"))) == 2


def test_a_build_that_dies_while_it_drops_an_old_generation_leaves_no_half_of_it(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(folder: Path, **_: object) -> None:
        next(file for file in sorted(Path(folder).rglob("*")) if file.is_file()).unlink()
        raise Killed

    make(config)
    add(config, "丙")
    make(config)
    add(config, "丁")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(shutil, "rmtree", dies)
        make(config)
    make(config)  # nothing changed
    assert verify(config).orphans == ()
    assert documents(config) == 4


def test_what_cannot_be_deleted_waits_for_the_next_build(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def in_use(path: Path, target: Path) -> Path:
        if path.name.startswith("g-"):
            raise PermissionError(errno.EACCES, "in use")
        return rename(path, target)

    make(config)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # every file in it is mapped by some reader
        patch.setattr(Path, "rename", in_use)
        for name in "丙丁戊":
            add(config, name)
            make(config)
        assert len(list(config.index_folder.glob("g-*"))) == 4
    add(config, "己")
    make(config)
    assert len(list(config.index_folder.glob("g-*"))) == 2
    assert documents(config) == 6


def test_a_full_disk_is_said_before_anything_is_written(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    make(config)
    add(config, "丙")
    usage = shutil.disk_usage(config.index_folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(RagError, match="磁盘空间不够") as caught:
        make(config)
    assert "腾出空间" in caught.value.hint
    assert documents(config) == 2
    assert not list(config.index_folder.glob(".draft-*"))


def test_a_second_writer_is_told_who_and_since_when(config: rag.Config) -> None:
    make(config)
    with lock.writer(config.index_folder), pytest.raises(IndexBusy) as caught:
        make(config)
    assert f"进程 {os.getpid()}" in str(caught.value)
    assert socket.gethostname() in str(caught.value)
    since = json.loads(json.dumps(str(caught.value).split("从 ")[1].split(" 起")[0]))
    assert len(since) == len("2026-01-01T00:00:00+08:00")
    make(config)
    with FileLock(config.index_folder / lock.LOCK), pytest.raises(IndexBusy):
        make(config)


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("flock"), None])
def test_a_drive_without_locks_is_said_not_guessed(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    def acquire(_: BaseFileLock) -> None:
        if error:
            raise error

    monkeypatch.setattr(FileLock, "acquire", acquire)
    monkeypatch.setattr(FileLock, "release", lambda *_, **__: None)
    with pytest.raises(RagError, match="网络盘") as caught:
        make(config)
    assert "--index" in caught.value.hint
    assert not (config.index_folder / "CURRENT").exists()


def test_a_folder_that_cannot_be_written_is_said(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: BaseFileLock) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", denied)
    with pytest.raises(RagError, match="没有写入索引的权限"):
        make(config)


def refuse_locks(config: rag.Config) -> Path:
    """Make the words of the index impossible to lock, as on a share that is read-only; where they lie."""
    lexical = generations.current(config.index_folder) / "lexical"
    (lexical / ".tantivy-meta.lock").unlink(missing_ok=True)
    (lexical / ".tantivy-meta.lock").mkdir()
    return lexical


def test_an_index_in_a_folder_that_cannot_be_written_is_read(config: rag.Config) -> None:
    make(config)
    before = sorted(files_of(refuse_locks(config)))
    assert documents(config) == 2
    assert documents(config) == 2
    (copy,) = config.index_folder.parent.glob("缓存/lexical/*/g-*")
    assert copy.name == generations.current(config.index_folder).name
    assert sorted(files_of(copy)) == before


def test_the_cache_keeps_no_words_of_an_older_generation(config: rag.Config) -> None:
    make(config)
    refuse_locks(config)
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        before = index.lexical.search("学习", 9)
        add(config, "丙")
        shutil.rmtree(generations.current(config.index_folder) / "lexical" / ".tantivy-meta.lock")
        make(config)
        refuse_locks(config)
        assert documents(config) == 3
        assert index.lexical.search("学习", 9) == before, "what is open stays readable"
    (copy,) = config.index_folder.parent.glob("缓存/lexical/*/g-*")
    assert copy.name == generations.current(config.index_folder).name


def test_a_cache_that_cannot_take_the_words_is_said(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    make(config)
    refuse_locks(config)
    monkeypatch.setenv("RAG_CACHE_DIR", str(config.samples[0] / "甲.txt"))
    with pytest.raises(RagError, match="抄不进缓存") as caught:
        documents(config)
    assert "RAG_CACHE_DIR" in caught.value.hint


def test_words_that_vanish_while_a_reader_opens_them_are_damage(config: rag.Config) -> None:
    make(config)
    shutil.rmtree(generations.current(config.index_folder) / "lexical")
    with pytest.raises(IndexDamaged):
        words.openable(generations.current(config.index_folder) / "lexical")


@pytest.mark.usefixtures("config")
def test_long_chinese_and_spaced_paths(tmp_path: Path) -> None:
    deep = tmp_path / ("很长的文件夹名 " * 10).strip() / ("又一层" * 26)
    deep.mkdir(parents=True)
    name = "某" * 80 + ".txt"
    (deep / name).write_text(A, encoding="utf-8")
    far = rag.Config.load(samples=deep.parent, index=deep / "索 引")
    assert make(far).added == (f"{deep.parent.name}/{deep.name}/{name}",)
    assert verify(far).is_sound
    assert documents(far) == 1


def test_an_hour_in_the_future_hides_no_edit(config: rag.Config) -> None:
    file = config.samples[0] / "甲.txt"
    os.utime(file, (4e9, 4e9))
    make(config)
    file.write_text(A.replace("2024", "2022"), encoding="utf-8")
    os.utime(file, (4e9, 4e9))
    assert make(config).edited == ("samples/甲.txt",)


def flip(file: Path, place: int) -> None:
    """One bit, in place: a file that others have mapped must not be cut short."""
    with file.open("r+b") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ 0x10]))


def every_file(config: rag.Config) -> list[Path]:
    generation = generations.current(config.index_folder)
    return [path for path in sorted(generation.rglob("*")) if path.is_file() and not path.name.endswith(".lock")]


def test_a_flipped_bit_in_any_file_is_found_by_all_who_look(config: rag.Config) -> None:
    make(config)
    for file in every_file(config):
        whole = file.read_bytes()
        if not whole:
            continue
        with rag.Index.open(config, embedder=HashEmbedder()) as server:
            flip(file, len(whole) // 2)
            assert verify(config).damage, file
            with pytest.raises(IndexDamaged):
                rag.Index.open(config)
            server.check_in_background().join()
            with pytest.raises(IndexDamaged):
                rag.search(server, role="局长", topic="对照检查")
        flip(file, len(whole) // 2)
    assert verify(config).is_sound


def test_a_flip_beyond_the_first_64_kib_waits_for_those_who_hash_everything(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksums, "HEAD_BYTES", 64)
    make(config)
    for name in ("chunks.sqlite", "vectors.faiss", "*.term"):
        file = next(generations.current(config.index_folder).rglob(name))
        whole = file.read_bytes()
        server = rag.Index.open(config, embedder=HashEmbedder())
        flip(file, max(64, len(whole) // 2))
        assert parts.opened(config.index_folder), "opening looks at the beginning"
        assert verify(config).damage, file
        notes = make(config).notes
        assert any("已损坏" in note for note in notes), "the next build reuses nothing of it"
        server.check_in_background().join()
        assert verify(config).is_sound
        server.close()


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_damage_and_the_older_generation_is_offered(config: rag.Config, name: str) -> None:
    make(config)
    add(config, "丙")
    make(config)
    file = generations.current(config.index_folder) / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IndexDamaged) as caught:
        rag.Index.open(config)
    assert "rag build --full" in caught.value.hint
    assert "rag verify --restore" in caught.value.hint
    restore(config)
    assert documents(config) == 2
    with pytest.raises(IndexMissing, match="没有完好的上一代"):
        restore(config)
    assert make(config).added == ("samples/丙.txt",)


def test_an_open_index_notices_a_new_generation_and_an_answer_keeps_its_own(config: rag.Config) -> None:
    make(config)
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        view = index.pinned()
        for name in "丙丁戊":
            add(config, name)
            make(config)
        assert not view.generation.exists(), "two builds later its folder is gone"
        assert len(view.tables.documents()) == 2
        assert view.store.search(HashEmbedder().encode_query(["学习"])[0], 3)
        assert view.lexical.search("学习", 3)
        assert len(index.pinned().tables.documents()) == 5
        assert len(index.tables.documents()) == 5
        shutil.rmtree(config.index_folder)
        assert len(index.pinned().tables.documents()) == 5, "what is open goes on"


def test_a_reader_that_builds_overtake_opens_what_serves_by_now(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(config)
    real = generations.manifest
    late = iter("丙丁")

    def overtaken(generation: Path) -> object:
        if name := next(late, None):
            with monkeypatch.context() as patch:
                patch.setattr(generations, "manifest", real)
                for more in (name, name + name, name * 3):
                    add(config, more)
                    make(config)
        return real(generation)

    monkeypatch.setattr(generations, "manifest", overtaken)
    assert parts.opened(config.index_folder).manifest.documents == 8


def test_threads_share_an_index_while_builds_go_on(config: rag.Config) -> None:
    make(config)
    errors: list[BaseException] = []
    stop = threading.Event()
    with rag.Index.open(config, embedder=HashEmbedder()) as index:

        def ask() -> None:
            while not stop.is_set():
                try:
                    hits = rag.search(index, role="局长", topic="对照检查", k=5)
                    assert hits[0].chunk.text
                    rag.outline(index, role="局长", topic="对照检查")
                except BaseException as error:  # noqa: BLE001 - the test reports whatever a thread met
                    errors.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for year in range(2010, 2016):
            add(config, "丙", year)
            make(config)
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []


def test_another_model_is_loaded_when_a_build_has_changed_it(config: rag.Config) -> None:
    class Reversed(HashEmbedder):
        def encode_document(self, sentences):  # type: ignore[no-untyped-def]
            return super().encode_document(sentences)[:, ::-1]

    make(config)
    index = rag.Index.open(config, embedder=HashEmbedder())
    rag.build(config, embedder=Reversed())
    with pytest.raises(RagError, match="Reversed"):
        rag.search(index, role="局长", topic="对照检查")
