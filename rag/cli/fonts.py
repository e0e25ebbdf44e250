"""Whether this machine has the fonts that a Word document names, said once a machine: the document is right anyway."""

from __future__ import annotations

import shutil
import subprocess
import sys

from rag.config import cache_folder

# Written out, not imported: the renderer loads python-docx. A test holds both together.
FONTS = ("方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体", "Times New Roman")
TOLD = "fonts-told"
REGISTRY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Fonts"
# What Windows calls them in its list of fonts, where that is not the name.
ALSO_CALLED = {"黑体": "SimHei", "宋体": "SimSun"}


def word_on_missing() -> str:
    """What to tell the user of missing fonts; nothing where all are there, nobody can say, or it was told before."""
    names = _installed()
    missing = [f for f in FONTS if not any(name in names for name in (f, ALSO_CALLED.get(f, f)))] if names else []
    told = cache_folder() / TOLD
    if not missing or told.exists():
        return ""
    try:
        told.parent.mkdir(parents=True, exist_ok=True)
        told.touch()
    except OSError:
        pass  # then it is told again, which harms nobody
    return (
        f"本机没有这些字体：{'、'.join(missing)}。文件里写的仍是国家标准规定的字体，在装有它们的电脑上照标准显示，"
        "在本机用相近的字体代替（此提示只出现一次）"
    )


def _installed() -> str:
    """The names of this machine's fonts in one text; empty where it cannot be asked."""
    if sys.platform == "win32":
        return _of_registry()
    if not shutil.which("fc-list"):
        return ""
    done = subprocess.run(["fc-list", ":", "family"], capture_output=True, timeout=30, check=False)
    return done.stdout.decode("utf-8", "replace")


def _of_registry() -> str:
    import winreg

    # The type stubs know winreg on Windows alone, so elsewhere these lines are errors and there the ignores are unused.
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, REGISTRY) as key:  # type: ignore[attr-defined,unused-ignore]
        count = winreg.QueryInfoKey(key)[1]  # type: ignore[attr-defined,unused-ignore]
        return "\n".join(str(winreg.EnumValue(key, place)[0]) for place in range(count))  # type: ignore[attr-defined,unused-ignore]
