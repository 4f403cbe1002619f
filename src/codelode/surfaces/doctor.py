"""``codelode doctor``: whether all that codelode needs is here, language by language, and what to do if not."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode import config
from codelode.errors import EmbedderError, IndexNotFoundError
from codelode.model import StructureState
from codelode.surfaces import figures, targets
from codelode.surfaces.output import Output

if TYPE_CHECKING:
    from codelode.app import Index
    from codelode.embed.embedder import EmbedderFacts

SOUND, LACKING = 0, 1

_PACKAGES = ("codelode", "numpy", "tantivy", "google-re2", "regex", "tree-sitter", "ast-grep-py", "xxhash")


@dataclass(frozen=True, slots=True)
class LanguageState:
    """How it stands with the grammar of a language."""

    language: str
    package: str
    """the package, or the file, that the grammar is from"""
    version: str
    """"" when it is not installed, or no package"""
    trouble: str
    """why it cannot be used; "" when it can"""
    hint: str
    """what to do about that"""
    optional: bool
    """it comes with the extra `languages` only"""
    own: bool
    """it was added by settings"""


@dataclass(frozen=True, slots=True)
class EmbedderState:
    """How it stands with the embedder of the settings."""

    embedder: str
    """as the settings say"""
    facts: EmbedderFacts | None
    """None when it cannot be used, or there is none"""
    trouble: str
    """why it cannot be used; "" when it can"""


def doctor(options: argparse.Namespace) -> int:
    """Says what is here and what is not; status 1 when something is missing that is needed."""
    from codelode.app import Index

    path = options.words[0] if options.words else os.curdir
    root = targets.root_of(path)
    with Index(root, config.load(root, {}, os.environ)) as index:
        location = Path(index.location)
        try:
            states = index.structure_states()
        except IndexNotFoundError:
            states = None
        own = {json.loads(one)["language"] for one in index.settings.grammars}
        embedder = embedder_state(index)
    languages = list(language_states(own))
    writable, free = _disk(location)
    lacking = [
        one
        for one in languages
        if one.trouble and (not one.optional or (states or {}).get(StructureState.NO_GRAMMAR.value))
    ]
    sound = writable and not lacking and not embedder.trouble
    output = Output()
    if options.json:
        answer = {
            "versions": versions(),
            "languages": [asdict(one) for one in languages],
            "embedder": asdict(embedder),
            "index": {"root": root, "location": str(location), "structure": states},
            "writable": writable,
            "free_bytes": free,
            "sound": sound,
        }
        output.write(json.dumps(answer) + "\n")
    else:
        output.lines(report(versions(), languages, embedder, root, location, states, writable, free))
    output.flush()
    return SOUND if sound else LACKING


def versions() -> dict[str, str]:
    """Versions of Python, SQLite and the packages that codelode needs; "missing" for one that is not installed."""
    import sqlite3

    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def language_states(own: set[str]) -> Iterator[LanguageState]:
    """Every language that has a table, those of `own` added by settings."""
    from codelode.structure import grammars, tables

    extra = _extra_packages()
    for language in tables.languages():
        rules = tables.rules_for(language)
        if rules is None:
            continue
        source = rules.grammar.partition(":")[0]
        package = source if os.sep in source else source.replace("_", "-")
        trouble = hint = ""
        try:
            grammars.load(rules)
        except ImportError as exc:
            trouble = str(exc)
            hint = "pip install 'codelode[languages]'" if package in extra else f"pip install {package}"
        except ValueError as exc:
            trouble, hint = str(exc), f"pip install --upgrade {package}"
        version = grammars.installed_version(rules)
        yield LanguageState(language, package, version, trouble, hint, package in extra, language in own)


def embedder_state(index: Index) -> EmbedderState:
    """Tries the embedder of the settings: loads its model, or asks its server."""
    name = index.settings.embedder
    try:
        embedder = index.embedder()
        return EmbedderState(name, embedder.facts() if embedder else None, "")
    except EmbedderError as exc:
        return EmbedderState(name, None, str(exc))


def _extra_packages() -> set[str]:
    """The packages of the extra `languages`."""
    wanted = metadata.requires("codelode") or []
    return {re.split(r"[^\w-]", one)[0] for one in wanted if re.search(r"extra == .languages.", one)}


def _disk(location: Path) -> tuple[bool, int]:
    """Whether the index folder can be written, or made; and how many bytes are free there."""
    place = location
    while not place.exists() and place != place.parent:
        place = place.parent
    return os.access(place, os.W_OK), shutil.disk_usage(place).free


def report(
    versions: dict[str, str],
    languages: list[LanguageState],
    embedder: EmbedderState,
    root: str,
    location: Path,
    states: dict[str, int] | None,
    writable: bool,
    free: int,
) -> Iterator[str]:
    """The answer as text."""
    yield "versions\n"
    for name, version in versions.items():
        yield f"  {name:<14}  {version}\n"
    yield "languages\n"
    for one in languages:
        facts = f"{one.package} {one.version}".rstrip()
        if one.trouble:
            facts = f"{'not installed' if one.optional else 'MISSING'}: {one.trouble}; {one.hint}"
        yield f"  {one.language:<14}  {facts}{'  (from the settings)' if one.own else ''}\n"
    yield "embedder\n"
    yield from (f"  {name:<14}  {value}\n" for name, value in _embedder_rows(embedder) if value)
    yield "index\n"
    rows: list[tuple[str, Any]] = [
        ("root", root),
        ("folder", f"{location} ({'writable' if writable else 'NOT WRITABLE'}, {figures.size(free)} free)"),
    ]
    if states is None:
        rows.append(("files", "no index yet; codelode index builds it"))
    else:
        rows += [(state, figures.count(number, "file")) for state, number in states.items()]
    yield from (f"  {name:<20}  {value}\n" for name, value in rows)


def _embedder_rows(state: EmbedderState) -> Iterator[tuple[str, str]]:
    yield "setting", state.embedder
    if state.trouble:
        yield "UNUSABLE", state.trouble
    if state.facts:
        facts = state.facts
        size = f", {figures.size(facts.model_bytes)}" if facts.model_bytes else ""
        yield "model", f"{facts.model}, {facts.dims} dimensions{size}"
        yield "device", f"{facts.device}{f': {facts.why}' if facts.why else ''}"
