"""The options of an index: one frozen, validated value.  Reading them from files is `config.py`'s work."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import Any

from codelode.errors import SettingsError

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is one setting; its comment is its documentation (docs/settings.md is checked against it)."""

    jobs: int = 0
    """Worker processes of a build; 0 (written "auto") takes one a core."""
    memory_mb: int = 1024
    """Bound on the resident memory of a build, all its processes together, in MiB."""
    batch_mb: int = 4
    """Source text handed to a worker at a time, in MiB."""
    parallel: bool = True
    """false builds everything in one process, whatever `jobs` says."""
    max_ranked_bytes: int = 1 * MIB
    """Larger files are found by exact and regex search only."""
    max_exact_bytes: int = 16 * MIB
    """Larger files are skipped."""
    max_parsed_bytes: int = 512 << 10
    """Larger files are not parsed: they have no symbols, and their chunks are blocks of lines."""
    grammars: tuple[str, ...] = ()
    """Grammars of your own, one table each (see below); not in the environment."""
    include: tuple[str, ...] = ()
    """Globs (gitignore syntax); when given, only files that match one are indexed."""
    exclude: tuple[str, ...] = ()
    """Globs (gitignore syntax) of files and folders to leave out."""
    ignore_files: bool = True
    """Obey .gitignore, .ignore-like files and git's own excludes; false is `--no-ignore`."""
    index_dir: str = ""
    """Folder of the index; empty for the user's cache folder; relative paths count from the root."""
    cache_mb: int = 64
    """Memory a living process may keep for answers, in case a question is asked again, in MiB; 0 for none."""
    slow_query_ms: int = 1000
    """Questions that take so many milliseconds are listed by `codelode status --slow`; 0 for none."""
    regex_budget_s: int = 5
    """Seconds that a search may spend on regular expressions beyond RE2 (lookarounds, backreferences); what takes
    longer gives a partial answer."""
    loaded_vectors_mb: int = 100
    """Vectors of an index are read into memory up to this size, and mapped above it, in MiB."""
    embedder: str = "bundled"
    """What makes vectors of code: bundled, none, or one of those in [embedders.md](embedders.md)."""
    embedder_model: str = ""
    """Name of the model that an openai: server is asked for."""
    embedder_dims: int = 0
    """Dimensions that an openai: server is asked for; 0 for what its model gives."""
    embedder_query_prefix: str = ""
    """Put before each query, for models that want that ("query: "); of heavy embedders only."""
    embedder_text_prefix: str = ""
    """Put before each chunk likewise ("passage: ")."""
    embedder_timeout_s: int = 60
    """Seconds an openai: server may take for an answer."""
    embedder_rpm: int = 0
    """Most requests a minute to an openai: server; 0 for no limit."""
    embed_after_index: bool = True
    """Let `codelode index` start a heavy embedder in the background; false is `--no-embed`."""
    embedding_cache_mb: int = 256
    """Vectors of heavy embedders kept by content in the index folder, in MiB; 0 for none."""

    def __post_init__(self) -> None:
        _at_least("jobs", self.jobs, 0)
        _at_least("memory_mb", self.memory_mb, 256)
        _at_least("batch_mb", self.batch_mb, 1)
        _at_least("max_ranked_bytes", self.max_ranked_bytes, 0)
        _at_least("max_exact_bytes", self.max_exact_bytes, 0)
        _at_least("max_parsed_bytes", self.max_parsed_bytes, 0)
        _at_least("cache_mb", self.cache_mb, 0)
        _at_least("slow_query_ms", self.slow_query_ms, 0)
        _at_least("loaded_vectors_mb", self.loaded_vectors_mb, 0)
        _at_least("regex_budget_s", self.regex_budget_s, 1)
        _at_least("embedder_dims", self.embedder_dims, 0)
        _at_least("embedder_timeout_s", self.embedder_timeout_s, 1)
        _at_least("embedder_rpm", self.embedder_rpm, 0)
        _at_least("embedding_cache_mb", self.embedding_cache_mb, 0)
        _check_embedder(self)
        if self.max_ranked_bytes > self.max_exact_bytes:
            raise SettingsError(
                f"max_ranked_bytes ({self.max_ranked_bytes}) is above max_exact_bytes ({self.max_exact_bytes}): "
                "lower the first or raise the second"
            )

    @property
    def embedder_parts(self) -> tuple[str, str]:
        """The kind of the embedder (a key of `EMBEDDERS`), and its folder, name or address; "" where it has none."""
        kind, _, target = self.embedder.partition(":")
        return kind, target

    @property
    def workers(self) -> int:
        """How many processes build: at least 1."""
        if not self.parallel:
            return 1
        return self.jobs or _usable_cores()

    def fingerprint(self) -> str:
        """The settings that decide what an indexed file's entry holds; another value means a rebuild."""
        return (
            f"ranked={self.max_ranked_bytes};exact={self.max_exact_bytes};parsed={self.max_parsed_bytes}"
            + "".join(f";{grammar}" for grammar in self.grammars)
        )


