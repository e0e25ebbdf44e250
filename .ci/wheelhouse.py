"""Fill one folder with every wheel that a machine without network needs: gangmu, its dependencies, the model.

    python .ci/wheelhouse.py PLATFORM FOLDER [--python 3.11]

Wheels only, nothing is built but gangmu's own. pip reads the markers of dependencies for the machine it runs on, so
they are read here for the target, and the folder is looked through until nothing is missing in it.
"""

import argparse
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
MAC = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}
# Tags that a machine of this kind takes, best first, and what markers see there.
TARGETS = {
    "win_amd64": (("win_amd64",), {**WINDOWS, "platform_machine": "AMD64"}),
    "linux_x86_64": (
        ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
        {**LINUX, "platform_machine": "x86_64"},
    ),
    "linux_aarch64": (
        ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
        {**LINUX, "platform_machine": "aarch64"},
    ),
    "macos_arm64": (("macosx_14_0_arm64",), {**MAC, "platform_machine": "arm64"}),
}
MOST_ROUNDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("platform", choices=TARGETS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for old in arguments.folder.glob("*.whl"):
        old.unlink()
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(arguments.folder.resolve()))
    run("-m", "rag.embed.data_wheel", str(arguments.folder.resolve()))
    tags, markers = TARGETS[arguments.platform]
    environment = {**markers, "python_version": arguments.python, "python_full_version": f"{arguments.python}.0"}
    options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", arguments.python]
    options += [word for tag in tags for word in ("--platform", tag)]
    for _ in range(MOST_ROUNDS):
        wanted = missing(arguments.folder, environment)
        if not wanted:
            break
        run("-m", "pip", "download", "--quiet", "--no-deps", "-d", str(arguments.folder.resolve()), *options, *wanted)
    else:
        sys.exit(f"still missing after {MOST_ROUNDS} rounds: {', '.join(wanted)}")
    wheels = sorted(arguments.folder.glob("*.whl"))
    print(f"{len(wheels)} wheels, {sum(wheel.stat().st_size for wheel in wheels) / 1e6:.0f} MB: {arguments.folder}")


def missing(folder: Path, environment: dict[str, str]) -> list[str]:
    """What gangmu needs in `environment`, directly or through others, and no wheel in `folder` meets."""
    present = {parse_wheel_filename(wheel.name)[0]: wheel for wheel in sorted(folder.glob("*.whl"))}
    conditions: dict[str, set[str]] = {}
    seen, waiting = set(), [("gangmu", ""), ("gangmu-model", "")]
    while waiting:
        name, extra = waiting.pop()
        if name not in present or (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in metadata(present[name]):
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({**environment, "extra": extra}):
                continue
            other = canonicalize_name(needed.name)
            conditions.setdefault(other, set()).update(filter(None, [str(needed.specifier)]))
            waiting += [(other, x) for x in ("", *needed.extras)]
    found = []
    for name, condition in sorted(conditions.items()):
        if name in present:
            version = parse_wheel_filename(present[name].name)[1]
            if Requirement(name + ",".join(condition)).specifier.contains(version, prereleases=True):
                continue
            present[name].unlink()  # taken for one owner, wrong for another: again, under all conditions
        found.append(name + ",".join(sorted(condition)))
    return found


def metadata(wheel: Path) -> list[str]:
    """The `Requires-Dist` lines of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        file = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(file).decode()).get_all("Requires-Dist") or []


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
