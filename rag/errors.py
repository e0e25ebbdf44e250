"""The error tree. `str(error)` says what happened, `error.hint` says what to do; both are Chinese, users read them.

RagError
├── ConfigError            unknown key, impossible value
│   ├── EmptyRequest       a role or topic without a word in it
│   └── BadFilter          a filter of a search that names nothing
├── SourceError            one file could not be read
│   ├── UnsupportedFormat
│   ├── NoTextLayer
│   └── MissingExtra
├── ModelError             the embedding model is damaged or unusable
│   ├── ModelMissing
│   └── ModelUnsupported   sound, but not for this program's own runtime
├── IndexMissing
├── IndexMismatch          built by another model or another layout
├── IndexBusy              another process writes
├── IndexDamaged
├── NothingFound           no sample comes near
├── TemplateError
├── OutputExists           the file to be written is there already
└── FormatError            an output format that is not known
"""


class RagError(Exception):
    """Base of everything this package raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(RagError):
    """An unknown configuration key or an impossible value."""


class EmptyRequest(ConfigError):
    """A role or a topic without a word in it."""


class BadFilter(ConfigError):
    """A filter of a search whose value names nothing that is known."""


class SourceError(RagError):
    """One file could not be read; the build goes on without it."""


class UnsupportedFormat(SourceError):
    """No reader for this suffix."""


class NoTextLayer(SourceError):
    """A scan: pages without text."""


class MissingExtra(SourceError):
    """The reader's library is not installed."""


class ModelError(RagError):
    """The embedding model is damaged or unusable."""


class ModelMissing(ModelError):
    """No embedding model on this machine."""


class ModelUnsupported(ModelError):
    """A model folder that this program's own runtime cannot run; sentence-transformers may."""


class IndexMissing(RagError):
    """There is no index where one was asked for."""


class IndexMismatch(RagError):
    """The index was built with another model or another layout."""


class IndexBusy(RagError):
    """Another process is writing this index."""


class IndexDamaged(RagError):
    """Files of the index are missing, cut short or altered."""


class NothingFound(RagError):
    """No sample comes near the request."""


class TemplateError(RagError):
    """A file of `prompts/` cannot be used."""


class OutputExists(RagError):
    """The file to be written is there already; it is kept."""


class FormatError(RagError):
    """An output format that is not known."""