EMBEDDERS = {
    "bundled": "",
    "none": "",
    "model2vec": "<folder or hub name>",
    "onnx": "<folder>",
    "sentence-transformers": "<folder or hub name>",
    "openai": "<base url>",
}
"""The kinds of embedders, and what stands behind the colon."""


def _check_embedder(settings: Settings) -> None:
    kind, target = settings.embedder_parts
    forms = ", ".join(f"{name}:{after}" if after else name for name, after in EMBEDDERS.items())
    if kind not in EMBEDDERS:
        raise SettingsError(f"embedder is {settings.embedder!r}; it must be one of {forms}")
    if bool(target) != bool(EMBEDDERS[kind]):
        wanted = f"{kind}:{EMBEDDERS[kind]}" if EMBEDDERS[kind] else kind
        raise SettingsError(f"embedder is {settings.embedder!r}; it must be {wanted}")
    if kind == "openai" and not target.startswith(("http://", "https://")):
        raise SettingsError(
            f"embedder is {settings.embedder!r}; its address must begin with http:// or https://"
        )
    if kind == "openai" and not settings.embedder_model:
        raise SettingsError(
            f"embedder is {settings.embedder!r}; embedder_model must name the model to ask it for"
        )


def _usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise SettingsError(f"{name} is {value}; it must be at least {least}")


_FIELDS = {f.name: f for f in dataclasses.fields(Settings)}


def names() -> tuple[str, ...]:
    """All setting names, in the order of the documentation."""
    return tuple(_FIELDS)


def coerce(name: str, value: Any) -> Any:
    """`value` (from TOML, or a string from the environment or a flag) as the setting `name` wants it.

    Raises SettingsError with what was expected; the caller adds where the value came from.
    """
    if name not in _FIELDS:
        raise SettingsError(f"unknown setting {name!r}; known are {', '.join(_FIELDS)}")
    if name == "grammars":
        return _coerce_grammars(value)
    kind = _FIELDS[name].type
    if kind == "int":
        return _coerce_int(name, value)
    if kind == "bool":
        return _coerce_bool(name, value)
    if kind == "str":
        if not isinstance(value, str):
            raise SettingsError(f"{name} must be a string, not {value!r}")
        return value
    if isinstance(value, str):
        return tuple(part for part in value.split(os.pathsep) if part)
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise SettingsError(f"{name} must be a list of strings, not {value!r}")
    return tuple(value)


def _coerce_int(name: str, value: Any) -> int:
    if name == "jobs" and value == "auto":
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise SettingsError(f"{name} must be a whole number, not {value!r}")
    try:
        return int(value)
    except ValueError as exc:
        raise SettingsError(f"{name} must be a whole number, not {value!r}") from exc


def _coerce_grammars(value: Any) -> tuple[str, ...]:
    """Each grammar as canonical JSON with its language: hashable, and what the fingerprint holds."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise SettingsError("grammars must be tables in a settings file: [grammars.<language>]")
    import json  # only those who add grammars pay for it

    return tuple(
        json.dumps({**table, "language": name}, sort_keys=True) for name, table in sorted(value.items())
    )


def _coerce_bool(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("1", "true", "yes", "on"):
        return True
    if isinstance(value, str) and value.lower() in ("0", "false", "no", "off"):
        return False
    raise SettingsError(f"{name} must be true or false, not {value!r}")
