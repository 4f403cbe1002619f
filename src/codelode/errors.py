"""Every error codelode raises on purpose.

    CodelodeError
    ├── UsageError              the caller asked for something that cannot be done; the message says what to do
    │   ├── SettingsError       a bad key or value in a settings file, the environment or a flag
    │   ├── RootError           the folder to index does not exist, or is not a folder
    │   └── QueryError          a query that cannot be parsed or run
    │       ├── PatternError      a bad regular expression; names the construct
    │       └── QuerySyntaxError  not in the query language; says where, what was expected, and what is right
    ├── IndexNotFoundError      no index for this folder yet
    ├── IndexLockedError        another process is building this index
    ├── IndexFormatError        the index was written by a newer codelode
    ├── CorruptIndexError       a catalog or segment file is damaged; `codelode index --rebuild` repairs it
    ├── EmbedderError           the embedder of the settings cannot be used; words and symbols still can
    ├── StorageError            the index folder cannot be written: full disk, no permission
    └── BuildInterrupted        a build was stopped by a signal; the last good index is untouched

Foreign errors (OSError, sqlite3.Error, tantivy's ValueError) are mapped where they enter, with ``from exc``.
"""

from __future__ import annotations


class CodelodeError(Exception):
    """Base of all errors; `str(error)` is one line a person can act on."""


class UsageError(CodelodeError):
    """The request itself is wrong."""


class SettingsError(UsageError):
    """A setting has an unknown name or a bad value; the message names the file and line."""


class RootError(UsageError):
    """The folder to index does not exist or is not a folder."""


class QueryError(UsageError):
    """The query cannot be parsed or run."""


class PatternError(QueryError):
    """The regular expression is refused; the message names the construct and where it stands."""


class QuerySyntaxError(QueryError):
    """The query is not in the query language; the message says where, what was expected, and shows a right one."""


class IndexNotFoundError(CodelodeError):
    """There is no index for this folder."""


class IndexLockedError(CodelodeError):
    """Another process holds the build lock of this index."""


class IndexFormatError(CodelodeError):
    """The index has a format version this codelode cannot read."""


class CorruptIndexError(CodelodeError):
    """A file of the index is damaged."""


class EmbedderError(CodelodeError):
    """The embedder cannot be loaded or reached, or what it answers is no vectors of the right shape."""


class StorageError(CodelodeError):
    """The index folder cannot be read or written."""


class BuildInterrupted(CodelodeError):
    """A build was stopped before its commit."""
