"""Which sample folders a build pours in: as set, as added, or as the index remembers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.config import Config, resource
from rag.errors import RagError, SourceError
from rag.index.originals import SEEDS, folder, label, top

PRUNE = "确认不再要它们，就加 --prune 重新运行"


def settled(
    config: Config,
    remembered: Sequence[str],
    *,
    add: Sequence[str | Path] = (),
    prune: bool = False,
    with_seeds: bool = False,
) -> tuple[Path, ...]:
    """The sample folders: those of `config`, else the remembered ones, and those to `add`; at first the shipped seeds.

    Once a user has samples of his own the seeds stay out, unless `with_seeds`. Raises SourceError for a folder that
    is missing (a remembered one goes if `prune`) and RagError for two of one name.
    """
    seeds = resource(SEEDS)
    known = [folder(root) for root in remembered]
    chosen = list(dict.fromkeys([*(config.samples or known), *(Path(path).resolve() for path in add)]))
    own = [root for root in chosen if root != seeds]
    is_first_step = not config.samples and known == [seeds]  # an index over the seeds, made to have a look
    is_seeds_wanted = with_seeds or not own or (seeds in chosen and not is_first_step)
    roots = _present(own, known, prune=prune) + ([seeds] if is_seeds_wanted else [])
    if not roots:
        raise SourceError("样本文件夹都不在了：" + "、".join(map(str, own)), hint="写明新的位置：rag build 样本文件夹")
    _require_names(roots)
    return tuple(roots)


def named(roots: Sequence[Path]) -> tuple[str, ...]:
    """Roots as a manifest keeps them; the seeds by name, since they move with the software."""
    return tuple(SEEDS if root == resource(SEEDS) else str(root) for root in roots)


def require_kept(before: Mapping[str, str], kept: Sequence[str], roots: Sequence[Path]) -> None:
    """Raise RagError when a build would lose all files of a root, or more than half of all; the seeds do not count.

    `before` maps the source paths of the index that serves, `kept` are those of them still there, renamed ones too.
    A drive that is not connected shows as an empty folder.
    """
    seeds = label(resource(SEEDS))
    own = [path for path in before if not path.startswith(f"{seeds}/")]
    lost = sorted(set(own) - set(kept))
    if not lost:
        return
    for root in roots:
        below = [path for path in own if path.startswith(f"{label(root)}/")]
        if len(below) > 1 and set(below) <= set(lost):
            raise RagError(f"样本文件夹空了：{root}（原有 {len(below)} 篇）", hint=f"检查磁盘是否接好。{PRUNE}")
    if 2 * len(lost) > len(own):
        raise RagError(
            f"这次重建会去掉索引里 {len(own)} 篇中的 {len(lost)} 篇，例如 {lost[0]}",
            hint=f"要在原有样本之外添加文件夹，用 rag build --add 文件夹；{PRUNE}",
        )


def _present(roots: Sequence[Path], known: Sequence[Path], *, prune: bool) -> list[Path]:
    missing = [root for root in roots if not root.exists()]
    for root in missing:
        if root not in known:
            raise SourceError(f"样本文件夹不存在：{root}", hint="检查路径；样本放进该文件夹后再运行 rag build 文件夹")
        if not prune:
            raise SourceError(f"样本文件夹不见了：{root}", hint=f"检查磁盘是否接好、文件夹是否改名。{PRUNE}")
    return [root for root in roots if root not in missing]


def _require_names(roots: Sequence[Path]) -> None:
    names: dict[str, Path] = {}
    for root in roots:
        if names.setdefault(label(root), top(root)) != top(root):
            raise RagError(
                f"两个样本文件夹同名：{names[label(root)]} 与 {top(root)}",
                hint="给其中一个改名；引用出处时要靠文件夹名区分",
            )
