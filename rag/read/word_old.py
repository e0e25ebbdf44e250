"""Word .doc and WPS .wps of before 2007: converted to .docx aside, then read like one. Nothing runs but Python."""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.read import word
from rag.read.asides import Item

# What damaged bytes make the converter raise, beside its own errors.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error, zlib.error, OSError)


def blocks(path: Path) -> Iterator[Item]:
    import doc2docx
    from doc2docx.errors import Doc2DocxError, EncryptedDocumentError

    with tempfile.TemporaryDirectory(prefix="gangmu-") as folder:
        # The converter goes by content, and takes any name.
        converted = Path(folder) / "converted.docx"
        try:
            doc2docx.convert(path, converted)
        except EncryptedDocumentError as error:
            raise SourceError("文件有打开密码", hint="用 Word 或 WPS 输入密码打开，取消密码后另存") from error
        except (Doc2DocxError, *_BROKEN) as error:
            raise SourceError(
                "不是有效的 .doc 或 .wps 文件（可能已损坏，或是表格、幻灯片改了扩展名）",
                hint="用 Word 或 WPS 打开后另存为 .docx",
            ) from error
        yield from word.blocks(converted)
