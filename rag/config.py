"""Settings: `Config.load()` reads rag.toml, the RAG_* environment and keywords, in rising order of right.

Also `resource()`, the one way to the files that ship with the project: prompts, seeds and data tables.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from rag.datatypes import RULES
from rag.errors import ConfigError
from rag.overlay import merged

APP = "gangmu"
ENVIRONMENT_PREFIX = "RAG_"
CONFIG_VARIABLE = "RAG_CONFIG"
STORES = ("auto", "flat", "ivf")
MOST = {"vector_cache_mb": 1_000_000}
PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Config:
    """One set of settings, passed as an argument everywhere. Paths are absolute once loaded."""

    samples: tuple[Path, ...] = ()
    index: Path | None = None
    model: str | None = None  # None: the one the index was built with, at first the bundled one
    allow_download: bool = False
    threads: int = 0
    vector_cache_mb: int = 512
    largest_file_mb: int = 50
    mmr_lambda: float = 0.9  # 1: by relevance alone; less: passages unlike those already shown come earlier
    passages_per_document: int = 4
    store: str = "auto"  # flat, ivf, or by the number of passages
    data: tuple[Path, ...] = ()  # folders with the user's own rows for the data tables, see `table`
    check: tuple[str, ...] = ()  # rules of `rag check` that are switched off
    file: Path | None = field(default=None, compare=False)

    @classmethod
    def load(cls, path: str | Path | None = None, **keywords: Any) -> Config:
        """Settings from `path` (else RAG_CONFIG, the nearest rag.toml, the user's), the environment, and `keywords`.

        Raises ConfigError for an unknown key (with the nearest known one) or an impossible value.
        """
        file = _config_file(path or os.environ.get(CONFIG_VARIABLE))
        given: dict[str, Any] = {}
        if file:
            given |= {key: (value, file.parent) for key, value in _toml(file).items()}
        given |= {key: (value, Path.cwd()) for key, value in _environment().items()}
        given |= {key: (value, Path.cwd()) for key, value in keywords.items() if value is not None}
        known = {f.name for f in fields(cls)} - {"file"}
        for key in given:
            if key not in known:
                raise _unknown(key, known)
        settled = {key: _settled(key, value, base) for key, (value, base) in given.items()}
        return replace(cls(file=file), **settled)

    @property
    def index_folder(self) -> Path:
        """Where the index is: as set, else ./index inside a project folder, else the user's data folder."""
        if self.index:
            return self.index
        here = Path.cwd()
        if (here / "rag.toml").is_file() or (here / "seeds").is_dir() or (here / "index").is_dir():
            return here / "index"
        import platformdirs

        return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "index"

    @property
    def thread_count(self) -> int:
        return self.threads or os.cpu_count() or 1


def cache_folder() -> Path:
    """The user's cache folder of this application (models, vectors), or `RAG_CACHE_DIR`; it need not exist yet."""
    import platformdirs

    return Path(os.environ.get("RAG_CACHE_DIR") or platformdirs.user_cache_dir(APP, appauthor=False))


def resource(name: str) -> Path:
    """The file or folder `name` ("prompts/outline", "seeds", "data/genres.toml").

    The user's own copy under the working folder wins, then the installed package, then the checkout (an editable
    install has no copied files). Raises ConfigError if it is nowhere.
    """
    bases = [PACKAGE, PACKAGE.parent]
    if not name.startswith("data"):
        bases.insert(0, Path.cwd())
    for base in bases:
        if (base / name).exists():
            return base / name
    raise ConfigError(f"找不到随软件附带的文件：{name}", hint="请重新安装：pip install --force-reinstall gangmu")


@cache
def table(name: str) -> dict[str, Any]:
    """The data table NAME: what ships in `rag/data`, over it the user's own rows (the setting `data`); read once."""
    found = _toml(resource(f"data/{name}.toml"))
    for file in own_tables():
        if file.stem == name:
            found = merged(found, _toml(file))
    return found


@cache
def own_tables() -> tuple[Path, ...]:
    """The user's table files, for the whole process: rules and profiles rest on them from the first file read.

    Raises ConfigError for a missing folder, and for a file that bears the name of no table.
    """
    known = {path.stem for path in resource("data").glob("*.toml")}
    files = []
    for folder in Config.load(os.environ.get(CONFIG_VARIABLE)).data:
        if not folder.is_dir():
            raise ConfigError(f"词表文件夹不存在：{folder}", hint="检查 rag.toml 里的 data")
        for file in sorted(folder.glob("*.toml")):
            if file.stem not in known:
                near = get_close_matches(file.stem, sorted(known), n=1)
                hint = f"是否要写 {near[0]}.toml？" if near else "可用的词表：" + "、".join(sorted(known))
                raise ConfigError(f"没有这样的词表：{file.name}", hint=hint)
            files.append(file)
    return tuple(files)


def _config_file(path: str | Path | None) -> Path | None:
    if path:
        if not Path(path).is_file():
            raise ConfigError(f"配置文件不存在：{path}", hint="检查 --config 的路径，或去掉它使用默认设置")
        return Path(path).resolve()
    return next((file for file in _candidates() if file.is_file()), None)


def _candidates() -> Iterator[Path]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        yield folder / "rag.toml"
    import platformdirs

    yield Path(platformdirs.user_config_dir(APP, appauthor=False)) / "rag.toml"


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file.name} 不是合法的 TOML：{error}", hint=f"改正 {file} 后重试") from error


def _environment() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("index", "model", "threads"):
        value = os.environ.get(ENVIRONMENT_PREFIX + name.upper())
        if value:
            found[name] = value
    return found


def _settled(key: str, value: Any, base: Path) -> Any:
    if key in ("samples", "data"):
        rows = [value] if isinstance(value, str | Path) else list(value)
        return tuple((base / Path(row).expanduser()).resolve() for row in rows)
    if key == "index":
        return (base / Path(value).expanduser()).resolve()
    if key in ("threads", "largest_file_mb", "vector_cache_mb"):
        return _positive(key, value)
    if key == "passages_per_document":
        return _positive(key, value) or MOST.get(key, 4096)
    if key == "mmr_lambda":
        return _share(key, value)
    if key == "store":
        if value not in STORES:
            raise ConfigError(f"store 没有这一种：{value}", hint=f"可用的有：{'、'.join(STORES)}")
        return value
    if key == "allow_download":
        if not isinstance(value, bool):
            raise ConfigError(f"{key} 应为 true 或 false，得到 {value!r}", hint=f"例如 {key} = true")
        return value
    if key == "check":
        return _switched_off(value)
    return _model(str(value), base)


def _switched_off(value: Any) -> tuple[str, ...]:
    """[check] in rag.toml: a rule's name = false switches it off."""
    if not isinstance(value, dict) or not all(isinstance(on, bool) for on in value.values()):
        raise ConfigError("[check] 里应是 规则名 = true 或 false", hint="例如 [check] 下写 doubled = false")
    for name in value:
        if name not in RULES:
            raise _unknown(name, set(RULES))
    return tuple(name for name, is_on in value.items() if not is_on)


def _model(value: str, base: Path) -> str:
    """A folder as an absolute path, so that it is found from anywhere; any other name as it is."""
    path = Path(value).expanduser()
    is_path = path.is_absolute() or value.startswith((".", "~")) or "\\" in value or value.count("/") > 1
    is_folder = value != "bundled" and (base / path).is_dir()
    return str((base / path).resolve()) if is_path or is_folder else value


def _positive(key: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key} 应为整数，得到 {value!r}", hint=f"例如 {key} = 2") from error
    if number < 0 or number > MOST.get(key, 4096):
        raise ConfigError(
            f"{key} 超出范围：{number}",
            hint=f"{key} 取 0 到 {MOST.get(key, 4096)} 之间的整数（threads 为 0 表示用全部核心）",
        )
    return number


def _share(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ConfigError(f"{key} 应大于 0、不超过 1，得到 {value!r}", hint=f"例如 {key} = 0.9；1 表示只看相关程度")
    return float(value)


def _unknown(key: str, known: set[str]) -> ConfigError:
    near = get_close_matches(key, sorted(known), n=1)
    hint = f"是否要写 {near[0]}？" if near else "可用的设置：" + "、".join(sorted(known))
    return ConfigError(f"不认识的设置：{key}", hint=hint)
